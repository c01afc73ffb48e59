from typing import Any

import pytest

from tests.models.tables import Row, Tables, at, history

PICKUP = "2026-03-02 02:00:00 picked_up.collected 深圳\n"


def judged(lines: str, columns: str = "is_on_time", polled: str = "2026-03-20", **order: Any) -> tuple[Any, ...]:
    source: Row = {"order_id": "A1", "tracking_number": "SF1", "promised_on": "2026-03-05"} | order
    poll = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": polled}
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


def test_without_a_promise_nothing_is_late() -> None:
    assert judged("", promised_on=None) == (None,)


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
