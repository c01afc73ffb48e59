"""GET /v1/order/list: a page of orders, filtered by status and day, sorted as asked."""

from collections.abc import Mapping
from datetime import date, datetime

from . import answers
from .exchange import Reply, json_reply
from .model import Order
from .stages import STAGE_TEXT, stage

_DEFAULTS = {"page": 1, "limit": 20}
_MAXIMUM = {"page": 1_000_000, "limit": 100}


def order_list(orders: list[Order], query: Mapping[str, str], now: datetime) -> Reply:
    trace = []
    numbers = {}
    for name, default in _DEFAULTS.items():
        text = query.get(name, str(default))
        numbers[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if not 1 <= numbers[name] <= _MAXIMUM[name]:
            trace.append({"field": name, "message": f"{name} must be between 1 and {_MAXIMUM[name]}"})
    for name, allowed in (
        ("order_status", ("all", *STAGE_TEXT)),
        ("sort_key", ("order_id", "create_time")),
        ("sort_dir", ("ASC", "DESC")),
    ):
        if query.get(name, allowed[0]) not in allowed:
            trace.append({"field": name, "message": f"{name} must be one of {', '.join(allowed)}"})
    days = {}
    for name in ("start_date", "end_date"):
        try:
            days[name] = date.fromisoformat(query[name]) if query.get(name) else None
        except ValueError:
            trace.append({"field": name, "message": f"{name} must be YYYY-MM-DD"})
    if trace:
        return json_reply(400, answers.bad_request(None, *trace))

    wanted = query.get("order_status", "all")
    start, end = days["start_date"], days["end_date"]
    found = [
        order
        for order in orders
        if (start is None or order.created_at.date() >= start)
        and (end is None or order.created_at.date() <= end)
        and (wanted == "all" or stage(order, now) == wanted)
    ]
    if query.get("sort_dir", "DESC") == "DESC":  # ids rise with time, so both sort keys give one order
        found.reverse()
    page, limit = numbers["page"], numbers["limit"]
    rows = [answers.order_row(order, now) for order in found[(page - 1) * limit : page * limit]]
    pagination = {
        "total": len(found),
        "page": page,
        "per_page": limit,
        "total_pages": -(-len(found) // limit),
    }
    return json_reply(200, {"data": {"order_list": rows}, "pagination": pagination})
