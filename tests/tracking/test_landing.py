"""Every answer that reached us is kept once, whatever dies on the way."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from pipeline.errors import WarehouseError
from pipeline.tracking.api import Answer, Outcome, Query
from pipeline.tracking.landing import BATCH_ANSWERS, SCHEMA, Landing, Saved, recover
from pipeline.warehouse import DataFolder
from tests.shop import limited_files

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


def landing(folder: DataFolder, run_id: str = "5f0c1c9e-8a51-4f53-9d0e-3a4f6f0f6a11") -> Landing:
    return Landing(folder, run_id, "Asia/Hong_Kong")


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


def test_a_dead_runs_answers_are_saved_by_the_next_and_what_is_torn_is_set_aside(folder: DataFolder) -> None:
    dead = landing(folder)
    for order_id in ("1", "2", "3"):
        dead.write(answer(order_id))
    (left,) = folder.landing.glob("*.jsonl")
    left.write_bytes(left.read_bytes()[:-20])

    assert recover(folder) == Saved(answers=2, unreadable=1)
    assert [row["order_id"] for row in kept(folder)] == ["1", "2"]
    assert list(folder.landing.iterdir()) == []
    assert b'"order_id":"3"' in (folder.unreadable / left.name).read_bytes()


def whole_line() -> dict[str, object]:
    """A line with every field of an answer; each of them is text, and what is no text is null."""
    return dict.fromkeys(SCHEMA.names) | {"requested_at": "2026-11-24T00:00:00+00:00", "order_id": "odd"}


@pytest.mark.parametrize(
    "garbage",
    [
        b'{"response_id":"torn',
        b"\x00" * 4096,
        b"null",
        b"[1]",
        b'{"response_id":"x"}',
        "快".encode()[:2],
        b"\xff\xfe\r",
        orjson.dumps(whole_line() | {"account": 7}),
        orjson.dumps(whole_line() | {"http_status": 10**12}),
        orjson.dumps(whole_line() | {"elapsed_ms": "soon"}),
        orjson.dumps(whole_line() | {"body": 7}),
    ],
    ids=str,
)
def test_garbage_in_the_middle_costs_no_other_answer(garbage: bytes, folder: DataFolder) -> None:
    dead = landing(folder)
    dead.write(answer("1"))
    (left,) = folder.landing.glob("*.jsonl")
    with left.open("ab") as file:
        file.write(garbage)
    whole = left.read_bytes()
    left.unlink()
    dead = landing(folder)
    dead.write(answer("2"))
    left.write_bytes(whole + left.read_bytes())

    assert recover(folder) == Saved(answers=2, unreadable=1)
    assert [row["order_id"] for row in kept(folder)] == ["1", "2"]
    assert garbage in (folder.unreadable / left.name).read_bytes()
    assert folder.unreadable.stat().st_mode & 0o777 == 0o700


def test_a_full_disk_tears_nothing_and_takes_no_answer_with_it(folder: DataFolder) -> None:
    open_landing = landing(folder)
    taken = 0
    with limited_files(5000), pytest.raises(WarehouseError, match=f"{folder.landing} .*make room"):
        while True:
            open_landing.write(answer(f"before {taken}", b"x" * 700))
            taken += 1
    assert taken > 1
    open_landing.write(answer("after"))
    assert open_landing.answers == taken + 1
    assert recover(folder) == Saved(answers=taken + 1)
    assert [row["order_id"] for row in kept(folder)] == [f"before {number}" for number in range(taken)] + ["after"]
    assert len({row["response_id"] for row in kept(folder)}) == taken + 1


def test_answers_that_find_no_room_as_parquet_wait_for_the_next_run(folder: DataFolder) -> None:
    open_landing = landing(folder)
    bodies = [random.Random(number).randbytes(3000) for number in range(3)]
    for number, body in enumerate(bodies):
        open_landing.write(answer(str(number), body))
    with limited_files(5000), pytest.raises(WarehouseError, match="make room"):
        open_landing.close()
    assert list(folder.responses.rglob("*.p*")) == []
    assert recover(folder) == Saved(answers=3)
    assert [row["body"] for row in kept(folder)] == bodies


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


def test_answers_of_two_days_in_turns_make_one_file_a_day(folder: DataFolder) -> None:
    open_landing = landing(folder)
    midnight = datetime(2026, 11, 24, 16, tzinfo=UTC)
    for number in range(10):
        open_landing.write(answer(str(number), at=midnight + timedelta(seconds=1 if number % 2 else -1)))
    open_landing.close()
    days = sorted(path.parent.name for path in folder.responses.rglob("*.parquet"))
    assert days == ["polled_on=2026-11-24", "polled_on=2026-11-25"]
    assert len({row["response_id"] for row in kept(folder)}) == 10


def test_runs_whose_ids_begin_alike_do_not_meet(folder: DataFolder) -> None:
    for run_id in ("5f0c1c9e-8a51-4f53-9d0e-3a4f6f0f6a11", "5f0c1c9e-0000-4f53-9d0e-3a4f6f0f6a11"):
        open_landing = landing(folder, run_id)
        open_landing.write(answer("1"))
        open_landing.close()
    assert len({row["response_id"] for row in kept(folder)}) == 2


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
