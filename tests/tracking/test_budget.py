"""The budget never oversteps a window, however the API counts, and wastes next to nothing."""

import asyncio
import math
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from pipeline.emulator.limits import WINDOW_MODES, Limit, Limiter, WindowMode
from pipeline.settings import RateLimit, parse_rate_limits
from pipeline.tracking.budget import PAD_SECONDS, Budget

START = 1_700_000_017.3
REAL_LIMITS = parse_rate_limits("100/minute,1000/hour")


class SimulatedTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> SimulatedTime:
    return SimulatedTime()


def open_budget(path: Path, time: SimulatedTime, limits: tuple[RateLimit, ...] = REAL_LIMITS) -> Budget:
    return Budget(path / "budget.sqlite", "shop", limits, clock=time.clock, sleep=time.sleep)


def send(budget: Budget, time: SimulatedTime, latency: float = 0.3) -> None:
    """One request that the server answers after `latency` seconds."""
    slot = asyncio.run(budget.slot(math.inf))
    time.now += latency
    budget.settle(slot, {})


@pytest.fixture
def budget(tmp_path: Path, time: SimulatedTime) -> Iterator[Budget]:
    budget = open_budget(tmp_path, time)
    yield budget
    budget.close()


@pytest.mark.parametrize("mode", WINDOW_MODES)
@pytest.mark.parametrize("count_rejected", [False, True])
def test_three_hours_at_the_real_limits_see_no_rejection_and_use_the_hour(
    mode: WindowMode, count_rejected: bool, tmp_path: Path, time: SimulatedTime
) -> None:
    server = Limiter((Limit(100, 60), Limit(1000, 3600)), mode, count_rejected)
    budget = open_budget(tmp_path, time)

    async def poll_for(hours: int) -> tuple[int, int]:
        sent = rejected = 0
        while (slot := await budget.slot(START + hours * 3600)) is not None:
            verdict = server.ask("shop", time.now + 0.2)
            time.now += 0.4
            budget.settle(
                slot,
                {
                    "x-ratelimit-limit": str(verdict.limit),
                    "x-ratelimit-remaining": str(verdict.remaining),
                    "x-ratelimit-reset": str(verdict.reset),
                },
            )
            sent += 1
            rejected += not verdict.allowed
        return sent, rejected

    sent, rejected = asyncio.run(poll_for(3))
    budget.close()
    assert rejected == 0
    assert sent >= 0.97 * 3000


def test_a_restart_remembers_what_was_sent(tmp_path: Path, time: SimulatedTime) -> None:
    limits = parse_rate_limits("5/minute")
    first = open_budget(tmp_path, time, limits)
    for _ in range(5):
        send(first, time, latency=0)
    first.close()

    second = open_budget(tmp_path, time, limits)
    assert asyncio.run(second.slot(deadline=time.now + 59)) is None
    send(second, time, latency=0)
    assert time.now >= START + 60 + PAD_SECONDS
    second.close()


def test_a_request_counts_from_when_it_was_answered(tmp_path: Path, time: SimulatedTime) -> None:
    budget = open_budget(tmp_path, time, parse_rate_limits("1/minute"))
    send(budget, time, latency=20)
    send(budget, time, latency=0)
    assert time.now >= START + 20 + 60 + PAD_SECONDS
    budget.close()


def test_accounts_do_not_share_a_budget(tmp_path: Path, time: SimulatedTime) -> None:
    limits = parse_rate_limits("1/hour")
    ours = Budget(tmp_path / "b.sqlite", "ours", limits, clock=time.clock, sleep=time.sleep)
    theirs = Budget(tmp_path / "b.sqlite", "theirs", limits, clock=time.clock, sleep=time.sleep)
    assert asyncio.run(ours.slot(time.now)) is not None
    assert asyncio.run(theirs.slot(time.now)) is not None
    assert asyncio.run(ours.slot(time.now)) is None
    ours.close()
    theirs.close()


def test_a_lower_remaining_than_ours_means_someone_else_uses_the_account(budget: Budget, time: SimulatedTime) -> None:
    slot = asyncio.run(budget.slot(math.inf))
    budget.settle(slot, {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "40"})
    assert dict(budget.used())[RateLimit(100, 60)] == 60


def test_headers_that_make_no_sense_change_nothing(budget: Budget, time: SimulatedTime) -> None:
    slot = asyncio.run(budget.slot(math.inf))
    budget.settle(slot, {"x-ratelimit-limit": "banana", "x-ratelimit-remaining": "-7"})
    assert dict(budget.used())[RateLimit(100, 60)] == 1


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": formatdate(START + 30, usegmt=True), "date": formatdate(START, usegmt=True)}, 30),
        ({"x-ratelimit-reset": str(int(START) + 45)}, 45),
        # The server's clock is 90 s ahead of ours: its reset is read on its own clock.
        ({"x-ratelimit-reset": str(int(START) + 135), "date": formatdate(START + 90, usegmt=True)}, 45),
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": "soon"}, 60),
        ({}, 60),
    ],
)
def test_after_a_rejection_nobody_sends_before_the_server_says(
    headers: dict[str, str], wait: float, budget: Budget, time: SimulatedTime
) -> None:
    budget.hold(headers)
    assert asyncio.run(budget.slot(deadline=time.now + wait - 1)) is None
    asyncio.run(budget.slot(math.inf))
    assert time.now - START == pytest.approx(wait + PAD_SECONDS, abs=1.5)


def test_no_slot_before_the_deadline_is_said_at_once(budget: Budget, time: SimulatedTime) -> None:
    for _ in range(100):
        send(budget, time, latency=0)
    assert asyncio.run(budget.slot(deadline=time.now + 30)) is None
    assert time.now == START
