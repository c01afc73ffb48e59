"""Where answers are kept before anyone understands them: an append-only file that becomes immutable Parquet.

Each answer is one line of a landing file the moment it arrives, so kill -9 costs at most the requests in flight.
A full batch becomes one Parquet file (write, fsync, rename) of the same name; only then does the landing file go.
What a dead run left behind is turned into Parquet by the next one. Raw files are never rewritten.
"""

import base64
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import WarehouseError
from pipeline.tracking.api import Answer
from pipeline.warehouse import DataFolder

_T = TypeVar("_T")

BATCH_ANSWERS = 1000
BATCH_BYTES = 16 * 2**20

SCHEMA = pa.schema(
    [
        ("response_id", pa.string()),
        ("account", pa.string()),
        ("order_id", pa.string()),
        ("tracking_number", pa.string()),
        ("asked_by", pa.string()),
        ("requested_at", pa.timestamp("us")),
        ("elapsed_ms", pa.float64()),
        ("http_status", pa.int32()),
        ("outcome", pa.string()),
        ("attempts", pa.int32()),
        ("reason", pa.string()),
        ("headers", pa.string()),
        ("body", pa.binary()),
        ("run_id", pa.string()),
    ]
)


class Landing:
    """Takes answers as they come. Raises WarehouseError when the disk does not."""

    def __init__(self, folder: DataFolder, run_id: str, time_zone: str) -> None:
        self._folder = folder
        self._run_id = run_id
        self._zone = ZoneInfo(time_zone)
        self._batch: Batch | None = None
        self._batches = 0
        self.answers = 0
        folder.private(folder.raw)
        folder.private(folder.landing)
        folder.private(folder.responses)

    def write(self, answer: Answer) -> None:
        """Keep one answer for good; it is on the way to the disk when this returns."""
        polled_on = answer.requested_at.astimezone(self._zone).date()
        batch = self._batch
        if batch is not None and (batch.is_full or batch.polled_on != polled_on):
            self._finish()
            batch = None
        if batch is None:
            self._batches += 1
            name = f"{polled_on}_{self._run_id}_{self._batches:05d}.jsonl"
            batch = self._batch = Batch(self._folder.landing / name, polled_on)
        self.answers += 1
        batch.append(_row(answer, f"{self._run_id}-{self.answers:07d}", self._run_id))

    def close(self) -> None:
        """Turn the batch in progress into Parquet."""
        if self._batch is not None:
            self._finish()

    def _finish(self) -> None:
        assert self._batch is not None
        path = self._batch.close()
        self._batch = None
        to_parquet(path, self._folder)


class Batch:
    """One landing file in progress."""

    def __init__(self, path: Path, polled_on: date) -> None:
        self.polled_on = polled_on
        self._path = path
        self._file: BinaryIO = _told(lambda: path.open("xb", buffering=0))
        self._answers = 0
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return self._answers >= BATCH_ANSWERS or self._bytes >= BATCH_BYTES

    def append(self, row: dict[str, Any]) -> None:
        line = orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        _told(lambda: self._file.write(line))
        self._answers += 1
        self._bytes += len(line)

    def close(self) -> Path:
        self._file.close()
        return self._path


def recover(folder: DataFolder) -> int:
    """Turn what dead runs left in the landing folder into Parquet; the number of answers saved."""
    return sum(to_parquet(path, folder) for path in sorted(folder.landing.glob("*.jsonl")))


def to_parquet(path: Path, folder: DataFolder) -> int:
    """Make one landing file a Parquet file and remove it; the number of answers in it.

    A last line cut short by a dying process is left out: that answer was still in flight. Doing it again after a
    crash in between changes nothing, since the name stays the same.
    """
    rows = []
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            row = orjson.loads(line)
            row["requested_at"] = datetime.fromisoformat(row["requested_at"]).astimezone(UTC).replace(tzinfo=None)
            row["body"] = None if row["body"] is None else base64.b64decode(row["body"])
            rows.append(row)
    if rows:
        target = folder.responses / f"polled_on={path.name[:10]}" / f"{path.stem}.parquet"
        folder.private(target.parent)
        temporary = target.with_suffix(".partial")
        table = pa.Table.from_pylist(rows, schema=SCHEMA)
        try:
            pq.write_table(table, temporary, compression="zstd")
            fsync(temporary)
            temporary.replace(target)
            fsync(target.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _disk_trouble(error) from error
    path.unlink()
    return len(rows)


def fsync(path: Path) -> None:
    """Make the file, or the folder's list of names, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _row(answer: Answer, response_id: str, run_id: str) -> dict[str, Any]:
    return {
        "response_id": response_id,
        "account": answer.query.account,
        "order_id": answer.query.order_id,
        "tracking_number": answer.query.tracking_number,
        "asked_by": answer.query.asked_by,
        "requested_at": answer.requested_at.isoformat(),
        "elapsed_ms": round(answer.elapsed_ms, 3),
        "http_status": answer.http_status,
        "outcome": answer.outcome.value,
        "attempts": answer.attempts,
        "reason": answer.reason,
        "headers": orjson.dumps(answer.headers).decode(),
        "body": None if answer.body is None else base64.b64encode(answer.body).decode(),
        "run_id": run_id,
    }


def _told(action: Callable[[], _T]) -> _T:
    try:
        return action()
    except OSError as error:
        raise _disk_trouble(error) from error


def _disk_trouble(error: OSError) -> WarehouseError:
    return WarehouseError(
        f"An answer could not be written to the data folder ({error.strerror}):"
        " make room there or set another PARCELS_DATA_DIR; what came before it is kept."
    )
