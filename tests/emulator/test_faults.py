"""Faults come from a closed set, by seed, and can be tied to orders."""

import pytest

from pipeline.emulator.faults import FAULT_KINDS, Fault, FaultPlan, parse_faults

ORDERS = [str(3_550_800 + i) for i in range(2000)]


def test_a_plan_is_read_from_text() -> None:
    assert parse_faults("server_error=0.05,html_200=0.02:sticky") == (
        Fault("server_error", 0.05),
        Fault("html_200", 0.02, sticky=True),
    )
    assert parse_faults("") == ()


@pytest.mark.parametrize("text", ["flood=0.1", "server_error", "server_error=2", "server_error=0.1:often"])
def test_a_plan_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition("=")[0]):
        parse_faults(text)


def test_the_share_of_faults_is_as_asked() -> None:
    plan = FaultPlan(1, parse_faults("reset=0.1"))
    hits = sum(plan.pick(order) == "reset" for order in ORDERS)
    assert 150 < hits < 250


def test_a_sticky_fault_always_hits_the_same_orders() -> None:
    plan = FaultPlan(1, parse_faults("truncated=0.1:sticky"))
    first, second = ([plan.pick(order) for order in ORDERS] for _ in range(2))
    assert first == second
    assert "truncated" in first


def test_any_other_fault_passes_when_asked_again() -> None:
    plan = FaultPlan(1, parse_faults("truncated=0.1"))
    first, second = ([plan.pick(order) for order in ORDERS] for _ in range(2))
    assert first != second


def test_the_same_seed_picks_the_same_faults_in_any_order_of_requests() -> None:
    faults = parse_faults(",".join(f"{kind}=0.05" for kind in FAULT_KINDS))
    forwards, backwards = FaultPlan(5, faults), FaultPlan(5, faults)
    picked = {order: [forwards.pick(order), forwards.pick(order)] for order in ORDERS}
    again = {order: [backwards.pick(order)] for order in reversed(ORDERS)}
    for order in reversed(ORDERS):
        again[order].append(backwards.pick(order))
    assert picked == again
