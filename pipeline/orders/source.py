"""The orders source: which table of the merchant's is read, by which column names, and its rows in chunks."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import SettingsError, SourceError
from pipeline.orders.databases import address_without_secrets, open_database
from pipeline.orders.files import file_path, open_file
from pipeline.orders.names import did_you_mean, listed
from pipeline.orders.rows import IDS, SOURCE_COLUMNS, OrdersChunk, RawChunk, understand
from pipeline.orders.times import DateOrder
from pipeline.settings import Settings

CHUNK_ROWS = 50_000


@dataclass(frozen=True)
class OrdersSource:
    """What the PARCELS_ORDERS_* settings say; `columns` maps our name to the source's."""

    url: str = field(repr=False)  # may hold a password
    table: str = "orders"
    query: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = "Asia/Hong_Kong"
    account: str = "default"
    date_order: DateOrder | None = None

    @property
    def fingerprint(self) -> str:
        """Differs when other rows, or another reading of them, are to be expected; a new password changes nothing."""
        path = file_path(self.url)
        place = str(path.resolve()) if path else address_without_secrets(self.url)
        parts = [place, self.table, self.query, sorted(self.columns.items()), self.time_zone, self.account]
        parts += [self.date_order] if self.date_order else []
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def orders_source(settings: Settings) -> OrdersSource:
    """The source that the PARCELS_ORDERS_* settings describe. Raises SettingsError when none is set."""
    if settings.orders_url is None:
        raise SettingsError(
            "PARCELS_ORDERS_URL is not set: give it the SQLAlchemy URL of your database,"
            " or a path to a .parquet, .csv or .duckdb file."
        )
    return OrdersSource(
        url=settings.orders_url.get_secret_value(),
        table=settings.orders_table,
        query=settings.orders_query,
        columns=settings.orders_columns,
        time_zone=settings.timezone,
        account=settings.default_account(),
        date_order=settings.orders_dates,
    )


class Table(Protocol):
    """What a database and a file have in common."""

    @property
    def columns(self) -> Sequence[str]: ...

    def chunks(
        self, wanted: Sequence[str], size: int, *, since: tuple[str, datetime] | None, zone: ZoneInfo
    ) -> Iterator[RawChunk]:
        """The wanted columns; rows older than `since` (a column and a UTC time) may be left out, never others."""


def read_orders(source: OrdersSource, *, changed_since: datetime | None) -> Iterator[OrdersChunk]:
    """All rows, or those whose updated_at is not before `changed_since` (with a zone) or missing.

    A row that is inserted later with an older updated_at is not seen by such a read: state.watermark has the remedy.
    """
    zone = _zone(source.time_zone)
    with _open(source) as table:
        matched = match_columns(table.columns, source.columns)
        wanted = list(dict.fromkeys(matched.values()))
        watermark = matched.get("updated_at")
        since = (watermark, changed_since) if watermark and changed_since else None
        for raw in table.chunks(wanted, CHUNK_ROWS, since=since, zone=zone):
            yield understand(
                raw,
                matched,
                zone=zone,
                account=source.account,
                changed_since=since and since[1],
                date_order=source.date_order,
            )


def matched_columns(source: OrdersSource) -> dict[str, str]:
    """Our name to the source's, for each column that the source has: what a check of the settings can show."""
    with _open(source) as table:
        return match_columns(table.columns, source.columns)


def match_columns(available: Sequence[str], renames: Mapping[str, str]) -> dict[str, str]:
    """Renamed columns must be there, others of ours need not be; one id must. `Order ID` is order_id, too."""
    strangers = [name for name in renames if name not in SOURCE_COLUMNS]
    if strangers:
        raise SourceError(
            f"PARCELS_ORDERS_COLUMNS names {listed(strangers)}, which is none of ours ({listed(SOURCE_COLUMNS)}): "
            "write it as ours=yours, such as order_id=id."
        )
    matched = {}
    for name in SOURCE_COLUMNS:
        found = _find(renames.get(name, name), available)
        if found is not None:
            matched[name] = found
        elif name in renames:
            raise SourceError(
                f"PARCELS_ORDERS_COLUMNS says {name}={renames[name]}, but the source has no column {renames[name]}"
                f"{did_you_mean(renames[name], available)}; its columns are {listed(available)}."
            )
    if not any(name in matched for name in IDS):
        raise SourceError(
            "The orders source has neither a column order_id nor tracking_number"
            f"{did_you_mean('order_id', available)}; say which one it is in PARCELS_ORDERS_COLUMNS, "
            f"such as order_id=id. Its columns are {listed(available)}."
        )
    return matched


def _open(source: OrdersSource) -> AbstractContextManager[Table]:
    path = file_path(source.url)
    if path is not None:
        return open_file(path, source.table, source.query)
    return open_database(source.url, source.table, source.query)


def _find(name: str, available: Sequence[str]) -> str | None:
    same = [column for column in available if column == name] or [
        column for column in available if _folded(column) == _folded(name)
    ]
    if len(same) > 1:
        raise SourceError(
            f"The orders source has {len(same)} columns called {name}: choose one in PARCELS_ORDERS_QUERY."
        )
    return same[0] if same else None


def _folded(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().casefold())


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SourceError(
            f"PARCELS_TIMEZONE is {name!r}, which is no time zone: write it like Asia/Hong_Kong."
        ) from None
