"""The API's own word for where an order stands: coarse, worded in Traditional Chinese, and late."""

from datetime import datetime, timedelta

from .model import Order

STAGE_TEXT = {
    "DRAFT": "草稿",
    "PENDING_CONFIRM": "待確認",
    "PROCESSING": "處理中",
    "READY_TO_SHIP": "列印及安排取件",
    "PENDING_PICKUP": "待取件",
    "PICKUP_COMPLETED": "已取件",
    "IN_TRANSIT": "運送中",
    "DELIVERED": "已送達",
    "COMPLETED": "已完成",
    "CANCELLED": "已取消",
}
_COMPLETED_AFTER = timedelta(days=7)
_STUCK_QUIRKS = (61, 62, 63)


def stage(order: Order, now: datetime) -> str:
    """The order's status code at `now`: up to 18 hours behind its first parcel's events, or for ever."""
    if not order.parcels:
        return ("DRAFT", "PENDING_CONFIRM", "CANCELLED")[order.quirk % 3]
    if order.parcels[0].assigned_at > now:
        return "PROCESSING"
    if order.quirk in _STUCK_QUIRKS:
        return "READY_TO_SHIP"
    known = now - timedelta(hours=order.quirk % 19)
    statuses = [event for event in order.parcels[0].events(known) if event.status not in ("info", "unknown")]
    if not statuses:
        return "READY_TO_SHIP"
    last = statuses[-1]
    if last.status == "pending":
        return "PENDING_PICKUP"
    if last.status == "picked_up":
        return "PICKUP_COMPLETED"
    if last.status == "cancelled":
        return "CANCELLED"
    if last.status == "delivered":
        return "COMPLETED" if last.reported_at + _COMPLETED_AFTER <= known else "DELIVERED"
    return "IN_TRANSIT"
