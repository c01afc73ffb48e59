"""Models made again for the parcels that changed alone say what they would say if all were made anew."""

import random
import re

import pytest

from pipeline.models.by_parcel import BY_PARCEL, VOLATILE, build_by_parcel, update_digests
from pipeline.models.sql_file import build
from tests.models.tables import Row, Tables, at, history, models

KINDS = ["picked_up.collected", "in_transit.moving", "out_for_delivery.with_courier", "delivered.recipient"]
KINDS += ["failed_attempt.recipient_absent", "exception.damaged", "customs.held", "return.in_progress"]


def parcels(count: int) -> list[Row]:
    """Parcels of two events each, SF0, SF1, …, of an order of their own."""
    lines = "2026-01-05 09:00 picked_up.collected Hong Kong\n2026-01-06 10:00 in_transit.moving Shenzhen"
    return [
        row | {"order_id": f"A{number}", "event_id": f"{number}-{row['sequence']}"}
        for number in range(count)
        for row in history(f"SF{number}", lines)
    ]


def made(tables: Tables) -> dict[str, int | None]:
    """Bring every model up to its inputs; how many parcels each made again, None where it made all."""
    for name in ("dim_status", "order_parcel"):
        build(tables.connection, models()[name])
    update_digests(tables.connection)
    return {name: build_by_parcel(tables.connection, models()[name]).parcels for name in in_order()}


def in_order() -> list[str]:
    return [name for name in models() if name in BY_PARCEL]


def contents(tables: Tables) -> dict[str, list[tuple[object, ...]]]:
    return {name: tables.connection.execute(f"from {name} order by all").fetchall() for name in in_order()}


def anew(tables: Tables) -> dict[str, list[tuple[object, ...]]]:
    for name in in_order():
        build(tables.connection, models()[name])
    return contents(tables)


def add(tables: Tables, parcel: str, lines: str, **more: object) -> None:
    """Events that a later answer brought for a parcel."""
    for row in history(parcel, lines, **more):
        place = tables.connection.execute("select count(*) from fact_tracking_event").fetchone()
        row |= {
            "account": "main",
            "courier": "sf_express",
            "event_id": f"later-{place}",
            "first_seen_at": row["event_at"],
        }
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        tables.connection.execute(f"insert into fact_tracking_event ({columns}) values ({marks})", list(row.values()))


def test_only_the_parcel_with_a_new_event_is_made_again() -> None:
    tables = Tables(fact_tracking_event=parcels(20))
    assert set(made(tables).values()) == {None}
    tables.connection.execute("update shipment_state set event_count = 99")
    add(tables, "SF7", "2026-01-07 12:00 delivered.recipient Shenzhen", order_id="A7")
    assert set(made(tables).values()) == {1}
    counts = tables.connection.execute("select event_count, count(*) from shipment_state group by 1 order by 1")
    assert counts.fetchall() == [(3, 1), (99, 19)]


def test_without_a_change_nothing_is_made() -> None:
    tables = Tables(fact_tracking_event=parcels(20))
    made(tables)
    before = contents(tables)
    tables.connection.execute("update fact_tracking_event set last_seen_at = '2026-02-01', last_response_id = 'r9'")
    assert set(made(tables).values()) == {0}
    assert contents(tables) == before


def test_what_changes_with_every_answer_is_read_by_no_model_that_is_made_by_parcel() -> None:
    for name in BY_PARCEL:
        assert not re.search("|".join(VOLATILE), models()[name].sql), name


@pytest.mark.parametrize("seed", range(6))
def test_after_any_changes_the_tables_are_those_of_a_rebuild(seed: int) -> None:
    chance = random.Random(seed)
    tables = Tables(fact_tracking_event=parcels(60))
    made(tables)
    execute = tables.connection.execute
    for step in range(8):
        numbers = chance.sample(range(60), 6)
        parcel = f"SF{numbers[0]}"
        clock = f"2026-01-{chance.randint(5, 28):02} {chance.randint(0, 23):02}:00"
        add(tables, parcel, f"{clock} {chance.choice(KINDS)} Hong Kong", order_id=f"A{numbers[0]}", sequence=step + 3)
        execute("update fact_tracking_event set status = 'unknown' where tracking_number = ?", [f"SF{numbers[1]}"])
        execute("delete from fact_tracking_event where event_id = ?", [f"{numbers[2]}-2"])
        execute("delete from fact_tracking_event where tracking_number = ?", [f"SF{numbers[3]}"])
        # The number of an order is told later: its events move to another parcel.
        execute("update fact_tracking_event set tracking_number = null where order_id = ?", [f"A{numbers[4]}"])
        execute(
            "insert into source_order (account, order_id, tracking_number) values ('main', ?, ?)",
            [f"A{numbers[5]}", f"SF{chance.randint(0, 80)}"],
        )
        again = made(tables)
        assert None not in again.values()
        found = contents(tables)
        assert found == anew(tables), f"step {step}"


def test_many_changes_make_all_again() -> None:
    tables = Tables(fact_tracking_event=parcels(20))
    made(tables)
    tables.connection.execute(
        "update fact_tracking_event set status = 'customs', substatus = 'held' where sequence = 2"
    )
    assert set(made(tables).values()) == {None}
    assert contents(tables) == anew(tables)


def test_a_status_that_now_ends_the_journey_makes_all_again_that_reads_it() -> None:
    tables = Tables(fact_tracking_event=parcels(20))
    made(tables)
    tables.connection.execute("update reference.status set is_terminal = true where substatus = 'moving'")
    assert set(made(tables).values()) == {None}
    assert contents(tables) == anew(tables)


def test_a_model_that_was_built_alone_before_what_it_reads_catches_up() -> None:
    tables = Tables(fact_tracking_event=parcels(20))
    made(tables)
    add(tables, "SF7", "2026-01-07 12:00 delivered.recipient Shenzhen", order_id="A7")
    update_digests(tables.connection)
    build_by_parcel(tables.connection, models()["shipment_state"])
    made(tables)
    delivered = tables.connection.execute("select shipment_id from shipment_state where status = 'delivered'")
    assert len(delivered.fetchall()) == 1


def test_a_table_that_is_gone_or_not_known_to_be_whole_is_made_anew() -> None:
    tables = Tables(fact_tracking_event=parcels(20))
    made(tables)
    tables.connection.execute("drop table shipment_state; delete from model_state where model = 'suspect_event'")
    again = made(tables)
    assert (again["shipment_state"], again["suspect_event"], again["shipment_attempt"]) == (None, None, 0)


def test_orders_that_share_their_first_number_anew() -> None:
    """An order's second number is told, and sorts first: what names the order alone goes to that parcel."""
    rows = [*parcels(20), *history("", "2026-01-06 12:00 customs.cleared", order_id="A3", event_id="alone")]
    rows[-1]["tracking_number"] = None
    tables = Tables(fact_tracking_event=rows)
    made(tables)
    tables.connection.execute(
        "insert into source_order (account, order_id, tracking_number, first_seen_at) values ('main', 'A3', 'SF-0', ?)",
        [at("2026-01-09")],
    )
    assert made(tables)["shipment_event"] == 2
    assert contents(tables) == anew(tables)
