"""How far the polling is, in lines that a person can follow: a plan, a line every few seconds, a sum at the end."""

import asyncio
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from pipeline.tracking.budget import Budget
from pipeline.tracking.fetch import Progress, ranked

LINE_EVERY_SECONDS = 5.0
BAR_EVERY_SECONDS = 0.2


def plan_line(runs: Sequence[Progress], budgets: Sequence[Budget]) -> str:
    """`414 parcels are due; 60 of 100 a minute and 900 of 1,000 an hour are free: about 5 min.`"""
    planned = sum(run.planned for run in runs)
    free = [f"{max(limit.requests - used, 0):,} of {limit}" for budget in budgets for limit, used in budget.used()]
    needed = max((budget_seconds(run.planned, budget) for run, budget in zip(runs, budgets, strict=True)), default=0)
    end = f": at least {_duration(needed)} by the budget" if needed else ""
    return f"{planned:,} parcels are due; {' and '.join(free)} free{end}."


def progress_line(runs: Sequence[Progress], seconds: float) -> str:
    """`120 of 400 parcels, 23.6 a second, 12 s left; 118 requests = ok 110 + no_events 8`, and what went unanswered."""
    done, planned = sum(run.done for run in runs), sum(run.planned for run in runs)
    rate = sum(run.requests for run in runs) / seconds if seconds > 0 else 0.0
    parts = [f"{done:,} of {planned:,} parcels", f"{rate:.1f} a second"]
    if 0 < done < planned:
        parts.append(f"{_duration(seconds_left(runs, seconds))} left")
    requests = sum(run.requests for run in runs)
    unanswered = sum(run.unanswered.total() for run in runs)
    return (
        f"{', '.join(parts)}; {requests:,} requests"
        + (f" = {outcomes_text(runs)}" if requests else "")
        + (f"; {unanswered:,} parcels without a whole answer" if unanswered else "")
    )


def seconds_left(runs: Sequence[Progress], seconds: float) -> float:
    """The time the slowest account still needs: by its pace so far, or longer where its budget makes it wait."""
    left = 0.0
    for run in runs:
        remaining = run.planned - run.done
        by_pace = remaining * seconds / run.done if run.done else 0.0
        by_budget = budget_seconds(remaining, run.budget) if run.budget else 0.0
        left = max(left, by_pace, by_budget)
    return left


def budget_seconds(requests: int, budget: Budget) -> float:
    """How long the windows of the budget make `requests` wait, at the least."""
    waits = [0.0]
    for limit, used in budget.used():
        beyond = requests - max(limit.requests - used, 0)
        waits.append(math.ceil(max(beyond, 0) / limit.requests) * float(limit.seconds))
    return max(waits)


def outcomes_text(runs: Sequence[Progress]) -> str:
    """Outcomes of all accounts by number, as `ok 110 + no_events 8`."""
    return ranked(sum((run.outcomes for run in runs), Counter()))


async def narrate(runs: Sequence[Progress], say: Callable[[str], None]) -> None:
    """Say a line every few seconds until cancelled; never one a request, which costs 5 ms each in Dagster's log."""
    started = time.monotonic()
    while True:
        await asyncio.sleep(LINE_EVERY_SECONDS)
        say(progress_line(runs, time.monotonic() - started))


async def draw_bar(runs: Sequence[Progress]) -> None:
    """Keep a bar on the terminal until cancelled."""
    columns = (BarColumn(40), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    started = time.monotonic()
    with Bar(*columns, transient=True, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("", total=sum(run.planned for run in runs), left="")
        while True:
            left = f"{_duration(seconds_left(runs, time.monotonic() - started))} left"
            bar.update(task, completed=sum(run.done for run in runs), left=left)
            await asyncio.sleep(BAR_EVERY_SECONDS)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
