"""The emulated world is the same every time, unfolds with the clock, and looks like real parcels."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest

from pipeline.emulator.model import Order, Parcel
from pipeline.emulator.phrases import MEANING, phrases
from pipeline.emulator.places import COUNTRIES
from pipeline.emulator.world import World

STARTS_AT = datetime(2026, 10, 10, 8, tzinfo=UTC)
LONG_AFTER = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, orders=1200, starts_at=STARTS_AT)


def parcels(world: World) -> list[Parcel]:
    return [parcel for order in world.orders for parcel in order.parcels]


def shape(order: Order) -> tuple[object, ...]:
    return (order.order_id, order.created_at, order.courier, [(p.tracking_number, p.history) for p in order.parcels])


def test_the_same_seed_makes_the_same_world() -> None:
    first, second = (World(seed=3, orders=40, starts_at=STARTS_AT) for _ in range(2))
    assert [shape(order) for order in first.orders] == [shape(order) for order in second.orders]
    assert list(first.orders_at(first.present)) == list(second.orders_at(first.present))


def test_another_seed_makes_another_world() -> None:
    first, second = (World(seed=seed, orders=40, starts_at=STARTS_AT) for seed in (3, 4))
    assert [shape(order) for order in first.orders] != [shape(order) for order in second.orders]


def test_a_history_does_not_depend_on_which_parcel_was_asked_for_first() -> None:
    forwards, backwards = (World(seed=3, orders=40, starts_at=STARTS_AT) for _ in range(2))
    told = {p.tracking_number: p.history for p in reversed(parcels(backwards))}
    assert {p.tracking_number: p.history for p in parcels(forwards)} == told


def test_exactly_the_orders_asked_for_exist_at_the_present_and_more_come_later(world: World) -> None:
    assert len(world.orders_until(world.present)) == 1200
    assert len(world.orders_until(world.present + timedelta(days=5))) > 1250
    assert len(world.orders_until(STARTS_AT - timedelta(seconds=1))) == 0
    created = [order.created_at for order in world.orders]
    assert created == sorted(created)


def test_ids_are_unique_and_orders_are_found_by_them_only_once_they_exist(world: World) -> None:
    assert len({order.order_id for order in world.orders}) == len(world.orders)
    assert len({parcel.tracking_number for parcel in parcels(world)}) == len(parcels(world))
    order = world.orders[100]
    assert world.order(order.order_id, order.created_at) is order
    assert world.order(order.order_id, order.created_at - timedelta(seconds=1)) is None
    parcel = parcels(world)[100]
    assert world.parcel(parcel.tracking_number, parcel.assigned_at) is parcel
    assert world.parcel(parcel.tracking_number, parcel.assigned_at - timedelta(seconds=1)) is None


def test_histories_unfold_with_the_clock_and_never_show_the_future(world: World) -> None:
    for parcel in parcels(world)[:200]:
        seen: tuple[object, ...] = ()
        for hours in range(0, 24 * 40, 24):
            now = parcel.assigned_at + timedelta(hours=hours)
            events = parcel.events(now)
            assert set(seen) <= set(events)
            assert all(event.happened_at <= event.reported_at <= now for event in events)
            seen = events


def test_times_are_written_as_local_time_of_the_place(world: World) -> None:
    zones = {place.english: place.zone for country in COUNTRIES.values() for place in country.cities}
    delivered = 0
    for parcel in parcels(world):
        for event in parcel.history:
            if parcel.order.courier == "dhl_express" and event.is_clock_right and " at " in event.message:
                zone = zones.get(event.message.rpartition(" at ")[2])
                if zone:
                    written = datetime.fromisoformat(event.date).replace(tzinfo=zone).astimezone(UTC)
                    assert written == event.happened_at
                    delivered += 1
            if parcel.order.courier == "4px":
                assert datetime.fromisoformat(event.date) == event.happened_at
    assert delivered > 50


def test_a_few_clocks_are_wrong_and_the_world_says_which(world: World) -> None:
    wrong = [(p.order.courier, e) for p in parcels(world) for e in p.history if not e.is_clock_right]
    date_only = [e for courier, e in wrong if courier == "hongkong_post" and re.fullmatch(r"\d{4}-\d\d-\d\d", e.date)]
    wrong_year = [e for _, e in wrong if e.date.startswith("2025")]
    assert date_only and wrong_year
    assert len(wrong_year) < 60
    no_space = [e.date for p in parcels(world) if p.order.courier == "yto" for e in p.history]
    assert any(re.fullmatch(r"\d{4}-\d\d-\d{4}:\d\d:\d\d", date) for date in no_space)


def test_events_of_one_second_occur(world: World) -> None:
    ties = sum(
        any(a.happened_at == b.happened_at for a, b in zip(p.history, p.history[1:], strict=False))
        for p in parcels(world)
    )
    assert ties > 20


def test_every_wording_belongs_to_a_kind_with_a_meaning() -> None:
    assert {kind for _, kind in phrases()} <= set(MEANING)


def test_couriers_and_lanes_are_mixed_as_from_a_hong_kong_shop(world: World) -> None:
    couriers = Counter(order.courier for order in world.orders)
    assert 0.58 < couriers["sf_express"] / len(world.orders) < 0.74
    assert {"dhl_express", "fedex", "ups", "hongkong_post", "ems", "zto", "yto", "yunda", "4px"} <= set(couriers)
    pieces = Counter(len(order.parcels) for order in world.orders)
    assert pieces[1] > 0.9 * len(world.orders)
    assert pieces[0] and pieces[2] and pieces[3]


def test_every_kind_of_fate_occurs(world: World) -> None:
    truths = [parcel.truth(LONG_AFTER) for parcel in parcels(world)]
    ends = Counter((truth.status, truth.substatus) for truth in truths)
    assert {
        ("delivered", "recipient"), ("delivered", "third_party"), ("delivered", "collected"),
        ("available_for_pickup", "locker"), ("return", "completed"), ("cancelled", "cancelled"),
        ("pending", "label_created"), ("exception", "lost"),
    } <= set(ends)  # fmt: skip
    assert sum(truth.is_reopened for truth in truths) >= 3
    assert sum(truth.failed_attempts > 1 for truth in truths) >= 3
    substatuses = {(e.status, e.substatus) for p in parcels(world) for e in p.history}
    assert set(MEANING.values()) <= substatuses


def test_customs_trouble_with_dhl_repeats_a_row_day_after_day(world: World) -> None:
    repeats = [sum(e.message == "Clearance event" for e in p.history) for p in parcels(world)]
    assert max(repeats) >= 8


def test_names_and_telephone_numbers_stand_in_sf_texts(world: World) -> None:
    texts = dict.fromkeys(("44", "204", "80"), "")
    for parcel in parcels(world):
        if parcel.order.courier == "sf_express":
            for event in parcel.history:
                if event.code in texts:
                    texts[event.code] += event.message
    for text in texts.values():
        assert re.search(r"138\d{8}", text)
        assert re.search(r"[569]\d{3} \d{4}", text)


def test_transit_takes_as_long_as_the_way_is(world: World) -> None:
    days: dict[str, list[float]] = {}
    for parcel in parcels(world):
        truth = parcel.truth(LONG_AFTER)
        if truth.picked_up_at and truth.last_delivered_at and parcel.assigned_at < world.present - timedelta(days=20):
            span = truth.last_delivered_at - truth.picked_up_at
            days.setdefault(truth.destination, []).append(span.total_seconds() / 86400)
    assert 0.6 < median(days["HK"]) < 2
    assert 1.5 < median(days["CN"]) < 4
    assert 3.5 < median(days["US"]) < 10


def test_one_lane_slips_in_the_last_weeks(world: World) -> None:
    early, late = [], []
    for parcel in parcels(world):
        truth = parcel.truth(LONG_AFTER)
        if (
            (truth.courier, truth.destination) == ("sf_express", "CN")
            and truth.last_delivered_at
            and truth.picked_up_at
        ):
            span = (truth.last_delivered_at - truth.picked_up_at).total_seconds()
            (late if parcel.assigned_at > world.present - timedelta(days=14) else early).append(span)
    assert median(late) > 1.4 * median(early)


def test_the_source_table_grows_and_changes_as_numbers_are_assigned(world: World) -> None:
    order = next(order for order in world.orders if len(order.parcels) == 2)
    first, second = order.parcels

    def rows(now: datetime) -> list[tuple[str | None, datetime]]:
        return [(r.tracking_number, r.updated_at) for r in world.orders_at(now) if r.order_id == order.order_id]

    assert rows(order.created_at - timedelta(seconds=1)) == []
    assert rows(order.created_at) == [(None, order.created_at)]
    assert rows(LONG_AFTER) == [
        (first.tracking_number, first.assigned_at),
        (second.tracking_number, second.assigned_at),
    ]


def test_the_source_table_has_gaps_where_a_merchant_has_them(world: World) -> None:
    rows = list(world.orders_at(world.present))
    promised = sum(row.promised_at is not None for row in rows) / len(rows)
    assert 0.75 < promised < 0.95
    assert any(row.tracking_number is None for row in rows)
    assert all(row.updated_at <= world.present for row in rows)


def test_the_answer_of_an_order_is_its_first_parcel(world: World) -> None:
    order = next(order for order in world.orders if len(order.parcels) == 2)
    assert world.answer(order, LONG_AFTER) == order.parcels[0].history
    assert world.answer(order, order.created_at) == ()
