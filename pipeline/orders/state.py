"""From when the next read may start: what is remembered of each source between two reads."""

from datetime import UTC, datetime, timedelta

import duckdb

from pipeline.orders.source import OrdersSource

# Rows are stamped when written but seen when committed: a transaction may be this late.
OVERLAP = timedelta(hours=1)
# What a watermark cannot see (rows imported with an old updated_at, a stamp nobody moved) waits no longer than this.
FULL_READ_EVERY = timedelta(days=7)


def watermark(connection: duckdb.DuckDBPyConnection, source: OrdersSource, *, now: datetime) -> datetime | None:
    """From which updated_at on to read, or None to read everything.

    None when the source has no updated_at, when a row of the last read had none, when the settings changed since, and
    every FULL_READ_EVERY. A row that is inserted with an old updated_at, or changed without moving it, shows only in
    a full read.
    """
    _create_state(connection)
    found = connection.execute(
        "select updated_at_watermark, full_read_at from source_state where account = ? and fingerprint = ?",
        [source.account, source.fingerprint],
    ).fetchone()
    if found is None or found[0] is None or naive_utc(now) - found[1] >= FULL_READ_EVERY:
        return None
    latest: datetime = found[0]
    return latest.replace(tzinfo=UTC) - OVERLAP


def remember_read(
    connection: duckdb.DuckDBPyConnection, source: OrdersSource, *, is_full: bool, seen_at: datetime
) -> None:
    """The newest updated_at in incoming_order, at most the present: a row stamped 2099 must hide nothing before it."""
    _create_state(connection)
    state = connection.execute(
        """
        with seen as (
            select max(least(updated_at, $seen_at)) filter (where updated_at is not null) as newest,
                count(*) > count(updated_at) as some_lack_it
            from incoming_order
        ),
        before as (
            select updated_at_watermark, full_read_at from source_state
            where not $is_full and account = $account and fingerprint = $fingerprint
        )
        select
            $account,
            $fingerprint,
            case when not seen.some_lack_it then greatest(seen.newest, before.updated_at_watermark) end,
            coalesce(before.full_read_at, $seen_at)
        from seen left join before on true
        """,
        {"account": source.account, "fingerprint": source.fingerprint, "is_full": is_full, "seen_at": seen_at},
    ).fetchone()
    connection.execute("delete from source_state where account = ?", [source.account])
    connection.execute("insert into source_state values (?, ?, ?, ?)", state)


def _create_state(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        create table if not exists source_state (
            account varchar, fingerprint varchar, updated_at_watermark timestamp, full_read_at timestamp
        )
    """)


def naive_utc(moment: datetime) -> datetime:
    """As tables hold it; a moment without zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
