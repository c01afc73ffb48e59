"""Durations between clocks that differ: to the minute where both zones are known, in days by the calendars there."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.models.answers import Answer, event, from_answers
from tests.models.tables import at

FETCHED = datetime(2026, 12, 31)
HONG_KONG, LONDON = "HONG KONG - HONG KONG SAR, CHINA", "LONDON-HEATHROW - UNITED KINGDOM"
NEW_YORK, LOS_ANGELES, SYDNEY = "NEW YORK, NY, US", "LOS ANGELES, CA, US", "SYDNEY, NSW, AU"


def journey(
    folder: Path, columns: str, picked_up: tuple[str, str], delivered: tuple[str, str], **more: Any
) -> tuple[Any, ...]:
    """The parcel that was picked up and delivered at these places and wall clocks."""
    told = (event(picked_up[1], "Shipment picked up", picked_up[0]), event(delivered[1], "Delivered", delivered[0]))
    answer = Answer(FETCHED, told, **({"courier": "DHL Express"} | more))
    inputs = {"source_order": [{"order_id": "A1", "promised_on": "2026-01-08"}]}
    return from_answers(folder, [answer], **inputs).row("fact_shipment", columns)


@pytest.mark.parametrize(
    ("start", "clock", "end", "end_clock", "hours"),
    [
        # Naively 24 hours: Hong Kong is 8 hours ahead of London in winter, 7 in summer.
        (HONG_KONG, "2026-01-05 10:00", LONDON, "2026-01-06 10:00", 32),
        (HONG_KONG, "2026-07-06 10:00", LONDON, "2026-07-07 10:00", 31),
        # Over the nights in which London's clock goes on (29 March) and back (25 October).
        (HONG_KONG, "2026-03-28 10:00", LONDON, "2026-03-30 10:00", 55),
        (HONG_KONG, "2026-10-24 10:00", LONDON, "2026-10-26 10:00", 56),
        (LONDON, "2026-03-28 22:00", "LEEDS - UNITED KINGDOM", "2026-03-29 08:00", 9),
        (LONDON, "2026-10-24 22:00", "LEEDS - UNITED KINGDOM", "2026-10-25 08:00", 11),
        # New York's nights are 8 March and 1 November: for weeks it is out of step with London.
        (HONG_KONG, "2026-03-07 10:00", NEW_YORK, "2026-03-09 10:15", 60.25),
        (HONG_KONG, "2026-10-31 10:00", NEW_YORK, "2026-11-02 10:15", 61.25),
        (LONDON, "2026-03-20 10:00", NEW_YORK, "2026-03-21 10:00", 28),
        (LONDON, "2026-04-20 10:00", NEW_YORK, "2026-04-21 10:00", 29),
        # Sydney's summer ends on 5 April and begins on 4 October; Brisbane has none.
        (HONG_KONG, "2026-01-05 10:00", SYDNEY, "2026-01-07 10:00", 45),
        (HONG_KONG, "2026-04-04 10:00", SYDNEY, "2026-04-06 10:00", 46),
        (HONG_KONG, "2026-10-03 10:00", SYDNEY, "2026-10-05 10:00", 45),
        (HONG_KONG, "2026-01-05 10:00", "BRISBANE, QLD, AU", "2026-01-07 10:00", 46),
        # Half and quarter hours; and the date line, where the parcel lands before it left.
        (HONG_KONG, "2026-01-05 10:00", "DELHI, IN", "2026-01-06 10:00", 26.5),
        (HONG_KONG, "2026-01-05 10:00", "KATHMANDU - NEPAL", "2026-01-06 10:00", 26.25),
        (HONG_KONG, "2026-01-05 10:00", "ADELAIDE, SA, AU", "2026-01-06 10:00", 21.5),
        (HONG_KONG, "2026-01-05 23:30", LOS_ANGELES, "2026-01-05 20:10", 12 + 40 / 60),
    ],
)
def test_hours_run_between_instants_not_between_clocks(
    start: str, clock: str, end: str, end_clock: str, hours: float, tmp_path: Path
) -> None:
    (found,) = journey(tmp_path, "transit_hours", (start, clock), (end, end_clock))
    assert found == pytest.approx(hours, abs=1 / 3600)


@pytest.mark.parametrize(
    ("place", "clock", "utc"),
    [
        # An hour that the clock skips is read as if the clock had not been set yet …
        (NEW_YORK, "2026-03-08 02:30", "2026-03-08 07:30"),
        (LONDON, "2026-03-29 01:30", "2026-03-29 01:30"),
        (SYDNEY, "2026-10-04 02:30", "2026-10-03 16:30"),
        # … and of an hour that comes twice, the second is meant.
        (NEW_YORK, "2026-11-01 01:30", "2026-11-01 06:30"),
        (LONDON, "2026-10-25 01:30", "2026-10-25 01:30"),
        (SYDNEY, "2026-04-05 02:30", "2026-04-04 16:30"),
    ],
)
def test_an_hour_that_is_missing_or_comes_twice_is_off_by_an_hour_at_most(
    place: str, clock: str, utc: str, tmp_path: Path
) -> None:
    assert journey(tmp_path, "last_delivered_at", (place, "2026-01-01 10:00"), (place, clock)) == (at(utc),)


@pytest.mark.parametrize(
    ("place", "destination", "hours"),
    [
        # A town that we do not know, or none: the delivery was in the country where the parcel went.
        ("CROYDON", "United Kingdom", 32),
        ("", "United Kingdom", 32),
        ("ALHAMBRA", "United States", 37),  # New York's clock, three hours before Alhambra's
        ("", "Australia", 21),
    ],
)
def test_a_delivery_at_an_unknown_place_was_at_the_destination(
    place: str, destination: str, hours: float, tmp_path: Path
) -> None:
    start, end = (HONG_KONG, "2026-01-05 10:00"), (place, "2026-01-06 10:00")
    assert journey(tmp_path, "transit_hours", start, end, destination=destination) == (hours,)


@pytest.mark.parametrize("place", ["HESTON, MIDDX", ""])
@pytest.mark.parametrize("message", ["Received in destination country", "已抵達目的地國家", "航班抵达目的国机场"])
def test_an_arrival_in_the_country_of_destination_was_there_whatever_the_place(
    message: str, place: str, tmp_path: Path
) -> None:
    told = (
        event("2026-01-05 10:00:00", "Shipment picked up", HONG_KONG),
        event("2026-01-07 07:53:47", message, place),
    )
    tables = from_answers(tmp_path, [Answer(FETCHED, told, courier="4PX", destination="United Kingdom")])
    assert tables.row("fact_shipment", "last_event_at") == (at("2026-01-07 07:53:47"),)


def test_offsets_that_the_courier_gives_per_event_win_over_the_place(tmp_path: Path) -> None:
    start, end = (HONG_KONG, "2026-09-03T01:19:47+08:00"), (LONDON, "2026-09-05T18:18:00+02:00")
    assert journey(tmp_path, "transit_hours", start, end, courier="4PX") == (pytest.approx(70 + 58 / 60 + 13 / 3600),)


@pytest.mark.parametrize(
    ("start_clock", "end_clock", "courier"),
    [
        ("2026-01-05 23:00:00", "2026-01-08 20:00:00", "DHL Express"),
        ("2026-01-05T15:00:00Z", "2026-01-09T04:00:00Z", "FedEx"),
        ("2026-01-05T23:00:00+08:00", "2026-01-08T20:00:00-08:00", "4PX"),
    ],
)
def test_days_and_promises_go_by_the_calendar_of_the_place(
    start_clock: str, end_clock: str, courier: str, tmp_path: Path
) -> None:
    start, end = (HONG_KONG, start_clock), (LOS_ANGELES, end_clock)
    found = journey(tmp_path, "transit_hours, transit_days, is_on_time", start, end, courier=courier)
    assert found == (85.0, 3, True)


def test_a_day_without_a_time_stays_that_day_in_every_zone_and_gives_no_hours(tmp_path: Path) -> None:
    told = (
        event("2026-01-05", "Item posted", "Hong Kong"),
        event("2026-01-07 00:00:00", "Arrived at the inward office of exchange", "Los Angeles, CA, US"),
        event("2026-01-08T00:00:00Z", "Delivered", "Los Angeles, CA, US"),
    )
    order = {"order_id": "A1", "ordered_at": at("2026-01-04 02:00")}
    tables = from_answers(tmp_path, [Answer(FETCHED, told, courier="Hongkong Post")], source_order=[order])
    assert tables.rows("fact_tracking_event", "cast(event_at_local as text), time_precision") == [
        ("2026-01-05 00:00:00", "date"),
        ("2026-01-07 00:00:00", "date"),
        ("2026-01-08 00:00:00", "date"),
    ]
    assert tables.row(
        "fact_shipment", "transit_hours, transit_excluded, transit_days, handling_hours, order_to_delivery_hours"
    ) == (None, "date only", 3, None, None)
