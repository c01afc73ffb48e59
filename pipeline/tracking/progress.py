"""How far the polling is, in one line that a person can follow."""

import asyncio
import time
from collections.abc import Callable, Sequence

from pipeline.tracking.fetch import Progress

LINE_EVERY_SECONDS = 5.0


def progress_line(runs: Sequence[Progress], seconds: float) -> str:
    """`120 of 400 parcels, 118 requests, 23.6 a second, 12 s left: ok 110, no_events 8`."""
    done, planned = sum(run.done for run in runs), sum(run.planned for run in runs)
    requests = sum(run.requests for run in runs)
    rate = requests / seconds if seconds > 0 else 0.0
    parts = [f"{done:,} of {planned:,} parcels", f"{requests:,} requests", f"{rate:.1f} a second"]
    if 0 < done < planned:
        parts.append(f"{_duration((planned - done) * seconds / done)} left")
    return f"{', '.join(parts)}: {outcomes_text(runs) or 'nothing yet'}"


def outcomes_text(runs: Sequence[Progress]) -> str:
    """Outcomes of all accounts by number, as `ok 110, no_events 8`."""
    totals: dict[str, int] = {}
    for run in runs:
        for outcome, count in run.outcomes.items():
            totals[outcome] = totals.get(outcome, 0) + count
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{outcome} {count:,}" for outcome, count in ranked)


async def narrate(runs: Sequence[Progress], say: Callable[[str], None]) -> None:
    """Say a line every few seconds until cancelled; never one a request, which costs 5 ms each in Dagster's log."""
    started = time.monotonic()
    while True:
        await asyncio.sleep(LINE_EVERY_SECONDS)
        say(progress_line(runs, time.monotonic() - started))


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
