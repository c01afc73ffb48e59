"""Poll one account from its plan: client, credentials, budget and loop put together, and closed again."""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import datetime

import httpx

from pipeline.settings import Account
from pipeline.tracking.api import TIMEOUT, Answer, Query, TrackingApi
from pipeline.tracking.auth import Credentials
from pipeline.tracking.budget import Budget
from pipeline.tracking.fetch import WORKERS, Poller, Progress
from pipeline.warehouse import DataFolder


def open_budget(account: Account, folder: DataFolder, now: Callable[[], datetime]) -> Budget:
    """The account's request budget, as the data folder knows it."""
    return Budget(
        folder.private(folder.state) / "budget.sqlite",
        account.name,
        account.rate_limits,
        clock=lambda: now().timestamp(),
        sleep=asyncio.sleep,
    )


def open_client(account: Account, tls: ssl.SSLContext) -> httpx.AsyncClient:
    """A client with one connection to the account's API, for one worker.

    httpx looks at every idle connection of a client on each request: 16 clients of one connection cost 1.2 ms of
    processor time a request, one client of 16 costs 1.7. No redirect is followed, so that a token goes to no other
    host; proxies of the environment are for https only, since plain http would show them the token.
    """
    return httpx.AsyncClient(
        verify=tls,
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=1),
        trust_env=account.api_url.startswith("https:"),
        follow_redirects=False,
    )


def open_credentials(
    account: Account, client: httpx.AsyncClient, budget: Budget, folder: DataFolder, now: Callable[[], datetime]
) -> Credentials:
    """The account's credentials; a fetched token is kept in the data folder for the next run."""
    return Credentials(
        account,
        client,
        budget,
        folder.private(folder.state) / f"token-{account.name}.json",
        clock=lambda: now().timestamp(),
        sleep=asyncio.sleep,
    )


async def poll_account(
    account: Account,
    queries: Iterable[Query],
    progress: Progress,
    *,
    folder: DataFolder,
    land: Callable[[Answer], None],
    now: Callable[[], datetime],
    deadline: datetime,
    back_off: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Poll until the plan, the time or the service ends; `progress` tells how it goes and how it ended.

    `back_off` waits so many seconds before a parcel is asked about again.
    """
    budget = open_budget(account, folder, now)
    progress.budget = budget
    try:
        async with AsyncExitStack() as clients:
            tls = ssl.create_default_context()
            opened = [await clients.enter_async_context(open_client(account, tls)) for _ in range(WORKERS)]
            poller = Poller(
                [TrackingApi(client, account.api_url, now) for client in opened],
                open_credentials(account, opened[0], budget, folder, now),
                budget,
                land,
                deadline=deadline.timestamp(),
                sleep=back_off,
                jitter=random.Random(),
            )
            await poller.poll(queries, progress)
    finally:
        progress.waited_seconds = budget.waited_seconds
        progress.budget = None
        budget.close()
