"""A rebuild gives the same tables: nothing depends on the order of rows, on the clock or on the engine's mood."""

import random
from datetime import timedelta
from functools import cache

from tests.models.tables import SQL, Row, Tables, at, models


@cache
def world() -> dict[str, list[Row]]:
    """Sixty parcels with everything wrong at once: ties, bad clocks, shared orders, missing numbers."""
    chance = random.Random(4)
    kinds = [line.split(",")[:2] for line in (SQL / "reference" / "status.csv").read_text("utf-8").splitlines()[1:]]
    orders: list[Row] = []
    polls: list[Row] = []
    events: list[Row] = []
    for parcel in range(60):
        number, order = (f"SF{parcel}" if parcel % 9 else None), f"A{parcel // 2 if parcel % 5 == 0 else parcel}"
        orders.append(
            {"order_id": order, "tracking_number": chance.choice([number, None]), "courier": "SF Express"}
            | {"promised_on": chance.choice([None, "2026-01-20"]), "ordered_at": at(f"2026-01-0{1 + parcel % 9}")}
        )
        time = at("2026-01-02") + timedelta(hours=chance.randint(0, 400))
        for sequence in range(chance.randint(0, 10)):
            status, substatus = chance.choice(kinds)
            time += timedelta(seconds=chance.choice([0, 0, 600, 7200, 90000]))
            event: Row = {"event_id": f"{parcel}-{sequence}", "order_id": order, "tracking_number": number}
            clock = chance.choice([time] * 12 + [time - timedelta(days=365), time + timedelta(days=40), None])
            event |= {"event_at": clock, "first_seen_at": time, "status": status, "substatus": substatus}
            events.append(
                event | {"sequence": sequence, "location": chance.choice(["A", "B", None]), "message": "text"}
            )
        answer: Row = {"order_id": order, "answered_order_id": order, "answered_tracking_number": number}
        for _ in range(chance.randint(0, 2)):
            polls.append(
                answer
                | {
                    "response_id": f"r{len(polls)}",
                    "requested_at": time,
                    "order_status": chance.choice(["DELIVERED", None]),
                }
            )
    return {"source_order": orders, "fact_poll": polls, "fact_tracking_event": events}


def test_the_order_of_input_rows_does_not_matter() -> None:
    straight = Tables(**world())
    shuffled = Tables(**{name: random.Random(7).sample(rows, len(rows)) for name, rows in world().items()})
    for name, model in models().items():
        columns = ", ".join(model.column_comments)
        assert straight.rows(name, columns) == shuffled.rows(name, columns), name


def test_every_event_is_in_exactly_one_parcel_and_every_parcel_is_there_once() -> None:
    tables = Tables(**world())
    assert tables.row("fact_shipment", "cast(sum(event_count) as bigint), count(*) - count(distinct shipment_id)") == (
        len(world()["fact_tracking_event"]),
        0,
    )
    named = {(row.get("account"), row["tracking_number"]) for row in world()["fact_tracking_event"]} - {(None, None)}
    assert {(None, number) for (number,) in tables.rows("fact_shipment", "tracking_number", "event_count > 0")} >= named


def test_what_is_unknown_is_null_and_spans_are_never_negative() -> None:
    tables = Tables(**world())
    assert tables.row(
        "fact_shipment",
        "count(*) filter (where transit_hours < 0 or order_to_delivery_hours < 0 or handling_hours < 0),"
        " count(*) filter (where promised_on is null and is_on_time is not null),"
        " count(*) filter (where picked_up_at is null and (pickup_week is not null or transit_hours is not null)),"
        " count(*) filter (where is_terminal is null or is_reopened is null or event_count is null)",
    ) == (0, 0, 0, 0)
