from typing import Any

import pytest

from tests.models.tables import Row, Tables, at, history

START = "2026-03-02 02:00:00 picked_up.collected 深圳\n"


def tables(lines: str, polled: str, **answer: Any) -> Tables:
    poll: Row = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": polled} | answer
    return Tables(
        fact_poll=[poll],
        fact_tracking_event=history("SF1", START + lines, order_id="A1", courier=poll.get("courier", "sf_express")),
    )


def test_trouble_back_within_a_day_is_one_episode() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 failed_attempt.recipient_unavailable 香港
        2026-03-03 06:00:00 out_for_delivery.with_courier        香港
        2026-03-03 08:00:00 failed_attempt.recipient_unavailable 香港
        2026-03-05 08:00:00 delivered.recipient                  香港
    """,
        "2026-03-06",
    )
    assert made.rows("fact_exception", "episode, started_at, resolved_at, event_count, outcome, resolution_hours") == [
        (1, at("2026-03-03 02:00"), at("2026-03-05 08:00"), 2, "resolved", 54.0),
    ]


def test_a_customs_hold_is_mended_by_the_release() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 customs.info_required 香港
        2026-03-04 02:00:00 customs.processing    香港
        2026-03-05 02:00:00 customs.cleared       香港
    """,
        "2026-03-06",
    )
    assert made.row("fact_exception", "first_reason, responsible, outcome, resolution_hours") == (
        "info_required",
        "shipper",
        "resolved",
        48.0,
    )
    assert made.rows("open_exception", "tracking_number") == []


def test_the_worklist_says_since_when_who_and_in_which_words() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 failed_attempt.recipient_unavailable 香港
        2026-03-03 03:00:00 exception.address_issue              沙田
        2026-03-03 09:00:00 info.informational                   沙田
    """,
        "2026-03-04 02:00",
    )
    assert made.row(
        "open_exception",
        "order_id, tracking_number, courier, status, since, hours_open, first_reason, last_reason, responsible,"
        " action_required, event_count, last_message, last_location",
    ) == (
        "A1",
        "SF1",
        "sf_express",
        "exception",
        at("2026-03-03 02:00"),
        24.0,
        "recipient_unavailable",
        "address_issue",
        "recipient",
        True,
        2,
        "address_issue 沙田",
        "沙田",
    )


def test_a_returned_parcel_needs_nobody() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 failed_attempt.refused 香港
        2026-03-04 02:00:00 return.in_progress     香港
        2026-03-06 02:00:00 return.completed       深圳
    """,
        "2026-03-07",
    )
    assert made.rows("open_exception", "tracking_number") == []
    assert made.row("fact_exception", "first_reason, last_reason, outcome, resolution_hours") == (
        "refused",
        "in_progress",
        "ended",
        None,
    )
    assert made.row("exception_resolution", "substatus, n, n_resolved, n_ended, n_open, share_open") == (
        "refused",
        1,
        0,
        1,
        0,
        0.0,
    )


def test_a_notice_after_the_end_begins_no_episode() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 delivered.recipient 香港
        2026-03-03 05:00:00 exception.delayed   香港
    """,
        "2026-03-06",
    )
    assert made.rows("fact_exception", "episode") == []
    assert made.row("fact_shipment", "status, has_exception, exception_episodes") == ("delivered", True, 0)


def test_plain_scans_on_the_way_back_are_told_as_the_return_that_they_are() -> None:
    made = tables(
        """
        2026-03-04 02:00:00 return.in_progress          香港
        2026-03-05 02:00:00 in_transit.arrived_facility 深圳
    """,
        "2026-03-06",
    )
    assert made.row("open_exception", "first_reason, last_reason, last_location") == (
        "in_progress",
        "in_progress",
        "深圳",
    )


def test_nobody_waits_for_an_order_that_was_cancelled_before_any_scan() -> None:
    def made(lines: str) -> Tables:
        poll = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": "2026-04-06"}
        events = history("SF1", lines, order_id="A1")
        return Tables(fact_poll=[poll | {"order_status": "CANCELLED"}], fact_tracking_event=events)

    label = "2026-03-02 02:00:00 pending.label_created\n2026-03-03 02:00:00 pending.pickup_failed\n"
    called_off = made(label)
    assert called_off.row("fact_shipment", "status, is_called_off, is_terminal") == ("pending", True, False)
    for table in ("stalled_shipment", "open_exception"):
        assert called_off.rows(table, "tracking_number") == []
    assert called_off.rows("open_shipment_aging", "n") == []
    assert called_off.row("pickup_delay_weekly", "n, n_open, n_excluded") == (1, 0, 1)
    assert called_off.row("fact_order", "status, cancelled_parcels, open_parcels") == ("cancelled", 1, 0)
    # A scan weighs more than the order's status.
    moving = made(label + "2026-03-04 02:00:00 picked_up.collected 深圳")
    assert moving.row("fact_shipment", "status, is_called_off") == ("picked_up", False)
    assert moving.rows("stalled_shipment", "tracking_number") == [("SF1",)]


def test_rates_count_parcels_not_rows() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 exception.on_hold 香港
        2026-03-04 02:00:00 exception.on_hold 香港
        2026-03-05 02:00:00 exception.delayed 香港
    """,
        "2026-03-06",
    )
    assert made.rows(
        "exception_rate_weekly",
        "cast(pickup_week as text), status, substatus, responsible, n, n_with_exception, exception_rate,"
        " n_with_any_exception, share_open",
    ) == [
        ("2026-03-02", "exception", "delayed", "carrier", 1, 1, 1.0, 1, 1.0),
        ("2026-03-02", "exception", "on_hold", "carrier", 1, 1, 1.0, 1, 1.0),
    ]


@pytest.mark.parametrize(
    ("origin", "destination", "courier", "threshold"),
    [
        ("Hong Kong", "Hong Kong", "sf_express", 2),
        ("Hong Kong", "China", "sf_express", 3),
        ("China", "China", "sf_express", 3),
        ("Hong Kong", "United States", "dhl_express", 7),
        ("Hong Kong", "Atlantis", "dhl_express", 7),
        ("Hong Kong", "United States", "hongkong_post", 14),
    ],
)
def test_silence_is_a_stall_after_what_is_normal_on_the_lane(
    origin: str, destination: str, courier: str, threshold: int
) -> None:
    def stalled(days: int) -> list[tuple[Any, ...]]:
        return tables(
            "", f"2026-03-{2 + days:02} 03:00", export_country=origin, destination_country=destination, courier=courier
        ).rows("stalled_shipment", "tracking_number, stalled_after_days")

    assert stalled(threshold) == [("SF1", threshold)]
    assert stalled(threshold - 1) == []


def test_daily_repeats_do_not_hide_a_stall_and_a_pause_of_polling_is_none() -> None:
    lines = "".join(f"2026-03-{day:02} 02:00:00 customs.held 香港\n" for day in range(3, 12))
    made = tables(lines, "2026-03-11 03:00")
    assert made.row("stalled_shipment", "last_movement_at, last_event_at") == (
        at("2026-03-03 02:00"),
        at("2026-03-11 02:00"),
    )
    assert tables("", "2026-03-03 03:00").rows("stalled_shipment", "tracking_number") == []


@pytest.mark.parametrize("ending", ["delivered.recipient", "available_for_pickup.locker", "cancelled.cancelled"])
def test_what_has_ended_or_waits_at_a_locker_is_not_stalled(ending: str) -> None:
    assert tables(f"2026-03-03 02:00:00 {ending} 香港", "2026-03-30").rows("stalled_shipment", "status") == []


def test_a_label_that_nobody_scanned_is_no_loss() -> None:
    label = history("SF1", "2026-03-02 02:00:00 pending.label_created", order_id="A1")
    poll = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": "2026-06-01"}
    assert Tables(fact_poll=[poll], fact_tracking_event=label).rows("lost_shipment", "certainty") == []


def test_how_long_silence_is_normal_is_reference_data() -> None:
    made = tables("", "2026-03-06 03:00")
    assert made.row("dim_lane", "kind, stalled_after_days, lost_after_days") == ("mainland", 3, 30)
    assert made.rows("stalled_shipment", "stalled_after_days") == [(3,)]
    patient = tables("", "2026-03-06 03:00")
    patient.connection.execute("update reference.silence_limit set stalled_after_days = 5 where lane_kind = 'mainland'")
    assert patient.rows("stalled_shipment", "stalled_after_days") == []


def test_the_first_and_the_latest_reason_of_a_parcel_are_told_apart() -> None:
    made = tables(
        """
        2026-03-03 02:00:00 exception.delayed 香港
        2026-03-04 02:00:00 exception.on_hold 香港
        2026-03-05 02:00:00 exception.delayed 香港
    """,
        "2026-03-06",
    )
    assert made.rows(
        "exception_rate_weekly", "substatus, n_with_exception, n_first_reason, n_last_reason, is_mature"
    ) == [
        ("delayed", 1, 1, 1, False),
        ("on_hold", 1, 0, 0, False),
    ]


def test_trouble_before_the_pickup_is_counted_in_a_row_without_a_week() -> None:
    failed = history("SF1", "2026-03-02 02:00:00 pending.pickup_failed", order_id="A1")
    unseen = {"order_id": "A2", "tracking_number": "SF2", "courier": "SF Express"}
    made = Tables(source_order=[unseen], fact_tracking_event=failed)
    columns = "pickup_week, substatus, n, n_excluded, n_with_exception, exception_rate"
    assert made.row("exception_rate_weekly", columns) == (
        None, "pickup_failed", 1, 1, 1, 1.0,
    )  # fmt: skip


def test_thirty_silent_days_are_suspected_lost_and_a_declared_loss_is_known() -> None:
    assert tables("", "2026-04-02 02:00").row("lost_shipment", "certainty, days_silent, lost_after_days") == (
        "suspected",
        31.0,
        30,
    )
    assert tables("", "2026-03-20").rows("lost_shipment", "certainty") == []
    declared = tables("2026-03-03 02:00:00 exception.lost 香港", "2026-03-04")
    assert declared.row("lost_shipment", "certainty") == ("declared",)


def test_open_parcels_are_sorted_by_age() -> None:
    made = tables("2026-03-04 02:00:00 available_for_pickup.locker 香港", "2026-03-09 02:00")
    assert made.row("open_shipment_aging", "age_bucket, n, n_waiting_for_pickup, oldest_days") == (
        "3 6-9 days",
        1,
        1,
        7.0,
    )
