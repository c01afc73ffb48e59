"""A parcel under way: the clock, the dice and the log that every leg of a journey shares."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from .model import Order
from .places import COUNTRIES, Place


class Step(NamedTuple):
    """Something that happens to the parcel, at a site inside a city; `next_site` is where it goes."""

    kind: str
    at: datetime
    place: Place
    site: str = ""
    next_site: str = ""


class Trip:
    """A parcel under way: where it is, what time it is, and what happened so far."""

    def __init__(self, rng: Random, order: Order, at: datetime, pace: float) -> None:
        self.rng = rng
        self.order = order
        self.at = at
        self.pace = pace
        self.steps: list[Step] = []
        self.country = COUNTRIES[order.destination]
        self.city = rng.choice(self.country.cities)

    def log(self, kind: str, place: Place, site: str = "", next_site: str = "") -> None:
        self.steps.append(Step(kind, self.at, place, site, next_site))

    def wait(self, hours: float) -> None:
        """Time that goes by as slowly as the parcel's courier and lane are that week."""
        self.at += timedelta(hours=hours * self.pace * self.rng.uniform(0.75, 1.3))

    def minutes(self, low: float, high: float) -> None:
        self.at += timedelta(minutes=self.rng.uniform(low, high))

    def until(self, place: Place, first_hour: float, last_hour: float, days_off: tuple[int, ...] = ()) -> None:
        """Go to the next local time between two hours, on a working day, at the place."""
        local = self.at.astimezone(place.zone)
        latest = local.replace(hour=0, minute=0, second=0) + timedelta(hours=last_hour)
        if local > latest:
            local += timedelta(days=1)
        while local.weekday() in days_off:
            local += timedelta(days=1)
        opening = local.replace(hour=0, minute=0, second=0) + timedelta(hours=first_hour)
        room = timedelta(hours=(last_hour - first_hour) * self.rng.random())
        target = opening + room
        self.at = max(self.at + timedelta(minutes=self.rng.uniform(2, 20)), target).astimezone(UTC)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def choose(self, weights: dict[str, float]) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]
