from typing import Any

from tests.models.tables import Tables, history


def attempts(lines: str) -> list[tuple[Any, ...]]:
    tables = Tables(fact_tracking_event=history("SF1", lines))
    return tables.rows("shipment_attempt", "attempt, outcome, failure")


def test_vans_on_two_days_without_a_result_are_two_attempts() -> None:
    assert attempts("""
        2026-03-02 01:00:00 out_for_delivery.with_courier 香港
        2026-03-03 02:00:00 out_for_delivery.with_courier 香港
    """) == [(1, "none yet", None), (2, "none yet", None)]


def test_two_days_without_times_are_two_attempts() -> None:
    assert attempts("""
        2026-03-02 - out_for_delivery.with_courier        HK
        2026-03-02 - failed_attempt.recipient_unavailable HK
        2026-03-03 - failed_attempt.recipient_unavailable HK
    """) == [(1, "failed", "recipient_unavailable"), (2, "failed", "recipient_unavailable")]


def test_a_failure_repeated_by_the_courier_is_one_failure() -> None:
    assert attempts("""
        2026-03-02 01:00:00 out_for_delivery.with_courier        香港
        2026-03-02 03:00:00 failed_attempt.recipient_unavailable 香港
        2026-03-02 03:05:00 failed_attempt.rescheduled           香港
    """) == [(1, "failed", "recipient_unavailable")]


def test_a_failure_without_a_van_before_it_is_an_attempt() -> None:
    assert attempts("""
        2026-03-02 03:00:00 available_for_pickup.pickup_point    Post Office
        2026-03-02 03:04:00 failed_attempt.recipient_unavailable Post Office
        2026-03-18 03:04:00 available_for_pickup.overdue         Post Office
        2026-03-27 03:04:00 delivered.collected                  Post Office
    """) == [(1, "failed", "recipient_unavailable")]


def test_a_locker_on_the_first_run_is_its_own_outcome() -> None:
    assert attempts("""
        2026-03-02 01:00:00 out_for_delivery.with_courier 香港
        2026-03-02 03:00:00 available_for_pickup.locker   香港
        2026-03-04 03:00:00 delivered.collected           香港
    """) == [(1, "available_for_pickup", None)]


def test_a_van_after_an_undone_delivery_is_a_new_attempt() -> None:
    assert attempts("""
        2026-03-02 01:00:00 out_for_delivery.with_courier 香港
        2026-03-02 03:00:00 delivered.recipient           香港
        2026-03-02 09:00:00 out_for_delivery.with_courier 香港
        2026-03-02 10:00:00 delivered.recipient           香港
    """) == [(1, "delivered", None), (2, "delivered", None)]


def test_a_delivery_without_a_van_scan_succeeds_on_the_first_attempt() -> None:
    tables = Tables(fact_tracking_event=history("SF1", "2026-03-02 01:00:00 delivered.recipient 香港"))
    assert tables.row("fact_shipment", "attempts, failed_attempts, first_attempt_outcome") == (0, 0, "delivered")


def test_a_van_that_left_no_outcome_is_passed_over() -> None:
    def first_outcome(lines: str) -> tuple[Any, ...]:
        vans = """
            2026-03-02 01:00:00 out_for_delivery.with_courier 香港
            2026-03-03 02:00:00 out_for_delivery.with_courier 香港
        """
        return Tables(fact_tracking_event=history("SF1", vans + lines)).row("fact_shipment", "first_attempt_outcome")

    assert first_outcome("") == ("none yet",)
    assert first_outcome("2026-03-03 08:00:00 delivered.recipient 香港") == ("delivered",)
    failed = "2026-03-03 08:00:00 failed_attempt.other 香港\n"
    assert first_outcome(failed + "2026-03-04 08:00:00 delivered.recipient 香港") == ("failed",)


def test_a_delivery_known_by_its_day_comes_after_the_failures_of_that_day() -> None:
    lines = """
        2026-03-02 01:00:00 out_for_delivery.with_courier 香港
        2026-03-02 03:00:00 failed_attempt.other          香港
        2026-03-02 -        delivered.recipient           香港
    """
    tables = Tables(fact_tracking_event=history("HK1", lines))
    assert tables.row("fact_shipment", "first_attempt_outcome, failed_attempts") == ("failed", 1)
    assert tables.row("shipment_attempt", "cast(started_at as text)") == ("2026-03-02 01:00:00",)
