"""The emulator counts a budget in the three ways that APIs do."""

import pytest

from pipeline.emulator.limits import Limit, Limiter, WindowMode, parse_limits

NOON = 1_795_521_600.0  # a full hour


def allowed(limiter: Limiter, *times: float) -> list[bool]:
    return [limiter.ask("shop", NOON + at).allowed for at in times]


def test_limits_are_read_from_text() -> None:
    assert parse_limits("100/minute, 1000/hour") == (Limit(100, 60), Limit(1000, 3600))


@pytest.mark.parametrize("text", ["", "100", "x/minute", "100/fortnight", "-1/minute"])
def test_a_limit_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="COUNT/UNIT"):
        parse_limits(text)


def test_a_fixed_window_opens_again_on_the_full_minute() -> None:
    limiter = Limiter(parse_limits("2/minute"), "fixed")
    assert allowed(limiter, 50, 58, 59, 60, 61, 62) == [True, True, False, True, True, False]


def test_a_sliding_window_looks_back_one_minute() -> None:
    limiter = Limiter(parse_limits("2/minute"), "sliding")
    assert allowed(limiter, 50, 58, 60, 109.9, 110, 117.9, 118) == [True, True, False, False, True, False, True]


def test_a_first_request_window_lasts_a_minute_from_its_first_request() -> None:
    limiter = Limiter(parse_limits("2/minute"), "first_request")
    assert allowed(limiter, 50, 58, 60, 109.9, 110, 150, 169, 171) == [
        True, True, False, False, True, True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["fixed", "sliding", "first_request"])
def test_every_window_must_have_room_and_the_headers_tell_the_one_that_binds(mode: WindowMode) -> None:
    limiter = Limiter(parse_limits("3/minute,4/hour"), mode)
    first = limiter.ask("shop", NOON)
    assert (first.limit, first.remaining, first.reset) == (3, 2, NOON + 60)
    assert allowed(limiter, 1, 2, 3) == [True, True, False]
    fourth = limiter.ask("shop", NOON + 63)
    assert (fourth.allowed, fourth.limit, fourth.remaining, fourth.reset) == (True, 4, 0, NOON + 3600)
    assert not limiter.ask("shop", NOON + 64).allowed
    assert limiter.ask("shop", NOON + 3700).allowed


@pytest.mark.parametrize(("count_rejected", "after_a_minute"), [(False, True), (True, False)])
def test_rejected_requests_count_only_if_asked_to(count_rejected: bool, after_a_minute: bool) -> None:
    limiter = Limiter(parse_limits("1/minute"), "sliding", count_rejected)
    assert allowed(limiter, 0, 30, 61) == [True, False, after_a_minute]


def test_accounts_do_not_share_a_budget() -> None:
    limiter = Limiter(parse_limits("1/minute"))
    assert [limiter.ask(account, NOON).allowed for account in ("a", "b", "a")] == [True, True, False]
