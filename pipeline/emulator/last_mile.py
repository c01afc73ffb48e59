"""From the depot to the end: doors, lockers, stores, failed attempts, and the way back to the sender."""

from datetime import timedelta

from .places import HONG_KONG
from .trip import Trip

_ENDINGS = {
    "HK": {"door": 52, "failed": 10, "locker": 14, "store": 15, "refused": 2.5, "address": 2, "redirect": 2.5,
           "reopened": 0.9, "unclaimed": 1.1},
    "CN": {"door": 58, "failed": 9, "locker": 12, "store": 12, "refused": 2.5, "address": 2, "redirect": 2.5,
           "reopened": 0.9, "unclaimed": 1.1},
    "abroad": {"door": 71, "failed": 12, "store": 7, "refused": 2.5, "address": 3, "redirect": 2,
               "reopened": 1, "unclaimed": 1.5},
}  # fmt: skip


def deliver(trip: Trip) -> None:
    """Everything from the arrival at the depot on."""
    depot = trip.city.site("营业部" if trip.order.destination == "CN" else "营业点", 1)
    trip.wait(2.5)
    trip.log("arrive", trip.city, depot, depot)
    if trip.chance(0.3):
        trip.log("arrive_depot", trip.city, depot, depot)
    endings = _ENDINGS.get(trip.order.destination, _ENDINGS["abroad"])
    ending = trip.choose(endings)
    if ending == "redirect":
        trip.wait(3)
        trip.log("redirect", trip.city, depot)
        trip.wait(20)
        depot = trip.city.site("营业点", 2)
        trip.log("arrive", trip.city, depot)
    elif ending == "address":
        trip.wait(4)
        trip.log("address", trip.city, depot)
        trip.wait(trip.rng.uniform(20, 60))
    elif ending == "failed":
        for _ in range(1 if trip.chance(0.75) else 2):
            _go_out(trip, depot)
            trip.log(trip.choose({"absent": 70, "rescheduled": 18, "failed": 12}), trip.city, depot)
            trip.minutes(10 * 60, 16 * 60)

    if ending in ("store", "unclaimed"):
        _store(trip, depot, is_claimed=ending == "store")
    elif ending == "address" and trip.chance(0.3):
        _return(trip, depot)
    else:
        _go_out(trip, depot)
        if ending == "refused":
            trip.log("refused", trip.city, depot)
            trip.wait(4)
            _return(trip, depot)
        elif ending == "locker":
            _locker(trip, depot)
        else:
            _hand_over(trip, depot)
            if ending == "reopened":
                trip.minutes(15 * 60, 28 * 60)
                trip.log("address", trip.city, depot)
                _go_out(trip, depot)
                _hand_over(trip, depot)


def _go_out(trip: Trip, depot: str) -> None:
    """A courier takes the parcel out in the morning or after noon and is at the door hours later."""
    local_hour = trip.at.astimezone(trip.city.zone).hour
    first, last = (13.5, 15) if 9 <= local_hour < 13 else (7.5, 9.5)
    trip.until(trip.city, first, last, trip.country.days_off)
    trip.log(trip.rng.choice(("scheduled", "scheduled", "out_early")), trip.city, depot)
    trip.minutes(4, 60)
    trip.log("out", trip.city, depot)
    trip.minutes(20, 360)


def _hand_over(trip: Trip, depot: str) -> None:
    trip.log(trip.choose({"delivered": 78, "third_party": 12, "safe_place": 10}), trip.city, depot)
    if trip.chance(0.4):
        trip.minutes(0.03, 0.2)
        trip.log("pod", trip.city, depot)


def _locker(trip: Trip, depot: str) -> None:
    trip.log("locker", trip.city, depot)
    trip.at += timedelta(hours=trip.rng.lognormvariate(1.9, 0.9))
    fate = trip.choose({"collected": 74, "silent": 20, "taken_back": 6})
    if fate == "collected":
        trip.log("locker_collected", trip.city, depot)
    elif fate == "taken_back":
        trip.minutes(24 * 60, 60 * 60)
        trip.log("taken_back", trip.city, depot)
        _store(trip, depot, is_claimed=True)


def _store(trip: Trip, depot: str, is_claimed: bool) -> None:
    trip.minutes(30, 120)
    trip.log("to_store", trip.city, depot)
    trip.until(trip.city, 11, 16, trip.country.days_off)
    trip.log("store", trip.city, depot)
    if trip.chance(0.5):
        trip.minutes(5, 45)
        trip.log("shelved", trip.city, depot)
    stay = timedelta(hours=trip.rng.lognormvariate(2.9, 0.8))
    if not is_claimed:
        trip.minutes(5 * 24 * 60, 7 * 24 * 60)
        trip.log("overdue", trip.city, depot)
        trip.minutes(4 * 24 * 60, 7 * 24 * 60)
        _return(trip, depot)
        return
    if stay > timedelta(days=4):
        trip.at += timedelta(days=4)
        trip.log("overdue", trip.city, depot)
        stay -= timedelta(days=4)
    trip.at += stay
    trip.log("store_collected", trip.city, depot)


def _return(trip: Trip, depot: str) -> None:
    """Back to the sender in Hong Kong; the last scan there reads like any delivery."""
    trip.log("return_start", trip.city, depot)
    trip.wait(8)
    trip.log("depart", trip.city, depot, HONG_KONG.site("集散中心", 0))
    trip.wait({"HK": 14, "CN": 60, "MO": 40}.get(trip.order.destination, 160))
    trip.log("arrive", HONG_KONG, HONG_KONG.site("集散中心", 0))
    if trip.chance(0.15):
        return
    trip.wait(10)
    trip.until(HONG_KONG, 10, 17, (6,))
    trip.log("return_signed", HONG_KONG, HONG_KONG.site("营业点", 1))
