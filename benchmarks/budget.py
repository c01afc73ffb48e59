"""What the request budget achieves in 24 simulated hours, and what a slot costs.

    python -m benchmarks.budget

16 workers with endless parcels poll a server of 100 requests a minute and 1,000 an hour that answers after 0.4 s on
average. The minute's use is that of the busiest minute, the hour's that of all hours together; with another sender,
its requests included. Slots are taken and settled one after the other on real time.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from pipeline.emulator.limits import WINDOW_MODES, Limit, Limiter, WindowMode
from pipeline.settings import parse_rate_limits
from pipeline.tracking.budget import Budget
from tests.tracking.simulation import Server, open_budget, poll, run_simulated, true_headers

HOURS = 24
LIMITS = parse_rate_limits("100/minute,1000/hour")
SERVER_LIMITS = (Limit(100, 60), Limit(1000, 3600))


def simulate(mode: WindowMode, *, others_an_hour: float = 0, ahead: float = 0, with_headers: bool = True) -> str:
    headers = true_headers if with_headers else lambda verdict, now: {}
    server = Server(Limiter(SERVER_LIMITS, mode, count_rejected=True), headers, ahead=ahead)

    async def day() -> None:
        with tempfile.TemporaryDirectory() as folder:
            budget = open_budget(Path(folder), LIMITS)
            another = asyncio.create_task(server.let_another_send(others_an_hour)) if others_an_hour else None
            await poll(budget, server, HOURS)
            if another:
                another.cancel()
            budget.close()

    run_simulated(day())
    used = len(server.accepted) + server.others
    return f"{server.busiest(60):11} % {used / HOURS / 10:11.1f} % {len(server.rejected):8}"


async def slot_cost(rows: int, headers: bool) -> float:
    """Median microseconds of taking and settling a slot with so many requests in the log."""
    limits = parse_rate_limits(f"{rows + 10_000}/hour")
    with tempfile.TemporaryDirectory() as folder:
        budget = Budget(Path(folder) / "budget.sqlite", "shop", limits, clock=time.time, sleep=asyncio.sleep)
        with budget._books() as books:
            budget._count(books, rows)
        told = {
            "x-ratelimit-limit": str(limits[0].requests),
            "x-ratelimit-remaining": "9999",
            "x-ratelimit-reset": str(int(time.time()) + 3000),
        }
        took = []
        for _ in range(3000):
            started = time.perf_counter()
            slot = await budget.slot(time.time() + 3600)
            budget.settle(slot, told if headers else {})
            took.append(time.perf_counter() - started)
        budget.close()
    return statistics.median(took) * 1e6


def main() -> None:
    print(f"{'mode':14} {'':25} {'minute used':>13} {'hour used':>13} {'429s':>8}")
    for mode in WINDOW_MODES:
        print(f"{mode:14} {'':25} {simulate(mode)}")
        print(f"{'':14} {'no headers':25} {simulate(mode, with_headers=False)}")
        print(f"{'':14} {'server clock 90 s ahead':25} {simulate(mode, ahead=90)}")
        print(f"{'':14} {'another sends 100 an hour':25} {simulate(mode, others_an_hour=100)}")
    for rows in (0, 1_000, 100_000):
        with_headers, without = (asyncio.run(slot_cost(rows, headers)) for headers in (True, False))
        print(f"a slot with {rows:7,} in the log: {with_headers:4.0f} µs, without headers {without:4.0f} µs")


if __name__ == "__main__":
    main()
