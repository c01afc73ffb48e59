from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from pipeline.orders.times import DateOrder, end_of_day, read_times

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")
NAIVE = datetime.fromisoformat("2025-01-05 09:05")
MIDNIGHT = datetime.fromisoformat("2025-01-05 00:00")


def utc(value: Any, zone: ZoneInfo = HONG_KONG, dtype: Any = object) -> str | None:
    read = read_times(pd.Series([value], dtype=dtype), zone)
    assert bool(read.is_unreadable.iloc[0]) == (pd.notna(value) and value != "" and pd.isna(read.at.iloc[0]))
    return None if pd.isna(read.at.iloc[0]) else read.at.iloc[0].isoformat(" ")


@pytest.mark.parametrize(
    "value",
    [
        "2025-01-05T09:05:00+08:00",
        "2025-01-05 09:05",
        "2025-01-05T01:05:00Z",
        "2025-01-05 01:05:00 UTC",
        "2025-01-05 01:05:00+00",
        "2025-01-05 09:05:00 +0800",
        "20250105T010500Z",
        "2025/1/5 9:05",
        "2025/1/5 09:05:00",
        "2025.01.05 9:05",
        "1736039100",
        "1736039100000",
        1736039100,
        1736039100000,
        1736039100.0,
        NAIVE,
        datetime(2025, 1, 5, 1, 5, tzinfo=UTC),
        datetime(2025, 1, 4, 20, 5, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_one_moment_in_all_its_spellings(value: Any) -> None:
    assert utc(value) == "2025-01-05 01:05:00"


@pytest.mark.parametrize(
    "dtype", ["datetime64[ns]", "datetime64[s]", "timestamp[us][pyarrow]", "timestamp[ns][pyarrow]"]
)
def test_typed_columns_without_zone_are_business_time(dtype: str) -> None:
    read = read_times(pd.Series([NAIVE, None], dtype=dtype), HONG_KONG)
    assert read.at.iloc[0] == pd.Timestamp("2025-01-05 01:05")
    assert pd.isna(read.at.iloc[1]) and not read.is_unreadable.any()


@pytest.mark.parametrize("dtype", ["datetime64[us, Europe/Berlin]", "timestamp[us, tz=Etc/UTC][pyarrow]"])
def test_typed_columns_with_a_zone_keep_their_moment(dtype: str) -> None:
    read = read_times(pd.Series([datetime(2025, 1, 5, 1, 5, tzinfo=UTC), None], dtype=dtype), HONG_KONG)
    assert read.at.iloc[0] == pd.Timestamp("2025-01-05 01:05")


@pytest.mark.parametrize(
    "value",
    [
        "Jan 5, 2025 9:05:00 AM",
        "January 5, 2025 @ 09:05",
        "5 Jan 2025, 9:05 a.m.",
        "05-JAN-2025 09:05",
        "2025-01-05 9:05 AM",
        "2025年1月5日 09:05",
    ],
)
def test_a_month_in_words_leaves_no_doubt(value: str) -> None:
    assert utc(value) == "2025-01-05 01:05:00"


@pytest.mark.parametrize(("hour", "at"), [("12:05 am", "00:05"), ("12:05 pm", "12:05"), ("1:05 PM", "13:05")])
def test_noon_is_twelve_and_midnight_nought(hour: str, at: str) -> None:
    assert utc(f"2025-01-05 {hour}", ZoneInfo("UTC")) == f"2025-01-05 {at}:00"


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "Jan 32, 2025",
        "2025-01-05 13:05 PM",
        "03/04/2025",
        "2025-02-30",
        "2025-13-01",
        "0000-00-00 00:00:00",
        "9999-12-31",
        "1970-01-01",
        "2025",
        "12:30",
        5,
        b"x",
    ],
)
def test_what_is_no_time_is_said_to_be_unreadable(value: Any) -> None:
    assert utc(value) is None


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NaT])
def test_nothing_is_nothing_and_no_fault(value: Any) -> None:
    read = read_times(pd.Series([value], dtype=object), HONG_KONG)
    assert pd.isna(read.at.iloc[0]) and not read.is_unreadable.iloc[0]


@pytest.mark.parametrize(
    "value",
    ["2025-01-05", "2025/1/5", "20250105", date(2025, 1, 5), "2025-01-05 00:00:00", MIDNIGHT],
)
def test_a_bare_date_and_a_database_midnight_are_known_as_days(value: Any) -> None:
    read = read_times(pd.Series([value, "2025-01-05 00:00:00+08:00"], dtype=object), HONG_KONG)
    assert list(read.is_midnight) == [True, False]
    assert list(read.on) == [pd.Timestamp("2025-01-05")] * 2
    assert end_of_day(read.on, HONG_KONG)[0] == pd.Timestamp("2025-01-05 15:59:59")


@pytest.mark.parametrize(
    ("date_order", "value", "at"),
    [
        ("day/month/year", "03/04/2025", "2025-04-02 16:00:00"),
        ("month/day/year", "03/04/2025", "2025-03-03 16:00:00"),
        ("day/month/year", "3.4.2025 9:05", "2025-04-03 01:05:00"),
        ("day/month/year", "13-08-2018 20:41:59", "2018-08-13 12:41:59"),
        ("day/month/year", "2025-04-03", "2025-04-02 16:00:00"),
        ("month/day/year", "13/08/2018", None),
        ("day/month/year", "03/04/25", None),
        (None, "13/08/2018", None),
    ],
)
def test_a_date_with_the_year_last_is_read_by_the_order_that_is_set(
    date_order: DateOrder | None, value: str, at: str | None
) -> None:
    times = read_times(pd.Series([value], dtype=object), HONG_KONG, date_order)
    assert [None if pd.isna(moment) else str(moment) for moment in times.at] == [at]
    assert list(times.is_unreadable) == [at is None]


def test_a_moment_belongs_to_its_day_in_the_business_zone() -> None:
    assert read_times(pd.Series(["2025-01-05T20:00:00Z"]), HONG_KONG).on[0] == pd.Timestamp("2025-01-06")


def test_when_clocks_change_every_wall_time_still_means_one_moment() -> None:
    assert utc("2025-11-02 01:30", NEW_YORK) == "2025-11-02 05:30:00"  # exists twice: the first
    assert utc("2025-03-09 02:30", NEW_YORK) == "2025-03-09 07:00:00"  # exists never: the first moment after
    assert end_of_day(pd.Series([pd.Timestamp("2025-11-02")]), NEW_YORK)[0] == pd.Timestamp("2025-11-03 04:59:59")
