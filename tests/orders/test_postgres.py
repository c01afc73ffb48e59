"""The source against a real PostgreSQL server."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from pipeline.errors import SourceError
from pipeline.orders.merge import refresh_orders
from pipeline.orders.source import OrdersSource, read_orders
from tests.orders.tables import column, read, reasons, warehouse
from tests.postgres import PASSWORD, postgres_server

SETUP = """
    create schema shop;
    create table shop.parcels (
        id bigint, number numeric(20, 0), label text, ref uuid, code char(12),
        placed timestamptz, due date, stamp timestamp, updated_at timestamptz
    );
    insert into shop.parcels values
        (3550875123456789013, 18446744073709551615, E'\\u3000SF 1\\n', '0192d3c5-0000-7000-8000-00000000000a', '00123',
            '2025-01-05 10:00+08', '2025-01-09', '2025-01-05 10:00', '2025-02-01 00:00Z'),
        (null, null, null, null, null, null, null, null, '2025-03-01 00:00Z'),
        (7, 7.00, 'B', null, null, 'infinity', 'infinity', null, '2025-03-01 00:00-05');
    create table orders_archive (order_id text);
    create table secret (order_id text);
    create role reader login password 'opensesame';
    create table many as
        select 3550875000000000000 + i as order_id, timestamp '2025-01-01' + i * interval '1 second' as updated_at
        from generate_series(1, 120000) as t(i);
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as address:
        engine = sa.create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
        with engine.begin() as connection:
            connection.exec_driver_sql(SETUP)
        engine.dispose()
        yield address


def renamed(url: str, **columns: str) -> OrdersSource:
    return OrdersSource(url, table="shop.parcels", columns=columns)


def test_every_type_of_id_is_exact_text_beside_nulls(url: str) -> None:
    for name, texts in [
        ("id", ["3550875123456789013", "7"]),
        ("number", ["18446744073709551615", "7"]),
        ("label", ["SF 1", "B"]),
        ("ref", ["0192d3c5-0000-7000-8000-00000000000a"]),
        ("code", ["00123"]),
    ]:
        chunk = read(renamed(url, order_id=name))
        assert column(chunk, "order_id") == texts
        assert set(reasons(chunk)) == {"has neither an order_id nor a tracking_number"}


def test_times_with_zone_without_zone_dates_and_infinity(url: str) -> None:
    chunk = read(renamed(url, order_id="id", ordered_at="placed", promised_at="due"))
    assert column(chunk, "ordered_at") == ["2025-01-05 02:00:00", None]
    assert column(chunk, "promised_at") == ["2025-01-09 15:59:59", None]
    assert list(chunk.noted["source_row"]) == [3]
    assert column(read(renamed(url, order_id="id", ordered_at="stamp")), "ordered_at") == [
        "2025-01-05 02:00:00",
        None,
    ]


def test_a_query_with_casts_colons_and_percent_signs_is_taken_as_it_is(url: str) -> None:
    query = """
        with chosen as (
            select id::text as order_id, '12:30' as service, label as courier from shop.parcels where label like '%SF%'
        )
        select * from chosen union all select ':x', '%s', null order by 1; """
    chunk = read(OrdersSource(url, query=query))
    assert column(chunk, "order_id") == ["3550875123456789013", ":x"]
    assert column(chunk, "service") == ["12:30", "%s"]


def test_a_large_table_streams_in_chunks_and_only_the_changed_part_is_asked_for(url: str) -> None:
    source = OrdersSource(url, table="many", time_zone="UTC")
    assert [len(chunk.rows) for chunk in read_orders(source, changed_since=None)] == [50_000, 50_000, 20_000]
    since = datetime(2025, 1, 2, 9, 19, 59, tzinfo=UTC)
    assert column(read(source, since), "order_id") == ["3550875000000119999", "3550875000000120000"]


@pytest.mark.parametrize("watermark", ["due", "stamp", "placed"])
def test_a_watermark_may_have_any_time_type_and_hold_nulls_and_infinity(url: str, watermark: str) -> None:
    source = renamed(url, order_id="id", updated_at=watermark)
    assert column(read(source, datetime(2025, 1, 4, tzinfo=UTC)), "order_id") == ["3550875123456789013", "7"]
    assert column(read(source, datetime(2025, 2, 1, tzinfo=UTC)), "order_id") == ["7"]


def test_a_second_read_brings_only_what_is_new_or_changed(url: str) -> None:
    connection = warehouse()
    source = OrdersSource(url, query="select order_id, updated_at, courier from changing")
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as shop:
        shop.exec_driver_sql("""
            create table changing (order_id int, updated_at timestamptz, courier text);
            insert into changing
                select i, timestamptz '2025-01-01 00:00Z' + i * interval '1 minute', 'sf'
                from generate_series(1, 1000) as t(i);
        """)
    first = refresh_orders(connection, source, seen_at=datetime(2025, 2, 1, tzinfo=UTC))
    assert (first.rows_read, first.new) == (1000, 1000)
    with engine.begin() as shop:
        shop.exec_driver_sql("""
            update changing set courier = 'ups', updated_at = '2025-02-01 12:00Z' where order_id = 5;
            insert into changing values (1001, '2025-02-01 12:00Z', null);
        """)
    engine.dispose()
    second = refresh_orders(connection, source, seen_at=datetime(2025, 2, 2, tzinfo=UTC))
    assert (second.rows_read, second.new, second.changed, second.unchanged) == (63, 1, 1, 61)
    found = connection.execute(
        "select month(last_changed_at), day(last_changed_at) from source_order where order_id = '5'"
    )
    assert found.fetchone() == (2, 2)


def test_troubles_are_told_in_one_sentence_without_the_password(url: str) -> None:
    for source, words in [
        (
            OrdersSource(url.replace(PASSWORD, "tops3cret")),
            ["PARCELS_ORDERS_URL", "password authentication failed"],
        ),
        (
            OrdersSource(url.replace("/postgres", "/nowhere")),
            ["PARCELS_ORDERS_URL", 'database "nowhere" does not exist'],
        ),
        (OrdersSource(url), ["PARCELS_ORDERS_TABLE", "no table orders", "orders_archive"]),
        (OrdersSource(url, table="parcels"), ["PARCELS_ORDERS_TABLE", "no table parcels", "shop.parcels"]),
        (
            OrdersSource(url, table="shoq.parcels"),
            ["PARCELS_ORDERS_TABLE", "no table shoq.parcels", "shop.parcels"],
        ),
        (
            OrdersSource(url.replace("merchant", "reader"), table="secret"),
            ["table secret", "permission denied"],
        ),
        (OrdersSource(url, query="select 1/0 as order_id"), ["PARCELS_ORDERS_QUERY", "division by zero"]),
        (OrdersSource(url, table="shop.parcels"), ["PARCELS_ORDERS_COLUMNS", "id, number, label"]),
    ]:
        with pytest.raises(SourceError) as error:
            read(source)
        for word in words:
            assert word in str(error.value)
        assert "\n" not in str(error.value)
        assert "tops3cret" not in str(error.value) and PASSWORD not in str(error.value)


def test_a_connection_that_breaks_on_the_way_is_told(url: str) -> None:
    chunks = read_orders(OrdersSource(url, table="many"), changed_since=None)
    next(chunks)
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as other:
        other.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and usename = 'merchant'"
        )
    engine.dispose()
    with pytest.raises(SourceError, match=r"Reading orders from PARCELS_ORDERS_TABLE failed: .*terminat"):
        list(chunks)
