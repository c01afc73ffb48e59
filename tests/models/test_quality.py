from tests.models.tables import Tables, at, history


def test_unmapped_codes_are_ranked_by_volume_with_a_sample() -> None:
    unknown = [
        *history(
            "SF1", "2026-03-02 02:00:00 unknown.unclassified\n2026-03-02 03:00:00 unknown.unclassified", code="999"
        ),
        *history("SF2", "2026-03-02 02:00:00 unknown.unclassified", code="999"),
        *history("YT1", "2026-03-02 02:00:00 unknown.unclassified", courier="yto", message="件 12 到 34"),
        *history("YT2", "2026-03-02 02:00:00 unknown.unclassified", courier="yto", message="件 56 到 78"),
        *history("SF2", "2026-03-03 02:00:00 picked_up.collected", code="50"),
    ]
    assert Tables(fact_tracking_event=unknown).rows(
        "unmapped_event_code", "rank, courier, code, sample_message, events, parcels, first_seen_at"
    ) == [
        (1, "sf_express", "999", "unclassified ", 3, 2, at("2026-03-02 03:00")),
        (2, "yto", None, "件 12 到 34", 2, 2, at("2026-03-02 03:00")),
    ]


def test_order_status_and_events_are_compared_on_the_orders_own_scale() -> None:
    moving, delivered = "2026-03-02 02:00:00 customs.processing 香港", "2026-03-02 02:00:00 delivered.recipient 香港"
    told = {
        "agree moving": ("IN_TRANSIT", moving),
        "agree delivered": ("COMPLETED", delivered),
        "agree nothing yet": ("列印及安排取件", ""),
        "late": ("IN_TRANSIT", delivered),
        "later": ("PENDING_PICKUP", moving),
        "early": ("DELIVERED", moving),
        "scanless": ("IN_TRANSIT", ""),
        "cancelled": ("CANCELLED", moving),
        "new words": ("从未见过", moving),
    }
    polls, events = [], []
    for order, (order_status, lines) in told.items():
        polls.append({"order_id": order, "requested_at": "2026-03-09", "order_status": order_status})
        events += history("", lines, tracking_number=None, order_id=order, event_id=order)
    tables = Tables(fact_poll=polls, fact_tracking_event=events)
    assert dict(tables.rows("status_disagreement", "order_id, disagreement")) == {
        "late": "order behind: delivered by the events",
        "later": "order behind: under way by the events",
        "early": "order ahead: delivered without a delivery scan",
        "scanless": "order ahead: under way without a scan",
        "cancelled": "cancelled in one only",
        "new words": "unknown order status",
    }


def test_coverage_tells_which_scans_are_missing() -> None:
    tables = Tables(
        source_order=[{"order_id": "A9", "courier": "SF Express"}],
        fact_tracking_event=history(
            "SF1",
            """
            2026-03-02 02:00:00 in_transit.arrived_facility 香港
            2026-03-02 03:00:00 unknown.unclassified        香港
            2026-03-03 02:00:00 delivered.recipient         香港
            2026-03-04 ?        info.informational          香港
        """,
        ),
    )
    assert tables.row(
        "tracking_coverage",
        "n, n_without_events, n_delivered, share_with_pickup_scan, share_with_arrival_scan,"
        " share_with_out_for_delivery_scan, events, share_unknown_events, share_excluded_events",
        "courier = 'sf_express'",
    ) == (2, 1, 1, 0.0, 1.0, 0.0, 4, 0.25, 0.25)


def test_delay_is_measured_only_on_what_happened_while_we_watched() -> None:
    first = history("SF1", "2026-03-02 02:00:00 picked_up.collected 深圳", first_seen_at=at("2026-03-04 02:00"))
    later = history("SF1", "2026-03-05 02:00:00 delivered.recipient 香港", first_seen_at=at("2026-03-05 05:00"))
    assert Tables(fact_tracking_event=first + later).row(
        "detection_delay", "courier, n, n_excluded, delay_hours_p50"
    ) == ("sf_express", 1, 1, 3.0)
