"""What the server says of the budget: another sender is found out, a 429 is waited out, a lie costs nothing."""

import asyncio
import math
from email.utils import format_datetime, formatdate
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.emulator.limits import WINDOW_MODES, Limit, Limiter, Verdict, WindowMode
from pipeline.settings import RateLimit, parse_rate_limits
from pipeline.tracking.budget import Budget
from pipeline.tracking.rate_headers import PAD_SECONDS, read_claim, read_wait
from tests.tracking.simulation import START, EveryMode, Headers, Server, open_budget, poll, run_simulated, true_headers

LIMITS = parse_rate_limits("100/minute,1000/hour")
SERVER_LIMITS = (Limit(100, 60), Limit(1000, 3600))
NOW = 1_700_000_000.0
DICE = Random(5)


def simulate(path: Path, server: Server, hours: float, *, others_an_hour: float = 0, others_from: float = 0) -> None:
    async def day() -> None:
        budget = open_budget(path, LIMITS)

        async def others() -> None:
            await asyncio.sleep(others_from)
            await server.let_another_send(others_an_hour)

        another = asyncio.create_task(others()) if others_an_hour else None
        await poll(budget, server, hours)
        if another:
            another.cancel()
        budget.close()

    run_simulated(day())


def lying(**said: Any) -> Headers:
    """True headers but for some: a text, a function of the verdict and the server's time, or None for no header."""

    def headers(verdict: Verdict, now: float) -> dict[str, str]:
        told = true_headers(verdict, now)
        for name, lie in said.items():
            header = "date" if name == "date" else f"x-ratelimit-{name}"
            value = lie(verdict, now) if callable(lie) else lie
            if value is None:
                del told[header]
            else:
                told[header] = str(value)
        return told

    return headers


LIES: dict[str, Headers] = {
    "no headers": lambda verdict, now: {},
    "always nothing left": lying(remaining=0),
    "nothing left until the far future": lying(remaining=0, reset=9_999_999_999),
    "nothing left until long ago": lying(remaining=0, reset=1),
    "nothing left, in milliseconds": lying(remaining=0, reset=lambda verdict, now: verdict.reset * 1000),
    "nothing left, nobody knows until when": lying(remaining=0, reset=None, date=None),
    "always nothing left of the hour": lying(limit=1000, remaining=0, reset=lambda verdict, now: int(now) + 3600),
    "always one left": lying(remaining=1),
    "half of the truth": lying(remaining=lambda verdict, now: verdict.remaining // 2),
    "fifty too low": lying(remaining=lambda verdict, now: max(verdict.remaining - 50, 0)),
    "any number": lying(remaining=lambda verdict, now: DICE.randint(0, verdict.limit)),
    "always all left": lying(remaining=lambda verdict, now: verdict.limit),
    "a limit that nobody has": lying(limit=7, remaining=0),
    "any limit": lying(limit=lambda verdict, now: DICE.randint(1, 2000), remaining=0),
    "garbage": lying(limit="many", remaining="few", reset="soon", date="yesterday"),
}


@pytest.mark.parametrize("lie", LIES)
def test_headers_that_lie_neither_starve_us_nor_make_us_overstep(lie: str, tmp_path: Path) -> None:
    server = Server(Limiter(SERVER_LIMITS, "sliding", count_rejected=True), LIES[lie])
    simulate(tmp_path, server, 2)
    assert server.rejected == []
    assert len(server.accepted) >= 0.97 * 2000


@pytest.mark.parametrize("headers", [true_headers, lying(date=None)], ids=["date", "no date"])
@pytest.mark.parametrize("ahead", [90, -90])
def test_a_server_clock_that_is_off_changes_nothing(ahead: float, headers: Headers, tmp_path: Path) -> None:
    server = Server(EveryMode(SERVER_LIMITS), headers, ahead=ahead)
    simulate(tmp_path, server, 2)
    assert server.rejected == []
    assert len(server.accepted) >= 0.97 * 2000


@pytest.mark.parametrize("mode", WINDOW_MODES)
def test_another_sender_is_found_out_within_one_window(mode: WindowMode, tmp_path: Path) -> None:
    server = Server(Limiter(SERVER_LIMITS, mode))
    simulate(tmp_path, server, 3, others_an_hour=300, others_from=600)
    used = len(server.accepted) + server.others
    assert used >= 0.97 * 3000
    if mode == "sliding":
        # A slot that comes free is anyone's: now and then the other one is faster.
        assert len(server.rejected) <= 12
    else:
        assert len(server.rejected) <= 3
        assert server.rejected[-1] - server.rejected[0] < 3600


@pytest.mark.parametrize("mode", WINDOW_MODES)
def test_another_sender_that_stops_leaves_us_the_whole_budget_again(mode: WindowMode, tmp_path: Path) -> None:
    server = Server(Limiter(SERVER_LIMITS, mode))

    async def day() -> None:
        budget = open_budget(tmp_path, LIMITS)
        another = asyncio.create_task(server.let_another_send(1500))
        asyncio.get_running_loop().call_later(1800, another.cancel)
        await poll(budget, server, 4)
        budget.close()

    run_simulated(day())
    quiet = [at for at in server.accepted if at >= START + 2 * 3600]
    assert len(quiet) >= 0.97 * 2000


@pytest.mark.parametrize("mode", WINDOW_MODES)
def test_limits_that_are_set_too_high_are_found_out_by_one_rejection(mode: WindowMode, tmp_path: Path) -> None:
    server = Server(Limiter((Limit(50, 60), Limit(500, 3600)), mode, count_rejected=True))
    simulate(tmp_path, server, 1)
    assert len(server.rejected) == 1
    assert len(server.accepted) >= 0.97 * 500


def test_rejections_that_count_do_not_keep_the_window_full(tmp_path: Path) -> None:
    """A server that counts what it turns away and says nothing: only longer and longer waits let it empty."""
    limiter = Limiter((Limit(50, 60),), "sliding", count_rejected=True)
    server = Server(limiter, lambda verdict, now: {})
    simulate(tmp_path, server, 2)
    assert len(server.accepted) >= 1000
    assert len(server.rejected) <= len(server.accepted) / 3


def test_nobody_sends_while_held_and_then_one_goes_first(tmp_path: Path) -> None:
    async def day() -> None:
        budget = open_budget(tmp_path, LIMITS)
        rejected, slow = await budget.slot(math.inf), await budget.slot(math.inf)
        budget.settle(rejected, {"retry-after": "20"}, rejected=True)
        budget.settle(slow, {})
        began = asyncio.get_running_loop().time()
        others = [asyncio.create_task(budget.slot(math.inf)) for _ in range(3)]
        done, _ = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        assert asyncio.get_running_loop().time() - began == pytest.approx(20 + PAD_SECONDS)
        await asyncio.sleep(5)
        assert sum(task.done() for task in others) == 1
        budget.settle(done.pop().result(), {})
        await asyncio.sleep(0.1)
        assert all(task.done() for task in others)
        budget.close()

    run_simulated(day())


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "17"}, 17),
        ({"retry-after": " 17.5 "}, 17.5),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, 30),
        ({"retry-after": formatdate(NOW + 30, usegmt=True).replace("GMT", "-0000")}, 30),
        # The server's clock is 90 s ahead of ours: its moments are read on its own clock.
        ({"retry-after": formatdate(NOW + 120, usegmt=True), "date": formatdate(NOW + 90, usegmt=True)}, 30),
        ({"x-ratelimit-reset": str(int(NOW) + 135), "date": formatdate(NOW + 90, usegmt=True)}, 45),
        ({"x-ratelimit-reset": str(int(NOW) + 45)}, 45),
        ({"x-ratelimit-reset": str((int(NOW) + 45) * 1000)}, 45),
        ({"retry-after": "17", "x-ratelimit-reset": str(int(NOW) + 45)}, 17),
        ({"retry-after": "soon", "x-ratelimit-reset": str(int(NOW) + 45)}, 45),
        # No longer than the longest window, whatever it says.
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": formatdate(NOW + 10**6, usegmt=True)}, 3600),
        ({"x-ratelimit-reset": "9999999999"}, 3600),
        # What is over can't be what we are to wait for: the shortest window.
        ({"x-ratelimit-reset": str(int(NOW) - 90)}, 60),
        ({"retry-after": formatdate(NOW - 5000, usegmt=True)}, 60),
        ({"retry-after": "-5"}, 60),
        ({"retry-after": "9" * 400}, 60),
        ({}, 60),
    ],
)
def test_a_rejection_says_how_long_to_wait(headers: dict[str, str], wait: float) -> None:
    assert read_wait(headers, LIMITS, NOW) == pytest.approx(wait + PAD_SECONDS)


@pytest.mark.parametrize("remaining", ["-7", "101", "9" * 400, "few", "", "1e2", "١٢"])
def test_a_remaining_that_makes_no_sense_claims_nothing(remaining: str) -> None:
    assert read_claim({"x-ratelimit-limit": "100", "x-ratelimit-remaining": remaining}, LIMITS, NOW) is None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["date", "retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]),
        st.text("0123456789-+:., eGMTWedNov١", max_size=40)
        | st.integers().map(str)
        | st.datetimes().map(format_datetime),
    )
)
def test_any_header_is_read_without_an_error_and_within_bounds(headers: dict[str, str]) -> None:
    assert PAD_SECONDS <= read_wait(headers, LIMITS, NOW) <= 3600 + PAD_SECONDS
    claim = read_claim(headers, LIMITS, NOW)
    assert claim is None or (0 <= claim.remaining <= claim.limit and NOW < claim.until <= NOW + 3600 + PAD_SECONDS)


def test_a_lower_remaining_than_ours_shows_in_what_is_used(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "b.sqlite", "shop", LIMITS, clock=lambda: NOW, sleep=asyncio.sleep)
    budget.settle(asyncio.run(budget.slot(NOW)), {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "40"})
    assert budget.used() == [(RateLimit(100, 60), 60), (RateLimit(1000, 3600), 1)]
    budget.close()
