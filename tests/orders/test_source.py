from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.orders.source import OrdersSource, match_columns, matched_columns, read_orders
from tests.orders.tables import column, read, reasons, sqlite_source

ORDERS = "create table orders (order_id integer, tracking_number text, promised_at text, updated_at text, colour text)"


UNREADABLE = "cannot be read as a time and is left out (for 03/04/2025 see PARCELS_ORDERS_DATES)"


def test_rows_come_out_canonical(tmp_path: Path) -> None:
    source = sqlite_source(
        tmp_path,
        ORDERS,
        [(3550875123456789012, " SF1 ", "2025-01-09", None, "red"), (None, "SF2", None, None, None)],
    )
    chunk = read(source)
    assert list(chunk.rows) == [
        "account", "order_id", "tracking_number", "courier", "service", "destination_country",
        "ordered_at", "promised_at", "promised_on", "updated_at",
    ]  # fmt: skip
    assert column(chunk, "account") == ["default", "default"]
    assert column(chunk, "order_id") == ["3550875123456789012", None]
    assert column(chunk, "tracking_number") == ["SF1", "SF2"]
    assert column(chunk, "promised_on") == ["2025-01-09 00:00:00", None]
    assert column(chunk, "promised_at") == ["2025-01-09 15:59:59", None]
    assert column(chunk, "courier") == [None, None]


def test_bad_rows_are_kept_aside_with_their_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    numbers = [(1, None), (None, " "), (None, b"\x00\xff"), (None, "a" * 300), (4, None)]
    rows = [(*number, None, None, "red") for number in numbers]
    chunk = read(sqlite_source(tmp_path, ORDERS, rows))
    assert column(chunk, "order_id") == ["1", "4"]
    assert list(chunk.rejected["source_row"]) == [2, 3, 4]
    assert reasons(chunk) == [
        "has neither an order_id nor a tracking_number",
        "tracking_number is binary, not text",
        "tracking_number is longer than 200 characters",
    ]
    assert '"tracking_number": " "' in chunk.rejected["row_json"][0]
    assert "red" not in chunk.rejected["row_json"][0]  # a column that is none of ours is never read


def test_an_order_with_an_unusable_tracking_number_is_tracked_by_its_id(tmp_path: Path) -> None:
    rows = [(1, "SF1;SF2", "soon", None, None), (2, "N/A", None, None, None), (None, "SF3, SF4", None, None, None)]
    chunk = read(sqlite_source(tmp_path, ORDERS, rows))
    assert column(chunk, "order_id") == ["1", "2"]
    assert column(chunk, "tracking_number") == [None, None]
    assert list(chunk.noted["reason"]) == [
        f"tracking_number holds a blank or several numbers and is left out; promised_at {UNREADABLE}",
        "tracking_number has no digit in it and is left out",
    ]
    assert reasons(chunk) == ["tracking_number holds a blank or several numbers"]


def test_an_unreadable_time_is_noted_and_its_row_is_tracked(tmp_path: Path) -> None:
    chunk = read(
        sqlite_source(tmp_path, ORDERS, [(1, None, "soon", "0000-00-00", None), (2, None, "2025-01-09", "", None)])
    )
    assert column(chunk, "order_id") == ["1", "2"]
    assert column(chunk, "promised_at") == [None, "2025-01-09 15:59:59"]
    assert reasons(chunk) == []
    assert list(chunk.noted["source_row"]) == [1]
    assert chunk.noted["reason"][0] == (f"promised_at {UNREADABLE}; updated_at {UNREADABLE}")


def test_only_rows_changed_since_are_read_and_rows_without_a_time_always(tmp_path: Path) -> None:
    rows = [
        (1, None, None, "2025-01-01T00:00:00Z", None),
        (2, None, None, "2025-03-01 07:59:59", None),  # business time: a second too early
        (3, None, None, "2025-03-01 08:00:00", None),
        (4, None, None, "2025/3/2 9:05", None),
        (5, None, None, "2025-03-01T02:00:00+02:00", None),
        (6, None, None, None, None),
        (7, None, None, "1741000000", None),
        (8, None, None, "no idea", None),
    ]
    chunk = read(sqlite_source(tmp_path, ORDERS, rows), since=datetime(2025, 3, 1, tzinfo=UTC))
    assert column(chunk, "order_id") == ["3", "4", "5", "6", "7", "8"]


def test_when_nothing_changed_nothing_is_read(tmp_path: Path) -> None:
    source = sqlite_source(tmp_path, ORDERS, [(1, None, None, "2025-01-01", None)])
    assert len(read(source, since=datetime(2025, 3, 1, tzinfo=UTC)).rows) == 0


def test_without_updated_at_every_row_is_read_again(tmp_path: Path) -> None:
    source = sqlite_source(tmp_path, "create table orders (order_id text)", [("A",), ("B",)])
    assert len(read(source, since=datetime(2099, 1, 1, tzinfo=UTC)).rows) == 2


def test_renamed_columns_schema_query_and_account(tmp_path: Path) -> None:
    create = 'create table "Order Lines" ("No." text, created text, shop text)'
    rows = [("A:1%", "2025-01-05 10:00", "hk"), ("B", None, None)]
    renames = {"order_id": "No.", "ordered_at": "created", "account": "shop"}
    path = tmp_path / "renamed"
    path.mkdir()
    table = sqlite_source(
        path, create.replace("Order Lines", "lines"), rows, table="main.lines", columns=renames, account="eu"
    )
    assert column(read(table), "account") == ["hk", "eu"]
    assert column(read(table), "ordered_at") == ["2025-01-05 02:00:00", None]
    query = OrdersSource(
        table.url,
        query="""select "No." as order_id from lines where "No." like '%:1%' -- the first; only""",
        account="eu",
    )
    assert column(read(query), "order_id") == ["A:1%"]


def test_column_names_may_differ_in_case_blanks_and_hyphens() -> None:
    assert match_columns(["Order_ID", " Tracking  Number ", "Ordered-At", "x"], {"courier": "X"}) == {
        "order_id": "Order_ID",
        "tracking_number": " Tracking  Number ",
        "courier": "x",
        "ordered_at": "Ordered-At",
    }
    assert match_columns(["Order ID", "order_id"], {}) == {"order_id": "order_id"}


def test_an_empty_table_works(tmp_path: Path) -> None:
    assert len(read(sqlite_source(tmp_path, ORDERS)).rows) == 0


def test_more_rows_than_a_chunk_come_in_chunks_and_are_numbered_through(tmp_path: Path) -> None:
    rows = [(number, None, None, None, None) for number in range(1, 50_001)] + [(None, None, None, None, None)]
    chunks = list(read_orders(sqlite_source(tmp_path, ORDERS, rows), changed_since=None))
    assert [len(chunk.rows) for chunk in chunks] == [50_000, 0]
    assert list(chunks[1].rejected["source_row"]) == [50_001]


@pytest.mark.parametrize(
    ("available", "renames", "words"),
    [
        (["id", "note"], {}, ["order_id", "PARCELS_ORDERS_COLUMNS", "order_id=id", "id, note"]),
        (["OrderNo", "orderid"], {}, ["did you mean orderid?"]),
        (["order_id"], {"ordered_at": "create_at"}, ["ordered_at=create_at", "no column create_at"]),
        (["order_id", "created_at"], {"ordered_at": "create_at"}, ["did you mean created_at?"]),
        (["id"], {"id": "order_id"}, ["names id", "ours=yours"]),
        (["order_id", "ORDER_ID"], {"order_id": "Order_Id"}, ["2 columns called Order_Id"]),
    ],
)
def test_a_missing_column_is_told_in_one_sentence(
    available: list[str], renames: dict[str, str], words: list[str]
) -> None:
    with pytest.raises(SourceError) as error:
        match_columns(available, renames)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", ["PARCELS_ORDERS_URL is empty"]),
        ("orders.xlsx", ["PARCELS_ORDERS_URL", "CSV UTF-8"]),
        ("shop.db", ["sqlite:///shop.db"]),
        ("orders", ["PARCELS_ORDERS_URL", "neither an address nor a file"]),
        ("s3://bucket/orders.parquet", ["PARCELS_ORDERS_URL", "copy it here"]),
        ("gone/orders.csv", ["PARCELS_ORDERS_URL", "no file gone/orders.csv"]),
        ("sqlite:///gone/shop.db", ["PARCELS_ORDERS_URL", "no file gone/shop.db"]),
        ("mysql://shop:tops3cret@db/shop", ["PARCELS_ORDERS_URL", "pip install mysqlclient"]),
        ("oracle+oracledb://shop:tops3cret@db/shop", ["pip install oracledb"]),
        ("snowflake://shop:tops3cret@db/shop", ["pip install snowflake-sqlalchemy"]),
        ("postgre://shop:tops3cret@db/shop", ["knows no database postgre"]),
        ("postgresql://shop:tops3cret@db:port/shop", ["PARCELS_ORDERS_URL", "cannot be read as an address"]),
        ("postgresql://shop:to@ps3cret@db/shop", ["PARCELS_ORDERS_URL", "%40"]),
        ("postgresql://shop:t/o@p/s3cret@db/shop", ["PARCELS_ORDERS_URL", "%40"]),
        ("postgresql://shop:tops3cret@127.0.0.1:1/shop", ["PARCELS_ORDERS_URL", "127.0.0.1:1", "refused"]),
        ("postgresql://shop@127.0.0.1:1/shop?password=tops3cret", ["PARCELS_ORDERS_URL", "refused"]),
    ],
)
def test_a_wrong_address_is_told_in_one_sentence_without_the_password(url: str, words: list[str]) -> None:
    with pytest.raises(SourceError) as error:
        read(OrdersSource(url))
    for word in words:
        assert word in str(error.value)
    assert "\n" not in str(error.value)
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None
    assert "s3cret" not in repr(OrdersSource(url))


def test_a_missing_table_names_the_near_ones(tmp_path: Path) -> None:
    source = sqlite_source(tmp_path, ORDERS.replace("table orders", "table shop_orders"), table="orders")
    with pytest.raises(SourceError, match=r"PARCELS_ORDERS_TABLE: .* no table orders \(near names: shop_orders\)"):
        read(source)


def test_a_wrong_query_says_what_the_database_said(tmp_path: Path) -> None:
    url = sqlite_source(tmp_path, ORDERS).url
    with pytest.raises(SourceError, match=r"PARCELS_ORDERS_QUERY is not a SELECT.*no such column: order_no"):
        read(OrdersSource(url, query="select order_no from orders"))
    with pytest.raises(SourceError, match="PARCELS_ORDERS_QUERY is not a SELECT"):
        read(OrdersSource(url, query="delete from orders"))


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_text("not a database at all, but long enough to look at" * 20)
    with pytest.raises(SourceError, match="file is not a database"):
        read(OrdersSource(f"sqlite:///{tmp_path}/shop.db"))


def test_an_unknown_time_zone_names_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="PARCELS_TIMEZONE is 'Mars/Base'"):
        read(sqlite_source(tmp_path, ORDERS, time_zone="Mars/Base"))


def test_the_settings_can_be_checked_without_reading(tmp_path: Path) -> None:
    source = sqlite_source(tmp_path, ORDERS, columns={"service": "colour"})
    assert matched_columns(source)["service"] == "colour"


def test_the_fingerprint_ignores_the_password_and_nothing_else() -> None:
    first = OrdersSource("postgresql://shop:one@db/shop")
    assert first.fingerprint == OrdersSource("postgresql+psycopg://shop:two@db/shop").fingerprint
    others = [
        OrdersSource("postgresql://shop:one@db/other"),
        OrdersSource(first.url, table="other"),
        OrdersSource(first.url, query="select 1"),
        OrdersSource(first.url, columns={"order_id": "id"}),
        OrdersSource(first.url, time_zone="UTC"),
        OrdersSource("orders.csv"),
    ]
    assert len({source.fingerprint for source in [first, *others]}) == 7
