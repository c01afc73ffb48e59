"""The time zone of the place where an event was scanned, for times that come without one.

The location's words decide, or the message's where the location is empty ("Processed at KARACHI - PAKISTAN"); then
the courier, if it scans in one zone only; else it is assumed: the destination's zone for the last mile, Hong Kong's
for the rest, which is right for all of Greater China.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import SettingsError
from pipeline.events.classify import rows_of
from pipeline.events.hanzi import TO_SIMPLIFIED
from pipeline.events.patterns import PatternIndex
from pipeline.events.text import fold

ZoneSource = Literal["location", "courier", "assumed"]

ASSUMED = "Asia/Hong_Kong"


# Behind these words a message names where the parcel goes next, not where it is.
_ONWARD = re.compile(
    r"(?:发往|前往|送往|运往|飞往|转运至|寄往|下一站)|\bnext (?:facility|stop)"
    r"|\b(?:in transit|en ?route|on (?:its|the) way|sent|heading|bound|left .*) (?:to|for)\b"
)
_LAST_MILE = re.compile(r"\bdeliver(?:ed|y)\b|签收|派送|派件|派递|投递|妥投")


@dataclass(frozen=True)
class ZoneRules:
    """place_zone.csv (the first pattern that hits wins), the zones in courier.csv, the names in country.csv."""

    places: tuple[tuple[re.Pattern[str], str], ...]
    couriers: Mapping[str, str]
    countries: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path) -> "ZoneRules":
        places: list[tuple[re.Pattern[str], str]] = []
        zones_of: dict[str, set[str]] = {}
        for where, row in rows_of(folder / "place_zone.csv"):
            zone = _zone(where, row["time_zone"])
            zones_of.setdefault(row["country"], set()).add(zone)
            try:
                places.append((re.compile(row["pattern"].translate(TO_SIMPLIFIED)), zone))
            except re.error as error:
                raise SettingsError(f"{where}: the pattern '{row['pattern']}' cannot be read: {error}.") from error
        return cls(
            places=tuple(places),
            couriers={
                row["courier"]: _zone(where, row["time_zone"])
                for where, row in rows_of(folder / "courier.csv")
                if row["time_zone"]
            },
            countries={
                row["alias"]: min(zones)
                for _, row in rows_of(folder / "country.csv")
                if len(zones := zones_of.get(row["country"], set())) == 1
            },
        )

    def infer(
        self, location: str | None, message: str | None, courier: str | None, destination_country: str | None
    ) -> tuple[str, ZoneSource]:
        """destination_country, as code or name, counts only where the country has one zone."""
        place = fold(location or "")
        words = fold(message or "")
        zone = self._zone_of(place or _ONWARD.split(words, maxsplit=1)[0])
        if zone:
            return zone, "location"
        if courier and courier in self.couriers:
            return self.couriers[courier], "courier"
        if destination_country and _LAST_MILE.search(words):
            return self.countries.get(destination_country.strip().upper(), ASSUMED), "assumed"
        return ASSUMED, "assumed"

    def _zone_of(self, place: str) -> str | None:
        for position in self._index.candidates(place):
            pattern, zone = self.places[position]
            if pattern.search(place):
                return zone
        return None

    @cached_property
    def _index(self) -> PatternIndex:
        return PatternIndex(pattern.pattern for pattern, _ in self.places)


def _zone(where: str, name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"{where}: there is no time zone '{name}'.") from None
    return name
