"""One process of a shared budget: `python -m tests.tracking.sender BUDGET_FILE PORT LIMITS`, until it is killed.

Asks the test's own server by a line a request; its answer is a line of JSON.
"""

import asyncio
import json
import math
import sys
import time
from pathlib import Path

from pipeline.settings import RateLimit
from pipeline.tracking.budget import Budget

WORKERS = 4


async def work(budget: Budget, port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        slot = await budget.slot(math.inf)
        writer.write(b"?\n")
        answer = json.loads(await reader.readline())
        budget.settle(slot, answer["headers"], rejected=not answer["allowed"])


async def main(path: Path, port: int, limits: list[RateLimit]) -> None:
    budget = Budget(path, "shop", limits, clock=time.time, sleep=asyncio.sleep)
    async with asyncio.TaskGroup() as workers:
        for _ in range(WORKERS):
            workers.create_task(work(budget, port))


if __name__ == "__main__":
    pairs = [part.split("/") for part in sys.argv[3].split(",")]
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), [RateLimit(int(n), int(s)) for n, s in pairs]))
