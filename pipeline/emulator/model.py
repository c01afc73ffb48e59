"""What the emulated world is made of: orders, their parcels, and the events couriers report about them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple


class Event(NamedTuple):
    """One row of a parcel's history as its courier words it, with what it really means.

    `is_clock_right` is false where `date` does not tell `happened_at`: a wrong year, a day without
    a time, the second run of an hour that autumn repeats.
    """

    reported_at: datetime
    happened_at: datetime
    code: str
    location: str
    date: str
    message: str
    status: str
    substatus: str
    is_clock_right: bool


class Truth(NamedTuple):
    """What really happened to a parcel, as far as its courier had reported by some instant; all times UTC."""

    order_id: str
    tracking_number: str
    courier: str
    destination: str
    status: str
    substatus: str
    events: int
    picked_up_at: datetime | None
    available_at: datetime | None
    first_delivered_at: datetime | None
    last_delivered_at: datetime | None
    returned_at: datetime | None
    failed_attempts: int
    is_reopened: bool
    is_clock_right: bool


class SourceRow(NamedTuple):
    """One parcel in the merchant's own table."""

    order_id: str
    tracking_number: str | None
    ordered_at: datetime
    promised_at: datetime | None
    courier: str | None
    service: str
    destination_country: str
    updated_at: datetime


@dataclass
class Parcel:
    """A parcel of an order; its history is told when first asked for."""

    order: "Order"
    piece: int
    tracking_number: str
    assigned_at: datetime
    tell: Callable[["Parcel"], tuple[Event, ...]]

    @cached_property
    def history(self) -> tuple[Event, ...]:
        """All that its courier will ever report, in the order in which it happened."""
        return self.tell(self)

    def events(self, now: datetime) -> tuple[Event, ...]:
        """What the courier has reported by `now`."""
        return tuple(event for event in self.history if event.reported_at <= now)

    def truth(self, now: datetime) -> Truth:
        events = self.events(now)
        telling = [event for event in events if event.status not in ("info", "unknown")]
        delivered = [event.happened_at for event in telling if event.status == "delivered"]
        last = telling[-1] if telling else None
        return Truth(
            order_id=self.order.order_id,
            tracking_number=self.tracking_number,
            courier=self.order.courier,
            destination=self.order.destination,
            status=last.status if last else "",
            substatus=last.substatus if last else "",
            events=len(events),
            picked_up_at=_first(telling, "picked_up"),
            available_at=_first(telling, "available_for_pickup"),
            first_delivered_at=min(delivered, default=None),
            last_delivered_at=max(delivered, default=None),
            returned_at=_first(telling, "return", "completed"),
            failed_attempts=sum(event.status == "failed_attempt" for event in telling),
            is_reopened=bool(delivered) and last is not None and last.happened_at > min(delivered),
            is_clock_right=all(event.is_clock_right for event in events),
        )


def _first(events: list[Event], status: str, substatus: str | None = None) -> datetime | None:
    return min(
        (e.happened_at for e in events if e.status == status and substatus in (None, e.substatus)),
        default=None,
    )


@dataclass
class Order:
    """A merchant's order: where it goes, with whom, what was promised.

    `quirk`, 0 to 99, decides which of the allowed shapes its answers have.
    """

    order_id: str
    index: int
    created_at: datetime
    promised_at: datetime | None
    service: str
    destination: str
    courier: str
    quirk: int
    parcels: tuple[Parcel, ...] = field(default=(), repr=False)
