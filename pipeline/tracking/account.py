"""Poll one account from its plan: client, credentials, budget and loop put together, and closed again."""

import asyncio
import random
import ssl
from collections.abc import Callable, Iterable
from datetime import datetime

import httpx

from pipeline.settings import Account
from pipeline.tracking.api import TIMEOUT, Answer, Query, TrackingApi
from pipeline.tracking.auth import Credentials
from pipeline.tracking.budget import Budget
from pipeline.tracking.fetch import WORKERS, Poller, Progress
from pipeline.warehouse import DataFolder


async def poll_account(
    account: Account,
    queries: Iterable[Query],
    progress: Progress,
    *,
    folder: DataFolder,
    land: Callable[[Answer], None],
    now: Callable[[], datetime],
    deadline: datetime,
) -> None:
    """Poll until the plan, the time or the service ends; `progress` tells how it went.

    Every request of an account takes a slot of the budget kept in the data folder. Redirects are not followed, so
    that a token goes to no other host; the environment's proxies are left out for loopback by httpx itself.
    """

    def clock() -> float:
        return now().timestamp()

    budget = Budget(
        folder.private(folder.state) / "budget.sqlite",
        account.name,
        account.rate_limits,
        clock=clock,
        sleep=asyncio.sleep,
    )
    limits = httpx.Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS)
    verify = ssl.create_default_context() if account.api_url.startswith("https:") else False
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits, verify=verify) as client:
            poller = Poller(
                TrackingApi(client, account.api_url, now),
                Credentials(account, client, budget, clock),
                budget,
                land,
                deadline=deadline.timestamp(),
                sleep=asyncio.sleep,
                jitter=random.Random(),
            )
            await poller.poll(queries, progress)
    finally:
        progress.waited_seconds = budget.waited_seconds
        budget.close()
