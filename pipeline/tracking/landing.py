"""Where answers are kept before anyone understands them: an append-only file that becomes immutable Parquet.

Each answer is one line of a landing file the moment it arrives, so kill -9 costs at most the requests in flight.
A full batch becomes one Parquet file (write, fsync, rename) of the same name; only then does the landing file go.
What a dead run left behind is turned into Parquet by the next one. Raw files are never rewritten.
"""

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import WarehouseError
from pipeline.tracking.api import Answer
from pipeline.warehouse import HALF_MADE, DataFolder

BATCH_ANSWERS = 1000
BATCH_BYTES = 16 * 2**20
# Sixty random bits of a run's id: with eight digits, ids of answers meet after some ten thousand runs.
_RUN_DIGITS = 16

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


@dataclass(frozen=True)
class Saved:
    """What came out of landing files: answers that are Parquet now, and lines that could not be read."""

    answers: int = 0
    unreadable: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        return Saved(self.answers + other.answers, self.unreadable + other.unreadable)


class Landing:
    """Takes answers as they come. Raises WarehouseError when the disk does not."""

    def __init__(self, folder: DataFolder, run_id: str, time_zone: str) -> None:
        self._folder = folder
        self._run_id = run_id
        self._prefix = run_id.replace("-", "")[:_RUN_DIGITS]
        self._zone = ZoneInfo(time_zone)
        # By day: around midnight, and when the clock is set, answers of two days come in turns.
        self._batches: dict[date, Batch] = {}
        self._begun = 0
        self.answers = 0
        folder.private(folder.raw)
        folder.private(folder.landing)
        folder.private(folder.responses)

    def write(self, answer: Answer) -> None:
        """Keep one answer for good; it is on the way to the disk when this returns."""
        polled_on = answer.requested_at.astimezone(self._zone).date()
        batch = self._batches.get(polled_on) or self._begin(polled_on)
        batch.append(_row(answer, f"{self._prefix}-{self.answers + 1:07d}", self._run_id))
        self.answers += 1
        if batch.is_full:
            self._finish(polled_on)

    def close(self) -> None:
        """Turn the batches in progress into Parquet."""
        for polled_on in list(self._batches):
            self._finish(polled_on)

    def _begin(self, polled_on: date) -> "Batch":
        name = f"{polled_on}_{self._prefix}_{self._begun + 1:05d}.jsonl"
        batch = self._batches[polled_on] = Batch(self._folder.landing / name)
        self._begun += 1
        return batch

    def _finish(self, polled_on: date) -> None:
        to_parquet(self._batches.pop(polled_on).close(), self._folder)


class Batch:
    """One landing file in progress."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _disk_trouble(path.parent):
            self._file = path.open("xb", buffering=0)
        self._answers = 0
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        return self._answers >= BATCH_ANSWERS or self._bytes >= BATCH_BYTES

    def append(self, row: dict[str, Any]) -> None:
        # The line break in front ends whatever was torn before.
        line = b"\n" + orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        with _disk_trouble(self._path.parent):
            try:
                rest = memoryview(line)
                # A disk that is nearly full takes the beginning of a line, and only then refuses.
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                with suppress(OSError):
                    self._file.seek(self._bytes)
                    self._file.truncate()
                raise
        self._answers += 1
        self._bytes += len(line)

    def close(self) -> Path:
        self._file.close()
        return self._path


def recover(folder: DataFolder) -> Saved:
    """Turn what dead runs left in the landing folder into Parquet. Only the holder of the run lock may do this."""
    return sum((to_parquet(path, folder) for path in sorted(folder.landing.glob("????-??-??_*.jsonl"))), Saved())


def to_parquet(path: Path, folder: DataFolder) -> Saved:
    """Make one landing file a Parquet file and remove it.

    What can't be read, such as a line cut short by a dying process, goes to a file of the same name in
    `raw/unreadable`. Doing it again after a crash in between changes nothing, since the names stay the same.
    """
    tables, unreadable = [], []
    with path.open("rb") as file:
        while lines := list(islice(file, 100)):
            table, rest = _as_table([line for line in lines if line.strip()])
            tables.append(table)
            unreadable += rest
    answers = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    with _disk_trouble(folder.raw):
        if answers.num_rows:
            target = folder.responses / f"polled_on={path.name[:10]}" / f"{path.stem}.parquet"
            folder.private(target.parent)
            temporary = target.with_suffix(HALF_MADE)
            try:
                pq.write_table(answers, temporary, compression="zstd")
                fsync(temporary)
                temporary.replace(target)
                fsync(target.parent)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        if unreadable:
            aside = folder.private(folder.unreadable) / path.name
            aside.write_bytes(b"".join(unreadable))
            fsync(aside)
        path.unlink()
    return Saved(answers.num_rows, len(unreadable))


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


def _as_table(lines: Sequence[bytes]) -> tuple[pa.Table, list[bytes]]:
    """The lines as rows of SCHEMA, and those that can't be: one by one where they can't all at once."""
    rows = [_read(line) for line in lines]
    try:
        table = pa.Table.from_pylist([row for row in rows if row is not None], schema=SCHEMA)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        if len(lines) == 1:
            return SCHEMA.empty_table(), list(lines)
        parts = [_as_table([line]) for line in lines]
        return pa.concat_tables(part for part, _ in parts), [line for _, rest in parts for line in rest]
    return table, [line for line, row in zip(lines, rows, strict=True) if row is None]


def _read(line: bytes) -> dict[str, Any] | None:
    """A line as a row of SCHEMA; None when it isn't one."""
    try:
        written = orjson.loads(line)
        row = {name: written[name] for name in SCHEMA.names}
        row["requested_at"] = datetime.fromisoformat(row["requested_at"]).astimezone(UTC).replace(tzinfo=None)
        row["body"] = None if row["body"] is None else base64.b64decode(row["body"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return row


@contextmanager
def _disk_trouble(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"The answers cannot be written to {folder} ({error.strerror or error}): make room there or set another"
            " PARCELS_DATA_DIR; what was written before is kept, and the next run goes on from there."
        ) from error
