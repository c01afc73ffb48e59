"""How things stand, read from the data folder without touching a run in progress."""

from contextlib import closing

from rich.console import Console
from rich.table import Table

from pipeline.errors import SettingsError
from pipeline.resources import system_now
from pipeline.settings import Settings
from pipeline.tracking.account import open_budget
from pipeline.warehouse import DataFolder, connect

_OUTCOMES = """
select outcome, count(*) as requests from fact_poll
where cast(timezone($zone, timezone('UTC', requested_at)) as date) = cast(timezone($zone, $now) as date)
group by outcome order by requests desc
"""
_LAST_RUN = """
select run_id, max(requested_at) as ended_at, count(*) as requests from fact_poll
group by run_id order by ended_at desc limit 1
"""
_OLDEST = """
select coalesce(order_id, tracking_number), last_polled_at from fact_shipment
where not is_terminal order by last_polled_at asc nulls first limit 1
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
            today = {"zone": settings.timezone, "now": system_now()}
            outcomes = warehouse.execute(_OUTCOMES, today).fetchall()
            told = ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes)
            table.add_row("requests today", told or "none")
            last = warehouse.execute(_LAST_RUN).fetchone()
            if last:
                table.add_row("last polling run", f"{last[0]}: {last[2]:,} requests until {last[1]:%Y-%m-%d %H:%M} UTC")
            oldest = warehouse.execute(_OLDEST).fetchone()
            if oldest:
                asked = f"last answered {oldest[1]:%Y-%m-%d %H:%M} UTC" if oldest[1] else "never answered"
                table.add_row("unanswered longest", f"{oldest[0]}, {asked}")
            version = folder.published.resolve().stem.removeprefix("warehouse-")
            table.add_row("published", version)
    else:
        table.add_row("published", "nothing yet: run 'parcels run' or 'parcels demo'")
    Console().print(table)


def _add_budget(table: Table, settings: Settings, folder: DataFolder) -> None:
    try:
        accounts = settings.accounts()
    except SettingsError:
        table.add_row("budget", "no credentials are set")
        return
    for account in accounts:
        with closing(open_budget(account, folder, system_now)) as budget:
            windows = [
                f"{used:,} used, {max(limit.requests - used, 0):,} free of {limit}" for limit, used in budget.used()
            ]
        table.add_row(f"budget ({account.name})", "; ".join(windows))
