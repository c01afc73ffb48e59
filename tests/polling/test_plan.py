"""Which parcels are asked next: never-asked first, then the longest unasked; finished ones once more."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.polling.plan import make_plan, planned_queries
from pipeline.tracking.api import Answer, Outcome, Query
from pipeline.tracking.landing import Landing
from pipeline.warehouse import DataFolder, open_work

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


def ago(**units: float) -> datetime:
    return NOW.replace(tzinfo=None) - timedelta(**units)


def plan(
    folder: DataFolder,
    *,
    orders: list[tuple[str | None, str | None]],
    polls: list[tuple[str, str, datetime]] = [],  # noqa: B006 (never changed)
    outcome: str = "ok",
    shipments: list[tuple[str, str, datetime | None]] = [],  # noqa: B006
) -> list[tuple[str | None, str | None, str]]:
    """The plan as (order id, tracking number, asked by), from orders, polls (by, id, when) and shipments (…, end)."""
    with open_work(folder) as connection:
        for order_id, number in orders:
            connection.execute(
                "insert into source_order (account, order_id, tracking_number) values ('default', ?, ?)",
                [order_id, number],
            )
        for asked_by, asked_for, when in polls:
            connection.execute(
                f"insert into fact_poll (account, asked_by, {asked_by}, requested_at, outcome)"
                " values ('default', ?, ?, ?, ?)",
                [asked_by, asked_for, when, outcome],
            )
        connection.execute(
            "create table fact_shipment (account varchar, order_id varchar, tracking_number varchar,"
            " is_terminal boolean, ended_at timestamp, event_count bigint, is_called_off boolean)"
        )
        for order_id, number, ended_at in shipments:
            row = [order_id, number, ended_at is not None, ended_at]
            connection.execute("insert into fact_shipment values ('default', ?, ?, ?, ?, 3, false)", row)
        make_plan(connection, folder, NOW)
        return [(q.order_id, q.tracking_number, q.asked_by) for q in planned_queries(connection, "default")]


def test_never_asked_come_first_then_the_longest_unasked(folder: DataFolder) -> None:
    assert plan(
        folder,
        orders=[("asked an hour ago", None), ("never asked", None), ("asked yesterday", None), ("just asked", None)],
        polls=[
            ("order_id", "asked an hour ago", ago(hours=1)),
            ("order_id", "asked yesterday", ago(days=1)),
            ("order_id", "just asked", ago(minutes=59)),
        ],
    ) == [
        ("never asked", None, "order_id"),
        ("asked yesterday", None, "order_id"),
        ("asked an hour ago", None, "order_id"),
    ]


def test_the_order_id_is_asked_for_where_there_is_one(folder: DataFolder) -> None:
    assert plan(folder, orders=[("1", "SF1"), (None, "SF2")]) == [
        ("1", "SF1", "order_id"),
        (None, "SF2", "tracking_number"),
    ]


def test_parcels_of_one_order_are_asked_for_one_by_one(folder: DataFolder) -> None:
    assert plan(folder, orders=[("1", "SF1"), ("1", "SF2")]) == [
        ("1", "SF1", "tracking_number"),
        ("1", "SF2", "tracking_number"),
    ]


@pytest.mark.parametrize(
    ("delivered", "asked", "outcome", "is_due"),
    [
        (timedelta(hours=47), timedelta(hours=46), "ok", False),
        (timedelta(hours=49), timedelta(hours=46), "ok", True),
        (timedelta(hours=60), timedelta(hours=11), "ok", False),
        (timedelta(hours=60), timedelta(hours=11), "malformed", True),
        (timedelta(hours=60), timedelta(minutes=30), "malformed", False),
        (timedelta(days=8), timedelta(hours=11), "malformed", False),
        (timedelta(days=30), timedelta(days=29), "ok", True),
    ],
)
def test_a_finished_parcel_is_asked_once_more_after_48_hours_until_that_is_answered(
    delivered: timedelta, asked: timedelta, outcome: str, is_due: bool, folder: DataFolder
) -> None:
    now = NOW.replace(tzinfo=None)
    due = plan(
        folder,
        orders=[("1", "SF1")],
        polls=[("order_id", "1", now - asked)],
        shipments=[("1", "SF1", now - delivered)],
        outcome=outcome,
    )
    assert bool(due) is is_due


def test_a_request_stamped_by_a_clock_that_ran_ahead_keeps_no_parcel_waiting(folder: DataFolder) -> None:
    polls = [("order_id", "1", ago(days=-30)), ("order_id", "2", ago(minutes=-5))]
    assert plan(folder, orders=[("1", None), ("2", None)], polls=polls) == [("1", None, "order_id")]


def test_an_order_whose_parcel_is_on_its_way_is_asked_again(folder: DataFolder) -> None:
    assert plan(
        folder,
        orders=[("1", None)],
        polls=[("order_id", "1", ago(hours=2))],
        shipments=[("1", "SF1", None)],
    ) == [("1", None, "order_id")]


def test_a_table_of_an_older_version_that_knows_no_end_keeps_nobody_from_asking(folder: DataFolder) -> None:
    with open_work(folder) as connection:
        connection.execute("insert into source_order (account, order_id) values ('default', '1')")
        connection.execute(
            "create table fact_shipment as select 'default' as account, '2' as order_id, 'SF2' as tracking_number,"
            " true as is_terminal, 3 as event_count"
        )
        make_plan(connection, folder, NOW)
        assert [query.order_id for query in planned_queries(connection, "default")] == ["1"]


def test_an_answer_that_lies_in_raw_only_counts_as_asked(folder: DataFolder) -> None:
    landing = Landing(folder, "dead", "Asia/Hong_Kong")
    query = Query("default", "1", None, "order_id")
    landing.write(Answer(query, NOW - timedelta(minutes=5), 1.0, 500, {}, b"", Outcome.SERVER_ERROR, None, 1))
    landing.close()
    assert plan(folder, orders=[("1", None), ("2", None)]) == [("2", None, "order_id")]


@pytest.mark.parametrize(
    ("answers", "is_called_off", "is_due"),
    [
        # Hours ago, and the order status that was answered then.
        ([(30, "PENDING"), (20, "CANCELLED")], True, False),
        ([(49, "CANCELLED")], True, True),
        ([(70, "CANCELLED"), (21, "CANCELLED")], True, False),
        ([(70, "CANCELLED"), (24, "CANCELLED")], True, True),
        # Called off, on again and off again: the last time counts.
        ([(90, "CANCELLED"), (60, "PENDING"), (20, "CANCELLED")], True, False),
        # An answer without a status takes nothing back.
        ([(80, "CANCELLED"), (60, None), (20, "CANCELLED")], True, False),
        # A scan came all the same, or the order is on again.
        ([(20, "CANCELLED"), (2, "CANCELLED")], False, True),
        # Called off by an answer about something else: since when is not known.
        ([(20, None)], True, True),
    ],
)
@pytest.mark.parametrize("number", [None, "SF1"])
def test_an_order_that_was_called_off_is_asked_once_more_after_48_hours(
    answers: list[tuple[int, str | None]], is_called_off: bool, is_due: bool, number: str | None, folder: DataFolder
) -> None:
    order_id = None if number else "1"
    with open_work(folder) as connection:
        connection.execute(
            "insert into source_order (account, order_id, tracking_number) values ('default', ?, ?)",
            [order_id, number],
        )
        connection.execute(
            "create table fact_shipment as select 'default' as account, $order_id::varchar as order_id,"
            " $number::varchar as tracking_number, false as is_terminal, null::timestamp as ended_at,"
            " 0::bigint as event_count, $off as is_called_off",
            {"order_id": order_id, "number": number, "off": is_called_off},
        )
        for hours, said in answers:
            connection.execute(
                "insert into fact_poll (account, asked_by, order_id, tracking_number, requested_at, outcome,"
                " order_status) values ('default', ?, ?, ?, ?, 'no_events', ?)",
                ["tracking_number" if number else "order_id", order_id, number, ago(hours=hours), said],
            )
        make_plan(connection, folder, NOW)
        assert bool(list(planned_queries(connection, "default"))) is is_due


def test_an_order_with_one_parcel_called_off_and_one_on_its_way_is_asked_again(folder: DataFolder) -> None:
    with open_work(folder) as connection:
        connection.execute("insert into source_order (account, order_id) values ('default', '1')")
        connection.execute(
            "create table fact_shipment as select 'default' as account, '1' as order_id, tracking_number,"
            " false as is_terminal, null::timestamp as ended_at, 1::bigint as event_count, is_called_off"
            " from (values ('SF1', true), ('SF2', false)) as parcel(tracking_number, is_called_off)"
        )
        connection.execute(
            "insert into fact_poll (account, asked_by, order_id, requested_at, outcome, order_status)"
            " values ('default', 'order_id', '1', ?, 'ok', 'CANCELLED')",
            [ago(hours=20)],
        )
        make_plan(connection, folder, NOW)
        assert [query.order_id for query in planned_queries(connection, "default")] == ["1"]
