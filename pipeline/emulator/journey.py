"""How a parcel travels: the steps it takes, when and where, before any courier words them."""

from datetime import datetime, timedelta
from random import Random

from .last_mile import deliver
from .linehaul import cross
from .model import Order
from .places import HONG_KONG
from .trip import Step, Trip


def travel(rng: Random, order: Order, piece: int, at: datetime, pace: float) -> list[Step]:
    """All steps of one parcel from its label on."""
    trip = Trip(rng, order, at, pace)
    shop = HONG_KONG.site("营业点", rng.randrange(9))
    trip.minutes(1, 30)
    trip.log("label", HONG_KONG, shop)
    start = trip.choose({"goes": 96.5, "label_only": 1.6, "cancelled": 1.9})
    if start == "cancelled":
        trip.wait(rng.uniform(2, 40))
        trip.log("cancelled", HONG_KONG, shop)
    if start != "goes":
        return trip.steps
    _pick_up(trip, shop, piece)
    cross(trip, shop)
    deliver(trip)
    return _cut_short(trip)


def _pick_up(trip: Trip, shop: str, piece: int) -> None:
    trip.wait(trip.rng.uniform(0.5, 6))
    trip.until(HONG_KONG, 11, 19.5, (6,))
    if trip.order.courier == "hongkong_post":
        trip.log("dropoff", HONG_KONG, shop)
        return
    if trip.chance(0.03):
        trip.log("pickup_failed", HONG_KONG, shop)
        trip.minutes(18 * 60, 24 * 60)
        trip.until(HONG_KONG, 11, 19, (6,))
    if trip.chance(0.2):
        trip.log("dropoff", HONG_KONG, shop)
        trip.minutes(60, 240)
    elif trip.chance(0.45):
        trip.log("pickup_door", HONG_KONG, shop)
        trip.minutes(0.2, 50)
    trip.log("pickup", HONG_KONG, shop)
    if len(trip.order.parcels) > 1 and piece > 0:
        trip.log("child", HONG_KONG, shop)
    if trip.chance(0.08):
        trip.minutes(5, 30)
        trip.log("weight", HONG_KONG, shop)


def _cut_short(trip: Trip) -> list[Step]:
    """A few parcels stop on the way for good, or are lost."""
    fate = trip.choose({"arrives": 97.6, "stalls": 1.5, "lost": 0.9})
    if fate == "arrives" or len(trip.steps) < 6:
        return trip.steps
    final = next((i for i, step in enumerate(trip.steps) if step.kind in ("out", "store")), len(trip.steps) - 1)
    kept = trip.steps[: trip.rng.randrange(3, max(4, final))]
    if fate == "lost":
        last = kept[-1]
        kept.append(last._replace(kind="lost", at=last.at + timedelta(days=trip.rng.uniform(5, 12))))
    return kept
