"""Real processes, really killed: what reached us is kept once, readers see whole versions, the next run goes on."""

import hashlib
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import orjson
import pytest

from pipeline.errors import WarehouseError
from pipeline.tracking.fetch import WORKERS
from pipeline.warehouse import open_work
from tests.shop import Shop, open_shop, wait_for

ORDERS = 300
MB = 2**20


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path, ORDERS, latency_ms=20) as shop:
        yield shop


def run_statuses() -> list[dg.DagsterRunStatus]:
    """Of all runs in Dagster's books, oldest first."""
    with dg.DagsterInstance.get() as instance:
        return [run.status for run in reversed(instance.get_runs())]


def assert_published_is_whole(shop: Shop) -> None:
    """The warehouse opens and agrees with itself, and every exported file is what the manifest says."""
    (polls,), (shipments,) = shop.ask("select count(*) from fact_poll union all select count(*) from fact_shipment")
    assert polls == len(shop.kept())
    assert shipments >= ORDERS
    current = shop.folder.exports / "current"
    manifest = orjson.loads((current / "manifest.json").read_bytes())
    counts = {table["name"]: table["rows"] for table in manifest["tables"]}
    assert (counts["fact_poll"], counts["fact_shipment"]) == (polls, shipments)
    for table in manifest["tables"]:
        for file in table["files"]:
            assert hashlib.sha256((current / file["path"]).read_bytes()).hexdigest() == file["sha256"], file


def test_killed_over_and_over_and_robbed_of_its_work_file_it_goes_on_where_it_stopped(shop: Shop) -> None:
    folder, chance = shop.folder, random.Random(11)

    def answered(more: int) -> Callable[[], bool]:
        target = shop.answered() + more
        return lambda: shop.answered() >= target

    size = chance.randrange(3, 8) * MB
    moments = {
        "polling": answered(chance.randrange(1, 50)),
        "polling on": answered(chance.randrange(100, 200)),
        "loading": lambda: len(shop.kept()) >= ORDERS and not list(folder.landing.iterdir()),
        "modelling": lambda: folder.work.stat().st_size > size,
    }
    for kills, (moment, has_come) in enumerate(moments.items(), start=1):
        shop.kill_when(has_come)
        repeated = shop.answered() - len(shop.kept())
        assert 0 <= repeated <= WORKERS * kills, moment
        assert not folder.published.exists(), moment

    code, said = shop.run()
    assert code == 0, said
    assert_published_is_whole(shop)
    assert set(shop.kept().values()) == set(shop.asked())
    assert shop.answered() - len(shop.kept()) <= 2 * WORKERS, "only requests in flight were sent again"

    first, first_exports = folder.published.resolve(), (folder.exports / "current").resolve()
    shop.kill_when(lambda: bool(list(folder.versions.glob("*.partial"))))
    assert folder.published.resolve() == first
    assert_published_is_whole(shop)
    shop.kill_when(lambda: bool(list((folder.exports / "versions").glob("*.partial/*.parquet"))))
    assert (folder.exports / "current").resolve() == first_exports
    assert_published_is_whole(shop)

    requests = shop.answered()
    assert shop.run()[0] == 0
    assert_published_is_whole(shop)
    assert shop.answered() == requests, "nothing was asked again"
    assert folder.published.resolve() != first
    assert list(folder.root.rglob("*.partial*")) == []
    finished = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}
    assert set(run_statuses()) == finished, "killed runs are marked as failed"

    tables = ("source_order", "fact_poll", "fact_tracking_event", "fact_shipment")
    counts = " union all ".join(f"select count(*) from {table}" for table in tables)
    before = shop.ask(counts)
    folder.work.write_bytes(b"not a database" * 1000)
    advice = f"The file {folder.work} is damaged .* delete it and run 'parcels rebuild'"
    with pytest.raises(WarehouseError, match=advice), open_work(folder):
        pass
    folder.work.unlink()
    assert shop.run("rebuild")[0] == 0
    assert shop.ask(counts) == before, "a rebuild makes a lost work file again, orders and all"
    assert shop.answered() == requests


@pytest.mark.parametrize(
    ("signum", "code", "emulator"),
    [
        # An answer that takes a minute is given up.
        (signal.SIGINT, 130, {"faults": "slow_body=1", "slow_body_seconds": 60}),
        (signal.SIGTERM, 143, {"latency_ms": 50}),
    ],
)
def test_a_stopped_run_keeps_its_answers_publishes_nothing_and_is_gone_in_five_seconds(
    signum: int, code: int, emulator: dict[str, float], tmp_path: Path
) -> None:
    with open_shop(tmp_path, ORDERS, **emulator) as shop, shop.start() as process:
        wait_for(lambda: shop.answered() > 0, process)
        told_at = time.monotonic()
        process.send_signal(signum)
        _, said = process.communicate()
        assert time.monotonic() - told_at < 5
        assert process.returncode == code
        assert said.splitlines()[-1].startswith("parcels: stopped;")
        assert "Traceback" not in said
        kept = len(shop.kept())
        assert kept == (0 if "faults" in emulator else shop.answered())
        assert list(shop.folder.landing.iterdir()) == [], "the batch in progress became Parquet"
        assert not shop.folder.versions.exists()
        assert run_statuses() == [dg.DagsterRunStatus.FAILURE]


def test_a_stop_in_the_middle_of_a_long_query_is_no_different(shop: Shop) -> None:
    with shop.start() as process:
        wait_for(lambda: shop.folder.work.exists() and shop.folder.work.stat().st_size > 4 * MB, process)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
    assert process.returncode == 143, said
    assert "Traceback" not in said
    assert not shop.folder.published.exists()
    assert run_statuses() == [dg.DagsterRunStatus.FAILURE]
