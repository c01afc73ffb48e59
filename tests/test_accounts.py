"""Several accounts in one run: side by side, each with its own credentials; one broken one does not stop the others."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.emulator.tokens import Credentials
from pipeline.run import RunReport, run_job
from pipeline.settings import load_settings
from pipeline.warehouse import DataFolder
from tests.shop import give_books


def accounts_file(**accounts: tuple[str, str]) -> None:
    """Write `parcels.toml` for accounts given as name=(url, token)."""
    Path("parcels.toml").write_text(
        "".join(
            f'[accounts.{name}]\napi_url = "{url}"\naccess_token = "{token}"\nrate_limits = "100000/minute"\n'
            for name, (url, token) in accounts.items()
        )
    )


def orders_file(**orders: RunningEmulator) -> None:
    """Write `orders.csv`: five orders of each emulator, for the account of that name."""
    lines = ["account,order_id"]
    for account, emulator in orders.items():
        lines += [f"{account},{order_id}" for order_id in emulator.control("world")["order_ids"][:5]]
    Path("orders.csv").write_text("\n".join(lines))


def run(folder: DataFolder) -> RunReport:
    settings = load_settings(data_dir=folder.root, orders_url="orders.csv")
    return run_job("daily", settings, now=lambda: datetime.now(UTC), say=None)


def ask(folder: DataFolder, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(folder.published, read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


@pytest.fixture(autouse=True)
def books(tmp_path: Path) -> None:
    give_books(tmp_path)


@pytest.fixture
def other() -> Iterator[RunningEmulator]:
    with running_emulator(orders=30, seed=8, limits="100000/minute", token="sk-other") as running:
        yield running


def test_each_account_is_polled_with_its_own_token_all_the_way_to_the_facts(
    folder: DataFolder, emulator: RunningEmulator, other: RunningEmulator
) -> None:
    accounts_file(hk=(emulator.url, Credentials().token), sg=(other.url, "sk-other"))
    orders_file(hk=emulator, sg=other)
    report = run(folder)
    assert report.success, report.sentence
    polled = "select account, outcome in ('ok', 'no_events'), count(*) from fact_poll group by all order by account"
    assert ask(folder, polled) == [("hk", True, 5), ("sg", True, 5)]
    for table in ("fact_tracking_event", "fact_shipment"):
        assert ask(folder, f"select distinct account from {table} order by account") == [("hk",), ("sg",)]


def test_a_broken_account_and_one_without_credentials_fail_the_run_after_the_others_are_published(
    folder: DataFolder, emulator: RunningEmulator, other: RunningEmulator
) -> None:
    accounts_file(hk=(emulator.url, "sk-wrong"), sg=(other.url, "sk-other"))
    orders_file(hk=emulator, sg=other, typo=emulator)
    report = run(folder)
    assert not report.success
    assert report.sentence is not None
    assert "Account hk" in report.sentence
    assert "access_token of [accounts.hk] in parcels.toml" in report.sentence
    assert "sk-wrong" not in report.sentence
    assert "5 parcels belong to the account 'typo'" in report.sentence
    assert ask(folder, "select account, count(*) from fact_poll where outcome = 'ok' group by all")[0][0] == "sg"
