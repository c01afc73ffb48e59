"""Every answer that reached us is kept once, whatever dies on the way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.tracking.api import Answer, Outcome, Query
from pipeline.tracking.landing import BATCH_ANSWERS, Landing, recover
from pipeline.warehouse import DataFolder

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def answer(order_id: str, body: bytes | None = b"{}", at: datetime = NOON) -> Answer:
    return Answer(
        query=Query("shop", order_id, None, "order_id"),
        requested_at=at,
        elapsed_ms=12.5,
        http_status=200,
        headers={"content-type": "application/json"},
        body=body,
        outcome=Outcome.OK,
        reason=None,
        attempts=1,
    )


def landing(folder: DataFolder) -> Landing:
    return Landing(folder, "run1", "Asia/Hong_Kong")


def kept(folder: DataFolder) -> list[dict[str, object]]:
    files = sorted(folder.responses.glob("polled_on=*/*.parquet"))
    return [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_an_answer_is_kept_byte_for_byte(folder: DataFolder) -> None:
    half_a_character = "快".encode()[:2]
    open_landing = landing(folder)
    open_landing.write(answer("1", half_a_character))
    open_landing.write(answer("2", None))
    open_landing.close()
    assert [(row["order_id"], row["body"]) for row in kept(folder)] == [("1", half_a_character), ("2", None)]


def test_a_dead_runs_answers_are_saved_by_the_next_but_a_torn_line_is_not(folder: DataFolder) -> None:
    dead = landing(folder)
    for order_id in ("1", "2", "3"):
        dead.write(answer(order_id))
    (left,) = folder.landing.glob("*.jsonl")
    left.write_bytes(left.read_bytes()[:-20])

    assert recover(folder).answers == 2
    assert [row["order_id"] for row in kept(folder)] == ["1", "2"]
    assert list(folder.landing.iterdir()) == []


def test_dying_between_the_parquet_file_and_the_clean_up_doubles_nothing(folder: DataFolder) -> None:
    dead = landing(folder)
    dead.write(answer("1"))
    (left,) = folder.landing.glob("*.jsonl")
    copy = left.read_bytes()
    recover(folder)
    left.write_bytes(copy)

    assert recover(folder).answers == 1
    assert [row["order_id"] for row in kept(folder)] == ["1"]


def test_a_batch_closes_when_it_is_full_and_when_the_day_ends(folder: DataFolder) -> None:
    open_landing = landing(folder)
    for number in range(BATCH_ANSWERS + 1):
        open_landing.write(answer(str(number)))
    open_landing.write(answer("tomorrow", at=NOON + timedelta(days=1)))
    open_landing.close()
    files = sorted(path.relative_to(folder.responses) for path in folder.responses.rglob("*.parquet"))
    assert [str(path.parent) for path in files] == ["polled_on=2026-11-24"] * 2 + ["polled_on=2026-11-25"]
    assert len(kept(folder)) == open_landing.answers == BATCH_ANSWERS + 2


def test_raw_responses_are_for_nobody_else(folder: DataFolder) -> None:
    open_landing = landing(folder)
    open_landing.write(answer("1"))
    open_landing.close()
    for path in (folder.responses, folder.responses.parent, folder.landing):
        assert path.stat().st_mode & 0o777 == 0o700, path


@pytest.mark.parametrize("name", ["response_id", "requested_at", "outcome", "attempts", "headers", "run_id"])
def test_a_raw_row_tells_where_it_comes_from(name: str, folder: DataFolder, tmp_path: Path) -> None:
    open_landing = landing(folder)
    open_landing.write(answer("1"))
    open_landing.close()
    assert kept(folder)[0][name] is not None
