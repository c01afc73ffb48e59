"""Orders into the warehouse: what is new, what changed, and what was set aside."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pandas as pd
import pyarrow as pa

from pipeline.orders.merge_rows import merge_rows
from pipeline.orders.rows import IDS, LABELS, TIMES, OrdersChunk
from pipeline.orders.source import OrdersSource, read_orders
from pipeline.orders.state import naive_utc, remember_read, watermark

_ROWS = pa.schema(
    [
        ("read_number", pa.int64()),
        *[(name, pa.string()) for name in (*IDS, *LABELS)],
        *[(name, pa.timestamp("us")) for name in (*TIMES, "promised_on")],
    ]
)
_SET_ASIDE = pa.schema([("source_row", pa.int64()), ("reason", pa.string()), ("row_json", pa.string())])


@dataclass(frozen=True)
class OrdersSummary:
    """What a read brought: rows_read = new + changed + unchanged + duplicates + rejected.

    A duplicate is a row that another one of the same read, or a fuller one of the same parcel, stands for.
    A noted row is counted as what it is, and is in the quarantine too, for a value that could not be read.
    """

    rows_read: int
    new: int
    changed: int
    unchanged: int
    duplicates: int
    rejected: int
    noted: int


def refresh_orders(connection: duckdb.DuckDBPyConnection, source: OrdersSource, *, seen_at: datetime) -> OrdersSummary:
    """Read what is new or changed since the last time, everything where that cannot be told, and merge it."""
    since = watermark(connection, source, now=seen_at)
    chunks = read_orders(source, changed_since=since)
    return merge_orders(connection, chunks, source=source, changed_since=since, seen_at=seen_at)


def merge_orders(
    connection: duckdb.DuckDBPyConnection,
    chunks: Iterable[OrdersChunk],
    *,
    source: OrdersSource,
    changed_since: datetime | None,
    seen_at: datetime,
) -> OrdersSummary:
    """All of the chunks or, if reading fails on the way, none: collected first, then merged in one transaction.

    `changed_since` is what the chunks were read with. Parcels that are gone from the source stay. A row without
    tracking number (or without order id) gives way to rows of the same order (or parcel) that have both, which
    inherit its first_seen_at.
    """
    now = naive_utc(seen_at)
    is_full = changed_since is None
    with _collected(connection, chunks) as (rows_read, rejected, noted):
        connection.execute("begin")
        try:
            counts = merge_rows(connection, now)
            _merge_quarantine(connection, source.account, is_full=is_full, seen_at=now)
            remember_read(connection, source, is_full=is_full, seen_at=now)
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
    return OrdersSummary(rows_read=rows_read, rejected=rejected, noted=noted, **counts)


@contextmanager
def _collected(connection: duckdb.DuckDBPyConnection, chunks: Iterable[OrdersChunk]) -> Iterator[tuple[int, int, int]]:
    """The chunks as temporary tables, which may go to disk when memory is short; yields rows read, rejected, noted."""
    connection.execute("""
        create or replace temp table incoming_order (
            read_number bigint, account varchar, order_id varchar, tracking_number varchar,
            courier varchar, service varchar, destination_country varchar,
            ordered_at timestamp, promised_at timestamp, promised_on date, updated_at timestamp
        );
        create or replace temp table incoming_quarantine (source_row bigint, reason varchar, row_json varchar);
    """)
    try:
        rows = rejected = noted = 0
        for chunk in chunks:
            numbers = range(rows, rows + len(chunk.rows))
            _insert(connection, "incoming_order", chunk.rows.assign(read_number=numbers), _ROWS)
            _insert(connection, "incoming_quarantine", chunk.rejected, _SET_ASIDE)
            _insert(connection, "incoming_quarantine", chunk.noted, _SET_ASIDE)
            rows += len(chunk.rows)
            rejected += len(chunk.rejected)
            noted += len(chunk.noted)
        yield rows + rejected, rejected, noted
    finally:
        connection.execute("drop table if exists incoming_order; drop table if exists incoming_quarantine")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame, schema: pa.Schema) -> None:
    if frame.empty:
        return
    # The schema is told, not guessed: a column that is all null in one chunk has no type of its own.
    connection.register("incoming_chunk", pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
    try:
        connection.execute(f"insert into {table} by name select * from incoming_chunk")
    finally:
        connection.unregister("incoming_chunk")


def _merge_quarantine(connection: duckdb.DuckDBPyConnection, account: str, *, is_full: bool, seen_at: datetime) -> None:
    """After a full read just what it set aside; after another, that too. The same row and reason is there once."""
    connection.execute(
        """
        create or replace temp table merged_quarantine as
        select
            cast($account as varchar) as account,
            min(incoming.source_row) as source_row,
            incoming.reason,
            incoming.row_json,
            coalesce(min(known.seen_at), cast($seen_at as timestamp)) as seen_at
        from incoming_quarantine as incoming
        left join quarantined_order as known
            on known.account = $account and known.reason = incoming.reason and known.row_json = incoming.row_json
        group by incoming.reason, incoming.row_json
        """,
        {"account": account, "seen_at": seen_at},
    )
    connection.execute(
        """
        delete from quarantined_order
        where account = $account and (
            $is_full
            or exists (
                select 1 from merged_quarantine as merged
                where merged.reason = quarantined_order.reason and merged.row_json = quarantined_order.row_json
            )
        )
        """,
        {"account": account, "is_full": is_full},
    )
    connection.execute(
        "insert into quarantined_order by name select * from merged_quarantine; drop table merged_quarantine"
    )
