"""The demo: a small world of orders and couriers, run through the real job over HTTP.

The world has a clock of its own. The first run sees it some days ago, each further run a day later, until it has
caught up with the real clock; so a second run shows what a next day brings.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from pipeline.emulator.process import running_emulator
from pipeline.emulator.tokens import Credentials
from pipeline.emulator.world import World
from pipeline.errors import SettingsError
from pipeline.run import RunReport, run_job
from pipeline.settings import Settings, load_settings
from pipeline.warehouse import DataFolder, connect

SEED = 7
ORDERS = 400
ORDER_DAYS = 45
FIRST_RUN_DAYS_AGO = 10
LIMITS = "6000/minute,100000/hour"


@dataclass(frozen=True)
class DemoRun:
    """What one demo run did: how it ended, which run it was, and what time it is in its world."""

    report: RunReport
    number: int
    world_time: datetime
    new_events: int
    events: int


def demo_folder(folder: DataFolder) -> Path:
    return folder.root / "demo"


def run_demo(say: Callable[[str], None]) -> DemoRun:
    """Run the job `daily` against the emulator. Raises SettingsError where the data folder holds a real warehouse."""
    folder = DataFolder(load_settings().data_dir)
    if folder.work.exists() and not demo_folder(folder).exists():
        raise SettingsError(
            f"{folder.root} holds a warehouse of your own, which the demo would mix with made-up parcels:"
            " set PARCELS_DATA_DIR to another folder for the demo."
        )
    demo_folder(folder).mkdir(parents=True, exist_ok=True)
    number, starts_at, world_time = _next_run(demo_folder(folder) / "world.json")
    database = demo_folder(folder) / "orders.sqlite"
    write_orders(database, World(SEED, ORDERS, starts_at, ORDER_DAYS), world_time)
    before = count_events(folder)
    with running_emulator(
        seed=SEED, orders=ORDERS, order_days=ORDER_DAYS, starts_at=starts_at, now=world_time, speed=1, limits=LIMITS
    ) as emulator:
        offset = world_time - datetime.now(UTC)
        report = run_job(
            "daily",
            demo_settings(folder, emulator.url, database),
            now=lambda: datetime.now(UTC) + offset,
            say=say,
        )
    after = count_events(folder)
    return DemoRun(report, number, world_time, after - before, after)


def demo_settings(folder: DataFolder, url: str, database: Path) -> Settings:
    """Settings that point the real job at the emulator, whatever the environment says."""
    credentials = Credentials()
    return load_settings(
        data_dir=folder.root,
        api_url=url,
        access_token=None,
        client_id=credentials.client_id,
        client_secret=SecretStr(credentials.client_secret),
        rate_limits=LIMITS,
        orders_url=f"sqlite:///{database}",
        orders_table="orders",
        orders_query=None,
        orders_columns={},
    )


def write_orders(database: Path, world: World, now: datetime) -> None:
    """The shop's own orders table as it is at `now`."""
    with sqlite3.connect(database) as connection:
        connection.execute("drop table if exists orders")
        connection.execute(
            "create table orders (order_id text, tracking_number text, ordered_at text, promised_at text,"
            " courier text, service text, destination_country text, updated_at text)"
        )
        rows = [
            (
                row.order_id,
                row.tracking_number,
                row.ordered_at.isoformat(),
                row.promised_at.isoformat() if row.promised_at else None,
                row.courier,
                row.service,
                row.destination_country,
                row.updated_at.isoformat(),
            )
            for row in world.orders_at(now)
        ]
        connection.executemany("insert into orders values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()


def count_events(folder: DataFolder) -> int:
    """Events in the published warehouse; 0 before there is one."""
    if not folder.published.exists():
        return 0
    with connect(folder.published, read_only=True) as connection:
        row = connection.execute("select count(*) from fact_tracking_event").fetchone()
    return int(row[0]) if row else 0


def _next_run(state: Path) -> tuple[int, datetime, datetime]:
    """The number of this run, when its world began, and what time it is there; remembered for the next run."""
    now = datetime.now(UTC).replace(microsecond=0)
    if state.exists():
        known = json.loads(state.read_text(encoding="utf-8"))
        number = known["runs"] + 1
        starts_at = datetime.fromisoformat(known["starts_at"])
        world_time = min(datetime.fromisoformat(known["world_time"]) + timedelta(days=1), now)
    else:
        number = 1
        world_time = now - timedelta(days=FIRST_RUN_DAYS_AGO)
        starts_at = world_time - timedelta(days=ORDER_DAYS)
    remembered = {"runs": number, "starts_at": starts_at.isoformat(), "world_time": world_time.isoformat()}
    fresh = state.with_suffix(".new")
    fresh.write_text(json.dumps(remembered), encoding="utf-8")
    fresh.replace(state)
    return number, starts_at, world_time
