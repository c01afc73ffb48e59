"""Poll an API that does everything wrong, for as long as you like, and close with a ledger.

    python -m benchmarks.soak --orders 400 --rounds 20

Every round moves the world's clock on and asks about every parcel while the emulator throws all of its faults; some
orders never get a sensible answer. In between the API is away, and in the last round it has recovered but for those
orders. Then the books must balance: requests, rows, and events at the source against events held.
"""

import argparse
import asyncio
import random
import ssl
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr

from pipeline.emulator.faults import FAULT_KINDS
from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.emulator.tokens import Credentials as Demo
from pipeline.events.flatten import load, pending_files
from pipeline.events.reading import Reading
from pipeline.settings import Account, parse_rate_limits
from pipeline.tracking.api import Query, TrackingApi
from pipeline.tracking.auth import Credentials
from pipeline.tracking.budget import Budget
from pipeline.tracking.fetch import WORKERS, Poller, Progress
from pipeline.tracking.landing import Landing
from pipeline.warehouse import DataFolder, open_work

STARTS_AT = datetime(2026, 11, 14, 8, tzinfo=UTC)
NO_LIMIT = "1000000/minute"
# These never get better for the orders they hit: what they hide must be found in the quarantine, or as a refusal.
LASTING = "html_200=0.01:sticky,list_nonsense=0.02:sticky,data_null=0.01:sticky,forbidden=0.01:sticky"
_TLS = ssl.create_default_context()
_NOBODY = "http://127.0.0.1:9"


class Quick:
    """Time that does not pass while somebody waits for it, so that back-off and budget cost nothing."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def clock(self) -> float:
        return time.time() + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += seconds
        await asyncio.sleep(0)


@dataclass
class Shop:
    """One merchant with a data folder of their own, who polls `url` and loads what came."""

    folder: DataFolder
    url: str
    now: datetime = STARTS_AT
    read_timeout: float = 5.0
    patience: float = 20.0
    reading: Reading = field(default_factory=Reading.load)
    runs: int = 0

    def poll(self, queries: Iterable[Query], url: str | None = None) -> Progress:
        """One run: ask about every parcel and land the answers. At another `url` there is nobody to fetch a token."""
        self.runs += 1
        landing = Landing(self.folder, f"soak{self.runs:04d}", "Asia/Hong_Kong")
        progress = Progress("default", planned=0)
        try:
            asyncio.run(self._poll(list(queries), url or self.url, progress, landing))
        finally:
            landing.close()
        return progress

    def load(self) -> None:
        """Bring what was landed into the facts."""
        with open_work(self.folder) as connection:
            files = pending_files(connection, self.folder)
            load(connection, self.folder, files, self.reading, run_id=f"soak{self.runs:04d}", now=self.now)

    def ask(self, sql: str) -> list[tuple]:
        with open_work(self.folder) as connection:
            return connection.execute(sql).fetchall()

    async def _poll(self, queries: list[Query], url: str, progress: Progress, landing: Landing) -> None:
        demo, quick, started = Demo(), Quick(), time.monotonic()
        account = Account(
            name="default",
            api_url=url,
            access_token=None if url == self.url else SecretStr(demo.token),
            client_id=demo.client_id,
            client_secret=SecretStr(demo.client_secret),
            rate_limits=parse_rate_limits(NO_LIMIT),
        )
        state = self.folder.private(self.folder.state)
        budget = Budget(
            state / "budget.sqlite", account.name, account.rate_limits, clock=quick.clock, sleep=quick.sleep
        )
        timeout = httpx.Timeout(self.read_timeout, pool=None)
        async with AsyncExitStack() as opened:
            opened.callback(budget.close)
            clients = [
                await opened.enter_async_context(httpx.AsyncClient(timeout=timeout, trust_env=False, verify=_TLS))
                for _ in range(WORKERS)
            ]
            poller = Poller(
                [TrackingApi(client, url, lambda: self._moment(started), self.patience) for client in clients],
                Credentials(account, clients[0], budget, state / "token.json", clock=quick.clock, sleep=quick.sleep),
                budget,
                landing.write,
                deadline=quick.clock() + 1e6,
                sleep=quick.sleep,
                jitter=random.Random(1),
            )
            await poller.poll(queries, progress)

    def _moment(self, started: float) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - started)


@dataclass
class Ledger:
    """What was sent, kept and understood; `problems` is empty where the books balance."""

    lines: list[tuple[str, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> int:
        return dict(self.lines)[name]

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.lines)
        rows = [f"{name:{width}} {count:>9,}" for name, count in self.lines]
        return "\n".join([*rows, *(self.problems or ["The books balance."])])


def parcels(emulator: RunningEmulator) -> Iterator[Query]:
    """Every parcel the merchant knows, asked for as the plan would."""
    rows = emulator.control("world")["source"]
    pieces = Counter(row["order_id"] for row in rows)
    for row in rows:
        asked_by = "tracking_number" if pieces[row["order_id"]] > 1 else "order_id"
        yield Query("default", row["order_id"], row["tracking_number"], asked_by)


def soak(shop: Shop, emulator: RunningEmulator, *, rounds: int, share: float) -> Ledger:
    """Poll `rounds` rounds with every fault at `share` of the answers, and balance the books."""
    passing = ",".join(f"{kind}={share}" for kind in FAULT_KINDS)
    sent: Counter[str] = Counter()
    stopped = 0
    for number in range(rounds + 1):
        is_last = number == rounds
        emulator.set_clock(shop.now)
        emulator.set_faults(LASTING if is_last else f"{LASTING},{passing}")
        queries = list(parcels(emulator))
        random.Random(number).shuffle(queries)
        # As in life: a run that stops early is started again. One that asked about all of them and tells that many
        # have no whole answer is not: they are due in the next round.
        runs = [shop.poll(queries[:20], _NOBODY)] if number == 1 else []
        while not runs or runs[-1].done < len(queries):
            runs.append(shop.poll(queries))
            if len(runs) > 20:
                raise SystemExit(f"Round {number} never came to its end: {runs[-1].trouble}")
        shop.load()
        for run in runs:
            sent.update(run.outcomes)
            stopped += run.trouble is not None
        shop.now += timedelta(hours=9)
    emulator.set_clock(shop.now - timedelta(hours=9))
    return _balance(shop, emulator, sent, stopped)


def _balance(shop: Shop, emulator: RunningEmulator, sent: Counter[str], stopped: int) -> Ledger:
    ledger = Ledger()
    stats = emulator.stats()
    answered = sum(sum(counts.values()) for name, counts in stats["requests"].items() if name != "token")
    kept = Counter(dict(shop.ask("select outcome, count(*) from fact_poll group by outcome")))
    ((unreached,),) = shop.ask("select count(*) from fact_poll where http_status is null and reason like 'Connect%'")
    ledger.lines += [
        ("runs", shop.runs),
        ("of them stopped early by trouble that was everyone's", stopped),
        ("requests sent", sent.total()),
        ("of them with a fault of the API's", sum(stats["faults"].values())),
        ("of them that reached no API", unreached),
        *((f"  {outcome}", count) for outcome, count in sorted(sent.items())),
        ("rows of fact_poll", kept.total()),
    ]
    if sent != kept:
        ledger.problems.append(f"Sent {sent}, but fact_poll has {kept}.")
    if answered + unreached != kept.total():
        ledger.problems.append(f"The API counted {answered} requests, fact_poll {kept.total() - unreached}.")

    held = dict(shop.ask("select tracking_number, count(*) from fact_tracking_event group by tracking_number"))
    last_word = dict(
        shop.ask(
            "select poll.tracking_number, arg_max(case when quarantined.response_id is not null then 'quarantined'"
            " when poll.outcome = 'ok' then poll.event_count || ' events' else poll.outcome end, poll.requested_at)"
            " from fact_poll as poll left join quarantined_response as quarantined using (response_id)"
            " group by poll.tracking_number"
        )
    )
    at_source = {row["tracking_number"]: row["events"] for row in emulator.control("world")["truth"]}
    missing = {number: count - held.get(number, 0) for number, count in at_source.items()}
    hidden = Counter[str]()
    for number, count in missing.items():
        word = last_word.get(number)
        # An answer that lists everything, and fewer are held: rows that a courier wrote twice, letter for letter.
        hidden["alike" if word == f"{at_source[number]} events" else word or "never asked"] += max(count, 0)
    ((doubled,),) = shop.ask("select count(*) - count(distinct event_id) from fact_tracking_event")
    ledger.lines += [
        ("rows of quarantined_response", shop.ask("select count(*) from quarantined_response")[0][0]),
        ("events at the source", sum(at_source.values())),
        ("events held", sum(held.values())),
        ("events in quarantined answers only", hidden["quarantined"]),
        ("events of orders that the API refuses", hidden["forbidden"]),
        ("events listed twice, letter for letter", hidden["alike"]),
        ("events held twice", doubled + sum(-count for count in missing.values() if count < 0)),
    ]
    ledger.problems += [
        f"{number}: {at_source.get(number, 0)} events at the source, {count} held."
        for number, count in held.items()
        if count > at_source.get(number, 0)
    ]
    hidden -= Counter({word: hidden[word] for word in ("quarantined", "forbidden", "alike")})
    ledger.problems += [f"{count} events are missing, last answer: {word}." for word, count in hidden.items()]
    if doubled:
        ledger.problems.append(f"{doubled} events are held twice.")
    return ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.01, help="of each fault (%(default)s)")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_emulator(
            seed=options.seed, orders=options.orders, starts_at=STARTS_AT - timedelta(days=45), now=STARTS_AT,
            limits=NO_LIMIT, slow_body_seconds=0.3,
        ) as emulator,
    ):  # fmt: skip
        started = time.monotonic()
        shop = Shop(DataFolder(Path(folder) / "data"), emulator.url, read_timeout=1.0, patience=10.0)
        ledger = soak(shop, emulator, rounds=options.rounds, share=options.share)
        print(f"{ledger}\nin {time.monotonic() - started:,.0f} s")
    if ledger.problems:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
