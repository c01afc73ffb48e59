"""Look at an installation and say what to fix before a run finds out the hard way."""

import asyncio
import shutil
import ssl
from collections.abc import Callable
from contextlib import closing
from email.utils import parsedate_to_datetime

from rich.console import Console
from rich.markup import escape

from pipeline.clock import system_now
from pipeline.errors import ParcelsError, SettingsError, WarehouseError
from pipeline.events.classify import Rules, rows_of, user_files
from pipeline.settings import SQL_FOLDER, Account, Settings
from pipeline.tracking.account import open_budget, open_client, open_credentials
from pipeline.tracking.api import Answer, Outcome, Query, TrackingApi
from pipeline.warehouse import DataFolder

_FREE_BYTES = 2**30
# An id that no order has: the answer shows whether the credentials are good, and costs one request.
_NO_ORDER = "parcels-doctor"
_CLOCK_SECONDS = 30


def examine(settings: Settings) -> bool:
    """Run every check and print one line each; True when nothing needs mending."""
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("data folder", _check_disk),
        ("your rules", _check_rules),
        ("orders source", _check_source),
        ("API and credentials", _check_api),
    ]
    healthy = True
    console = Console()
    for name, check in checks:
        try:
            console.print(f"[green]ok[/]    {name}: {escape(check(settings))}", soft_wrap=True)
        except ParcelsError as error:
            healthy = False
            console.print(f"[red]fix[/]   {name}: {escape(str(error))}", soft_wrap=True)
    return healthy


def _check_disk(settings: Settings) -> str:
    folder = DataFolder(settings.data_dir)
    folder.private(folder.state)
    free = shutil.disk_usage(folder.root).free
    if free < _FREE_BYTES:
        raise WarehouseError(f"only {free / 2**20:,.0f} MiB are free in {folder.root}; make room.")
    return f"{folder.root}, {free / 2**30:,.0f} GiB free"


def _check_rules(settings: Settings) -> str:
    folder = DataFolder(settings.data_dir).rules
    theirs = user_files(folder)
    Rules.load(SQL_FOLDER / "reference", folder)
    counts = [f"{sum(1 for _ in rows_of(path)):,} in {path.name}" for path in theirs.values()]
    return ", ".join(counts) or f"none in {folder}"


def _check_source(settings: Settings) -> str:
    from pipeline.orders.rows import SOURCE_COLUMNS
    from pipeline.orders.source import matched_columns, orders_source

    columns = matched_columns(orders_source(settings))
    found = ", ".join(ours if ours == theirs else f"{ours} (from {theirs})" for ours, theirs in columns.items())
    missing = ", ".join(name for name in SOURCE_COLUMNS if name not in columns)
    return f"columns {found}" + (f"; without {missing} (see PARCELS_ORDERS_COLUMNS)" if missing else "")


def _check_api(settings: Settings) -> str:
    return "; ".join(asyncio.run(_ask(settings, account)) for account in settings.accounts())


async def _ask(settings: Settings, account: Account) -> str:
    """At most two requests: a token where one is needed, and a question about an order that no one has."""
    folder = DataFolder(settings.data_dir)
    with closing(open_budget(account, folder, system_now)) as budget:
        at_once = system_now().timestamp()
        async with open_client(account, ssl.create_default_context()) as client:
            token = await open_credentials(account, client, budget, folder, system_now).token(at_once)
            slot = await budget.slot(at_once) if token else None
            if slot is None or token is None:
                return f"{account.name}: not asked, the budget is used up for now"
            query = Query(account.name, _NO_ORDER, None, "order_id")
            answer = await TrackingApi(client, account.api_url, system_now).ask(query, token, 1)
        budget.settle(slot, answer.headers, rejected=answer.outcome is Outcome.RATE_LIMITED)
    if answer.outcome is Outcome.UNAUTHORIZED:
        raise SettingsError(f"the API refuses the token (401): check {account.setting('access_token')}.")
    if answer.outcome in {Outcome.NETWORK_ERROR, Outcome.TIMEOUT, Outcome.SERVER_ERROR}:
        raise SettingsError(
            f"{account.api_url} does not answer ({answer.reason or answer.http_status}):"
            f" check {account.setting('api_url')} and the network."
        )
    clock = _clock_difference(answer)
    return f"{account.name}: {account.api_url} answers in {answer.elapsed_ms:,.0f} ms and takes the credentials{clock}"


def _clock_difference(answer: Answer) -> str:
    """Words on a clock that is off; the budget reads the server's times on the server's clock, so it is no harm."""
    try:
        server = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return ""
    ahead = (answer.requested_at - server).total_seconds()
    return f"; the clocks differ by {abs(ahead):,.0f} s, so check this machine's" if abs(ahead) > _CLOCK_SECONDS else ""
