"""Bodies of the API's answers, with all the shapes that its pages allow."""

from datetime import datetime
from typing import Any

import orjson

from .couriers import ANSWERED_AS
from .model import Event, Order, Parcel
from .places import COUNTRIES
from .stages import STAGE_TEXT, stage


def tracking(order: Order, parcel: Parcel | None, now: datetime) -> dict[str, Any]:
    """The answer about one parcel of an order at `now`."""
    events = parcel.events(now) if parcel else ()
    quirk = order.quirk
    names = ANSWERED_AS[order.courier]
    provider, courier_name = names[quirk % len(names)]
    spellings = COUNTRIES[order.destination].spellings
    data: dict[str, Any] = {
        "tracking_number": parcel.tracking_number if parcel else "",
        "order_id": order.order_id,
        "order_status": STAGE_TEXT[stage(order, now)],
        "export_country": "HONG KONG",
        "destination_country": spellings[quirk % len(spellings)],
        "shipping_provider": provider,
        "courier_name": courier_name,
    }
    if quirk % 5 == 0:
        data["estimated_delivery"] = ""
        data["parcel_weight"] = f"{0.5 + quirk % 7}"
    answer: dict[str, Any] = {"data": data}
    if events or quirk % 3 == 0:
        data["tracking_msg_list"] = [_row(event, quirk) for event in _listed(order, events)]
    elif quirk % 3 == 1:
        data["tracking_msg_list"] = None
    if quirk % 3 != 1:
        data["message"] = "OK"
    if quirk % 3 != 0:
        answer["message"] = "OK"
    if 5 <= quirk <= 10 and "tracking_msg_list" in data:
        data["tracking_msg_list"] = orjson.dumps(data["tracking_msg_list"]).decode()
    if quirk < 5 or quirk == 10:
        answer["data"] = orjson.dumps(data).decode()
    return answer


def _listed(order: Order, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Couriers list their events oldest first or newest first, always the same way."""
    newest_first = order.courier in ("fedex", "ups", "hongkong_post") or (
        order.courier in ("sf_express", "dhl_express") and order.quirk % 2 == 1
    )
    return events[::-1] if newest_first else events


def _row(event: Event, quirk: int) -> dict[str, Any]:
    row = {"code": event.code, "location": event.location, "date": event.date, "message": event.message}
    if quirk % 11 == 0:
        row["remark"] = ""
    return row


def order_row(order: Order, now: datetime) -> dict[str, Any]:
    """An order in the list of orders."""
    parcel = next((parcel for parcel in order.parcels if parcel.assigned_at <= now), None)
    return {
        "order_id": order.order_id,
        "ship_type": "local" if order.destination == "HK" else "international",
        "order_status": stage(order, now),
        "tracking_number": parcel.tracking_number if parcel else None,
        "service": order.service,
        "courier_name": ANSWERED_AS[order.courier][0][1],
        "create_time": f"{order.created_at:%Y-%m-%d %H:%M:%S}",
    }


def missing_identifier() -> dict[str, Any]:
    trace = {"field": "order_id", "message": "order_id is required when tracking_number is not provided"}
    return bad_request("TRACKING_NUMBER_REQUIRED", trace)


def unknown_order() -> dict[str, Any]:
    return bad_request("ORDER_NOT_FOUND", {"field": "order_id", "message": "order_id does not exist"})


def bad_request(error_code: str | None, *trace: dict[str, str]) -> dict[str, Any]:
    error: dict[str, Any] = {
        "code": "400000",
        "code_reason": "BAD_REQUEST",
        "message": "Bad Request",
        "error_trace": list(trace),
    }
    if error_code:
        error["error_code"] = error_code
    return {"error": error}


def conflict() -> dict[str, Any]:
    return {"error": {"code": "409000", "code_reason": "CONFLICT", "message": "Order is being processed"}}


def unprocessable() -> dict[str, Any]:
    """Field errors as an object, where a bad request has a list."""
    trace = {"order_id": "The order id format is invalid."}
    return {"error": {"code": "validation_error", "message": "Validation failed", "error_trace": trace}}


def unauthorized(is_expired: bool, is_flat: bool) -> dict[str, Any]:
    """Refused for its token: the API's pages show the body both flat and inside `error`."""
    code = "invalid_token" if is_expired else "401000"
    body = {"code": code, "code_reason": "UNAUTHORIZED", "message": "Unauthorized"}
    return body if is_flat else {"error": body}


def wrong_client() -> dict[str, Any]:
    return {
        "error": {
            "code": "401021",
            "code_reason": "invalid_client_id_or_client_secret",
            "message": "Invalid client id or client secret",
        }
    }


def forbidden() -> dict[str, Any]:
    return _error_as_text("403000", "FORBIDDEN", "Access forbidden for this resource")


def not_found(message: str) -> dict[str, Any]:
    return _error_as_text("404000", "NOT_FOUND", message)


def _error_as_text(code: str, reason: str, message: str) -> dict[str, Any]:
    """403 and 404 give `error` as a string that holds JSON."""
    return {"error": orjson.dumps({"code": code, "code_reason": reason, "message": message}).decode()}


def rate_limited() -> dict[str, Any]:
    return {"error": {"code": "rate_limit_exceeded", "message": "Rate limit exceeded, please slow down"}}


def server_error(is_flat: bool) -> dict[str, Any]:
    body = {
        "code": "500999",
        "code_reason": "API_ERROR",
        "message": "Api Error, please contact customer service",
    }
    return body if is_flat else {"error": body}


def unavailable() -> dict[str, Any]:
    reason = "SERVICE_UNAVAILABLE"
    return {"error": {"code": "503000", "code_reason": reason, "message": "Service Unavailable"}}
