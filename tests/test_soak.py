"""Every fault at once, run after run: the books of requests and events still balance. The long form is a benchmark."""

from datetime import timedelta

from benchmarks.soak import NO_LIMIT, STARTS_AT, Shop, soak
from pipeline.emulator.faults import FAULT_KINDS
from pipeline.emulator.process import running_emulator
from pipeline.warehouse import DataFolder


def test_the_books_balance_after_everything_went_wrong(folder: DataFolder) -> None:
    with running_emulator(
        orders=150, starts_at=STARTS_AT - timedelta(days=45), now=STARTS_AT, limits=NO_LIMIT, slow_body_seconds=0.1
    ) as emulator:
        shop = Shop(folder, emulator.url, read_timeout=1.0, patience=10.0)
        ledger = soak(shop, emulator, rounds=3, share=0.014)
        thrown = emulator.stats()["faults"]
    print(ledger)
    assert len(thrown) > 0.8 * len(FAULT_KINDS)
    assert ledger.problems == []
    assert ledger["rows of fact_poll"] == ledger["requests sent"] > 600
    assert ledger["events at the source"] == (
        ledger["events held"]
        + ledger["events in quarantined answers only"]
        + ledger["events of orders that the API refuses"]
        + ledger["events listed twice, letter for letter"]
    )
    assert ledger["events held twice"] == 0
    assert ledger["events held"] > 0.9 * ledger["events at the source"]
