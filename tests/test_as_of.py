"""What was known at a moment is found again later, and nothing of what came after it."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipeline.as_of import moment_of, write_as_of
from pipeline.errors import SettingsError, WarehouseError
from pipeline.publish.snapshot import publish_snapshot
from pipeline.warehouse import DataFolder, open_work
from tests.models.answers import Answer, event, from_answers, write_files
from tests.models.tables import at, models

HONG_KONG = "Asia/Hong_Kong"
PICKED_UP = event("2026-01-05 10:00:00", "顺丰速运 已收取快件", "深圳市", "54")
ON_THE_WAY = event("2026-01-06 09:00:00", "快件已发车", "深圳市", "36")
DELIVERED = event("2026-01-07 15:00:00", "已签收,感谢使用顺丰,期待再次为您服务", "香港", "80")
FIRST = [
    Answer(at("2026-01-05 12:00"), (PICKED_UP,), "SF1", "A1"),
    Answer(at("2026-01-06 12:00"), (PICKED_UP, ON_THE_WAY), "SF1", "A1"),
]
LATER = [
    Answer(at("2026-01-08 12:00"), (PICKED_UP, ON_THE_WAY, DELIVERED), "SF1", "A1"),
    Answer(at("2026-01-08 12:01"), (PICKED_UP,), "SF2", "A2"),
]
MOMENT = datetime(2026, 1, 7, tzinfo=UTC)


@pytest.fixture
def published(folder: DataFolder) -> DataFolder:
    """All four answers in one raw file, and a merchant who moved a promise and took an order after the moment."""
    write_files(folder.root, [[*FIRST, *LATER]])
    with open_work(folder) as connection:
        for order, number, first, now, seen, changed in [
            ("A1", "SF1", "2026-01-06", "2026-01-09", "2026-01-05", "2026-01-08"),
            ("A2", "SF2", "2026-01-10", "2026-01-10", "2026-01-08", "2026-01-08"),
        ]:
            connection.execute(
                "insert into source_order (account, order_id, tracking_number, original_promised_on,"
                " original_promise_seen_at, promised_on, first_seen_at, last_changed_at)"
                " values ('main', ?, ?, ?, ?, ?, ?, ?)",
                [order, number, first, seen, now, seen, changed],
            )
    publish_snapshot(folder, "1")
    return folder


def test_every_table_is_as_it_was_when_no_more_was_known(published: DataFolder, tmp_path: Path) -> None:
    promise = {"promised_on": "2026-01-06", "original_promise_seen_at": at("2026-01-05")}
    order = {"order_id": "A1", "tracking_number": "SF1", "first_seen_at": at("2026-01-05"), **promise}
    then = from_answers(tmp_path / "then", FIRST, source_order=[order])
    with duckdb.connect(write_as_of(published, MOMENT, HONG_KONG), read_only=True) as found:
        for name, model in models().items():
            columns = ", ".join(model.column_comments)
            rows = found.execute(f"select {columns} from {name} order by all").fetchall()
            assert rows == then.rows(name, columns), name
        assert found.execute("select status, promised_on::varchar from fact_shipment").fetchall() == [
            ("in_transit", "2026-01-06")
        ]


def test_before_the_first_answer_there_is_nothing_and_nothing_is_left_behind(published: DataFolder) -> None:
    with pytest.raises(WarehouseError, match=r"No answer had come by 2026-01-04 00:00 UTC"):
        write_as_of(published, datetime(2026, 1, 4, tzinfo=UTC), HONG_KONG)
    assert list(published.as_of.iterdir()) == []


def test_a_day_is_meant_to_its_end_and_a_time_in_the_business_zone() -> None:
    assert moment_of("2026-01-06", HONG_KONG) == datetime(2026, 1, 6, 15, 59, 59, 999999, tzinfo=UTC)
    assert moment_of("2026-01-06T18:00", HONG_KONG) == datetime(2026, 1, 6, 10, tzinfo=UTC)
    assert moment_of("2026-01-06T18:00+01:00", HONG_KONG) == datetime(2026, 1, 6, 17, tzinfo=UTC)
    with pytest.raises(SettingsError, match="'yesterday' is no moment"):
        moment_of("yesterday", HONG_KONG)
