"""What a run leaves on the terminal: the state of the parcels in a few lines, from the published warehouse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table

from pipeline.warehouse import DataFolder, connect

_BY_STATUS = """
select case when event_count = 0 then 'no scan yet' else replace(status, '_', ' ') end as state,
    count(*) as parcels, sum(count(*)) over () as all_parcels
from fact_shipment group by state order by parcels desc, state
"""
_BY_COURIER = """
select
    name,
    count(*) as parcels,
    count(transit_hours) as delivered,
    percentile_cont(0.5) within group (order by transit_hours) / 24 as p50_days,
    percentile_cont(0.9) within group (order by transit_hours) / 24 as p90_days
from fact_shipment join dim_courier using (courier)
group by name order by delivered desc, name limit 8
"""
_EXCEPTIONS = """
select coalesce(responsible, '–') as responsible, status || ' · ' || substatus as reason, count(*) as parcels,
    max(hours_open) / 24 as oldest_days
from open_exception group by all order by parcels desc, reason limit 8
"""


def summary(folder: DataFolder, *, title: str, notes: list[str]) -> RenderableType:
    """Parcels by status, transit time by courier and open exceptions, in a frame."""
    with connect(folder.published, read_only=True) as warehouse:
        tables = [_status_table(warehouse), _courier_table(warehouse), _exception_table(warehouse)]
    return Panel(Group(*_spaced([*notes, *tables])), title=title, box=box.ROUNDED, padding=(1, 2))


def show(folder: DataFolder, *, title: str, notes: list[str]) -> None:
    """Print the summary, then where everything lies, unframed so that paths stay whole."""
    Console().print(summary(folder, title=title, notes=notes))
    print(f"warehouse      {from_here(folder.published)}")
    print(f"exports        {from_here(folder.exports / 'current')}")
    print(f"raw responses  {from_here(folder.responses)}")


def from_here(path: Path) -> Path:
    """The path as one would type it in this folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _status_table(warehouse: duckdb.DuckDBPyConnection) -> Table:
    table = _table("Parcels by status", "status", "parcels", "")
    for status, parcels, everyone in warehouse.execute(_BY_STATUS).fetchall():
        table.add_row(status, f"{parcels:,}", "█" * max(1, round(40 * parcels / everyone)))
    return table


def _courier_table(warehouse: duckdb.DuckDBPyConnection) -> Table:
    table = _table("Transit time, pickup to last delivery (delivered parcels)", "courier", "parcels", "delivered",
                   "median days", "P90 days")  # fmt: skip
    for name, parcels, delivered, p50, p90 in warehouse.execute(_BY_COURIER).fetchall():
        table.add_row(name, f"{parcels:,}", f"{delivered:,}", _days(p50), _days(p90))
    return table


def _exception_table(warehouse: duckdb.DuckDBPyConnection) -> Table:
    table = _table("Open exceptions (days since the oldest began)", "reason", "parcels", "days", "whose move")
    for responsible, reason, parcels, oldest in warehouse.execute(_EXCEPTIONS).fetchall():
        table.add_row(reason.replace("_", " "), f"{parcels:,}", _days(oldest), responsible)
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for other in others:
        table.add_column(other, justify="right" if other and other != "whose move" else "left")
    return table


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:.1f}"


def _spaced(parts: list[Any]) -> Iterator[Any]:
    for place, part in enumerate(parts):
        if place and not (isinstance(part, str) and isinstance(parts[place - 1], str)):
            yield ""
        yield part
