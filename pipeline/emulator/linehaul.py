"""From the shop to the destination's last hub: trucks, ferries, flights, and customs on the way."""

from collections.abc import Callable
from datetime import timedelta

from .places import HONG_KONG, SHENZHEN, Place
from .trip import Trip


def cross(trip: Trip, shop: str) -> None:
    """Everything between the pickup and the city the parcel goes to."""
    _leave_hong_kong(trip, shop)
    if trip.order.destination != "HK":
        _CROSSINGS.get(trip.order.destination, _fly)(trip)


def _leave_hong_kong(trip: Trip, shop: str) -> None:
    hub = HONG_KONG.site("集散中心", 0)
    trip.minutes(25, 120)
    trip.log(trip.rng.choice(("loaded", "sorted")), HONG_KONG, shop, hub)
    if trip.chance(0.5):
        trip.minutes(0.4, 15)
        trip.log("depart", HONG_KONG, shop, hub)
    trip.wait(1.2)
    _through_hub(trip, HONG_KONG, hub, _exit(trip))


def _exit(trip: Trip) -> str:
    """Where a parcel goes next from Hong Kong's hub."""
    destination = trip.order.destination
    if destination == "HK":
        return trip.city.site("营业点", 1)
    return {"CN": "深圳口岸", "MO": "港珠澳大桥口岸"}.get(destination, "香港机场")


def _through_hub(trip: Trip, place: Place, hub: str, next_site: str) -> None:
    trip.log("arrive", place, hub, next_site)
    if trip.chance(0.012):
        trip.minutes(20, 200)
        kind = trip.choose({"damaged": 3, "misrouted": 3, "on_hold": 2})
        trip.log(kind, place, hub, next_site)
        trip.wait(trip.rng.uniform(10, 40))
    if trip.chance(0.022) or (trip.pace > 1.6 and trip.chance(0.15)):
        trip.wait(trip.rng.uniform(4, 12))
        trip.log(trip.choose({"delayed": 5, "weather": 2}), place, hub, next_site)
        trip.wait(trip.rng.uniform(8, 36))
    if not trip.chance(0.05):  # some hubs scan a parcel out in the second it came in
        trip.wait(1.6)
    if trip.chance(0.7):
        trip.log(trip.rng.choice(("sorted", "sorted", "loaded")), place, hub, next_site)
        trip.minutes(0.3, 40)
    trip.log("depart", place, hub, next_site)
    if trip.chance(0.06):
        trip.wait(2)
        trip.log(trip.choose({"moving": 10, "odd": 3, "notice": 4}), place, hub, next_site)


def _truck(trip: Trip) -> None:
    """Over the land border, then by truck or domestic flight to the city."""
    trip.wait(5)
    _clear_customs(trip, SHENZHEN, "深圳口岸", 3.5)
    hub = SHENZHEN.site("集散中心")
    trip.wait(2)
    is_there = trip.city == SHENZHEN
    _through_hub(trip, SHENZHEN, hub, trip.city.site("营业部", 1) if is_there else trip.city.site("集散中心"))
    if not is_there:
        trip.wait(6 if trip.city.name == "广州市" else trip.rng.uniform(14, 26))
        _through_hub(trip, trip.city, trip.city.site("集散中心"), trip.city.site("营业部", 1))


def _ferry(trip: Trip) -> None:
    """To Macau: the second leg is a local partner's."""
    trip.wait(4)
    trip.log("second_leg", trip.city, trip.city.site("口岸"), trip.city.site("营业点", 0))
    _clear_customs(trip, trip.city, trip.city.site("口岸"), 3)


def _fly(trip: Trip) -> None:
    gateway = trip.country.gateway
    airport = HONG_KONG.site("机场")
    trip.wait(trip.rng.uniform(8, 30))
    trip.log("handed_airline", HONG_KONG, airport, gateway.site("机场"))
    trip.minutes(30, 180)
    trip.log("takeoff", HONG_KONG, airport, gateway.site("机场"))
    if trip.chance(0.3):
        trip.minutes(20, 90)
        trip.log("customs_filed", gateway, gateway.site("口岸"))
    trip.at += timedelta(hours=trip.country.flight_hours * trip.rng.uniform(1.0, 1.5))
    trip.log("landed", gateway, gateway.site("机场"))
    trip.minutes(30, 200)
    trip.log("arrive_dest", gateway, gateway.site("机场"))
    far = trip.country.flight_hours > 5
    _clear_customs(trip, gateway, gateway.site("口岸"), 15 if far else 9)
    hub = gateway.site("集散中心")
    trip.wait(2)
    _through_hub(trip, gateway, hub, trip.city.site("集散中心"))
    if far and trip.city != gateway:
        trip.wait(trip.rng.uniform(12, 34))
        trip.log("partner", gateway, hub)
        _through_hub(trip, trip.city, trip.city.site("集散中心"), trip.city.site("营业点", 1))
    elif far:
        trip.log("partner", gateway, hub)


_CROSSINGS: dict[str, Callable[[Trip], None]] = {"CN": _truck, "MO": _ferry}


def _clear_customs(trip: Trip, place: Place, site: str, hours: float) -> None:
    trip.log("customs", place, site)
    trouble = trip.choose({"none": 80, "customs_hold": 8, "customs_info": 6, "customs_pay": 4, "stuck": 2})
    trip.wait(hours)
    if trouble == "stuck":  # the same row day after day is no movement
        trip.log("customs_info", place, site)
        for _ in range(trip.rng.randrange(8, 33)):
            trip.minutes(23 * 60, 25 * 60)
            trip.log("customs_event", place, site)
    elif trouble != "none":
        trip.log(trouble, place, site)
        for _ in range(trip.rng.randrange(0, 4)):
            trip.minutes(22 * 60, 26 * 60)
            trip.log("customs_event", place, site)
        trip.wait(trip.rng.uniform(10, 50))
        if trouble == "customs_pay":
            trip.log("paid", place, site)
            trip.minutes(5, 200)
    trip.log("cleared", place, site)
