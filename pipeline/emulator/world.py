"""The emulated world: which orders exist when, with which couriers, made wholly from a seed and a start."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from .couriers import SOLD_AS
from .model import Event, Order, Parcel, SourceRow, Truth
from .places import COUNTRIES
from .telling import tell

FOREIGN_ORDER_IDS = ("3500011", "3500012", "3500013")
_FIRST_ORDER_ID = 3_550_800
_SHOP_ZONE = ZoneInfo("Asia/Hong_Kong")
_HOUR = timedelta(hours=1)
# Shops sell by day, most in the evening and on Sundays: plots of a flat world look wrong.
_BY_HOUR = (3, 2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 9, 8, 7, 7, 7, 8, 9, 11, 13, 14, 12, 7)
_BY_WEEKDAY = (9, 10, 10, 10, 11, 12, 13)

_DESTINATIONS = {
    "HK": 40, "CN": 26, "MO": 4, "TW": 6, "SG": 5, "JP": 4, "US": 7, "GB": 3, "AU": 3, "DE": 2,
}  # fmt: skip
_FAR = ("US", "GB", "AU", "DE")
_SHARES = {
    "HK": {"sf_express": 88, "hongkong_post": 7, "dhl_express": 2, "fedex": 3},
    "CN": {"sf_express": 72, "zto": 7, "yto": 6, "yunda": 3, "ems": 8, "dhl_express": 4},
    "MO": {"sf_express": 85, "hongkong_post": 15},
    "near": {"sf_express": 66, "dhl_express": 14, "fedex": 8, "ups": 5, "hongkong_post": 7},
    "far": {"dhl_express": 34, "fedex": 24, "ups": 14, "4px": 14, "sf_express": 8, "hongkong_post": 6},
}
_PROMISED_DAYS = {"HK": (2, 3), "CN": (3, 5), "MO": (3, 4), "near": (5, 7), "far": (7, 10)}


class World:
    """`orders` orders made in the `days` days from `starts_at`, and a third more in the time after."""

    def __init__(self, seed: int, orders: int, starts_at: datetime, days: int = 45) -> None:
        self.seed = seed
        self.starts_at = starts_at.astimezone(UTC).replace(microsecond=0)
        self.present = self.starts_at + timedelta(days=days)
        self.orders = [self._order(i, at) for i, at in enumerate(self._instants(orders, days))]
        self._created = [order.created_at for order in self.orders]

    def order(self, order_id: str, now: datetime) -> Order | None:
        order = self._by_id.get(order_id)
        return order if order and order.created_at <= now else None

    def parcel(self, tracking_number: str, now: datetime) -> Parcel | None:
        parcel = self._by_number.get(tracking_number)
        return parcel if parcel and parcel.assigned_at <= now else None

    def orders_until(self, now: datetime) -> list[Order]:
        """Orders made by `now`, oldest first."""
        return self.orders[: bisect_right(self._created, now)]

    def answer(self, order: Order, now: datetime) -> tuple[Event, ...]:
        """What asking about an order tells at `now`: the events of its first parcel so far."""
        if not order.parcels or order.parcels[0].assigned_at > now:
            return ()
        return order.parcels[0].events(now)

    def orders_at(self, now: datetime) -> Iterator[SourceRow]:
        """The merchant's own orders table at `now`, a row a parcel, oldest order first."""
        for order in self.orders_until(now):
            known = [parcel for parcel in order.parcels if parcel.assigned_at <= now]
            spellings = COUNTRIES[order.destination].spellings
            for parcel in known or (None,):
                yield SourceRow(
                    order_id=order.order_id,
                    tracking_number=parcel.tracking_number if parcel else None,
                    ordered_at=order.created_at,
                    promised_at=order.promised_at,
                    courier=SOLD_AS[order.courier] if parcel else None,
                    service=order.service,
                    destination_country=spellings[-1 if order.quirk % 10 == 0 else 0],
                    updated_at=parcel.assigned_at if parcel else order.created_at,
                )

    def truth(self, now: datetime) -> Iterator[Truth]:
        """What really happened to every parcel reported by `now`."""
        for order in self.orders_until(now):
            for parcel in order.parcels:
                if parcel.assigned_at <= now:
                    yield parcel.truth(now)

    @cached_property
    def _by_id(self) -> dict[str, Order]:
        return {order.order_id: order for order in self.orders}

    @cached_property
    def _by_number(self) -> dict[str, Parcel]:
        return {parcel.tracking_number: parcel for order in self.orders for parcel in order.parcels}

    def _instants(self, orders: int, days: int) -> Iterator[datetime]:
        """When orders are made: one in every share of the expected demand, so that the count is exact."""
        hours = days * 24 + days * 8
        clock = [(self.starts_at + hour * _HOUR).astimezone(_SHOP_ZONE) for hour in range(hours)]
        demand = [0.0, *accumulate(_BY_HOUR[t.hour] * _BY_WEEKDAY[t.weekday()] for t in clock)]
        each = demand[days * 24] / orders
        rng = Random(f"{self.seed}/demand")
        for i in range(int(demand[-1] / each)):
            sold = (i + rng.random()) * each
            hour = bisect_right(demand, sold) - 1
            part = (sold - demand[hour]) / (demand[hour + 1] - demand[hour])
            yield self.starts_at + timedelta(seconds=int((hour + part) * 3600))

    def _order(self, index: int, created_at: datetime) -> Order:
        rng = Random(f"{self.seed}/{index}")
        destination = _pick(rng, _DESTINATIONS)
        lane = destination if destination in _SHARES else "far" if destination in _FAR else "near"
        service = "express" if rng.random() < 0.3 else "standard"
        promised_at = None
        if rng.random() < 0.85:
            fast, slow = _PROMISED_DAYS[lane]
            day = created_at.astimezone(_SHOP_ZONE) + timedelta(days=fast if service == "express" else slow)
            promised_at = day.replace(hour=18, minute=0, second=0).astimezone(UTC)
        order = Order(
            order_id=str(_FIRST_ORDER_ID + index * 7 + rng.randrange(7)),
            index=index,
            created_at=created_at,
            promised_at=promised_at,
            service=service,
            destination=destination,
            courier=_pick(rng, _SHARES[lane]),
            quirk=rng.randrange(100),
        )
        chance = rng.random()
        pieces = 0 if chance < 0.015 else 3 if chance > 0.995 else 2 if chance > 0.97 else 1
        delay = rng.lognormvariate(0.3, 0.9)
        order.parcels = tuple(
            Parcel(
                order=order,
                piece=piece,
                tracking_number=_tracking_number(rng, order, piece),
                assigned_at=created_at + timedelta(seconds=int(3600 * (delay + 9 * piece * rng.random()))),
                tell=self._tell,
            )
            for piece in range(pieces)
        )
        return order

    def _tell(self, parcel: Parcel) -> tuple[Event, ...]:
        return tell(parcel, self.seed, self.present)


def _pick(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _tracking_number(rng: Random, order: Order, piece: int) -> str:
    """A number of the courier's own shape; the serial in it keeps any two apart."""
    serial = (order.index * 3 + piece) * 997 + rng.randrange(997)
    if order.courier == "sf_express":
        return f"SF{7_444_700_000_000 + serial}"
    if order.courier == "dhl_express":
        return str(4_700_000_000 + serial)
    if order.courier == "fedex":
        return str(794_800_000_000 + serial)
    if order.courier == "ups":
        return f"1ZW4R{serial:013d}"
    if order.courier == "zto":
        return str(75_870_000_000_000 + serial)
    if order.courier == "yto":
        return f"YT{8_820_000_000_000 + serial}"
    if order.courier == "4px":
        return f"4PX3001{serial:09d}CN"
    prefix = "EA" if order.courier == "ems" else "LK"
    return f"{prefix}{100_000_000 + serial}HK"
