from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.orders.merge import OrdersSummary, merge_orders, refresh_orders
from pipeline.orders.rows import OrdersChunk
from pipeline.orders.source import OrdersSource, read_orders
from pipeline.orders.state import watermark
from tests.orders.tables import parquet_source, warehouse

DAY_1, DAY_2, DAY_3, DAY_9 = (datetime(2025, 3, day, tzinfo=UTC) for day in (1, 2, 3, 9))


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse() as opened:
        yield opened


def refresh(
    connection: duckdb.DuckDBPyConnection, folder: Path, rows: list[dict[str, Any]], at: datetime
) -> OrdersSummary:
    names = ("order_id", "tracking_number", "courier", "updated_at", "account", "promised_at")
    frame = pd.DataFrame([{name: row.get(name) for name in names} for row in rows], columns=list(names), dtype=object)
    return refresh_orders(connection, parquet_source(folder, frame), seen_at=at)


def stored(connection: duckdb.DuckDBPyConnection, columns: str = "order_id, tracking_number") -> list[Any]:
    return connection.execute(f"select {columns} from source_order order by all nulls last").fetchall()


def counts(summary: OrdersSummary) -> dict[str, int]:
    told = {name: count for name, count in vars(summary).items() if count and name not in ("rows_read", "noted")}
    assert sum(told.values()) == summary.rows_read
    return told


def test_new_changed_and_unchanged_rows(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    first = [
        {"order_id": "A", "tracking_number": "1", "courier": "sf"},
        {"order_id": "A", "tracking_number": "2"},
        {"order_id": "B"},
    ]
    assert counts(refresh(connection, tmp_path, first, DAY_1)) == {"new": 3}
    second = [{**first[0], "courier": "ups"}, *first[1:], {"tracking_number": "9"}]
    assert counts(refresh(connection, tmp_path, second, DAY_2)) == {"new": 1, "changed": 1, "unchanged": 2}
    assert stored(connection, "order_id, tracking_number, courier, day(first_seen_at), day(last_changed_at)") == [
        ("A", "1", "ups", 1, 2),
        ("A", "2", None, 1, 1),
        ("B", None, None, 1, 1),
        (None, "9", None, 2, 2),
    ]


def test_a_moved_updated_at_alone_is_stored_but_is_no_change(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    refresh(connection, tmp_path, [{"order_id": "A", "updated_at": "2025-02-01"}], DAY_1)
    assert counts(refresh(connection, tmp_path, [{"order_id": "A", "updated_at": "2025-03-01"}], DAY_2)) == {
        "unchanged": 1
    }
    assert stored(connection, "month(updated_at), day(last_changed_at)") == [
        (2, 1)
    ]  # 1 March in Hong Kong is still February in UTC


PROMISE = (
    "day(promised_on), day(original_promised_on), day(original_promised_at), day(original_promise_seen_at),"
    " day(first_seen_at)"
)


def test_a_promise_that_is_moved_or_dropped_leaves_the_original_one(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    refresh(connection, tmp_path, [{"order_id": "A", "promised_at": "2025-03-05"}], DAY_1)
    assert stored(connection, PROMISE) == [(5, 5, 5, 1, 1)]
    assert counts(refresh(connection, tmp_path, [{"order_id": "A", "promised_at": "2025-03-20"}], DAY_2)) == {
        "changed": 1
    }
    assert stored(connection, PROMISE) == [(20, 5, 5, 1, 1)]
    refresh(connection, tmp_path, [{"order_id": "A"}], DAY_3)
    assert stored(connection, PROMISE) == [(None, 5, 5, 1, 1)]


def test_a_promise_that_appears_later_says_when_it_did(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    refresh(connection, tmp_path, [{"order_id": "A"}], DAY_1)
    assert stored(connection, PROMISE) == [(None, None, None, None, 1)]
    refresh(connection, tmp_path, [{"order_id": "A", "promised_at": "2025-03-05"}], DAY_2)
    assert stored(connection, PROMISE) == [(5, 5, 5, 2, 1)]


def test_a_parcel_inherits_the_original_promise_of_its_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    refresh(connection, tmp_path, [{"order_id": "A", "promised_at": "2025-03-05"}], DAY_1)
    moved = {"order_id": "A", "promised_at": "2025-03-20"}
    refresh(connection, tmp_path, [moved | {"tracking_number": "1"}, moved | {"tracking_number": "2"}], DAY_2)
    assert stored(connection, PROMISE) == [(20, 5, 5, 1, 1), (20, 5, 5, 1, 1)]


def test_a_table_of_changes_tells_the_first_promise_and_the_last(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [
        {"order_id": "A", "promised_at": "2025-03-20", "updated_at": "2025-02-20"},
        {"order_id": "A", "promised_at": "2025-03-05", "updated_at": "2025-02-10"},
        {"order_id": "A", "updated_at": "2025-02-01"},
    ]
    refresh(connection, tmp_path, rows, DAY_1)
    assert stored(connection, PROMISE) == [(20, 5, 5, 1, 1)]


def test_parcels_that_are_gone_from_the_source_stay(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    refresh(connection, tmp_path, [{"order_id": "A"}, {"order_id": "B"}], DAY_1)
    refresh(connection, tmp_path, [{"order_id": "B"}], DAY_2)
    refresh(connection, tmp_path, [], DAY_3)
    assert stored(connection) == [("A", None), ("B", None)]


def test_of_duplicates_the_newest_wins_else_the_last(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows = [
        {"order_id": "A", "courier": "newest", "updated_at": "2025-02-02"},
        {"order_id": "A", "courier": "older", "updated_at": "2025-02-01"},
        {"order_id": "A", "courier": "no time"},
        {"order_id": "B", "courier": "first"},
        {"order_id": " B ", "courier": "last"},
        {"order_id": "B", "courier": "another account", "account": "eu"},
    ]
    assert counts(refresh(connection, tmp_path, rows, DAY_1)) == {"new": 3, "duplicates": 3}
    assert stored(connection, "account, order_id, courier") == [
        ("default", "A", "newest"), ("default", "B", "last"), ("eu", "B", "another account"),
    ]  # fmt: skip


def test_an_order_that_gets_its_tracking_numbers_is_not_a_new_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    refresh(connection, tmp_path, [{"order_id": "A"}, {"order_id": "B"}, {"tracking_number": "7"}], DAY_1)
    rows = [
        {"order_id": "A", "tracking_number": "1"},
        {"order_id": "A", "tracking_number": "2"},
        {"order_id": "A"},
        {"order_id": "C", "tracking_number": "7"},
        {"tracking_number": "1"},
    ]
    assert counts(refresh(connection, tmp_path, rows, DAY_2)) == {"changed": 3, "duplicates": 2}
    assert stored(connection, "order_id, tracking_number, day(first_seen_at), day(last_changed_at)") == [
        ("A", "1", 1, 2), ("A", "2", 1, 2), ("B", None, 1, 1), ("C", "7", 1, 2),
    ]  # fmt: skip
    assert counts(refresh(connection, tmp_path, [{"order_id": "A"}], DAY_3)) == {"duplicates": 1}
    assert ("A", None) not in stored(connection)


def test_the_same_order_id_in_another_account_is_another_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    refresh(connection, tmp_path, [{"order_id": "A", "account": "hk"}], DAY_1)
    refresh(connection, tmp_path, [{"order_id": "A", "account": "eu", "tracking_number": "1"}], DAY_2)
    assert stored(connection, "account, order_id, tracking_number") == [("eu", "A", "1"), ("hk", "A", None)]


def test_the_quarantine_holds_each_bad_row_once_and_forgets_mended_ones(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bad = [
        {"courier": "sf"},
        {"courier": "sf"},
        {"order_id": "x" * 201},
        {"order_id": "A", "promised_at": "soon"},
    ]
    summary = refresh(connection, tmp_path, bad, DAY_1)
    assert counts(summary) == {"new": 1, "rejected": 3}
    assert summary.noted == 1
    refresh(connection, tmp_path, bad, DAY_2)
    held = "select account, source_row, reason, day(seen_at) from quarantined_order order by source_row"
    assert connection.execute(held).fetchall() == [
        ("default", 1, "has neither an order_id nor a tracking_number", 1),
        ("default", 3, "order_id is longer than 200 characters", 1),
        (
            "default",
            4,
            "promised_at cannot be read as a time and is left out (for 03/04/2025 see PARCELS_ORDERS_DATES)",
            1,
        ),
    ]
    refresh(connection, tmp_path, [{"order_id": "A", "promised_at": "2025-03-09"}], DAY_3)
    assert connection.execute(held).fetchall() == []


def test_after_an_incremental_read_the_quarantine_is_added_to(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [{"updated_at": "2025-01-01"}, {"order_id": "A", "updated_at": "2025-02-20"}]
    refresh(connection, tmp_path, rows, DAY_1)
    summary = refresh(connection, tmp_path, [*rows, {"courier": "sf", "updated_at": "2025-02-28"}], DAY_2)
    assert (summary.rows_read, summary.rejected) == (2, 1)
    refresh(connection, tmp_path, [*rows, {"courier": "sf", "updated_at": "2025-02-28"}], DAY_3)
    assert connection.execute("select count(*) from quarantined_order").fetchone() == (2,)


def test_reading_that_fails_on_the_way_changes_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = parquet_source(tmp_path, pd.DataFrame({"order_id": ["A"]}))

    def cut_short() -> Iterator[OrdersChunk]:
        yield from read_orders(source, changed_since=None)
        raise SourceError("the connection broke")

    with pytest.raises(SourceError, match="broke"):
        merge_orders(connection, cut_short(), source=source, changed_since=None, seen_at=DAY_1)
    assert stored(connection) == []
    assert watermark(connection, source, now=DAY_1) is None


def test_a_merge_that_fails_is_undone_as_a_whole(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute("drop table quarantined_order")
    source = parquet_source(tmp_path, pd.DataFrame({"order_id": ["A"]}))
    with pytest.raises(duckdb.CatalogException):
        refresh_orders(connection, source, seen_at=DAY_1)
    assert stored(connection) == []


def marked(
    connection: duckdb.DuckDBPyConnection, folder: Path, times: list[str | None], **settings: Any
) -> OrdersSource:
    frame = pd.DataFrame(
        {
            "order_id": [f"{number}" for number in range(len(times))],
            "updated_at": pd.Series(times, dtype=object),
        }
    )
    source = parquet_source(folder, frame, **settings)
    refresh_orders(connection, source, seen_at=DAY_1)
    return source


def test_the_next_read_starts_an_hour_before_the_newest_row(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    source = marked(connection, tmp_path, ["2025-02-01T00:00:00Z", "2025-02-02T12:00:00Z"])
    assert watermark(connection, source, now=DAY_2) == datetime(2025, 2, 2, 11, tzinfo=UTC)
    refresh_orders(connection, source, seen_at=DAY_2)
    assert watermark(connection, source, now=DAY_2) == datetime(2025, 2, 2, 11, tzinfo=UTC)


def test_a_read_that_finds_nothing_moves_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = marked(connection, tmp_path, ["2025-02-01T00:00:00Z"])
    merge_orders(connection, [], source=source, changed_since=DAY_1, seen_at=DAY_2)
    assert watermark(connection, source, now=DAY_2) == datetime(2025, 1, 31, 23, tzinfo=UTC)
    merge_orders(connection, [], source=source, changed_since=None, seen_at=DAY_2)
    assert watermark(connection, source, now=DAY_2) is None


def test_a_row_from_the_future_hides_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = marked(connection, tmp_path, ["2099-01-01T00:00:00Z"])
    assert watermark(connection, source, now=DAY_1) == datetime(2025, 2, 28, 23, tzinfo=UTC)


def test_everything_is_read_where_some_row_has_no_time(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert watermark(connection, marked(connection, tmp_path, ["2025-02-01", None]), now=DAY_2) is None
    assert watermark(connection, marked(connection, tmp_path, ["2025-02-01", "whenever"]), now=DAY_2) is None


def test_everything_is_read_when_the_settings_changed_and_once_a_week(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    source = marked(connection, tmp_path, ["2025-02-01"])
    assert watermark(connection, source, now=DAY_2) is not None
    assert watermark(connection, source, now=DAY_9) is None
    assert watermark(connection, OrdersSource(source.url, table="other"), now=DAY_2) is None
    assert watermark(connection, OrdersSource(source.url, account="eu"), now=DAY_2) is None
    refresh_orders(connection, OrdersSource(source.url, time_zone="UTC"), seen_at=DAY_2)
    assert watermark(connection, source, now=DAY_2) is None


def test_rows_imported_later_with_an_old_time_are_found_by_the_weekly_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [{"order_id": "A", "updated_at": "2025-02-20"}]
    refresh(connection, tmp_path, rows, DAY_1)
    rows += [{"order_id": "OLD", "updated_at": "2024-01-01"}]
    assert refresh(connection, tmp_path, rows, DAY_2).new == 0
    assert refresh(connection, tmp_path, rows, DAY_9).new == 1


def test_two_sources_of_two_accounts_keep_their_own_state(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for account in ("hk", "eu"):
        (tmp_path / account).mkdir()
        frame = pd.DataFrame({"order_id": ["A", None], "updated_at": ["2025-02-01", "2025-02-01"]})
        refresh_orders(connection, parquet_source(tmp_path / account, frame, account=account), seen_at=DAY_1)
    assert stored(connection, "account, order_id") == [("eu", "A"), ("hk", "A")]
    assert connection.execute("select count(*) from quarantined_order").fetchone() == (2,)
