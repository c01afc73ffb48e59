"""Which parcels there are, whose they are, and where they go."""

from tests.models.tables import Tables, at, history

SCAN = "2026-03-02 02:00:00 picked_up.collected 深圳"


def test_an_order_without_answer_is_a_parcel_of_unknown_state() -> None:
    tables = Tables(source_order=[{"order_id": "A1", "courier": "SF Express"}])
    assert tables.row(
        "fact_shipment",
        "order_id, tracking_number, status, substatus, event_count, courier, pickup_source, transit_hours,"
        " last_polled_at, is_on_time, failed_attempts, is_in_source",
    ) == ("A1", None, "unknown", "unclassified", 0, "sf_express", "none", None, None, None, 0, True)


def test_an_order_takes_the_numbers_that_answers_name_and_shares_its_promise_with_all() -> None:
    tables = Tables(
        source_order=[{"order_id": "A1", "promised_on": "2026-03-05", "service": "next day"}],
        fact_poll=[
            {
                "order_id": "A1",
                "answered_order_id": "A1",
                "answered_tracking_number": "SF1",
                "requested_at": "2026-03-02",
            },
            {
                "order_id": "A1",
                "answered_order_id": "A1",
                "answered_tracking_number": "SF2",
                "requested_at": "2026-03-03",
            },
        ],
        fact_tracking_event=history("SF1", SCAN, order_id="A1"),
    )
    assert tables.rows(
        "fact_shipment", "order_id, tracking_number, service, status, event_count, cast(promised_on as text)"
    ) == [
        ("A1", "SF1", "next day", "picked_up", 1, "2026-03-05"),
        ("A1", "SF2", "next day", "unknown", 0, "2026-03-05"),
    ]
    assert tables.row("fact_order", "order_id, parcels, delivered_parcels, status") == ("A1", 2, 0, "mixed")


def test_a_parcel_that_only_an_answer_knows_is_there_too() -> None:
    tables = Tables(
        fact_poll=[
            {
                "tracking_number": "SF9",
                "asked_by": "tracking_number",
                "answered_order_id": "B7",
                "requested_at": "2026-03-02",
                "answered_tracking_number": "SF9",
            }
        ]
    )
    assert tables.row("fact_shipment", "order_id, tracking_number, is_in_source") == ("B7", "SF9", False)


def test_the_merchants_spelling_of_a_number_does_not_make_a_second_parcel() -> None:
    tables = Tables(
        source_order=[{"order_id": "A1", "tracking_number": "sf1"}],
        fact_tracking_event=history("SF1", SCAN, order_id="A1"),
    )
    assert tables.row("fact_shipment", "order_id, tracking_number, event_count") == ("A1", "SF1", 1)


def test_the_same_number_in_two_accounts_is_two_parcels() -> None:
    tables = Tables(
        source_order=[
            {"account": "one", "tracking_number": "SF1"},
            {"account": "two", "tracking_number": "SF1"},
        ]
    )
    assert tables.rows("fact_shipment", "account, tracking_number") == [("one", "SF1"), ("two", "SF1")]
    assert len(set(tables.rows("fact_shipment", "shipment_id"))) == 2


def test_events_without_a_number_belong_to_their_order_and_later_to_its_number() -> None:
    early = history("SF1", SCAN, tracking_number=None, order_id="A1")
    assert Tables(fact_tracking_event=early).row("fact_shipment", "order_id, tracking_number, event_count") == (
        "A1",
        None,
        1,
    )
    late = history("SF1", "2026-03-03 02:00:00 delivered.recipient 香港", order_id="A1", event_id="late")
    assert Tables(fact_tracking_event=early + late).row(
        "fact_shipment", "order_id, tracking_number, event_count, transit_hours"
    ) == ("A1", "SF1", 2, 24.0)


def test_two_orders_in_one_parcel_are_one_parcel_and_two_orders() -> None:
    tables = Tables(
        source_order=[{"order_id": "A1", "tracking_number": "SF1"}, {"order_id": "A2", "tracking_number": "SF1"}],
        fact_tracking_event=history("SF1", SCAN + "\n2026-03-03 02:00:00 delivered.recipient 香港", order_id="A1"),
    )
    assert tables.row("fact_shipment", "order_id, event_count") == ("A1", 2)
    assert tables.rows("fact_order", "order_id, status, completed_at") == [
        ("A1", "delivered", at("2026-03-03 02:00")),
        ("A2", "delivered", at("2026-03-03 02:00")),
    ]


def test_courier_and_lane_come_from_the_answer_in_any_spelling() -> None:
    tables = Tables(
        fact_poll=[
            {
                "order_id": "A1",
                "answered_tracking_number": "D1",
                "requested_at": "2026-03-02",
                "courier": "dhl_express",
                "export_country": " Hong Kong ",
                "destination_country": "united states",
                "order_status": "列印及安排取件",
            }
        ]
    )
    assert tables.row(
        "fact_shipment",
        "courier, origin_country, destination_country, lane, order_status_status, order_status_substatus",
    ) == ("dhl_express", "HK", "US", "HK-US", "pending", "awaiting_pickup")
    assert tables.row("dim_lane", "lane, kind, stalled_after_days, destination_name") == (
        "HK-US",
        "cross_border",
        7,
        "United States",
    )


def test_a_country_that_nobody_knows_leaves_the_lane_unknown() -> None:
    tables = Tables(
        fact_poll=[
            {
                "order_id": "A1",
                "requested_at": "2026-03-02",
                "export_country": "Atlantis",
                "destination_country": "China",
            }
        ]
    )
    assert tables.row("fact_shipment", "origin_country, destination_country, lane") == (None, "CN", None)


def test_only_answered_requests_say_how_fresh_we_are() -> None:
    tables = Tables(
        fact_poll=[
            {"order_id": "A1", "requested_at": "2026-03-02 01:00", "outcome": "no_events"},
            {"order_id": "A1", "requested_at": "2026-03-02 02:00", "outcome": "timeout"},
        ]
    )
    assert tables.row("fact_shipment", "last_polled_at") == (at("2026-03-02 01:00"),)
    assert tables.row("as_of", "as_of, first_poll_at, polls, answered_polls") == (
        at("2026-03-02 01:00"),
        at("2026-03-02 01:00"),
        2,
        1,
    )


def test_the_newest_order_status_is_kept_beside_the_events() -> None:
    poll = {"order_id": "A1", "answered_tracking_number": "SF1"}
    tables = Tables(
        fact_poll=[
            poll | {"requested_at": "2026-03-03", "order_status": "DELIVERED"},
            poll | {"requested_at": "2026-03-02", "order_status": "IN_TRANSIT"},
            poll | {"requested_at": "2026-03-04", "order_status": None},
        ],
        fact_tracking_event=history("SF1", SCAN),
    )
    assert tables.row("fact_shipment", "order_status, order_status_status, status, last_polled_at") == (
        "DELIVERED",
        "delivered",
        "picked_up",
        at("2026-03-04"),
    )


def test_without_events_the_order_status_alone_tells_of_a_pickup() -> None:
    poll = {"order_id": "A1", "requested_at": "2026-03-02", "outcome": "no_events", "order_status": "PICKUP_COMPLETED"}
    tables = Tables(fact_poll=[poll])
    assert tables.row("fact_shipment", "status, pickup_source, picked_up_at, pickup_week") == (
        "unknown",
        "order_status",
        None,
        None,
    )


def test_a_history_that_began_before_polling_is_marked() -> None:
    lines = "2026-03-01 02:00:00 in_transit.arrived_facility 香港"
    poll = {"order_id": "A1", "answered_tracking_number": "SF1", "requested_at": "2026-03-02"}
    tables = Tables(fact_poll=[poll], fact_tracking_event=history("SF1", lines, order_id="A1"))
    assert tables.row("fact_shipment", "left_truncated, pickup_source, picked_up_at") == (
        True,
        "first_physical_scan",
        at("2026-03-01 02:00"),
    )
    whole = Tables(fact_poll=[poll], fact_tracking_event=history("SF1", SCAN, order_id="A1"))
    assert whole.row("fact_shipment", "left_truncated, pickup_source") == (False, "scan")


def test_a_pickup_after_midnight_in_hong_kong_belongs_to_the_new_week() -> None:
    sunday = Tables(fact_tracking_event=history("SF1", "2026-03-08 15:59:59 picked_up.collected 香港"))
    assert sunday.row("fact_shipment", "cast(pickup_week as text)") == ("2026-03-02",)
    monday = Tables(fact_tracking_event=history("SF1", "2026-03-08 16:00:00 picked_up.collected 香港"))
    assert monday.row("fact_shipment", "cast(pickup_week as text)") == ("2026-03-09",)


def test_a_pickup_known_by_its_day_belongs_to_the_week_of_that_day_there() -> None:
    # Monday 9 March begins in Tokyo while it is Sunday in Hong Kong.
    monday = history("JP1", "2026-03-09 - picked_up.collected 東京", event_at_local=at("2026-03-09"))
    monday[0]["event_at"] = at("2026-03-08 15:00")
    made = Tables(fact_tracking_event=monday)
    assert made.row("fact_shipment", "cast(pickup_week as text)") == ("2026-03-09",)


def test_a_parcel_asked_about_late_has_an_unseen_beginning_though_its_account_was_polled_before() -> None:
    poll = {"order_id": "A1", "answered_tracking_number": "SF1"}
    lines = "2026-03-02 01:00:00 in_transit.arrived_facility 深圳"

    def left_truncated(first_asked: str) -> tuple[object, ...]:
        other = {"order_id": "A0", "answered_tracking_number": "SF0", "requested_at": "2026-01-01"}
        polls = [other, poll | {"requested_at": first_asked}, poll | {"requested_at": "2026-04-02"}]
        tables = Tables(fact_poll=polls, fact_tracking_event=history("SF1", lines, order_id="A1"))
        return tables.row("fact_shipment", "left_truncated", "event_count > 0")

    assert left_truncated("2026-03-01") == (False,)
    assert left_truncated("2026-04-01") == (True,)
