from datetime import datetime
from pathlib import Path

from pipeline.events.classify import Rules
from pipeline.settings import SQL_FOLDER
from tests.models.answers import Answer, event, from_answers
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


def test_the_worklist_says_which_rule_to_write(tmp_path: Path) -> None:
    texts = {
        "SF1": ("sf_express", 'A,"1"', "whatever"),
        "YT1": ("yto", None, "快件【深圳南山】，在 12 號倉 等人，如有疑問請電聯"),
        "XX1": (None, "77", "The parcel (no. 4) met a bear."),
        "XX2": (None, None, "???"),
    }
    unknown = [
        row | {"message": message}
        for parcel, (courier, code, message) in texts.items()
        for row in history(parcel, "2026-03-02 02:00:00 unknown.unclassified", courier=courier, code=code)
    ]
    rows = Tables(fact_tracking_event=unknown).rows("unmapped_event_code", "rule_file, rule_row")
    headers = {
        "event_code.csv": "rule_id,priority,courier,code,pattern,status,substatus,source",
        "text_rule.csv": "rule_id,priority,pattern,unless,status,substatus,source",
    }
    for name, header in headers.items():
        lines = [header, *(row for file, row in rows if file == name and row is not None)]
        (tmp_path / name).write_text(
            "\n".join(lines).replace("STATUS,SUBSTATUS,SOURCE", "exception,damaged,me"), encoding="utf-8"
        )
    rules = Rules.load(SQL_FOLDER / "reference", tmp_path)
    for courier, code, message in list(texts.values())[:3]:
        assert rules.classify(courier, code, message)[:2] == ("exception", "damaged")
    assert rows[-1] == ("text_rule.csv", None)


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
    ahead = history("SF1", "2026-03-05 08:00:00 info.informational London", first_seen_at=at("2026-03-05 05:00"))
    assert Tables(fact_tracking_event=first + later + ahead).row(
        "detection_delay", "courier, n, n_excluded, delay_hours_p50"
    ) == ("sf_express", 1, 2, 3.0)


def test_repeats_and_disorder_are_counted_per_courier(tmp_path: Path) -> None:
    picked_up = event("2025-12-01 10:00:00", "已收件", "深圳市", "50")
    arrived = event("2025-12-02 10:00:00", "快件到达", "香港", "31")
    on_van = event("2025-12-02 08:00:00", "正在派送途中", "香港", "44")
    whole = (picked_up, picked_up, arrived, on_van)
    answers = [Answer(datetime(2025, 12, 1, 12), whole[:1]), Answer(datetime(2025, 12, 3), whole)]
    assert from_answers(tmp_path, answers).row(
        "history_listing", "courier, n, n_rows, n_repeated, share_repeated, n_followers, n_out_of_order"
    ) == ("sf_express", 1, 4, 1, 0.25, 2, 1)
