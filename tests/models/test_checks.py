"""The checks that warn: a small table in, a sentence and its numbers out."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from pipeline.models.checks import (
    deliveries_follow_pickups,
    no_courier_falls_silent,
    unknown_events_stay_few,
    volume_is_as_usual,
)
from pipeline.resources import Parcels
from pipeline.settings import Settings
from pipeline.tracking.landing import Saved
from pipeline.warehouse import DataFolder, open_work
from tests.models.tables import models

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("early", "delivered", "severity"),
    [(1, 2, None), (3, 300, None), (4, 300, "WARN"), (19, 30, "WARN"), (30, 300, "WARN"), (31, 300, "ERROR")],
)
def test_a_few_deliveries_before_their_pickup_are_bad_clocks_and_many_stop_the_run(
    early: int, delivered: int, severity: str | None, folder: DataFolder
) -> None:
    with open_work(folder) as work:
        work.execute(
            "create table fact_shipment as select timestamp '2026-03-02' as picked_up_at,"
            " timestamp '2026-03-01' + interval (if(n < $early, 0, 2)) day as first_delivered_at"
            " from range($delivered) as numbers(n)",
            {"early": early, "delivered": delivered},
        )
    result = deliveries_follow_pickups(Parcels(Settings(), folder, lambda: NOW, NOW, Saved()))
    assert isinstance(result, dg.AssetCheckResult)
    assert (None if result.passed else result.severity.value) == severity
    if severity:
        assert (result.description or "").startswith(f"{early} of {delivered} parcels are delivered before their")


def judge(check: Any, folder: DataFolder, table: str, values: str) -> tuple[str | None, dict[str, Any]]:
    """What a check says of a table that holds these rows; None where it finds nothing strange."""
    assert set(COLUMNS[table].split(", ")) <= models()[table].column_comments.keys()
    with open_work(folder) as work:
        work.execute(f"create or replace table {table} as from (values {values}) as t({COLUMNS[table]})")
    result = check(Parcels(Settings(), folder, lambda: NOW, NOW, Saved()))
    assert isinstance(result, dg.AssetCheckResult)
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert result.passed == (result.description is None)
    return result.description, {name: value.value for name, value in result.metadata.items()}


COLUMNS = {
    "courier_drift": "courier, open_parcels, new_events, days_before, usual_new_events, quietest_new_events,"
    " week_events, week_unknown_events, share_unknown_events",
    "daily_volume": "days_ago, courier, requests, answered_requests, new_events",
}


def test_a_courier_with_too_many_unknown_events_is_named_with_how_many(folder: DataFolder) -> None:
    sentence, numbers = judge(
        unknown_events_stay_few,
        folder,
        "courier_drift",
        """
        ('just enough',  9, 9, 7, 9.0, 9, 50,  1,  0.02),
        ('few events',   9, 9, 7, 9.0, 9, 49,  49, 1.0),
        ('no events',    9, 9, 7, 9.0, 9, 0,   0,  null),
        ('yto',          9, 9, 7, 9.0, 9, 200, 5,  0.025),
        ('dhl_express',  9, 9, 7, 9.0, 9, 50,  12, 0.24)
        """,
    )
    assert sentence is not None
    assert ": dhl_express 12 of 50 (24.0%), yto 5 of 200 (2.5%);" in sentence
    assert numbers == {"couriers": 2, "unknown_events": 17}


def test_a_courier_that_brought_news_on_every_other_day_and_none_now_is_named(folder: DataFolder) -> None:
    sentence, numbers = judge(
        no_courier_falls_silent,
        folder,
        "courier_drift",
        """
        ('speaks',             99, 1, 7, 9.0,  9, 90, 0, 0.0),
        ('has quiet days',     99, 0, 7, 9.0,  0, 90, 0, 0.0),
        ('nine parcels',       9,  0, 7, 9.0,  1, 90, 0, 0.0),
        ('known for 4 days',   99, 0, 4, 9.0,  1, 90, 0, 0.0),
        ('new',                99, 0, 0, null, null, 0, 0, null),
        ('hongkong_post',      10, 0, 5, 42.0, 1, 90, 0, 0.0)
        """,
    )
    assert sentence is not None
    assert sentence.endswith(": hongkong_post (42 new events on other days).")
    assert numbers == {"couriers": 1, "parcels_under_way": 10}


def days(newest: str, *before: str) -> str:
    """Rows of daily_volume, newest day first; a day is `requests answered new_events`."""
    rows = enumerate(day.split() for day in (newest, *before))
    return ", ".join(f"({ago}, 'yto', {requests}, {answered}, {events})" for ago, (requests, answered, events) in rows)


USUAL = ["1000 990 3000", "900 890 3300", "1100 1100 2700"] * 3


@pytest.mark.parametrize(
    ("newest", "sentence"),
    [
        ("334 334 1000", None),
        ("3000 3000 9000", None),
        ("333 333 3000", "The newest day had 333 requests, usually 1,000."),
        ("1000 1000 9001", "The newest day had 9,001 new events, usually 3,000."),
        ("100 0 0", "The newest day had 100 requests, usually 1,000 and 0 new events, usually 3,000."),
    ],
)
def test_a_day_three_times_off_the_usual_is_told(newest: str, sentence: str | None, folder: DataFolder) -> None:
    told, numbers = judge(volume_is_as_usual, folder, "daily_volume", days(newest, *USUAL))
    assert told == sentence
    assert (numbers["usual_requests"], numbers["usual_new_events"]) == (1000, 3000)


@pytest.mark.parametrize(
    "before",
    [
        ["1000 990 3000"] * 6,
        ["1000 990 3000"] * 6 + ["1000 0 0"],
        ["99 99 99"] * 14,
        ["99 99 99"] * 14 + ["1000 990 3000"] * 90,
    ],
)
def test_too_few_days_or_too_few_events_are_not_judged(before: list[str], folder: DataFolder) -> None:
    """Days on which nothing was answered are none, and what was a month ago is no longer usual."""
    told, _ = judge(volume_is_as_usual, folder, "daily_volume", days("1 1 1", *before))
    assert told is None
