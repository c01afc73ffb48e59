"""The real job over HTTP: run, run again, run after the world moved, rebuild from raw.

The first run is the same for all: tests that only look share what it left, the others each get a copy.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline.demo import demo_settings, write_orders
from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.emulator.world import World
from pipeline.run import RunReport, run_job
from pipeline.warehouse import DataFolder, open_work
from tests.conftest import clean_environment
from tests.shop import give_books

WORLD_TIME = datetime(2026, 11, 14, 8, tzinfo=UTC)
STARTS_AT = WORLD_TIME - timedelta(days=45)
ORDERS = 60
KEPT_TABLES = ("source_order", "fact_poll", "fact_tracking_event", "fact_shipment")


@dataclass
class Shop:
    """One merchant: an orders table, a data folder, the API's world, and the time it is there."""

    home: Path
    emulator: RunningEmulator
    now: datetime = WORLD_TIME
    said: list[str] = field(default_factory=list)

    @property
    def folder(self) -> DataFolder:
        return DataFolder(self.home / "data")

    def set_time(self, now: datetime) -> None:
        self.now = now
        self.emulator.set_clock(now)
        write_orders(self.home / "orders.sqlite", World(7, ORDERS, STARTS_AT), now)

    def move_on(self, **units: float) -> None:
        self.set_time(self.now + timedelta(**units))

    def run(self, job: str = "daily", **settings: Any) -> RunReport:
        database = self.home / "orders.sqlite"
        current = demo_settings(self.folder, self.emulator.url, database).model_copy(update=settings)
        return run_job(job, current, now=lambda: self.now, say=self.said.append)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.folder.published, read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    def table(self, name: str) -> list[tuple[Any, ...]]:
        return sorted(self.ask(f"select * from {name}"), key=repr)


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop after its first run, to look at; its home holds Dagster's books, too."""
    home = tmp_path_factory.mktemp("ran_once")
    with (
        running_emulator(orders=ORDERS, starts_at=STARTS_AT, now=WORLD_TIME, limits="100000/minute") as emulator,
        pytest.MonkeyPatch.context() as environment,
    ):
        clean_environment(environment, home)
        give_books(home)
        shop = Shop(home, emulator)
        shop.set_time(WORLD_TIME)
        report = shop.run()
        assert report.success, report.sentence
        assert not [line for line in shop.said if line.startswith("Worth a look")]
        yield shop


@pytest.fixture
def shop(ran_once: Shop, tmp_path: Path) -> Shop:
    """A copy of the shop after its first run, to go on with; the API is as it was then."""
    shutil.copytree(ran_once.home, tmp_path, symlinks=True, dirs_exist_ok=True)
    ran_once.emulator.set_faults("")
    shop = Shop(tmp_path, ran_once.emulator)
    shop.set_time(WORLD_TIME)
    return shop


def test_twice_then_a_day_later_then_rebuilt_from_raw(shop: Shop) -> None:
    first = {name: shop.table(name) for name in KEPT_TABLES}
    assert len(first["fact_poll"]) == len(first["source_order"]) > ORDERS / 2
    assert len(first["fact_tracking_event"]) > 5 * ORDERS

    assert shop.run().success
    second = {name: shop.table(name) for name in KEPT_TABLES}
    assert second == first, "asking again within the hour sends nothing and changes nothing"

    shop.move_on(days=1)
    assert shop.run().success
    before = {row[0] for row in first["fact_tracking_event"]}
    after = {row[0] for row in shop.table("fact_tracking_event")}
    assert before < after, "old events are kept, new ones came in"
    truth = {row["tracking_number"]: row for row in shop.emulator.control("world")["truth"]}
    delivered = shop.ask("select tracking_number, status from fact_shipment where last_delivered_at is not null")
    assert len(delivered) > ORDERS / 4
    assert all(truth[number]["first_delivered_at"] for number, _ in delivered), (
        "nothing is called delivered that was not"
    )

    tables = [name for (name,) in shop.ask("select table_name from duckdb_tables() where schema_name = 'main'")]
    ledgers = {"due_shipment", "loaded_response_file", "model_state", "parcel_digest"}
    built = {name: shop.table(name) for name in tables if name not in ledgers}
    requests = shop.emulator.stats()["total"]
    with open_work(shop.folder) as connection:
        connection.execute("update fact_tracking_event set status = 'unknown', location = null")
        connection.execute("delete from fact_poll where requested_at < (select max(requested_at) from fact_poll)")
    assert shop.run("rebuild", orders_url=None).success
    assert shop.emulator.stats()["total"] == requests, "a rebuild sends nothing"
    rebuilt = {name: shop.table(name) for name in built}
    assert rebuilt == built


def test_a_run_tells_of_rows_that_could_not_be_used_in_full(shop: Shop) -> None:
    rows = [("mine", "N/A", WORLD_TIME.isoformat()), (None, None, WORLD_TIME.isoformat())]
    with sqlite3.connect(shop.home / "orders.sqlite") as database:
        database.executemany("insert into orders (order_id, tracking_number, updated_at) values (?, ?, ?)", rows)
    assert shop.run().success
    (told,) = [line for line in shop.said if line.startswith("Orders: ")]
    assert re.match(r"Orders: 1 of \d+ rows cannot be used, and 1 are used without a value", told)
    assert shop.ask("select tracking_number, status from fact_shipment where order_id = 'mine'") == [(None, "unknown")]


def test_the_exports_say_what_the_warehouse_says(ran_once: Shop) -> None:
    current = ran_once.folder.exports / "current"
    manifest = orjson.loads((current / "manifest.json").read_bytes())
    names = {table["name"] for table in manifest["tables"]}
    assert {"fact_tracking_event", "fact_shipment", "fact_poll", "dim_status", "dim_courier"} <= names
    for table in manifest["tables"]:
        files = [current / file["path"] for file in table["files"]]
        assert sum(pq.read_metadata(file).num_rows for file in files) == table["rows"], table["name"]
        assert table["description"], table["name"]
        assert all(column["description"] for column in table["columns"]), table["name"]
        for arrow_field in (
            arrow_field for file in files for arrow_field in pq.read_schema(file) if arrow_field.name != "month"
        ):
            assert str(arrow_field.type).split("(")[0] in {
                "int64", "int32", "double", "string", "bool", "date32[day]", "timestamp[us]", "timestamp[us, tz=UTC]",
                "decimal128",
            }, (table["name"], arrow_field)  # fmt: skip
    months = sorted(path.name for path in (current / "fact_tracking_event").iterdir())
    assert months == ["month=2026-09", "month=2026-10", "month=2026-11"]
    assert "month" in pq.read_schema(next((current / "fact_tracking_event" / months[0]).iterdir())).names
    for read in (pd.read_parquet, lambda path: duckdb.sql(f"from read_parquet('{path}/**/*.parquet')").df()):
        events = read(current / "fact_tracking_event")
        assert len(events) == len(ran_once.table("fact_tracking_event"))
        assert sorted(f"month={month}" for month in set(events["month"])) == months


def test_every_event_is_traced_to_the_raw_answer_that_first_said_it(ran_once: Shop) -> None:
    traced = ran_once.ask(
        "select event.code, event.event_time_raw, poll.raw_file, poll.response_id from fact_tracking_event as event"
        " join fact_poll as poll on event.first_response_id = poll.response_id order by event_id limit 20"
    )
    assert len(traced) == 20
    for code, written, raw_file, response_id in traced:
        raw = pq.read_table(ran_once.folder.responses / raw_file, partitioning=None).to_pylist()
        (body,) = [row["body"] for row in raw if row["response_id"] == response_id]
        assert written.encode() in body
        assert code is None or code.encode() in body


def test_trouble_in_mid_run_is_published_around_and_fails_the_run_which_a_warning_neither_does_nor_hides(
    shop: Shop,
) -> None:
    with open_work(shop.folder) as connection:
        connection.execute("update fact_tracking_event set status = 'unknown' where courier = 'sf_express'")
    shop.move_on(hours=3)
    assert shop.run().success
    assert shop.said[-1].startswith("Worth a look: New events of the last 7 days that no rule knows: sf_express ")
    shop.move_on(hours=3)
    shop.emulator.set_faults("unavailable=1")
    report = shop.run()
    assert not report.success
    assert "PARCELS_API_URL" in (report.sentence or "")
    assert shop.said[-1].startswith("Worth a look")
    assert shop.ask("select count(*) from fact_poll where outcome = 'server_error'")[0][0] >= 10


def test_a_data_folder_of_an_older_version_gets_the_columns_it_lacks_filled_from_raw(shop: Shop) -> None:
    told = "select event_id, time_zone_source, first_response_id from fact_tracking_event order by event_id"
    before = shop.ask(told)
    with open_work(shop.folder) as connection:
        connection.execute("alter table fact_tracking_event drop column time_zone_source")
        connection.execute("alter table source_order drop column original_promised_on")
        connection.execute("update reading_state set rules_fingerprint = 'of an older version'")
    assert shop.run().success
    assert shop.ask(told) == before
    assert shop.ask("select count(*) > 0 from source_order where promised_on is not null") == [(True,)]
    assert shop.ask("select count(*) from source_order where promised_on is distinct from original_promised_on") == [
        (0,)
    ]


def test_a_rule_of_the_users_own_reads_all_of_raw_again(shop: Shop) -> None:
    header = "rule_id,priority,courier,code,pattern,status,substatus,source\n"
    sent = len(shop.table("fact_poll"))
    shop.folder.rules.mkdir()
    file = shop.folder.rules / "event_code.csv"
    file.write_text(header + "my-sf-50,10,sf_express,50,,picked_up,dropped_off,a phone call\n", encoding="utf-8")
    assert shop.run().success
    assert shop.ask(
        "select distinct event.status, event.substatus, rule_id, rule.owner, rule.priority"
        " from fact_tracking_event as event"
        " join reference.event_code as rule using (rule_id) where event.courier = 'sf_express' and event.code = '50'"
    ) == [("picked_up", "dropped_off", "my-sf-50", "user", 10)]
    assert len(shop.table("fact_poll")) == sent
    file.write_text(header + "my-sf-50,10,sf_express,50,,moon,landing,a dream\n", encoding="utf-8")
    report = shop.run()
    assert not report.success
    assert (report.sentence or "").endswith("event_code.csv, line 2: there is no status 'moon.landing' in status.csv.")


def test_missing_settings_are_named(shop: Shop) -> None:
    report = shop.run(orders_url=None)
    assert not report.success
    assert (report.sentence or "").startswith("PARCELS_ORDERS_URL is not set")


def test_no_secret_is_written_anywhere(ran_once: Shop) -> None:
    secret = b"demo-secret"
    token = b"sk-"
    for path in ran_once.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret not in content, path
            # The one place where a token is kept for the next run.
            if path.name == "token-default.json":
                assert path.stat().st_mode & 0o777 == 0o600
            else:
                assert token not in content, path
