"""Whole histories in, the parcel's state out: the rules that make numbers trustworthy."""

from tests.models.tables import Tables, at, history

STATE = "status || '.' || substatus"


def state(lines: str) -> str:
    (found,) = Tables(fact_tracking_event=history("SF1", lines)).row("fact_shipment", STATE)
    return str(found)


def test_an_sf_parcel_with_two_van_codes_and_a_receipt_link_is_delivered_once() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-03-02 10:00:00 picked_up.collected           深圳市
        2026-03-02 10:40:00 picked_up.collected           深圳市
        2026-03-02 21:30:00 in_transit.departed_facility  深圳市
        2026-03-03 20:10:00 in_transit.arrived_facility   上海市
        2026-03-03 23:00:00 out_for_delivery.with_courier 上海市
        2026-03-03 23:12:00 out_for_delivery.with_courier 上海市
        2026-03-04 00:30:00 delivered.recipient           上海市
        2026-03-04 00:30:03 info.informational            上海市
    """,
        )
    )
    assert tables.row(
        "fact_shipment",
        "status, picked_up_at, pickup_source, attempts, failed_attempts, first_attempt_outcome, last_delivered_at,"
        " delivered_substatus, is_reopened, transit_hours, event_count, status_since, last_movement_at",
    ) == (
        "delivered",
        at("2026-03-02 10:00"),
        "scan",
        1,
        0,
        "delivered",
        at("2026-03-04 00:30"),
        "recipient",
        False,
        38.5,
        8,
        at("2026-03-04 00:30"),
        at("2026-03-04 00:30"),
    )


def test_arrival_and_departure_in_one_second_keep_the_couriers_order() -> None:
    lines = """
        2026-03-02 08:00:00 picked_up.collected          东莞
        2026-03-02 14:22:38 in_transit.arrived_facility  深圳
        2026-03-02 14:22:38 in_transit.departed_facility 深圳
    """
    assert state(lines) == "in_transit.departed_facility"
    newest_first = list(reversed(history("SF1", lines)))
    tables = Tables(fact_tracking_event=newest_first)
    assert tables.row("fact_shipment", STATE) == ("in_transit.departed_facility",)


def test_delivered_wins_its_own_second_over_a_row_listed_later() -> None:
    assert (
        state("""
        2026-03-02 08:00:00 out_for_delivery.with_courier 沙田
        2026-03-02 13:22:00 delivered.recipient           沙田
        2026-03-02 13:22:00 in_transit.at_facility        沙田
    """)
        == "delivered.recipient"
    )


def test_a_refused_parcel_that_is_taken_in_the_end_is_delivered_not_returned() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-03-02 02:00:00 picked_up.collected             深圳
        2026-03-02 07:00:00 available_for_pickup.pickup_point 深圳
        2026-03-02 21:00:00 out_for_delivery.with_courier   深圳
        2026-03-03 00:06:00 failed_attempt.refused          深圳
        2026-03-03 01:05:00 out_for_delivery.with_courier   深圳
        2026-03-03 01:06:00 delivered.recipient             深圳
    """,
        )
    )
    assert tables.row(
        "fact_shipment",
        f"{STATE}, attempts, failed_attempts, first_attempt_outcome, has_exception, exception_episodes, collected_at",
    ) == ("delivered.recipient", 2, 1, "failed", True, 1, None)


def test_a_parcel_left_at_a_station_and_never_fetched_stays_open() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "YD1",
            """
        2026-03-02 02:00:00 picked_up.collected               广州
        2026-03-03 02:00:00 out_for_delivery.with_courier     青岛
        2026-03-03 04:00:00 available_for_pickup.pickup_point 青岛驿站
    """,
        )
    )
    assert tables.row(
        "fact_shipment",
        f"{STATE}, is_terminal, available_at, pickup_point_location, transit_hours, first_attempt_outcome",
    ) == (
        "available_for_pickup.pickup_point",
        False,
        at("2026-03-03 04:00"),
        "青岛驿站",
        None,
        "available_for_pickup",
    )


def test_three_dhl_attempts_and_a_payment_row_in_the_second_of_delivery() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "DHL1",
            """
        2026-05-05 19:29:00 picked_up.collected                  KARACHI
        2026-05-06 04:54:00 customs.processing                   DUBAI
        2026-05-06 05:05:00 in_transit.departed_facility         KARACHI
        2026-05-06 10:49:00 customs.cleared                      DUBAI
        2026-05-06 13:09:00 exception.on_hold                    SHARJAH
        2026-05-06 13:34:00 out_for_delivery.with_courier        SHARJAH
        2026-05-06 14:44:00 failed_attempt.recipient_unavailable SHARJAH
        2026-05-08 08:58:00 out_for_delivery.with_courier        SHARJAH
        2026-05-08 15:41:00 failed_attempt.recipient_unavailable SHARJAH
        2026-05-10 08:30:00 out_for_delivery.with_courier        SHARJAH
        2026-05-10 13:22:00 delivered.recipient                  SHARJAH
        2026-05-10 13:22:00 info.informational                   SHARJAH
    """,
            courier="dhl_express",
        )
    )
    assert tables.row(
        "fact_shipment",
        f"{STATE}, attempts, failed_attempts, has_customs, first_attempt_outcome, exception_event_count",
    ) == ("delivered.recipient", 3, 2, True, "failed", 3)
    assert tables.rows("fact_exception", "episode, first_reason, last_reason, outcome, resolved_at") == [
        (1, "on_hold", "recipient_unavailable", "resolved", at("2026-05-08 08:58")),
        (2, "recipient_unavailable", "recipient_unavailable", "resolved", at("2026-05-10 08:30")),
    ]


RETURN = """
    2026-03-02 02:00:00 picked_up.collected                  深圳
    2026-03-03 02:00:00 out_for_delivery.with_courier        香港
    2026-03-03 04:00:00 failed_attempt.refused               香港
    2026-03-04 04:00:00 return.in_progress                   香港
    2026-03-05 04:00:00 in_transit.arrived_facility          深圳
    2026-03-05 08:00:00 out_for_delivery.with_courier        深圳
"""


def test_a_returning_parcel_stays_returning_through_plain_scans() -> None:
    tables = Tables(fact_tracking_event=history("SF1", RETURN))
    assert tables.row("fact_shipment", f"{STATE}, status_since, attempts") == (
        "return.in_progress",
        at("2026-03-04 04:00"),
        1,
    )


def test_a_delivery_after_a_return_event_is_the_senders() -> None:
    tables = Tables(fact_tracking_event=history("SF1", RETURN + "2026-03-05 10:00:00 delivered.recipient 深圳"))
    assert tables.row(
        "fact_shipment",
        f"{STATE}, first_delivered_at, returned_at, transit_hours, is_terminal, attempts, failed_attempts",
    ) == ("return.completed", None, at("2026-03-05 10:00"), None, True, 1, 1)


REOPENED = """
    2026-02-01 02:00:00 picked_up.collected       Toronto
    2026-02-02 02:00:00 delivered.recipient       Ottawa
    2026-02-03 02:00:00 exception.address_issue   Ottawa
"""


def test_a_delivery_that_was_undone_is_open_again() -> None:
    tables = Tables(fact_tracking_event=history("CP1", REOPENED))
    assert tables.row(
        "fact_shipment", f"{STATE}, is_reopened, transit_hours, transit_excluded, first_delivered_at"
    ) == (
        "exception.address_issue",
        True,
        None,
        "reopened",
        at("2026-02-02 02:00"),
    )


def test_a_redelivery_keeps_the_first_and_the_last_delivery() -> None:
    tables = Tables(fact_tracking_event=history("CP1", REOPENED + "2026-02-04 02:00:00 delivered.recipient Ottawa"))
    assert tables.row(
        "fact_shipment", f"{STATE}, is_reopened, first_delivered_at, last_delivered_at, transit_hours"
    ) == ("delivered.recipient", True, at("2026-02-02 02:00"), at("2026-02-04 02:00"), 72.0)


def test_a_pickup_booked_after_the_delivery_does_not_undo_it() -> None:
    lines = """
        2026-03-02 02:00:00 out_for_delivery.with_courier Recife
        2026-03-02 05:00:00 delivered.recipient           Recife
        2026-03-07 09:00:00 picked_up.dropped_off         Recife
    """
    columns = f"{STATE}, is_reopened, transit_hours"
    delivered = Tables(fact_tracking_event=history("BR1", lines))
    assert delivered.row("fact_shipment", columns)[:2] == ("delivered.recipient", False)
    called_off = Tables(fact_tracking_event=history("BR1", lines.replace("delivered.recipient", "cancelled.cancelled")))
    assert called_off.row("fact_shipment", columns)[:2] == ("picked_up.dropped_off", True)


def test_paperwork_after_the_delivery_changes_nothing() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "SF1",
            """
        2026-03-02 02:00:00 delivered.recipient            香港
        2026-03-03 02:00:00 customs.cleared                香港
        2026-03-03 03:00:00 in_transit.delivery_scheduled  香港
        2026-03-03 04:00:00 cancelled.cancelled            香港
        2026-03-03 05:00:00 unknown.unclassified           香港
    """,
        )
    )
    assert tables.row("fact_shipment", f"{STATE}, is_reopened, status_since, unknown_event_count") == (
        "delivered.recipient",
        False,
        at("2026-03-02 02:00"),
        1,
    )


def test_a_van_row_listed_before_the_delivery_but_stamped_minutes_later_does_not_undo_it() -> None:
    assert (
        state("""
        2026-03-02 06:00:00 picked_up.collected           香港
        2026-03-02 08:05:00 out_for_delivery.with_courier 香港
        2026-03-02 08:00:00 delivered.recipient           香港
    """)
        == "delivered.recipient"
    )


def test_a_van_row_listed_before_the_delivery_but_hours_later_in_a_guessed_zone_does_not_undo_it() -> None:
    assert (
        state("""
        2026-03-02 06:00:00 picked_up.collected           香港
        2026-03-03 17:05:00 out_for_delivery.with_courier 伦敦
        2026-03-03 09:40:00 delivered.recipient           伦敦
    """)
        == "delivered.recipient"
    )


def test_a_van_listed_after_the_delivery_undoes_it() -> None:
    assert (
        state("""
        2026-03-02 08:00:00 delivered.recipient           香港
        2026-03-02 08:05:00 out_for_delivery.with_courier 香港
    """)
        == "out_for_delivery.with_courier"
    )


def test_a_lost_parcel_that_is_scanned_again_is_found() -> None:
    assert (
        state("""
        2026-03-02 06:00:00 picked_up.collected         香港
        2026-03-20 06:00:00 exception.lost              香港
        2026-03-25 06:00:00 in_transit.arrived_facility 香港
    """)
        == "in_transit.arrived_facility"
    )


def test_a_lost_parcel_that_is_handed_over_after_all_was_reopened() -> None:
    def reopened(*endings: str) -> tuple[object, ...]:
        lines = "".join(f"2026-03-{20 + day} 06:00:00 {ending} 香港\n" for day, ending in enumerate(endings))
        return Tables(fact_tracking_event=history("SF1", lines)).row("fact_shipment", "status, is_reopened")

    assert reopened("exception.lost", "delivered.recipient") == ("delivered", True)
    assert reopened("delivered.recipient", "exception.lost", "delivered.recipient") == ("delivered", False)


def test_a_later_unknown_row_does_not_hide_what_is_known() -> None:
    assert (
        state("""
        2026-03-02 06:00:00 picked_up.collected  香港
        2026-03-03 06:00:00 unknown.unclassified 香港
    """)
        == "picked_up.collected"
    )


def test_a_parcel_whose_rows_nobody_knows_is_unknown_never_in_transit() -> None:
    assert state("2026-03-03 06:00:00 unknown.unclassified 香港") == "unknown.unclassified"


def test_a_date_only_delivery_counts_as_the_end_of_its_day_but_gives_no_hours() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "HK1",
            """
        2026-03-02 - picked_up.collected                  HK
        2026-03-04 - out_for_delivery.with_courier        HK
        2026-03-04 - delivered.recipient                  HK
        2026-03-04 09:00:00 in_transit.at_facility        HK
    """,
            courier="hongkong_post",
        )
    )
    assert tables.row("fact_shipment", f"{STATE}, is_reopened, transit_hours, transit_excluded, transit_days") == (
        "delivered.recipient",
        False,
        None,
        "date only",
        2,
    )


def test_the_same_customs_row_every_day_is_not_movement() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "DHL1",
            """
        2026-03-02 06:00:00 picked_up.collected HONG KONG
        2026-03-03 06:00:00 customs.held        LAGOS
        2026-03-04 06:00:00 customs.held        LAGOS
        2026-03-05 06:00:00 customs.held        LAGOS
        2026-03-06 06:00:00 info.informational  ABUJA
    """,
        )
    )
    assert tables.row("fact_shipment", "last_movement_at, last_event_at, status_since") == (
        at("2026-03-03 06:00"),
        at("2026-03-06 06:00"),
        at("2026-03-03 06:00"),
    )


def test_where_a_courier_names_no_place_new_words_are_movement_and_new_numbers_are_not() -> None:
    rows = history(
        "YT1",
        """
        2026-03-02 06:00:00 in_transit.arrived_facility
        2026-03-03 06:00:00 in_transit.arrived_facility
        2026-03-04 06:00:00 in_transit.arrived_facility
        """,
        courier="yto",
    )
    rows[0]["message"], rows[1]["message"], rows[2]["message"] = (
        "金华 已收入 1 件",
        "天津 已收入 1 件",
        "天津 已收入 2 件",
    )
    assert Tables(fact_tracking_event=rows).row("fact_shipment", "last_movement_at") == (at("2026-03-03 06:00"),)


def test_each_milestone_is_the_scan_that_it_names() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "4PX1",
            """
        2026-03-01 01:00:00 pending.label_created           深圳
        2026-03-02 01:00:00 in_transit.at_facility          深圳
        2026-03-02 02:00:00 picked_up.collected             深圳
        2026-03-02 20:00:00 in_transit.departed_facility    深圳
        2026-03-03 05:00:00 customs.processing              深圳
        2026-03-03 06:00:00 in_transit.linehaul             香港
        2026-03-05 06:00:00 in_transit.arrived_destination  伦敦
        2026-03-05 09:00:00 customs.cleared                 伦敦
        2026-03-06 04:00:00 in_transit.arrived_facility     伦敦
        2026-03-06 07:00:00 out_for_delivery.with_courier   伦敦
        2026-03-06 12:00:00 failed_attempt.other            伦敦
        2026-03-06 18:00:00 in_transit.arrived_facility     伦敦
        2026-03-07 12:00:00 delivered.recipient             伦敦
    """,
        )
    )
    assert tables.row(
        "fact_shipment",
        "label_created_at, first_scan_at, picked_up_at, departed_origin_at, arrived_destination_at, customs_started_at,"
        " customs_cleared_at, first_out_for_delivery_at, first_attempt_at, available_at, first_delivered_at",
    ) == (
        at("2026-03-01 01:00"),
        at("2026-03-02 01:00"),
        at("2026-03-02 02:00"),
        at("2026-03-02 20:00"),
        at("2026-03-05 06:00"),
        at("2026-03-03 05:00"),
        at("2026-03-05 09:00"),
        at("2026-03-06 07:00"),
        at("2026-03-06 12:00"),
        None,
        at("2026-03-07 12:00"),
    )


DOMESTIC = """
    2026-03-02 01:00:00 picked_up.collected          深圳
    2026-03-02 05:00:00 in_transit.arrived_facility  广州
    2026-03-03 05:00:00 in_transit.arrived_facility  上海
"""


def test_the_destination_is_reached_with_the_last_arrival_before_the_van_where_none_says_so() -> None:
    reached = Tables(
        fact_tracking_event=history(
            "SF1",
            DOMESTIC
            + """
        2026-03-03 07:00:00 out_for_delivery.with_courier 上海
        2026-03-03 17:00:00 in_transit.arrived_facility   上海
    """,
        )
    )
    assert reached.row("fact_shipment", "arrived_destination_at") == (at("2026-03-03 05:00"),)
    under_way = Tables(fact_tracking_event=history("SF1", DOMESTIC))
    assert under_way.row("fact_shipment", "arrived_destination_at") == (None,)


def test_customs_that_have_a_parcel_again_have_not_released_it() -> None:
    lines = "2026-03-02 01:00:00 customs.cleared 深圳\n2026-03-04 01:00:00 customs.held LAGOS"
    tables = Tables(fact_tracking_event=history("DHL1", lines))
    assert tables.row("fact_shipment", "customs_started_at, customs_cleared_at") == (at("2026-03-02 01:00"), None)


def test_a_parcel_under_way_when_its_account_was_first_polled_has_an_unseen_beginning() -> None:
    lines = "2026-03-02 01:00:00 in_transit.arrived_facility 深圳"
    polled = {"early": "2026-03-01", "late": "2026-04-01"}
    tables = Tables(
        fact_poll=[
            {"account": account, "order_id": "A1", "answered_tracking_number": "SF1", "requested_at": day}
            for account, day in polled.items()
        ],
        fact_tracking_event=[
            row for account in polled for row in history("SF1", lines, account=account, event_id=account)
        ],
    )
    assert tables.rows("fact_shipment", "account, left_truncated", "event_count > 0") == [
        ("early", False),
        ("late", True),
    ]


def test_a_label_made_once_the_courier_has_the_parcel_is_paperwork() -> None:
    lines = """
        2026-03-02 01:00:00 picked_up.collected    深圳
        2026-03-02 05:00:00 in_transit.linehaul    香港
        2026-03-04 05:00:00 pending.label_created
    """
    tables = Tables(fact_tracking_event=history("4PX1", lines))
    assert tables.row("fact_shipment", f"{STATE}, label_created_at") == ("in_transit.linehaul", at("2026-03-04 05:00"))
    assert tables.rows("fact_shipment_stage", "status") == [("in_transit",), ("picked_up",)]
    # A parcel put into a locker by its sender, which the courier could not take out, is no paperwork.
    locker = "2026-03-02 01:00:00 picked_up.dropped_off 深圳\n2026-03-02 05:00:00 pending.pickup_failed 深圳"
    assert state(locker) == "pending.pickup_failed"


LINEHAUL = """
    2026-03-02 01:00:00 in_transit.arrived_facility    深圳
    2026-03-02 21:00:00 in_transit.departed_facility   深圳
    2026-03-05 01:00:00 in_transit.arrived_destination LOS ANGELES
"""


def test_the_last_mile_couriers_pickup_is_not_the_pickup_from_the_sender() -> None:
    last_mile = """
        2026-03-06 01:00:00 picked_up.dropped_off LOS ANGELES
        2026-03-07 01:00:00 delivered.recipient   LOS ANGELES
    """
    columns = "picked_up_at, pickup_source, transit_hours"
    unseen = Tables(fact_tracking_event=history("4PX1", LINEHAUL + last_mile))
    assert unseen.row("fact_shipment", columns) == (at("2026-03-02 01:00"), "first_physical_scan", 120.0)
    # Booked late, or in a zone guessed wrong: hours after the departure it still is the pickup.
    late = "2026-03-02 23:00:00 picked_up.collected 深圳\n"
    seen = Tables(fact_tracking_event=history("4PX1", LINEHAUL + late + last_mile))
    assert seen.row("fact_shipment", columns) == (at("2026-03-02 23:00"), "scan", 98.0)


def test_trouble_on_the_way_back_does_not_undo_the_return() -> None:
    tables = Tables(fact_tracking_event=history("SF1", RETURN + "2026-03-20 04:00:00 exception.lost 深圳"))
    assert tables.row("fact_shipment", f"{STATE}, turned_back_at, returned_at, ended_at") == (
        "exception.lost",
        at("2026-03-04 04:00"),
        None,
        at("2026-03-20 04:00"),
    )
    assert tables.row("return_rate_cohort", "n, n_returning, n_returned, return_rate") == (1, 1, 0, 1.0)
