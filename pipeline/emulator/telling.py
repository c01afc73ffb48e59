"""A journey as its courier tells it: which steps it reports, in what words, by which clock, how soon."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from .journey import travel
from .model import Event, Parcel
from .phrases import MEANING, traditional, wordings
from .places import COUNTRIES, Place
from .trip import Step

_SLIPPING = ("sf_express", "CN")
_SLIPPING_FOR = timedelta(days=16)
_PEOPLE = (
    "赵建国", "钱志明", "孙文斌", "郑文静", "陈立军", "王海波",
    "沈仲文", "黄嘉辉", "李佩仪", "何俊杰", "林家强", "梁伟荣",
)  # fmt: skip
_SIGNERS = ("A. CHAN", "J. EXAMPLE", "M. WONG", "RECEPTION DESK", "S. LEE")
_POINTS = ("太古城中心", "海怡半岛", "新都会广场", "创新大厦", "大洲通讯", "花园城", "康乐便利店", "金钟廊")
_PACE = {
    "sf_express": 0.92,
    "dhl_express": 0.85,
    "fedex": 1.0,
    "ups": 1.05,
    "hongkong_post": 1.5,
    "ems": 1.3,
    "zto": 1.15,
    "yto": 1.2,
    "yunda": 1.25,
    "4px": 1.45,
}


class _Habits(NamedTuple):
    """How a courier writes the place and the time of its rows."""

    location: Callable[[Place], str]
    written: str = "%Y-%m-%d %H:%M:%S"
    whole_minutes: bool = False
    late_hours: float = 0.03


def _city_english(place: Place) -> str:
    return place.english.partition(" - ")[0]


def _city_and_country(place: Place) -> str:
    return f"{_city_english(place)}, {place.country}"


_HABITS = {
    "sf_express": _Habits(lambda place: place.name),
    "dhl_express": _Habits(_city_english, whole_minutes=True, late_hours=0.3),
    "fedex": _Habits(_city_and_country, "%Y-%m-%dT%H:%M:%S", True, 0.1),
    "ups": _Habits(_city_and_country, late_hours=0.1),
    "hongkong_post": _Habits(
        lambda place: COUNTRIES[place.country].spellings[0], "%Y-%m-%d %H:%M", True, late_hours=2.5
    ),
    "ems": _Habits(lambda place: place.name, late_hours=1.5),
    "zto": _Habits(lambda place: ""),
    "yto": _Habits(lambda place: ""),
    "yunda": _Habits(lambda place: ""),
    "4px": _Habits(lambda place: "", late_hours=0.5),
}


def tell(parcel: Parcel, seed: int, present: datetime) -> tuple[Event, ...]:
    """Every event the parcel's courier will ever report, in the order in which they happened."""
    order = parcel.order
    rng = Random(f"{seed}/{parcel.tracking_number}")
    pace = _pace(rng, parcel, seed, present)
    steps = travel(rng, order, parcel.piece, parcel.assigned_at, pace)
    habits = _HABITS[order.courier]
    teller = _Teller(rng, parcel)
    events = []
    for step in sorted(steps, key=lambda step: step.at):
        if (worded := teller.word(step)) is None:
            continue
        kind, code, message = worded
        at = step.at.replace(second=0, microsecond=0) if habits.whole_minutes else step.at.replace(microsecond=0)
        status, substatus = MEANING[kind]
        date, is_clock_right = teller.clock(at, step.place)
        events.append(
            Event(
                reported_at=step.at + timedelta(hours=rng.expovariate(1 / habits.late_hours)),
                happened_at=at,
                code=code,
                location=teller.script(habits.location(step.place)),
                date=date,
                message=message,
                status=status,
                substatus=substatus,
                is_clock_right=is_clock_right,
            )
        )
    return tuple(events)


def _pace(rng: Random, parcel: Parcel, seed: int, present: datetime) -> float:
    """How slow this parcel is: courier, service, the week on its lane, luck; one lane slips of late."""
    order = parcel.order
    year, week, _ = parcel.assigned_at.isocalendar()
    of_week = Random(f"{seed}/{order.courier}/{order.destination}/{year}/{week}").lognormvariate(0, 0.13)
    pace = _PACE[order.courier] * of_week * rng.lognormvariate(0, 0.2)
    if order.service == "express":
        pace *= 0.8
    if (order.courier, order.destination) == _SLIPPING and parcel.assigned_at > present - _SLIPPING_FOR:
        pace *= 1.8
    return pace


class _Teller:
    """One parcel's courier, who keeps to one script, one way of writing the time and one pickup point."""

    def __init__(self, rng: Random, parcel: Parcel) -> None:
        self._rng = rng
        self._order = parcel.order
        self._is_with_partner = False
        self._is_traditional = parcel.order.courier == "sf_express" and rng.random() < 0.4
        self._point = rng.choice(_POINTS)
        self._odd_clock = rng.random()

    def word(self, step: Step) -> tuple[str, str, str] | None:
        """Kind, code and message of a step, or None where this courier does not report such steps."""
        is_usps = self._is_with_partner and step.place.country == "US"
        kind, texts = wordings("usps" if is_usps else self._order.courier, step.kind)
        if not texts:
            return None
        self._is_with_partner |= kind == "partner"
        rng = self._rng
        phrase = rng.choice(texts)
        mobile = f"138{rng.randrange(10**8):08d}"
        if step.place.country in ("HK", "MO"):
            mobile = f"{rng.choice('569')}{rng.randrange(1000):03d} {rng.randrange(10**4):04d}"
        text = phrase.text.format(
            here=step.site,
            next=step.next_site,
            city=step.place.name,
            en=step.place.english,
            country=COUNTRIES[step.place.country].spellings[0],
            person=rng.choice(_PEOPLE),
            phone=mobile,
            signer=rng.choice(_SIGNERS),
            point=self._point,
            other=f"SF{7_451_000_000_000 + rng.randrange(10**9)}",
        )
        return kind, phrase.code, self.script(text)

    def script(self, text: str) -> str:
        return traditional(text) if self._is_traditional else text

    def clock(self, at: datetime, place: Place) -> tuple[str, bool]:
        """The local time as this courier writes it, and whether that is the right time."""
        local = at.astimezone(place.zone)
        courier = self._order.courier
        if courier == "4px":
            return local.isoformat(), True
        is_right = not local.fold  # the hour that autumn repeats cannot be told from its first run
        if self._odd_clock < 0.006 and self._rng.random() < 0.3:
            local = local.replace(year=local.year - 1, day=min(local.day, 28))
            is_right = False
        if courier == "hongkong_post" and self._rng.random() < 0.25:
            return f"{local:%Y-%m-%d}", False
        if courier == "yto" and self._odd_clock > 0.5:
            return f"{local:%Y-%m-%d%H:%M:%S}", is_right
        return local.strftime(_HABITS[courier].written), is_right
