"""The asset that spends the requests: raw tracking responses of the day."""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from datetime import timedelta

import dagster as dg
import duckdb

from pipeline.errors import SettingsError
from pipeline.metadata import DAILY
from pipeline.partitions import POLL_DAYS, poll_day
from pipeline.polling.plan import planned_queries
from pipeline.resources import Parcels
from pipeline.settings import ACCOUNTS_FILE
from pipeline.stopping import PutOff, put_off_stop
from pipeline.tracking.account import open_budget, poll_account
from pipeline.tracking.fetch import Progress
from pipeline.tracking.landing import Landing, Saved
from pipeline.tracking.progress import draw_bar, narrate, outcomes_text, plan_line, progress_line
from pipeline.warehouse import open_work

# The metadata entry that the last check of the run reads.
TROUBLE = "trouble"
# How long a stop waits for answers that are on their way: each is a request that need not be sent again.
GRACE_SECONDS = 2.0


@dg.asset(
    group_name="tracking",
    deps=["due_shipment"],
    partitions_def=POLL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="tracking_api",
    kinds={"python", "parquet"},
    owners=["team:logistics"],
    freshness_policy=DAILY,
    check_specs=[
        dg.AssetCheckSpec(
            "every_request_has_its_response",
            asset="tracking_responses",
            description="As many responses were kept as requests were sent.",
            blocking=True,
        )
    ],
)
def tracking_responses(context: dg.AssetExecutionContext, parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
    """One row per request sent to the tracking API: the raw response, kept before anything in it is understood.

    Private Parquet files under `raw/tracking_responses`, one folder a poll day. They are never rewritten, and a past
    day can't be fetched again: its partition keeps what it has, and only its events can be rebuilt from it.
    """
    if parcels.recovered.unreadable:
        context.log.warning(
            f"{parcels.recovered.unreadable} lines left by a dead run can't be read; they are kept in"
            f" {parcels.folder.unreadable}."
        )
    if poll_day(parcels.started_at) not in context.partition_keys:
        context.log.warning(
            f"A past day cannot be fetched again: {context.partition_key_range.start} keeps the responses it has."
        )
        return _result([], sent=0, kept=0, recovered=parcels.recovered)
    landing = Landing(parcels.folder, context.run.run_id, parcels.settings.timezone)
    with put_off_stop() as stop:
        try:
            runs = asyncio.run(_poll(context, parcels, landing, stop))
        finally:
            landing.close()
    sent = sum(run.requests for run in runs)
    return _result(runs, sent=sent, kept=landing.answers, recovered=parcels.recovered)


async def _poll(context: dg.AssetExecutionContext, parcels: Parcels, landing: Landing, stop: PutOff) -> list[Progress]:
    accounts = parcels.settings.accounts()
    say = parcels.say or context.log.info
    with open_work(parcels.folder) as connection:
        due = dict(connection.execute("select account, count(*) from due_shipment group by account").fetchall())
        runs = [Progress(account.name, planned=due.pop(account.name, 0)) for account in accounts]
        runs += [_stranger(name, planned) for name, planned in sorted(due.items())]
        with ExitStack() as budgets:
            opened = [budgets.enter_context(closing(open_budget(a, parcels.folder, parcels.now))) for a in accounts]
            say(plan_line(runs[: len(accounts)], opened))
        started = time.monotonic()
        has_terminal = parcels.say is not None and sys.stderr.isatty()
        teller = asyncio.create_task(draw_bar(runs) if has_terminal else narrate(runs, say))
        polling = asyncio.create_task(_poll_accounts(parcels, connection, runs, landing))
        try:
            await _until_told(stop, polling, runs)
        finally:
            teller.cancel()
        say(progress_line(runs, time.monotonic() - started))
    for run in runs:
        if run.trouble:
            context.log.error(str(run.trouble))
        if run.ran_out_of_time and stop.signum is None:
            say(
                f"The time of this run is used up (PARCELS_MAX_MINUTES): {run.planned - run.done:,} parcels wait for"
                " the next one."
            )
    return runs


async def _poll_accounts(
    parcels: Parcels, connection: duckdb.DuckDBPyConnection, runs: Sequence[Progress], landing: Landing
) -> None:
    deadline = parcels.now() + timedelta(minutes=parcels.settings.max_minutes)
    async with asyncio.TaskGroup() as polling:
        for account, run in zip(parcels.settings.accounts(), runs, strict=False):
            polling.create_task(
                poll_account(
                    account,
                    planned_queries(connection, account.name),
                    run,
                    folder=parcels.folder,
                    land=landing.write,
                    now=parcels.now,
                    deadline=deadline,
                )
            )


async def _until_told(stop: PutOff, polling: asyncio.Task[None], runs: Sequence[Progress]) -> None:
    """Wait for the polling; told to stop, it asks about no further parcel and soon gives up what is in flight."""
    loop = asyncio.get_running_loop()

    def wind_up() -> None:
        for run in runs:
            run.ran_out_of_time = True
        loop.call_later(GRACE_SECONDS, polling.cancel)

    stop.tell = lambda: loop.call_soon_threadsafe(wind_up)
    if stop.signum is not None:
        wind_up()
    try:
        with suppress(asyncio.CancelledError):
            await polling
    finally:
        stop.tell = None


def _stranger(account: str, planned: int) -> Progress:
    """Orders of an account that nobody gave credentials for: they are told of, not silently left out."""
    trouble = SettingsError(
        f"{planned:,} parcels belong to the account '{account}', which has no credentials:"
        f" add [accounts.{account}] to {ACCOUNTS_FILE}, or correct the account column of the orders."
    )
    return Progress(account, planned=planned, trouble=trouble)


def _result(runs: list[Progress], *, sent: int, kept: int, recovered: Saved) -> dg.MaterializeResult:
    troubles = [run for run in runs if run.trouble]
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": kept,
            "planned": sum(run.planned for run in runs),
            "done": sum(run.done for run in runs),
            "requests": sent,
            "outcomes": outcomes_text(runs) or "none",
            "recovered_responses": recovered.answers,
            "unreadable_lines": recovered.unreadable,
            "seconds_waited_for_budget": round(sum(run.waited_seconds for run in runs), 1),
            TROUBLE: " ".join(
                f"Account {run.account}: {run.trouble}" if len(runs) > 1 else str(run.trouble) for run in troubles
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="every_request_has_its_response",
                passed=sent == kept,
                metadata={"requests": sent, "responses": kept},
            )
        ],
    )
