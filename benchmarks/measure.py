"""Measure whole commands: wall time, processor time and peak memory, as medians over several runs.

    python -m benchmarks.measure help       cold start of `parcels --help`
    python -m benchmarks.measure demo       `parcels demo` in an empty data folder
    python -m benchmarks.measure flatten    raw responses with 1 M events into fact_tracking_event
    python -m benchmarks.measure poll       `parcels run` for 5,000 orders, 20 ms latency, no limit

Machines are noisy: compare figures of one call, not of two days. Memory is the largest process of the command, and
at least what this script itself holds when it starts it (so its imports wait); the emulator that answers the requests
runs beside it and is not counted.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
NO_LIMIT = "1000000/minute"


def run(command: list[str], **environment: str) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak MB of one command."""
    started = time.perf_counter()
    output = os.open(os.devnull, os.O_WRONLY)
    child = os.posix_spawn(
        command[0],
        command,
        {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)],
    )
    _, status, usage = os.wait4(child, 0)
    os.close(output)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A data folder and a Dagster home that are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "dagster_home"
        home.mkdir()
        (home / "dagster.yaml").write_text((REPOSITORY / "dagster_home" / "dagster.yaml").read_text())
        yield Path(folder)


def measure_help() -> tuple[float, float, float]:
    return run([sys.executable, "-m", "pipeline", "--help"])


def measure_demo() -> tuple[float, float, float]:
    with fresh_folder() as folder:
        return run(
            [sys.executable, "-m", "pipeline", "demo"],
            PARCELS_DATA_DIR=str(folder / "data"),
            DAGSTER_HOME=str(folder / "dagster_home"),
        )


def measure_flatten(events: int) -> tuple[float, float, float]:
    from benchmarks.raw_responses import write_raw_responses

    with fresh_folder() as folder:
        write_raw_responses(folder / "data", events)
        return run([sys.executable, "-m", "benchmarks.flatten", str(folder / "data")])


def measure_poll(orders: int) -> tuple[float, float, float]:
    from pipeline.demo import write_orders
    from pipeline.emulator.process import running_emulator
    from pipeline.emulator.tokens import Credentials
    from pipeline.emulator.world import World

    now = datetime.now(UTC).replace(microsecond=0)
    starts_at = now - timedelta(days=45)
    with (
        fresh_folder() as folder,
        running_emulator(orders=orders, starts_at=starts_at, limits=NO_LIMIT, latency_ms=20) as emulator,
    ):
        write_orders(folder / "orders.sqlite", World(7, orders, starts_at), now)
        return run(
            [sys.executable, "-m", "pipeline", "run"],
            PARCELS_DATA_DIR=str(folder / "data"),
            DAGSTER_HOME=str(folder / "dagster_home"),
            PARCELS_API_URL=emulator.url,
            PARCELS_ACCESS_TOKEN=Credentials().token,
            PARCELS_RATE_LIMITS=NO_LIMIT,
            PARCELS_ORDERS_URL=f"sqlite:///{folder / 'orders.sqlite'}",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["help", "demo", "flatten", "poll"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--events", type=int, default=1_000_000, help="for flatten")
    parser.add_argument("--orders", type=int, default=5_000, help="for poll")
    options = parser.parse_args()
    measured = {
        "help": measure_help,
        "demo": measure_demo,
        "flatten": lambda: measure_flatten(options.events),
        "poll": lambda: measure_poll(options.orders),
    }[options.what]
    figures = [measured() for _ in range(options.runs)]
    for name, values in zip(("wall s", "cpu s", "peak MB"), zip(*figures, strict=True), strict=True):
        print(f"{name:8} median {statistics.median(values):8.2f}   from {min(values):8.2f} to {max(values):8.2f}")


if __name__ == "__main__":
    main()
