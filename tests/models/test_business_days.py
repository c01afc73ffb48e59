"""Working days: which days they are, how many handling and transit took, whether a service level was kept."""

from typing import Any

import pytest

from tests.models.tables import Row, Tables, at, history


def days(where: str, columns: str = "cast(date_day as text), is_business_day") -> list[tuple[Any, ...]]:
    return Tables().rows("business_day", columns, where)


def test_weekends_and_holidays_are_no_business_days_and_worked_weekends_are() -> None:
    assert days("country = 'CN' and date_day between '2026-02-13' and '2026-02-16'") == [
        ("2026-02-13", True),
        ("2026-02-14", True),  # a Saturday worked for the Spring Festival week
        ("2026-02-15", False),
        ("2026-02-16", False),
    ]
    assert days("country = 'HK' and date_day between '2026-02-13' and '2026-02-16'") == [
        ("2026-02-13", True),
        ("2026-02-14", False),
        ("2026-02-15", False),
        ("2026-02-16", True),
    ]


def test_business_days_between_two_days_are_a_subtraction() -> None:
    # Friday 13 to Friday 20 February 2026: Monday 16 and Friday 20 in Hong Kong, Saturday 14 alone on the mainland.
    spring_festival = "date_day in ('2026-02-13', '2026-02-20') and country in ('CN', 'HK')"
    numbers = Tables().rows(
        "business_day",
        "country, max(business_day_number) - min(business_day_number)",
        f"{spring_festival} group by country",
    )
    assert numbers == [("CN", 1), ("HK", 2)]


def test_after_a_long_holiday_work_begins_again_on_the_first_business_day() -> None:
    assert days("country = 'HK' and date_day = '2026-04-02'", "cast(next_business_day as text)") == [("2026-04-08",)]


def test_days_whose_holidays_are_not_published_are_unknown_not_working() -> None:
    assert days("country = 'CN' and date_day > '2026-12-31'") == []
    assert Tables().rows(
        "dim_date",
        "cast(date_day as text), is_weekend, is_holiday_hk, is_holiday_cn, is_makeup_workday_cn",
        "date_day in ('2026-02-14', '2026-02-16', '2026-02-17', '2034-02-17')",
    ) == [
        ("2026-02-14", True, False, False, True),
        ("2026-02-16", False, False, True, False),
        ("2026-02-17", False, True, True, False),
        ("2034-02-17", False, None, None, None),
    ]


def test_the_calendars_are_whole() -> None:
    made = Tables()
    outside = (
        "select country, date_day from reference.holiday as h where not exists (select 1 from"
        " reference.business_calendar as c where c.country = h.country and h.date_day between first_day and last_day)"
    )
    assert made.connection.execute(outside).fetchall() == []
    years = made.rows(
        "business_day", "country, year(date_day), count(*) filter (where is_business_day)", "true group by 1, 2"
    )
    assert len(years) == 64
    assert [row for row in years if not 238 <= row[2] <= 256] == []
    worked = "h.is_business_day and isodow(h.date_day) < 6"
    assert (
        made.connection.execute(f"select country, date_day from reference.holiday as h where {worked}").fetchall() == []
    )


def test_a_typhoon_and_working_saturdays_are_rows_of_the_reference_data() -> None:
    made = Tables()
    made.connection.execute(
        "insert into reference.holiday by name select 'HK' as country, date '2026-03-04' as date_day,"
        " false as is_business_day, 'Typhoon signal 8' as name;"
        "update reference.business_calendar set rest_days = '7' where country = 'HK'"
    )
    week = "country = 'HK' and date_day between '2026-03-02' and '2026-03-08'"
    working = [is_business_day for _, is_business_day in made.rows("business_day", "date_day, is_business_day", week)]
    assert working == [True, True, False, True, True, True, False]


def parcel(
    lines: str, *, origin: str = "Hong Kong", destination: str = "Hong Kong", polled: str = "2026-03-20", **order: Any
) -> Tables:
    """One parcel, its orders, its last request; clocks are Hong Kong's."""
    source: Row = {"order_id": "A1", "tracking_number": "HK1"} | order
    poll: Row = {
        "order_id": "A1",
        "answered_tracking_number": "HK1",
        "requested_at": polled,
        "courier": "hongkong_post",
        "export_country": origin,
        "destination_country": destination,
    }
    events = history("HK1", lines, order_id="A1", courier="hongkong_post")
    return Tables(source_order=[source], fact_poll=[poll], fact_tracking_event=events)


def spans(lines: str, **more: Any) -> tuple[Any, ...]:
    return parcel(lines, **more).row("shipment_business_days", "handling_business_days, transit_business_days")


def test_handling_follows_the_origin_and_transit_the_destination() -> None:
    # Ordered Thursday 12 February, picked up Monday 16 (a mainland holiday), delivered Tuesday 24 February.
    lines = "2026-02-16 02:00:00 picked_up.collected 香港\n2026-02-24 02:00:00 delivered.recipient 香港"
    ordered = at("2026-02-12 02:00")
    assert spans(lines, ordered_at=ordered) == (2, 3)
    assert spans(lines, ordered_at=ordered, destination="China") == (2, 1)
    assert spans(lines, ordered_at=ordered, origin="China") == (2, 3)


def test_without_a_known_calendar_there_are_no_business_days() -> None:
    lines = "2026-03-02 02:00:00 picked_up.collected 香港\n2026-03-04 02:00:00 delivered.recipient 香港"
    assert spans(lines, ordered_at=at("2026-03-01"), destination="Brazil") == (1, None)
    assert spans(lines, ordered_at=None) == (None, 2)


def test_an_order_booked_after_its_pickup_gives_no_handling_days() -> None:
    lines = "2026-03-02 02:00:00 picked_up.collected 香港"
    assert spans(lines, ordered_at=at("2026-03-09")) == (None, None)


# Hongkong Post has three business days within Hong Kong. Monday 2 March 2026 is an ordinary week.
@pytest.mark.parametrize(
    ("pickup", "offer", "started", "used", "kept"),
    [
        ("2026-03-02 06:59:00", "2026-03-05 10:00:00", "2026-03-02", 3, True),
        ("2026-03-02 06:59:00", "2026-03-06 02:00:00", "2026-03-02", 4, False),
        # 15:00 in Hong Kong: the clock starts on Tuesday.
        ("2026-03-02 07:00:00", "2026-03-06 02:00:00", "2026-03-03", 3, True),
        # Saturday's pickup waits for Monday.
        ("2026-02-28 02:00:00", "2026-03-05 02:00:00", "2026-03-02", 3, True),
        # Delivered before the clock even started.
        ("2026-02-28 02:00:00", "2026-02-28 09:00:00", "2026-03-02", 0, True),
        # Saturday's delivery is as good as Friday's.
        ("2026-03-03 02:00:00", "2026-03-07 02:00:00", "2026-03-03", 3, True),
        # Lunar New Year, 17 to 19 February, does not count.
        ("2026-02-16 02:00:00", "2026-02-24 02:00:00", "2026-02-16", 3, True),
    ],
)
def test_a_service_level_counts_business_days_from_the_cut_off(
    pickup: str, offer: str, started: str, used: int, kept: bool
) -> None:
    made = parcel(f"{pickup} picked_up.collected 香港\n{offer} delivered.recipient 香港")
    assert made.row(
        "shipment_service_level",
        "agreed_business_days, cast(started_on as text), business_days, is_within_service_level",
    ) == (3, started, used, kept)


def service(lines: str, **more: Any) -> tuple[Any, ...]:
    return parcel(lines, **more).row("shipment_service_level", "is_within_service_level, service_level_excluded")


def test_a_failed_attempt_in_time_keeps_the_service_level() -> None:
    lines = "2026-03-02 02:00:00 picked_up.collected 香港\n2026-03-04 02:00:00 failed_attempt.other 香港"
    assert service(lines) == (True, None)


def test_an_open_parcel_is_late_once_its_days_are_used_up() -> None:
    lines = "2026-03-02 02:00:00 picked_up.collected 香港"
    assert service(lines, polled="2026-03-05 15:00") == (None, "not due yet")
    assert service(lines, polled="2026-03-05 17:00") == (False, None)  # Friday has begun in Hong Kong


def test_a_service_level_is_not_judged_without_holidays_or_after_a_cancellation() -> None:
    lines = "2030-03-04 02:00:00 picked_up.collected 香港\n2030-03-05 02:00:00 delivered.recipient 香港"
    assert service(lines, polled="2030-03-20") == (None, "holidays not known")
    cancelled = "2026-03-02 02:00:00 picked_up.collected 香港\n2026-03-03 02:00:00 cancelled.cancelled 香港"
    assert service(cancelled) == (None, "cancelled")


def test_couriers_without_a_service_level_are_in_no_row() -> None:
    made = parcel("2026-03-02 02:00:00 picked_up.collected 香港", destination="Japan")
    assert made.rows("shipment_service_level", "shipment_id") == []


def test_the_nearest_service_level_wins() -> None:
    made = parcel("2026-03-02 02:00:00 picked_up.collected 香港", service="Local Courier")
    made.connection.execute(
        "insert into reference.service_level by name select 'hongkong_post' as courier, 'local courier' as service,"
        " 1 as business_days union all by name select 'hongkong_post' as courier, 9 as business_days"
    )
    assert made.row("shipment_service_level", "agreed_business_days") == (1,)


def test_the_weekly_rate_says_what_it_leaves_out_and_when_it_is_final() -> None:
    lines = {
        "HK1": "2026-03-02 02:00:00 picked_up.collected 香港\n2026-03-04 02:00:00 delivered.recipient 香港",
        "HK2": "2026-03-02 02:00:00 picked_up.collected 香港\n2026-03-09 02:00:00 delivered.recipient 香港",
        "HK3": "2026-03-02 02:00:00 picked_up.collected 香港",
        "HK4": "2026-03-08 02:00:00 picked_up.collected 香港",
    }
    events = [row | {"event_id": f"{name}-{row['sequence']}"} for name in lines for row in history(name, lines[name])]
    polls = [
        {
            "tracking_number": name,
            "answered_tracking_number": name,
            "requested_at": "2026-03-10 02:00",
            "courier": "hongkong_post",
            "destination_country": "Hong Kong",
        }
        for name in lines
    ]
    made = Tables(fact_tracking_event=events, fact_poll=polls)
    assert made.row(
        "service_level_weekly",
        "cast(pickup_week as text), n, n_within, n_late, n_late_open, n_excluded, n_not_due, share_open, is_mature,"
        " sla_rate, business_days_p50",
    ) == ("2026-03-02", 4, 1, 2, 1, 1, 1, 0.5, False, pytest.approx(1 / 3), 3.5)
