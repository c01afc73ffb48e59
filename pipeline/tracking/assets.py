"""The asset that spends the requests: raw tracking responses of the day."""

import asyncio
import sys
import time
from contextlib import ExitStack, closing
from datetime import timedelta

import dagster as dg

from pipeline.errors import SettingsError
from pipeline.partitions import POLL_DAYS, poll_day
from pipeline.polling.plan import planned_queries
from pipeline.resources import Parcels
from pipeline.settings import ACCOUNTS_FILE
from pipeline.tracking.account import open_budget, poll_account
from pipeline.tracking.fetch import Progress
from pipeline.tracking.landing import Landing, recover
from pipeline.tracking.progress import draw_bar, narrate, outcomes_text, plan_line, progress_line
from pipeline.warehouse import open_work

# The metadata entry that the last check of the run reads.
TROUBLE = "trouble"


@dg.asset(
    group_name="tracking",
    deps=["due_shipment"],
    partitions_def=POLL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="tracking_api",
    kinds={"python", "parquet"},
    owners=["team:logistics"],
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
    recovered = recover(parcels.folder)
    if poll_day(parcels.started_at) not in context.partition_keys:
        context.log.warning(
            f"A past day cannot be fetched again: {context.partition_key_range.start} keeps the responses it has."
        )
        return _result([], sent=0, kept=0, recovered=recovered)
    landing = Landing(parcels.folder, context.run.run_id[:8], parcels.settings.timezone)
    try:
        runs = asyncio.run(_poll(context, parcels, landing))
    finally:
        landing.close()
    sent = sum(run.requests for run in runs)
    return _result(runs, sent=sent, kept=landing.answers, recovered=recovered)


async def _poll(context: dg.AssetExecutionContext, parcels: Parcels, landing: Landing) -> list[Progress]:
    accounts = parcels.settings.accounts()
    deadline = parcels.now() + timedelta(minutes=parcels.settings.max_minutes)
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
        try:
            async with asyncio.TaskGroup() as polling:
                for account, run in zip(accounts, runs, strict=False):
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
        finally:
            teller.cancel()
        say(progress_line(runs, time.monotonic() - started))
    for run in runs:
        if run.trouble:
            context.log.error(str(run.trouble))
        if run.ran_out_of_time:
            say(
                f"The time of this run is used up (PARCELS_MAX_MINUTES): {run.planned - run.done:,} parcels wait for"
                " the next one."
            )
    return runs


def _stranger(account: str, planned: int) -> Progress:
    """Orders of an account that nobody gave credentials for: they are told of, not silently left out."""
    trouble = SettingsError(
        f"{planned:,} parcels belong to the account '{account}', which has no credentials:"
        f" add [accounts.{account}] to {ACCOUNTS_FILE}, or correct the account column of the orders."
    )
    return Progress(account, planned=planned, trouble=trouble)


def _result(runs: list[Progress], *, sent: int, kept: int, recovered: int) -> dg.MaterializeResult:
    troubles = [run for run in runs if run.trouble]
    return dg.MaterializeResult(
        metadata={
            "dagster/partition_row_count": kept,
            "planned": sum(run.planned for run in runs),
            "done": sum(run.done for run in runs),
            "requests": sent,
            "outcomes": outcomes_text(runs) or "none",
            "recovered_responses": recovered,
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
