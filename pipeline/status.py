"""How things stand, read from the data folder without touching a run in progress."""

from contextlib import closing
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from pipeline.clock import system_now
from pipeline.errors import SettingsError
from pipeline.settings import Settings
from pipeline.tracking.account import open_budget
from pipeline.warehouse import DataFolder, connect

_OUTCOMES = """
select outcome, count(*) as requests from fact_poll
where requested_at >= timestamp '{midnight:%Y-%m-%d %H:%M:%S}'
group by outcome order by requests desc, outcome
"""
_LAST_RUN = """
select run_id, max(requested_at) as ended_at, count(*) as requests from fact_poll
group by run_id order by ended_at desc limit 1
"""
_OLDEST = """
select coalesce(order_id, tracking_number), last_polled_at from fact_shipment
where not is_terminal order by last_polled_at asc nulls first, 1 limit 1
"""


def show_status(settings: Settings) -> None:
    """Print budget, requests by outcome, the parcel that waits longest, and how fresh the warehouse is."""
    folder = DataFolder(settings.data_dir)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_row("data folder", str(folder.root))
    _add_budget(table, settings, folder)
    if folder.published.exists():
        with connect(folder.published, read_only=True) as warehouse:
            as_of = warehouse.execute("select as_of from as_of").fetchone()
            table.add_row("data as of", f"{as_of[0]:%Y-%m-%d %H:%M} UTC" if as_of and as_of[0] else "no answer yet")
            # Written into the text: for a parameter DuckDB imports pandas, a third of this command's time.
            outcomes = warehouse.execute(_OUTCOMES.format(midnight=_midnight(settings.timezone))).fetchall()
            told = ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes)
            table.add_row("requests today", told or "none")
            last = warehouse.execute(_LAST_RUN).fetchone()
            if last:
                run_id, ended_at, requests = last
                # Eight characters, as Dagster's pages show it, keep the line whole on a terminal of 80 columns.
                table.add_row(
                    "last polling run", f"{run_id[:8]}: {requests:,} requests until {ended_at:%Y-%m-%d %H:%M} UTC"
                )
            oldest = warehouse.execute(_OLDEST).fetchone()
            if oldest:
                asked = f"last answered {oldest[1]:%Y-%m-%d %H:%M} UTC" if oldest[1] else "never answered"
                table.add_row("unanswered longest", f"{oldest[0]}, {asked}")
            version = folder.published.resolve().stem.removeprefix("warehouse-")
            table.add_row("published", version)
    else:
        table.add_row("published", "nothing yet: run 'parcels run' or 'parcels demo'")
    # Order ids are the merchant's: square brackets in them are no markup.
    Console(markup=False).print(table)


def _add_budget(table: Table, settings: Settings, folder: DataFolder) -> None:
    try:
        accounts = settings.accounts()
    except SettingsError:
        table.add_row("budget", "no credentials are set")
        return
    for account in accounts:
        with closing(open_budget(account, folder, system_now)) as budget:
            for place, (limit, used) in enumerate(budget.used()):
                label = "" if place else f"budget ({account.name})"
                table.add_row(label, f"{used:,} used, {max(limit.requests - used, 0):,} free of {limit}")


def _midnight(zone: str) -> datetime:
    """When the business day began, in UTC."""
    return system_now().astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0).astimezone(UTC)
