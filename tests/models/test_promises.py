from datetime import timedelta
from typing import Any

import pytest

from tests.models.tables import Row, Tables, at, history

PICKUP = "2026-03-02 02:00:00 picked_up.collected 深圳\n"


def judged(
    lines: str, columns: str = "is_on_time", polled: str = "2026-03-20", destination: str = "China", **order: Any
) -> tuple[Any, ...]:
    source: Row = {"order_id": "A1", "tracking_number": "SF1", "promised_on": "2026-03-05"} | order
    poll: Row = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": polled}
    poll |= {"destination_country": destination}
    return Tables(
        source_order=[source],
        fact_poll=[poll],
        fact_tracking_event=history("SF1", PICKUP + lines, order_id="A1"),
    ).row("fact_shipment", columns)


@pytest.mark.parametrize(
    ("lines", "on_time", "delivered_on_time"),
    [
        # 15:59 UTC is one minute to midnight in Hong Kong: the day counts, not the clock.
        ("2026-03-05 15:59:00 delivered.recipient 香港", True, True),
        ("2026-03-05 16:00:00 delivered.recipient 香港", False, False),
        (
            "2026-03-05 03:00:00 failed_attempt.other 香港\n2026-03-07 03:00:00 delivered.recipient 香港",
            True,
            False,
        ),
        ("2026-03-05 03:00:00 available_for_pickup.locker 香港", True, False),
        # A van on the road is no attempt until it says how it ended.
        (
            "2026-03-05 03:00:00 out_for_delivery.with_courier 香港\n2026-03-06 03:00:00 delivered.recipient 香港",
            False,
            False,
        ),
        ("2026-03-05 03:00:00 in_transit.arrived_facility 香港", False, False),
        ("2026-03-03 03:00:00 cancelled.cancelled 香港", None, None),
    ],
)
def test_a_promise_is_judged_by_the_day_at_the_place(
    lines: str, on_time: bool | None, delivered_on_time: bool | None
) -> None:
    assert judged(lines, "is_on_time, is_delivered_on_time") == (on_time, delivered_on_time)


def test_a_promise_is_open_until_its_day_is_over_as_of_the_last_request() -> None:
    assert judged("", polled="2026-03-05 10:00") == (None,)
    assert judged("", polled="2026-03-05 17:00") == (False,)


@pytest.mark.parametrize(
    ("destination", "last_moment_of_the_day"),
    [
        ("China", "2026-03-05 15:59"),
        ("Germany", "2026-03-05 22:59"),
        ("United States", "2026-03-06 09:59"),  # Hawaii
        ("Atlantis", "2026-03-06 11:59"),  # anywhere on earth
    ],
)
def test_the_promised_day_is_over_when_it_is_over_in_all_of_the_destination(
    destination: str, last_moment_of_the_day: str
) -> None:
    moment = at(last_moment_of_the_day)
    ask = "is_on_time, promise_excluded"
    assert judged("", ask, str(moment), destination) == (None, "not due yet")
    assert judged("", ask, str(moment + timedelta(minutes=1)), destination) == (False, None)


def test_a_promise_that_was_moved_is_judged_as_it_was_made_first() -> None:
    moved = {"promised_on": "2026-03-20", "original_promised_on": "2026-03-05"}
    columns = "is_on_time, cast(promised_on as text), cast(original_promised_on as text)"
    assert judged("2026-03-09 03:00:00 delivered.recipient 香港", columns, **moved) == (
        False,
        "2026-03-20",
        "2026-03-05",
    )
    assert judged("", polled="2026-03-09", **moved) == (False,)
    assert judged(
        "2026-03-05 03:00:00 delivered.recipient 香港", promised_on=None, original_promised_on="2026-03-05"
    ) == (True,)


def test_a_promise_first_seen_after_the_offer_is_not_judged() -> None:
    def promised(seen: str) -> tuple[Any, ...]:
        lines = "2026-03-04 03:00:00 delivered.recipient 香港"
        return judged(lines, "is_on_time, promise_excluded", first_seen_at="2026-03-01", original_promise_seen_at=seen)

    assert promised("2026-03-03") == (True, None)
    assert promised("2026-03-06") == (None, "promised afterwards")
    # An order read for the first time with its promise: how long it stood we cannot know.
    assert promised("2026-03-01") == (True, None)


def test_a_promise_for_an_order_cancelled_before_any_scan_is_not_judged() -> None:
    def promised(events: list[Row]) -> tuple[Any, ...]:
        poll = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": "2026-03-20"}
        order = {"order_id": "A1", "tracking_number": "SF1", "promised_on": "2026-03-05"}
        polls = [poll | {"order_status": "CANCELLED"}]
        return Tables(source_order=[order], fact_poll=polls, fact_tracking_event=events).row(
            "fact_shipment", "is_on_time, promise_excluded"
        )

    assert promised([]) == (None, "cancelled")
    assert promised(history("SF1", PICKUP, order_id="A1")) == (False, None)


def test_without_a_promise_nothing_is_late() -> None:
    assert judged("", "is_on_time, promise_excluded", promised_on=None) == (None, "no promise")


def test_a_promised_instant_stands_for_its_day() -> None:
    assert judged("2026-03-05 15:00:00 delivered.recipient 香港", promised_on=None, promised_at="2026-03-05 04:00") == (
        True,
    )


def test_spans_run_from_the_order_and_from_the_pickup() -> None:
    lines = "2026-03-04 02:00:00 delivered.recipient 香港"
    columns = "handling_hours, transit_hours, order_to_delivery_hours, transit_days"
    assert judged(lines, columns, ordered_at=at("2026-03-01 20:00")) == (6.0, 48.0, 54.0, 2)


def test_an_order_time_after_the_delivery_gives_no_hours() -> None:
    lines = "2026-03-04 02:00:00 delivered.recipient 香港"
    assert judged(lines, "handling_hours, order_to_delivery_hours", ordered_at=at("2026-03-09")) == (None, None)


def test_a_parcel_fetched_at_a_point_is_collected_but_one_brought_home_is_not() -> None:
    point = "2026-03-04 02:00:00 available_for_pickup.pickup_point 店\n"
    assert judged(point + "2026-03-05 02:00:00 delivered.collected 店", "collected_at") == (at("2026-03-05 02:00"),)
    van = "2026-03-05 01:00:00 out_for_delivery.with_courier 店\n"
    assert judged(point + van + "2026-03-05 02:00:00 delivered.recipient 店", "collected_at") == (None,)


def test_the_time_until_a_locker_leaves_out_the_wait_in_it() -> None:
    columns = "transit_to_available_hours, transit_hours"
    locker = "2026-03-04 02:00:00 available_for_pickup.locker 香港\n"
    assert judged(locker, columns) == (48.0, None)
    assert judged(locker + "2026-03-05 02:00:00 delivered.collected 香港", columns) == (48.0, 72.0)
    assert judged("2026-03-05 02:00:00 delivered.recipient 香港", columns) == (72.0, 72.0)


def test_a_deposit_known_by_its_day_alone_gives_no_hours() -> None:
    columns = "transit_to_available_hours, transit_hours"
    deposit = "2026-03-04 - available_for_pickup.locker 香港\n"
    assert judged(deposit + "2026-03-05 02:00:00 delivered.collected 香港", columns) == (None, 72.0)
    locker = "2026-03-04 02:00:00 available_for_pickup.locker 香港\n"
    assert judged(locker + "2026-03-05 - delivered.collected 香港", columns) == (48.0, None)
