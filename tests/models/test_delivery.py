"""Weekly tables: rates with what they leave out, percentiles that open parcels do not flatter."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from tests.models.tables import Row, Tables, at, history

PICKED_UP = at("2026-03-02 02:00")


def cohort(hours: Iterable[float | None], polled: str = "2026-03-12 02:00", **more: str) -> tuple[list[Row], list[Row]]:
    """Parcels picked up on one Monday, delivered after so many hours or, with None, still under way."""
    events: list[Row] = []
    polls: list[Row] = []
    for number, span in enumerate(hours):
        name = f"SF{number}"
        lines = f"{PICKED_UP} picked_up.collected 深圳\n"
        if span is not None:
            lines += f"{PICKED_UP + timedelta(hours=span)} delivered.recipient 香港\n"
        rows = history(name, lines)
        events += [row | {"event_id": f"{name}-{place}"} for place, row in enumerate(rows)]
        polls.append({"tracking_number": name, "answered_tracking_number": name, "requested_at": polled, **more})
    return events, polls


def tables(hours: Iterable[float | None], polled: str = "2026-03-12 02:00") -> Tables:
    events, polls = cohort(hours, polled)
    return Tables(fact_tracking_event=events, fact_poll=polls)


def test_a_finished_week_gives_exact_percentiles() -> None:
    made = tables([24, 48, 72, 96])
    assert made.row(
        "delivery_time_weekly",
        "courier, lane, cast(pickup_week as text), n, n_delivered, n_open, n_excluded, share_open, is_mature,"
        " transit_hours_p50, transit_hours_mean",
    ) == ("sf_express", "HK-CN", "2026-03-02", 4, 4, 0, 0, 0.0, True, 60.0, 60.0)
    assert made.row("delivery_time_weekly", "round(transit_hours_p85, 6), transit_hours_km_p50") == (85.2, 48.0)


def test_open_parcels_make_a_week_immature_and_show_in_the_survival_median() -> None:
    made = tables([24, 48, None, None, None])
    assert made.row(
        "delivery_time_weekly", "n, n_open, share_open, is_mature, transit_hours_p50, transit_hours_km_p50"
    ) == (5, 3, 0.6, False, 36.0, None)


def test_the_survival_curve_counts_a_parcel_as_open_only_while_it_was_watched() -> None:
    # Three delivered at 24, 48 and 72 h; one lost sight of at 30 h: 3/4, then 3/4 x 1/2, then 0.
    events, polls = cohort([24, 48, 72, None])
    polls[3]["requested_at"] = PICKED_UP + timedelta(hours=30)
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    assert made.row(
        "delivery_time_survival", "n, n_censored, n_excluded, transit_hours_km_p50, transit_hours_km_p90"
    ) == (4, 1, 0, 48.0, 72.0)


def test_a_date_only_delivery_is_excluded_from_hours_and_counted_but_not_from_days() -> None:
    events, polls = cohort([24, 48])
    events[1]["time_precision"] = "date"
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    columns = "n, n_delivered, n_timed, n_excluded, transit_hours_p50, n_dated, transit_days_p50"
    assert made.row("delivery_time_weekly", columns) == (2, 2, 1, 1, 48.0, 2, 1.5)


def test_a_returned_parcel_is_neither_delivered_nor_open() -> None:
    lines = f"{PICKED_UP} picked_up.collected 深圳\n2026-03-05 02:00:00 return.completed 深圳"
    made = Tables(fact_tracking_event=history("SF1", lines))
    assert made.row("delivery_time_weekly", "n, n_delivered, n_other_end, n_open, transit_hours_p50, lane") == (
        1,
        0,
        1,
        0,
        None,
        "unknown",
    )
    assert made.row("return_rate_cohort", "n, n_returning, n_returned, return_rate, is_mature") == (1, 1, 1, 1.0, False)


def test_young_parcels_are_left_out_of_the_share_within_days() -> None:
    made = tables([24, 40, None], polled="2026-03-04 03:00")
    columns = "days, n, n_excluded, n_within, share_within"
    assert made.rows("delivery_time_distribution", columns, "days in (1, 2, 3)") == [
        (1, 3, 0, 1, pytest.approx(1 / 3)),
        (2, 3, 0, 2, pytest.approx(2 / 3)),
        (3, 0, 3, 0, None),
    ]


def test_first_attempts_keep_lockers_apart() -> None:
    van = f"{PICKED_UP} picked_up.collected 深圳\n2026-03-03 02:00:00 out_for_delivery.with_courier 香港\n"
    outcomes = ["delivered.recipient", "failed_attempt.recipient_unavailable", "available_for_pickup.locker", None]
    events = []
    for number, outcome in enumerate(outcomes):
        lines = van + (f"2026-03-03 04:00:00 {outcome} 香港" if outcome else "")
        events += [row | {"event_id": f"{number}-{place}"} for place, row in enumerate(history(f"SF{number}", lines))]
    made = Tables(fact_tracking_event=events)
    assert made.row(
        "first_attempt_weekly",
        "n, n_delivered, n_failed, n_pickup_point, n_excluded, first_attempt_rate, share_open, failed_attempts",
    ) == (4, 1, 1, 1, 1, 0.5, 0.75, 1)


def test_promises_are_counted_in_the_week_they_were_made_for() -> None:
    events, polls = cohort([24, 96, None, None])
    promised = ["2026-03-05", "2026-03-05", "2026-03-06", "2026-03-30", None]
    orders = [{"tracking_number": f"SF{number}", "promised_on": day} for number, day in enumerate(promised)]
    orders[2] |= {"promised_on": "2026-03-30", "original_promised_on": "2026-03-06"}
    made = Tables(fact_tracking_event=events, fact_poll=polls, source_order=orders)
    assert made.rows(
        "on_time_weekly",
        "cast(promised_week as text), n, n_on_time, n_late, n_late_open, n_excluded, n_not_due, n_moved, is_mature,"
        " on_time_rate, delivered_on_time_rate",
    ) == [
        ("2026-03-02", 3, 1, 2, 1, 0, 0, 1, True, pytest.approx(1 / 3), pytest.approx(1 / 3)),
        ("2026-03-30", 1, 0, 0, 0, 1, 1, 0, False, None, None),
    ]


def test_a_week_matures_with_age_where_a_last_scan_never_comes() -> None:
    # Twelve parcels of January took 24 to 79 hours; of two in March one is still open.
    events, polls = cohort([24 + 5 * number for number in range(12)])
    early = [row | {"event_at": row["event_at"] - timedelta(days=35)} for row in events]
    late, late_polls = cohort([24, None])
    renamed = [
        row | {"tracking_number": f"L{row['tracking_number']}", "event_id": f"L{row['event_id']}"} for row in late
    ]
    late_polls = [{**poll, "answered_tracking_number": f"L{poll['answered_tracking_number']}"} for poll in late_polls]

    def mature(polled: str) -> list[Any]:
        asked = [poll | {"requested_at": polled, "tracking_number": None} for poll in [*polls, *late_polls]]
        made = Tables(fact_tracking_event=early + renamed, fact_poll=asked)
        is_march = "pickup_week = '2026-03-02'"
        assert made.row("pickup_cohort", "is_mature", is_march) == made.row(
            "delivery_time_weekly", "is_mature", is_march
        )
        return made.rows("pickup_cohort", "n, n_open, age_days, round(transit_hours_p95, 2), is_mature", is_march)

    # Sunday 8 March + 76 hours: the fourth day.
    assert mature("2026-03-11 02:00") == [(2, 1, 3, 76.25, False)]
    assert mature("2026-03-12 02:00") == [(2, 1, 4, 76.25, True)]


def test_a_parcel_that_turned_back_leaves_the_curve_then_and_is_told_apart() -> None:
    events, polls = cohort([24, 48, 72, None])
    events += history("SF3", "2026-03-03 14:00:00 return.in_progress 深圳", event_id="turned")
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    # At risk at 24 h: 4; one turns back at 36 h, so at 48 h: 2.
    assert made.row("delivery_time_survival", "n, n_censored, n_other_end, share_other_end, transit_hours_km_p50") == (
        4,
        1,
        1,
        0.25,
        48.0,
    )


def test_a_lost_parcel_leaves_the_curve_when_it_was_declared_lost_not_when_its_trouble_began() -> None:
    events, polls = cohort([24, 48, 72, None])
    for number, lines in enumerate(
        ["2026-03-03 01:00:00 exception.delayed 深圳", "2026-03-05 14:00:00 exception.lost 深圳"]
    ):
        events += history("SF3", lines, event_id=f"trouble-{number}")
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    # Still at risk at 48 and 72 h: 4, 3 and 2.
    assert made.row("delivery_time_survival", "n_other_end, transit_hours_km_p50, transit_hours_km_p85") == (
        1,
        48.0,
        None,
    )


def test_a_parcel_delayed_on_its_way_back_has_left_the_curve() -> None:
    events, polls = cohort([24, 48, 72, None])
    for number, lines in enumerate(
        ["2026-03-03 14:00:00 return.in_progress 深圳", "2026-03-04 14:00:00 exception.delayed 深圳"]
    ):
        events += history("SF3", lines, event_id=f"trouble-{number}")
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    assert made.row("delivery_time_survival", "n_other_end, transit_hours_km_p50, transit_hours_km_p85") == (
        1,
        48.0,
        72.0,
    )


def test_a_pickup_known_by_its_day_alone_is_left_out_of_the_curve_open_or_not() -> None:
    events, polls = cohort([24, None, None])
    for row in events[2:]:
        row["time_precision"] = "date"
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    assert made.row("delivery_time_survival", "n, n_excluded, n_censored, transit_hours_km_p50") == (3, 2, 0, 24.0)


def test_business_days_stand_beside_the_hours() -> None:
    made = tables([24, 24 * 5, 24 * 7])  # Tuesday, Saturday and Monday in mainland China
    columns = "n_timed, n_business_dated, transit_business_days_p50, transit_business_days_p90"
    assert made.row("delivery_time_weekly", columns) == (3, 3, 4.0, 4.8)


def test_the_scorecard_leaves_out_parcels_too_young_to_judge() -> None:
    assert tables([24, 48], polled="2026-03-20").row(
        "courier_scorecard", "courier, n, n_excluded, transit_hours_p50"
    ) == (
        "sf_express",
        2,
        0,
        36.0,
    )
    assert tables([24, 48]).row("courier_scorecard", "n, n_excluded, share_open, on_time_rate") == (0, 2, None, None)


def test_time_in_a_stage_ends_with_the_next_status() -> None:
    made = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-03-02 02:00:00 picked_up.collected         深圳
        2026-03-02 04:00:00 in_transit.moving           深圳
        2026-03-02 09:00:00 in_transit.arrived_facility 香港
        2026-03-02 10:00:00 customs.processing          香港
        2026-03-02 22:00:00 customs.cleared             香港
        2026-03-03 01:00:00 in_transit.moving           香港
    """,
        )
    )
    assert made.rows("fact_shipment_stage", "stage, status, dwell_hours, is_open") == [
        (1, "picked_up", 2.0, False),
        (2, "in_transit", 6.0, False),
        (3, "customs", 15.0, False),
        (4, "in_transit", None, True),
    ]
    assert made.rows("stage_dwell", "status, n, n_open, dwell_hours_p50") == [
        ("customs", 1, 0, 15.0),
        ("in_transit", 1, 1, 6.0),
        ("picked_up", 1, 0, 2.0),
    ]
    assert made.row("customs_clearance", "n, n_cleared, n_open, n_excluded, clearance_hours_p50") == (1, 1, 0, 0, 12.0)


def test_the_calendar_knows_its_weeks() -> None:
    assert Tables().rows(
        "dim_date", "cast(week as text), iso_weekday, is_weekend", "date_day in ('2026-03-08', '2026-03-09')"
    ) == [("2026-03-02", 7, True), ("2026-03-09", 1, False)]
    assert Tables().row("dim_date", "count(*), count(distinct date_day), cast(max(date_day) as text)") == (
        7305,
        7305,
        "2034-12-31",
    )
