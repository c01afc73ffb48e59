"""Kill real runs at random moments, run again, and count what was lost, doubled or asked again.

    python -m benchmarks.kill                      30 moments of a run of 2,000 orders
    python -m benchmarks.kill --moments 5 --orders 300

Each moment has a shop of its own: a run is started, killed with SIGKILL after a random time of the length that a
whole run takes here, and started again. `lost` are parcels without an answer after that, `doubled` answers that
are there twice, `repeated` requests that the API answered and nobody kept, which is what was in flight.
"""

import argparse
import random
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.tracking.fetch import WORKERS
from tests.shop import Shop, open_shop

# Slow enough for the polling to take about half of a run.
LATENCY_MS = 100


@dataclass(frozen=True)
class Killed:
    """What one kill cost. `first_request_seconds` is how long the rerun took to send one; None with nothing to send."""

    after_seconds: float
    answered: int
    published: bool
    lost: int
    doubled: int
    repeated: int
    first_request_seconds: float | None
    rerun_seconds: float


def run_through(shop: Shop) -> tuple[float | None, float]:
    """Run to the end: seconds until the first request was answered, if any was, and until the end."""
    before, started = shop.answered(), time.monotonic()
    first = None
    with shop.start() as process:
        while process.poll() is None:
            if first is None and shop.answered() > before:
                first = time.monotonic() - started
            time.sleep(0.02)
        _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"the run ended with {process.returncode}: {said}")
    return first, time.monotonic() - started


def kill_once(orders: int, after_seconds: float) -> Killed | None:
    """One shop, one kill, one rerun; None when the run was over before the moment came."""
    with tempfile.TemporaryDirectory() as home, open_shop(Path(home), orders, latency_ms=LATENCY_MS) as shop:
        with shop.start() as process:
            try:
                process.communicate(timeout=after_seconds)
            except subprocess.TimeoutExpired:
                process.kill()
            else:
                return None
        # By now what was in flight is answered, and is not taken for the rerun's.
        time.sleep(2 * LATENCY_MS / 1000)
        answered, published = shop.answered(), shop.folder.published.exists()
        if published:
            shop.ask("from fact_shipment")
        first, seconds = run_through(shop)
        kept = shop.kept()
        ((polls, ids, parcels),) = shop.ask(
            "select count(*), count(distinct response_id), (select count(*) from source_order) from fact_poll"
        )
        return Killed(
            after_seconds,
            answered,
            published,
            lost=parcels - len(set(kept.values())) + len(kept) - polls,
            doubled=polls - ids,
            repeated=shop.answered() - len(kept),
            first_request_seconds=first,
            rerun_seconds=seconds,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, open_shop(Path(home), options.orders, latency_ms=LATENCY_MS) as shop:
        first, whole = run_through(shop)
    print(f"a whole run: first answer after {first:.1f} s, end after {whole:.1f} s", flush=True)
    chance = random.Random(options.seed)
    killed: list[Killed] = []
    while len(killed) < options.moments:
        after_seconds = chance.uniform(1.0, whole)
        one = kill_once(options.orders, after_seconds)
        if one is None:
            # The machine is faster now than it was.
            whole = after_seconds
            continue
        killed.append(one)
        began = "–" if one.first_request_seconds is None else f"{one.first_request_seconds:.1f} s"
        print(
            f"{len(killed):3}  killed after {one.after_seconds:5.1f} s, {one.answered:5} answered,"
            f" {'published' if one.published else 'unpublished'}: lost {one.lost}, doubled {one.doubled},"
            f" repeated {one.repeated}; rerun asked after {began}, ended after {one.rerun_seconds:.1f} s",
            flush=True,
        )
    begun = [one.first_request_seconds for one in killed if one.first_request_seconds is not None]
    print(
        f"{len(killed)} kills: lost {sum(one.lost for one in killed)}, doubled {sum(one.doubled for one in killed)},"
        f" most requests repeated after a kill {max(one.repeated for one in killed)} (in flight: up to {WORKERS}),"
        f" longest until a rerun's first answer {max(begun, default=0):.1f} s"
    )


if __name__ == "__main__":
    main()
