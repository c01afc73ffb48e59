"""Raw response files as a run leaves them, made from the emulated world without HTTP."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from pipeline.emulator.world import World
from pipeline.tracking.api import Answer, Outcome, Query
from pipeline.tracking.landing import Landing
from pipeline.warehouse import DataFolder

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
EVENTS_AN_ORDER = 13


def write_raw_responses(
    data_dir: Path, events: int, *, run: str = "benchmark", now: datetime = NOW, answers: int | None = None
) -> int:
    """Write what a run at `now` was answered below `data_dir`; the number of answers.

    The world has about `events` events at NOW; of its newest orders `answers` are asked about, or all.
    """
    world = World(7, events // EVENTS_AN_ORDER, NOW - timedelta(days=45))
    landing = Landing(DataFolder(data_dir), run, "Asia/Hong_Kong")
    orders = list(world.orders_until(now))
    for order in orders if answers is None else orders[-answers:]:
        listed = [
            {"code": event.code, "location": event.location, "date": event.date, "message": event.message}
            for event in world.answer(order, now)
        ]
        data = {
            "tracking_number": order.parcels[0].tracking_number if order.parcels else None,
            "order_id": order.order_id,
            "order_status": "運送中",
            "export_country": "HONG KONG",
            "destination_country": order.destination,
            "courier_name": order.courier,
            "tracking_msg_list": listed,
        }
        query = Query("default", order.order_id, None, "order_id")
        outcome = Outcome.OK if listed else Outcome.NO_EVENTS
        landing.write(Answer(query, now, 100.0, 200, {}, orjson.dumps({"data": data}), outcome, None, 1))
    landing.close()
    return landing.answers
