from datetime import timedelta
from typing import Any

from tests.models.tables import Row, Tables, at, history

# The last polling run begins on Monday 9 March at 06:30 in Hong Kong; each row of a test says how many days before it.
LAST_RUN = at("2026-03-08 22:30")


def polls(days_ago: int, number: int, courier: str = "yto", **more: Any) -> list[Row]:
    """Requests of one morning's run, a minute apart."""
    began_at = LAST_RUN - timedelta(days=days_ago)
    return [
        {"order_id": f"{courier}-{place}", "courier": courier, "run_id": f"run of day -{days_ago}"}
        | {"requested_at": began_at + timedelta(minutes=place)}
        | more
        for place in range(number)
    ]


def news(days_ago: int, number: int, kind: str = "in_transit.departed_facility", courier: str = "yto") -> list[Row]:
    """Events that one morning's run brought."""
    seen_at = LAST_RUN - timedelta(days=days_ago)
    return [
        row
        for place in range(number)
        for row in history(
            f"{courier}-{place}", f"2026-03-01 02:00:00 {kind}", courier=courier, first_seen_at=seen_at,
            event_id=f"{courier} {days_ago} {place} {kind}",
        )
    ]  # fmt: skip


def test_a_day_holds_one_daily_run_whole_or_every_run_of_24_hours() -> None:
    hourly = [
        {"run_id": f"hour {hour}", "requested_at": LAST_RUN - timedelta(days=2, hours=hour), "courier": "yto"}
        for hour in range(24)
    ]
    failed = polls(0, 1, outcome="timeout", courier=None)
    tables = Tables(
        fact_poll=[*polls(0, 50), *failed, *polls(1, 55), *hourly],
        fact_tracking_event=[*news(0, 3), *news(0, 1, "unknown.unclassified"), *news(1, 5)],
    )
    assert tables.rows(
        "daily_volume",
        "days_ago, cast(day as text), courier, requests, answered_requests, new_events, new_unknown_events",
    ) == [
        (0, "2026-03-09", "unknown", 1, 0, 0, 0),
        (0, "2026-03-09", "yto", 50, 50, 4, 1),
        (1, "2026-03-08", "yto", 55, 55, 5, 0),
        (2, "2026-03-07", "yto", 24, 24, 0, 0),
    ]  # fmt: skip


def test_a_couriers_newest_day_stands_beside_the_seven_before() -> None:
    brought = {0: 2, 1: 9, 2: 4, 3: 6, 7: 5, 8: 100}
    tables = Tables(
        source_order=[{"order_id": f"yto-{place}", "courier": "yto"} for place in range(3)],
        # On day 4 nobody answered, on days 5 and 6 nobody asked: what is not known is not quiet.
        fact_poll=[row for day in brought for row in polls(day, 3)] + polls(4, 3, outcome="server_error"),
        fact_tracking_event=[row for day, number in brought.items() for row in news(day, number)],
    )
    assert tables.row(
        "courier_drift",
        "new_events, days_before, usual_new_events, quietest_new_events, week_events, open_parcels",
        "courier = 'yto'",
    ) == (2, 4, 5.5, 4, 21, 3)


def test_unknown_events_of_the_newest_week_are_a_share_of_all_of_it() -> None:
    tables = Tables(
        fact_poll=[*polls(0, 1), *polls(0, 1, "dhl_express")],
        fact_tracking_event=[
            *news(0, 30),
            *news(6, 66),
            *news(6, 4, "unknown.unclassified"),
            *news(7, 50, "unknown.unclassified"),
        ],
    )
    assert tables.rows(
        "courier_drift", "courier, week_events, week_unknown_events, share_unknown_events, usual_new_events"
    ) == [("dhl_express", 0, 0, None, None), ("yto", 100, 4, 0.04, None)]
