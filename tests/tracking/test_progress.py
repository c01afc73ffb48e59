"""Lines that a person can follow, and a time left that counts the budget in."""

import asyncio
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import parse_rate_limits
from pipeline.tracking.budget import Budget
from pipeline.tracking.fetch import Progress
from pipeline.tracking.progress import budget_seconds, plan_line, progress_line, seconds_left


@pytest.fixture
def budget(tmp_path: Path) -> Iterator[Budget]:
    """The real limits, 40 requests of both windows used a moment ago."""
    budget = Budget(
        tmp_path / "b.sqlite", "shop", parse_rate_limits("100/minute,1000/hour"), clock=lambda: 1e9, sleep=asyncio.sleep
    )
    for _ in range(40):
        budget.settle(asyncio.run(budget.slot(math.inf)), {})
    yield budget
    budget.close()


def run(planned: int, done: int = 0, **outcomes: int) -> Progress:
    counted = Counter(outcomes)
    return Progress("shop", planned, done=done, requests=counted.total(), outcomes=counted)


def test_the_plan_says_what_is_due_what_is_free_and_how_long_it_must_take(budget: Budget) -> None:
    assert plan_line([run(50)], [budget]) == ("50 parcels are due; 60 of 100 a minute and 960 of 1,000 an hour free.")
    assert plan_line([run(2500)], [budget]).endswith("free: at least 2 h 0 min by the budget.")


@pytest.mark.parametrize(("requests", "seconds"), [(60, 0), (61, 60), (160, 60), (161, 120), (960, 540), (961, 3600)])
def test_a_budget_makes_what_is_beyond_it_wait_for_whole_windows(requests: int, seconds: int, budget: Budget) -> None:
    assert budget_seconds(requests, budget) == seconds


def test_the_line_adds_up() -> None:
    line = progress_line([run(400, 100, ok=90, no_events=8, server_error=4)], 10.0)
    assert line == ("100 of 400 parcels, 10.2 a second, 30 s left; 102 requests = ok 90 + no_events 8 + server_error 4")


def test_nothing_due_is_said_plainly() -> None:
    assert progress_line([run(0)], 0.0) == "0 of 0 parcels, 0.0 a second; 0 requests"


def test_the_time_left_is_that_of_the_slowest_account(budget: Budget) -> None:
    quick, slow = run(10, 5, ok=5), run(2000, 500, ok=500)
    slow.budget = budget
    assert seconds_left([quick, slow], 100.0) == 3600
