from tests.models.tables import Tables, at, history

GOOD = """
    2026-01-05 02:00:00 picked_up.collected         深圳
    2026-01-06 02:00:00 in_transit.arrived_facility 香港
    2026-01-07 02:00:00 delivered.recipient         香港
"""
COUNTS = "status, event_count, excluded_event_count, first_event_at, picked_up_at, transit_hours"


def test_a_row_with_last_years_date_in_the_middle_is_left_out_and_counted() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-01-05 02:00:00 picked_up.collected          深圳
        2025-01-05 04:00:00 picked_up.collected          深圳
        2026-01-06 02:00:00 in_transit.arrived_facility  香港
        2026-01-07 02:00:00 delivered.recipient          香港
    """,
        )
    )
    assert tables.row("fact_shipment", COUNTS) == (
        "delivered",
        4,
        1,
        at("2026-01-05 02:00"),
        at("2026-01-05 02:00"),
        48.0,
    )


def test_a_first_row_a_year_before_all_others_is_left_out() -> None:
    tables = Tables(fact_tracking_event=history("SF1", "2025-01-05 02:00:00 picked_up.collected 深圳\n" + GOOD))
    assert tables.row("fact_shipment", COUNTS) == (
        "delivered",
        4,
        1,
        at("2026-01-05 02:00"),
        at("2026-01-05 02:00"),
        48.0,
    )


def test_forty_days_at_sea_are_slow_not_wrong() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "HK1",
            """
        2026-01-05 00:00:00 picked_up.collected         HK
        2026-02-14 00:00:00 in_transit.arrived_facility London
        2026-02-15 00:00:00 delivered.recipient         London
    """,
        )
    )
    assert tables.row("fact_shipment", "excluded_event_count, transit_hours") == (0, 41 * 24.0)


def test_a_row_from_the_future_does_not_set_the_state() -> None:
    future = history("SF1", "2026-01-09 06:00:00 delivered.recipient 香港", first_seen_at=at("2026-01-07 03:00"))
    tables = Tables(fact_tracking_event=history("SF1", "2026-01-06 02:00:00 picked_up.collected 深圳") + future)
    assert tables.row("fact_shipment", "status, last_event_at, excluded_event_count, last_delivered_at") == (
        "picked_up",
        at("2026-01-06 02:00"),
        1,
        None,
    )


def test_a_row_a_few_hours_ahead_of_the_fetch_is_a_zone_mistake_and_counts() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            "2026-01-07 10:00:00 delivered.recipient 香港",
            first_seen_at=at("2026-01-07 03:00"),
        )
    )
    assert tables.row("fact_shipment", "status, excluded_event_count") == ("delivered", 0)


def test_a_row_whose_time_cannot_be_read_counts_but_moves_nothing() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-01-05 02:00:00 picked_up.collected  深圳
        2026-01-06 ?        delivered.recipient  香港
    """,
        )
    )
    assert tables.row("fact_shipment", "status, event_count, excluded_event_count, last_delivered_at") == (
        "picked_up",
        2,
        1,
        None,
    )


def test_a_delivery_stamped_before_its_pickup_gives_no_hours_and_says_why() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-01-05 02:20:00 picked_up.collected  香港
        2026-01-05 02:00:00 delivered.recipient  香港
    """,
        )
    )
    assert tables.row("fact_shipment", "status, transit_hours, transit_excluded") == ("delivered", None, "negative")


def test_more_than_120_days_are_not_a_transit_time() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-01-05 02:00:00 picked_up.collected         深圳
        2026-03-05 02:00:00 in_transit.arrived_facility 深圳
        2026-06-05 02:00:00 delivered.recipient         香港
    """,
        )
    )
    assert tables.row("fact_shipment", "transit_hours, transit_excluded") == (None, "over 120 days")


def test_a_row_with_next_years_date_in_the_middle_is_left_out_though_it_was_fetched_years_later() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2021-01-05 02:00:00 picked_up.collected          深圳
        2022-01-05 04:00:00 in_transit.departed_facility 深圳
        2021-01-06 02:00:00 in_transit.arrived_facility  香港
        2021-01-07 02:00:00 delivered.recipient          香港
    """,
            first_seen_at=at("2026-01-07 03:00"),
        )
    )
    assert tables.row("fact_shipment", "status, excluded_event_count, last_event_at, transit_hours") == (
        "delivered",
        1,
        at("2021-01-07 02:00"),
        48.0,
    )
    assert tables.rows("suspect_event", "event_id, reason, is_left_out") == [("event-2", "after the rest", True)]


def test_a_parcel_found_again_after_months_keeps_its_last_rows() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2025-01-05 02:00:00 picked_up.collected          深圳
        2025-01-06 02:00:00 in_transit.arrived_facility  香港
        2025-03-06 02:00:00 exception.lost               香港
        2025-09-07 02:00:00 in_transit.arrived_facility  香港
        2025-09-08 02:00:00 delivered.recipient          香港
    """,
        )
    )
    assert tables.row("fact_shipment", "status, excluded_event_count, is_reopened, picked_up_at") == (
        "delivered",
        0,
        True,
        at("2025-01-05 02:00"),
    )


def test_every_doubtful_time_is_counted_by_courier_zone_and_reason() -> None:
    rows = [
        *history("SF1", "2026-01-05 02:00:00 picked_up.collected 深圳\n2026-01-06 ? delivered.recipient 香港"),
        *history("SF2", "2026-01-05 02:00:00 picked_up.collected 深圳\n2026-01-06 ? delivered.recipient 香港"),
        *history("DHL1", GOOD, courier="dhl_express"),
        *history("DHL2", GOOD, courier="dhl_express", first_seen_at=at("2026-01-06 20:00")),
    ]
    for number, row in enumerate(rows):
        row |= {"event_id": f"e{number}", "event_time_raw": f"raw {number}", "time_zone_source": "assumed"}
    tables = Tables(fact_tracking_event=rows)
    assert tables.rows(
        "suspect_time",
        "courier, time_zone_source, reason, is_left_out, n, n_parcels, share_of_events, sample_time_raw",
    ) == [
        ("dhl_express", "assumed", "hours after fetch", False, 1, 1, 1 / 6, "raw 9"),
        ("sf_express", "assumed", "no time", True, 2, 2, 0.5, "raw 1"),
    ]


def test_a_first_row_with_next_years_date_is_left_out_not_all_the_others() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2022-01-05 02:00:00 pending.label_created        深圳
        2021-01-05 04:00:00 picked_up.collected          深圳
        2021-01-06 02:00:00 in_transit.arrived_facility  香港
        2021-01-07 04:00:00 delivered.recipient          香港
    """,
            first_seen_at=at("2026-01-07 03:00"),
        )
    )
    assert tables.row("fact_shipment", "status, excluded_event_count, transit_hours") == ("delivered", 1, 48.0)
    assert tables.rows("suspect_event", "event_id, reason") == [("event-1", "after the rest")]


LAST_YEARS_PARCEL = """
    2025-01-05 02:00:00 picked_up.collected    深圳
    2025-01-06 02:00:00 customs.held           香港
    2025-01-07 02:00:00 delivered.recipient    香港
"""


def test_a_number_that_is_used_again_tells_of_the_later_parcel_alone() -> None:
    tables = Tables(fact_tracking_event=history("SF1", LAST_YEARS_PARCEL + GOOD))
    assert tables.row(
        "fact_shipment",
        "status, excluded_event_count, picked_up_at, first_delivered_at, transit_hours, has_exception, has_customs",
    ) == ("delivered", 3, at("2026-01-05 02:00"), at("2026-01-07 02:00"), 48.0, False, False)
    assert tables.rows("suspect_event", "reason, count(*)", "true group by reason") == [("earlier parcel", 3)]


def test_a_new_label_under_an_old_number_is_a_new_parcel_that_nobody_has_yet() -> None:
    label = history("SF1", "2026-01-05 02:00:00 pending.label_created 深圳", event_id="label")
    tables = Tables(fact_tracking_event=history("SF1", LAST_YEARS_PARCEL) + label)
    assert tables.row("fact_shipment", "status, excluded_event_count, picked_up_at") == ("pending", 3, None)


def test_a_parcel_handed_in_again_within_weeks_is_the_same_parcel() -> None:
    lines = "2025-11-05 02:00:00 picked_up.collected 深圳\n2025-11-07 02:00:00 delivered.recipient 香港\n" + GOOD
    tables = Tables(fact_tracking_event=history("SF1", lines))
    assert tables.row("fact_shipment", "excluded_event_count, picked_up_at, is_reopened") == (
        0,
        at("2025-11-05 02:00"),
        True,
    )
