"""The time zone of the place where an event was scanned, for times that come without one.

The location's words decide, or the message's where the location is empty ("Processed at KARACHI - PAKISTAN"); then
the courier, if it scans in one zone only; else it is assumed: the zone of the country that the location names, the
destination's for the last mile, the origin's for the rest, and Hong Kong's where that is unknown, which is right for
all of Greater China. Of a country with several zones the one where most people live is assumed: New York's for the
USA is wrong by three hours at most for nearly all, Hong Kong's would be by thirteen. What is assumed here gives way to
the zone of a neighbour, a scan that the same answer lists before it: see sql/events/neighbour_zone.sql.
"""

import re
from collections.abc import Collection, Mapping
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
_CODE = re.compile(r", ?([a-z]{2})$")


@dataclass(frozen=True)
class ZoneRules:
    """place_zone.csv (the first pattern that hits wins), the zones in courier.csv, the names in country.csv.

    `countries` holds a country's zones in the order of the file, the one where most people live first;
    `local_clocks` are the couriers that send their local time as if it were UTC, a Z behind it.
    """

    places: tuple[tuple[re.Pattern[str], str], ...]
    couriers: Mapping[str, str]
    countries: Mapping[str, tuple[str, ...]]
    local_clocks: frozenset[str]

    @classmethod
    def load(cls, folder: Path) -> "ZoneRules":
        places: list[tuple[re.Pattern[str], str]] = []
        zones_of: dict[str, dict[str, None]] = {}
        for where, row in rows_of(folder / "place_zone.csv"):
            zone = _zone(where, row["time_zone"])
            zones_of.setdefault(row["country"], {})[zone] = None
            try:
                places.append((re.compile(row["pattern"].translate(TO_SIMPLIFIED)), zone))
            except re.error as error:
                raise SettingsError(f"{where}: the pattern '{row['pattern']}' cannot be read: {error}.") from error
        couriers = list(rows_of(folder / "courier.csv"))
        return cls(
            places=tuple(places),
            couriers={row["courier"]: _zone(where, row["time_zone"]) for where, row in couriers if row["time_zone"]},
            countries={
                row["alias"]: tuple(zones_of[row["country"]])
                for _, row in rows_of(folder / "country.csv")
                if row["country"] in zones_of
            },
            local_clocks=frozenset(row["courier"] for where, row in couriers if _is_local(where, row["clock"])),
        )

    def infer(
        self,
        location: str | None,
        message: str | None,
        courier: str | None,
        origin_country: str | None,
        destination_country: str | None,
        *,
        is_last_mile: bool = False,
    ) -> tuple[str, ZoneSource]:
        """A country, as code or name, is a location only where it has one zone.

        `is_last_mile`: the event is the arrival in the country of destination, a van to the recipient, an attempt, a
        deposit or a delivery.
        """
        place = fold(location or "")
        words = fold(message or "")
        at_home = self._zones_in(origin_country)
        if at_home != self._zones_in(destination_country):
            at_home = ()
        zone = self._zone_of_code(place, origin_country, destination_country) or self._zone_of(
            place or _ONWARD.split(words, maxsplit=1)[0], at_home
        )
        if zone:
            return zone, "location"
        if courier and courier in self.couriers:
            return self.couriers[courier], "courier"
        country = destination_country if is_last_mile else origin_country
        return (self.of_country(location, country) or (ASSUMED,))[0], "assumed"

    def of_country(self, *countries: str | None) -> tuple[str, ...]:
        """The zones of the first of these names or codes that is a country; none where none is."""
        return next(filter(None, map(self._zones_in, countries)), ())

    def _zone_of_code(self, place: str, *countries: str | None) -> str | None:
        """Two letters at the end are a state of the USA or a country: a country where the parcel comes from or goes."""
        code = _CODE.search(place)
        zone = self._zone_in(code[1]) if code else None
        return zone if zone in map(self._zone_in, countries) else None

    def _zone_in(self, country: str | None) -> str | None:
        zones = self._zones_in(country)
        return zones[0] if len(zones) == 1 else None

    def _zones_in(self, country: str | None) -> tuple[str, ...]:
        return self.countries.get((country or "").strip().upper(), ())

    def _zone_of(self, place: str, at_home: Collection[str]) -> str | None:
        """The zone of the first pattern that hits; of a parcel that stays in a country, of the first place there."""
        hits = (self.places[position] for position in self._index.candidates(place))
        zones = [zone for pattern, zone in hits if pattern.search(place)]
        return next((zone for zone in zones if zone in at_home), zones[0] if zones else None)

    @cached_property
    def _index(self) -> PatternIndex:
        return PatternIndex(pattern.pattern for pattern, _ in self.places)


def _is_local(where: str, clock: str) -> bool:
    if clock not in ("", "local"):
        raise SettingsError(f"{where}: the clock of a courier is 'local' or left empty, not '{clock}'.")
    return clock == "local"


def _zone(where: str, name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(f"{where}: there is no time zone '{name}'.") from None
    return name
