"""Where time is lost: before the pickup, in customs, at the pickup point, and between the parts of one order."""

from typing import Any

import pytest

from tests.models.tables import Row, Tables, at, history


def parcels(polled: str = "2026-03-20", **lines: str) -> Tables:
    """One parcel a keyword, each an order of its own unless its name ends in a letter: A1a and A1b are both of A1."""
    events: list[Row] = []
    polls: list[Row] = []
    for name, text in lines.items():
        order = name.rstrip("abc")
        events += [
            row | {"event_id": f"{name}-{row['sequence']}", "tracking_number": name.upper()}
            for row in history(name, text, order_id=order)
        ]
        polls.append({"order_id": order, "answered_tracking_number": name.upper(), "requested_at": polled})
    orders = [{"order_id": order, "ordered_at": at("2026-03-01 00:00")} for order in {n.rstrip("abc") for n in lines}]
    return Tables(source_order=orders, fact_poll=polls, fact_tracking_event=events)


READY = "2026-03-02 02:00:00 pending.awaiting_pickup\n"


def test_the_wait_for_the_courier_begins_when_the_parcel_is_ready() -> None:
    made = parcels(
        P1="2026-03-01 02:00:00 pending.label_created\n" + READY + "2026-03-02 12:00:00 picked_up.collected 深圳",
        P2=READY + "2026-03-03 09:00:00 pending.pickup_failed\n2026-03-04 02:00:00 picked_up.collected 深圳",
        P3="2026-03-02 02:00:00 pending.label_created\n2026-03-02 04:00:00 picked_up.collected 深圳",
    )
    assert made.row(
        "pickup_delay_weekly",
        "courier, cast(ready_week as text), n, n_picked_up, n_open, n_excluded, n_ready_by_label, n_failed_pickup,"
        " pickup_delay_hours_p50, pickup_delay_hours_p90",
    ) == ("sf_express", "2026-03-02", 3, 3, 0, 0, 1, 1, 10.0, pytest.approx(40.4))


def test_a_last_mile_couriers_counter_is_no_drop_off_by_the_sender() -> None:
    made = parcels(
        P1=READY + "2026-03-02 12:00:00 picked_up.collected 深圳\n2026-03-03 02:00:00 in_transit.linehaul 香港\n"
        "2026-03-06 02:00:00 picked_up.dropped_off LOS ANGELES"
    )
    assert made.row("pickup_delay_weekly", "n_picked_up, n_excluded, pickup_delay_hours_p50") == (1, 0, 10.0)


def test_a_weekend_is_no_wait_in_business_days() -> None:
    made = parcels(P1="2026-03-06 09:00:00 pending.awaiting_pickup\n2026-03-09 09:00:00 picked_up.collected 香港")
    assert made.row("pickup_delay_weekly", "pickup_delay_hours_p50, n_dated, pickup_delay_business_days_p50") == (
        72.0,
        1,
        1.0,
    )


def test_parcels_that_wait_for_nobody_are_excluded_and_those_that_still_wait_are_open() -> None:
    made = parcels(
        "2026-03-04 02:00",
        P1=READY,
        P2=READY + "2026-03-02 03:00:00 picked_up.dropped_off 深圳",
        P3=READY + "2026-03-03 02:00:00 cancelled.cancelled",
        P4="2026-03-02 02:00:00 picked_up.collected 深圳\n2026-03-02 09:00:00 pending.awaiting_pickup",
    )
    assert made.row(
        "pickup_delay_weekly",
        "n, n_picked_up, n_open, n_excluded, share_open, pickup_delay_hours_p50, oldest_open_hours",
    ) == (4, 0, 1, 3, 0.25, None, 48.0)


def point(*more: str) -> str:
    lines = (
        "2026-03-02 02:00:00 picked_up.collected 深圳",
        "2026-03-03 02:00:00 available_for_pickup.locker 丰巢",
        *more,
    )
    return "\n".join(lines)


def test_a_locker_without_a_later_scan_is_open_not_collected() -> None:
    made = parcels(
        "2026-03-10 02:00",
        P1=point("2026-03-03 12:00:00 delivered.collected 丰巢"),
        P2=point(),
        P3=point(
            "2026-03-06 02:00:00 available_for_pickup.overdue 丰巢", "2026-03-07 02:00:00 delivered.collected 丰巢"
        ),
        P4=point("2026-03-08 02:00:00 return.in_progress 丰巢"),
    )
    assert made.row(
        "pickup_point_dwell",
        "pickup_point_kind, cast(available_week as text), n, n_collected, n_open, n_excluded, n_returned, n_overdue,"
        " share_open, share_overdue, dwell_hours_p50, oldest_open_days",
    ) == ("locker", "2026-03-02", 4, 2, 1, 1, 1, 1, 0.25, 0.25, 53.0, 7.0)


PICKUP = "2026-03-02 02:00:00 picked_up.collected 香港\n"
ARRIVAL = "2026-03-03 00:00:00 in_transit.arrived_destination LONDON\n"


@pytest.mark.parametrize(
    ("lines", "hours", "before_arrival"),
    [
        # Papers sent ahead: the clock waits for the flight.
        ("2026-03-02 06:00:00 customs.processing\n" + ARRIVAL + "2026-03-03 05:00:00 customs.cleared LONDON", 5.0, 0),
        # Released before it landed.
        ("2026-03-02 06:00:00 customs.processing\n2026-03-02 20:00:00 customs.cleared\n" + ARRIVAL, 0.0, 1),
        (ARRIVAL + "2026-03-03 02:00:00 customs.held LONDON\n2026-03-03 08:00:00 customs.cleared LONDON", 6.0, 0),
    ],
)
def test_customs_take_time_only_once_the_parcel_is_there(lines: str, hours: float, before_arrival: int) -> None:
    columns = "n, n_cleared, clearance_hours_p50, n_cleared_before_arrival, n_without_arrival_scan"
    assert parcels(P1=PICKUP + lines).row("customs_clearance", columns) == (1, 1, hours, before_arrival, 0)


def test_a_scan_that_lies_in_the_destination_country_is_the_arrival() -> None:
    made = parcels(
        P1="2026-03-02 02:00:00 picked_up.collected 香港\n2026-03-02 06:00:00 customs.processing 香港\n"
        "2026-03-03 00:00:00 in_transit.arrived_facility 深圳\n2026-03-03 05:00:00 customs.cleared 深圳"
    )
    made.connection.execute(
        "update fact_tracking_event set time_zone_source = 'location',"
        " time_zone = case location when '深圳' then 'Asia/Shanghai' else 'Asia/Hong_Kong' end"
    )
    assert made.row("customs_clearance", "clearance_hours_p50, n_without_arrival_scan") == (5.0, 0)


def test_a_parcel_that_customs_took_back_is_open_and_one_that_slipped_past_is_excluded() -> None:
    made = parcels(
        P1=PICKUP + "2026-03-03 02:00:00 customs.cleared LONDON\n2026-03-03 09:00:00 customs.held LONDON",
        P2=PICKUP + "2026-03-03 02:00:00 customs.processing LONDON\n2026-03-04 02:00:00 delivered.recipient LONDON",
    )
    columns = "n, n_cleared, n_open, n_excluded, n_held, share_open, clearance_hours_p50"
    assert made.row("customs_clearance", columns) == (2, 0, 1, 1, 1, 0.5, None)


def test_days_without_times_give_no_hours_in_customs_or_at_the_point_and_are_counted() -> None:
    made = parcels(
        P1=PICKUP + "2026-03-04 - customs.processing LONDON\n2026-03-06 - customs.cleared LONDON\n"
        "2026-03-07 - available_for_pickup.pickup_point LONDON\n2026-03-09 02:00:00 delivered.collected LONDON"
    )
    assert made.row("customs_clearance", "n, n_cleared, n_timed, n_excluded, clearance_hours_p50") == (1, 1, 0, 1, None)
    assert made.row("pickup_point_dwell", "n, n_collected, n_timed, dwell_hours_p50") == (1, 1, 0, None)


def test_an_order_whose_delivery_is_known_by_its_day_alone_is_complete_without_hours() -> None:
    made = parcels(A1="2026-03-01 06:00:00 picked_up.collected 深圳\n2026-03-03 - delivered.recipient 香港")
    columns = "completed_at, order_to_delivery_hours, handling_hours, transit_hours"
    assert made.row("fact_order", columns) == (at("2026-03-03"), None, 6.0, None)
    assert made.row("order_to_delivery_weekly", "n_completed, n_excluded, under_way_hours_p50") == (1, 1, None)


def test_an_order_is_handled_with_its_first_parcel_and_complete_with_its_last() -> None:
    made = parcels(
        A1a="2026-03-01 06:00:00 picked_up.collected 深圳\n2026-03-03 00:00:00 delivered.recipient 香港",
        A1b="2026-03-02 00:00:00 picked_up.collected 深圳\n2026-03-05 00:00:00 delivered.recipient 香港",
    )
    assert made.row(
        "fact_order",
        "status, completed_at, order_to_delivery_hours, handling_hours, handling_hours_to_last, lane",
    ) == ("delivered", at("2026-03-05"), 96.0, 6.0, 24.0, "HK-CN")


def test_a_cancelled_parcel_does_not_keep_its_order_open() -> None:
    made = parcels(
        A1a="2026-03-01 06:00:00 picked_up.collected 深圳\n2026-03-03 00:00:00 delivered.recipient 香港",
        A1b="2026-03-01 00:00:00 cancelled.cancelled",
        A2="2026-03-01 00:00:00 cancelled.cancelled",
    )
    assert made.rows("fact_order", "order_id, status, delivered_parcels, cancelled_parcels, completed_at") == [
        ("A1", "delivered", 1, 1, at("2026-03-03")),
        ("A2", "cancelled", 0, 1, None),
    ]


def test_the_weekly_click_to_door_time_shows_what_it_leaves_out() -> None:
    made = parcels(
        A1="2026-03-01 06:00:00 picked_up.collected 深圳\n2026-03-03 00:00:00 delivered.recipient 香港",
        A2="2026-03-01 12:00:00 picked_up.collected 深圳",
        A3="2026-03-01 12:00:00 cancelled.cancelled",
    )
    made.connection.execute("insert into source_order by name select 'main' as account, 'A4' as order_id")
    columns: Any = (
        "lane, cast(order_week as text), n, n_completed, n_open, n_other_end, n_excluded, is_mature,"
        " order_to_delivery_hours_p50, n_handled, handling_hours_p50, under_way_hours_p50"
    )
    assert made.rows("order_to_delivery_weekly", columns) == [
        ("HK-CN", "2026-02-23", 3, 1, 1, 1, 0, False, 48.0, 2, 9.0, 42.0),
        ("unknown", None, 1, 0, 1, 0, 0, False, None, 0, None, None),
    ]


def waiting(lines: str, polled: str, **answer: Any) -> Tables:
    """Parcel SF1, between Hong Kong and the mainland unless the answer says otherwise."""
    poll: Row = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": polled} | answer
    picked_up = "2026-03-02 02:00:00 picked_up.collected 深圳\n"
    events = history("SF1", picked_up + lines, order_id="A1", courier=poll.get("courier", "sf_express"))
    return Tables(fact_poll=[poll], fact_tracking_event=events)


LOCKER = "2026-03-04 02:00:00 available_for_pickup.locker 順便智能櫃\n"
WAIT = (
    "cast(waiting_since as text), round(days_waiting, 2), waiting_after_days, pickup_point_kind, pickup_point_location"
)


def test_a_parcel_that_waits_too_long_at_a_locker_is_on_the_list_with_place_and_days() -> None:
    made = waiting(LOCKER + "2026-03-05 02:00:00 info.informational", "2026-03-07 14:00")
    assert made.rows("waiting_pickup", f"tracking_number, {WAIT}, reminders") == [
        ("SF1", "2026-03-04 02:00:00", 3.5, 3, "locker", "順便智能櫃", 0)
    ]
    assert waiting(LOCKER, "2026-03-07 02:00").rows("waiting_pickup", "tracking_number") == []


def test_a_reminder_does_not_begin_the_wait_anew_and_is_counted() -> None:
    made = waiting(LOCKER + "2026-03-06 02:00:00 available_for_pickup.overdue 香港", "2026-03-08 02:00")
    assert made.row("waiting_pickup", f"{WAIT}, reminders") == (
        "2026-03-04 02:00:00", 4.0, 3, "locker", "順便智能櫃", 1
    )  # fmt: skip


def test_a_parcel_of_which_only_the_reminder_was_seen_waits_since_then() -> None:
    made = waiting("2026-03-06 02:00:00 available_for_pickup.overdue 香港", "2026-03-10 02:00")
    assert made.row("waiting_pickup", f"{WAIT}, reminders") == ("2026-03-06 02:00:00", 4.0, 3, "overdue", None, 1)


def test_a_parcel_that_was_taken_elsewhere_waits_there_from_then() -> None:
    elsewhere = (
        "2026-03-05 02:00:00 in_transit.moving 香港\n2026-03-06 02:00:00 available_for_pickup.pickup_point 便利店\n"
    )
    made = waiting(LOCKER + elsewhere, "2026-03-10 02:00")
    assert made.row("waiting_pickup", WAIT) == ("2026-03-06 02:00:00", 4.0, 3, "pickup_point", "便利店")


@pytest.mark.parametrize(
    "end",
    [
        "delivered.collected 順便智能櫃",
        "available_for_pickup.locker 順便智能櫃\n2026-03-05 03:00:00 out_for_delivery.with_courier",
        "return.in_progress 香港",
    ],
)
def test_a_parcel_that_was_fetched_or_taken_out_again_waits_no_more(end: str) -> None:
    assert waiting(LOCKER + f"2026-03-05 02:00:00 {end}", "2026-03-30").rows("waiting_pickup", "tracking_number") == []


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        ({"export_country": "HK", "destination_country": "HK"}, 3),
        ({"export_country": "HK", "destination_country": "GB"}, 5),
        ({"courier": "hongkong_post"}, 10),
        ({"destination_country": None}, 5),
    ],
)
def test_how_long_a_wait_is_normal_is_reference_data(answer: dict[str, Any], days: int) -> None:
    assert waiting(LOCKER, "2026-04-01", **answer).row("waiting_pickup", "waiting_after_days") == (days,)


def test_the_share_that_was_seen_fetched_tells_whether_the_courier_scans_it_at_all() -> None:
    fetched = "2026-03-05 02:00:00 delivered.collected 順便智能櫃"
    # P4 lies there for a day only: nothing can be said of it yet.
    made = parcels(P1=LOCKER, P2=LOCKER, P3=LOCKER + fetched, P4=LOCKER.replace("03-04", "03-19"))
    assert made.rows("waiting_pickup", "tracking_number, courier_n, round(courier_share_collected, 3)") == [
        ("P1", 3, 0.333),
        ("P2", 3, 0.333),
    ]
