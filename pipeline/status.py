"""How things stand, read from the data folder without touching a run in progress."""

import asyncio

from rich.console import Console
from rich.table import Table

from pipeline.errors import SettingsError
from pipeline.resources import system_now
from pipeline.settings import Settings
from pipeline.tracking.budget import Budget
from pipeline.warehouse import DataFolder, connect

_OUTCOMES = """
select outcome, count(*) as requests from fact_poll
where requested_at > (select max(requested_at) from fact_poll) - interval 24 hours
group by outcome order by requests desc
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
            outcomes = warehouse.execute(_OUTCOMES).fetchall()
            table.add_row("last 24 h of polling", ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes))
            oldest = warehouse.execute(_OLDEST).fetchone()
            if oldest:
                asked = f"last answered {oldest[1]:%Y-%m-%d %H:%M} UTC" if oldest[1] else "never answered"
                table.add_row("waits longest", f"{oldest[0]}, {asked}")
            version = folder.published.resolve().stem.removeprefix("warehouse-")
            table.add_row("published", version)
    else:
        table.add_row("published", "nothing yet: run 'parcels run' or 'parcels demo'")
    Console().print(table)


def _add_budget(table: Table, settings: Settings, folder: DataFolder) -> None:
    store = folder.state / "budget.sqlite"
    try:
        accounts = settings.accounts()
    except SettingsError:
        table.add_row("budget", "no credentials are set")
        return
    if not store.exists():
        table.add_row("budget", "nothing sent yet")
        return
    for account in accounts:
        budget = Budget(
            store, account.name, account.rate_limits, clock=lambda: system_now().timestamp(), sleep=asyncio.sleep
        )
        used = ", ".join(f"{count:,} of {limit}" for limit, count in budget.used())
        budget.close()
        table.add_row(f"budget used ({account.name})", used)
