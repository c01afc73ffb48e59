"""How long parcels dwell: in each status, and at each place."""

from tests.models.tables import Tables, at, history

WAY = """
    2026-03-02 02:00:00 picked_up.collected           深圳
    2026-03-02 04:00:00 in_transit.departed_facility  深圳
    2026-03-02 10:00:00 in_transit.arrived_facility   广州
    2026-03-02 10:00:00 info.informational            广州
    2026-03-02 22:00:00 in_transit.departed_facility  广州
    2026-03-03 08:00:00 customs.held                  LAGOS
    2026-03-04 08:00:00 customs.held                  LAGOS
    2026-03-05 08:00:00 customs.held                  LAGOS
"""


def test_a_stop_ends_at_the_next_place_or_status_and_repeats_do_not_split_it() -> None:
    tables = Tables(fact_tracking_event=history("SF1", WAY))
    assert tables.rows("fact_shipment_stop", "stop, status, location, entered_at, last_scan_at, dwell_hours") == [
        (1, "picked_up", "深圳", at("2026-03-02 02:00"), at("2026-03-02 02:00"), 2.0),
        (2, "in_transit", "深圳", at("2026-03-02 04:00"), at("2026-03-02 04:00"), 6.0),
        (3, "in_transit", "广州", at("2026-03-02 10:00"), at("2026-03-02 22:00"), 22.0),
        (4, "customs", "LAGOS", at("2026-03-03 08:00"), None, None),
    ]
    assert tables.rows("fact_shipment_stage", "stage, status, dwell_hours, is_open") == [
        (1, "picked_up", 2.0, False),
        (2, "in_transit", 28.0, False),
        (3, "customs", None, True),
    ]


def test_a_day_without_a_time_begins_and_ends_stages_but_gives_no_hours() -> None:
    tables = Tables(
        fact_tracking_event=history(
            "HK1",
            """
        2026-03-02 02:00:00 picked_up.collected          HK
        2026-03-03 -        customs.held                 HK
        2026-03-05 02:00:00 in_transit.arrived_facility  HK
        2026-03-06 02:00:00 delivered.recipient          HK
    """,
        )
    )
    hours = [(1, None), (2, None), (3, 24.0), (4, None)]
    assert tables.rows("fact_shipment_stage", "stage, dwell_hours") == hours
    assert tables.rows("fact_shipment_stop", "stop, dwell_hours") == hours
    assert tables.row("fact_exception", "outcome, resolved_at, resolution_hours") == (
        "resolved",
        at("2026-03-05 02:00"),
        None,
    )
