"""Raw answers become facts: every event a reader could recover, once, with what can't be read set aside."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest

from pipeline.events.flatten import clear, load, pending_files, raw_files
from pipeline.events.reading import Reading
from pipeline.tracking.api import Answer, Query, read_outcome
from pipeline.tracking.landing import Landing
from pipeline.warehouse import DataFolder, open_work

NOON = datetime(2025, 12, 10, 4, tzinfo=UTC)
PICKED_UP = {"code": "50", "location": "深圳市", "date": "2025-12-09 17:37:09", "message": "顺丰速运 已收取快件"}
SIGNED = {"code": "80", "location": "香港", "date": "2025-12-10 09:00:00", "message": "已签收,感谢使用顺丰"}
READING = Reading.load()


def body(*events: object, wrapped: bool = False, **fields: object) -> bytes:
    data = {
        "tracking_number": "SF100",
        "order_id": "7",
        "courier_name": "Sf Express",
        "export_country": "HONG KONG",
        "destination_country": "Hong Kong",
        "tracking_msg_list": json.dumps(list(events)) if wrapped else list(events),
        **fields,
    }
    return json.dumps({"data": json.dumps(data) if wrapped else data}, ensure_ascii=False).encode()


def land(
    folder: DataFolder, bodies: Sequence[bytes], *, run: str = "run1", at: datetime = NOON, content_type: str = ""
) -> None:
    landing = Landing(folder, run, "Asia/Hong_Kong")
    for place, content in enumerate(bodies):
        outcome, reason = read_outcome(200, content, content_type)
        headers = {"content-type": content_type}
        query = Query("default", "7", None, "order_id")
        landing.write(Answer(query, at + timedelta(seconds=place), 1.0, 200, headers, content, outcome, reason, 1))
    landing.close()


def facts(folder: DataFolder, select: str, *, files: Sequence[str] | None = None) -> list[tuple[Any, ...]]:
    """Load what is pending (or `files`) and answer `select`."""
    with open_work(folder) as connection:
        chosen = pending_files(connection, folder) if files is None else files
        load(connection, folder, chosen, READING, run_id="run", now=NOON)
        return connection.execute(select).fetchall()


@pytest.mark.parametrize("wrapped", [False, True])
def test_events_are_read_from_objects_and_from_strings_that_hold_them(wrapped: bool, folder: DataFolder) -> None:
    land(folder, [body(PICKED_UP, SIGNED, wrapped=wrapped)])
    rows = facts(
        folder,
        "select tracking_number, courier, code, location, status, substatus, event_at, event_at_local, time_precision"
        " from fact_tracking_event order by event_at",
    )
    assert rows == [
        ("SF100", "sf_express", "50", "深圳市", "picked_up", "collected",
         datetime(2025, 12, 9, 9, 37, 9), datetime(2025, 12, 9, 17, 37, 9), "second"),
        ("SF100", "sf_express", "80", "香港", "delivered", "recipient",
         datetime(2025, 12, 10, 1, 0), datetime(2025, 12, 10, 9, 0), "second"),
    ]  # fmt: skip


def test_asking_again_doubles_nothing_and_moves_only_last_seen(folder: DataFolder) -> None:
    land(folder, [body(PICKED_UP)])
    facts(folder, "select 1")
    land(folder, [body(PICKED_UP, SIGNED)], run="run2", at=NOON + timedelta(hours=2))
    rows = facts(folder, "select code, first_seen_at, last_seen_at from fact_tracking_event order by code")
    early, late = NOON.replace(tzinfo=None), NOON.replace(tzinfo=None) + timedelta(hours=2)
    assert rows == [("50", early, late), ("80", late, late)]


def test_a_shorter_or_empty_list_removes_nothing(folder: DataFolder) -> None:
    land(folder, [body(PICKED_UP, SIGNED)])
    facts(folder, "select 1")
    land(folder, [body(SIGNED), body(), body(tracking_msg_list=None)], run="run2", at=NOON + timedelta(hours=2))
    rows = facts(folder, "select code, last_seen_at from fact_tracking_event order by code")
    assert rows == [
        ("50", NOON.replace(tzinfo=None)),
        ("80", NOON.replace(tzinfo=None) + timedelta(hours=2)),
    ]


def test_a_place_filled_in_later_updates_the_event_and_stays(folder: DataFolder) -> None:
    nowhere = {**PICKED_UP, "location": ""}
    land(folder, [body(nowhere), body(PICKED_UP)])
    facts(folder, "select 1")
    land(folder, [body(nowhere)], run="run2", at=NOON + timedelta(hours=2))
    assert facts(folder, "select location from fact_tracking_event") == [("深圳市",)]


def test_the_same_second_at_one_hub_keeps_the_couriers_order(folder: DataFolder) -> None:
    arrived = {
        "code": "31",
        "location": "深圳",
        "date": "2025-12-09 22:22:38",
        "message": "快件到达 【深圳总集散中心】",
    }
    left = {"code": "36", "location": "深圳", "date": "2025-12-09 22:22:38", "message": "快件已发车"}
    land(folder, [body(SIGNED, left, arrived, PICKED_UP)])
    rows = facts(folder, "select code from fact_tracking_event order by event_at, sequence")
    assert [code for (code,) in rows] == ["50", "31", "36", "80"]


def test_numbers_nulls_and_strange_elements_cost_only_themselves(folder: DataFolder) -> None:
    odd = {"code": 50, "location": None, "date": "2025-12-09 17:37:09", "message": "已收件", "extra": {"a": [1]}}
    land(folder, [body(odd, "nonsense", None, 5, {}, [SIGNED], tracking_number=12345)])
    assert facts(folder, "select tracking_number, code, message from fact_tracking_event") == [
        ("12345", "50", "已收件")
    ]
    assert facts(folder, "select reason, detail from quarantined_response") == [
        ("unreadable_event", "5 of 6 elements of the list are not events")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>busy</html>", "unreadable_body"),
        (b"", "unreadable_body"),
        (body()[:8], "truncated_body"),
        (b'{"data": null}', "unreadable_body"),
        (body(tracking_msg_list="nonsense"), "unreadable_event_list"),
        (body(tracking_msg_list={"a": 1}), "unreadable_event_list"),
    ],
)
def test_what_cannot_be_read_is_set_aside_with_its_reason(content: bytes, reason: str, folder: DataFolder) -> None:
    land(folder, [content, body(PICKED_UP)])
    assert facts(folder, "select reason, order_id, raw_file is not null from quarantined_response") == [
        (reason, "7", True)
    ]
    assert facts(folder, "select count(*) from fact_tracking_event") == [(1,)]


@pytest.mark.parametrize("message", ["快件".encode()[:4] + b" 31", b"x\\ud83d", b"NaN\\u0000"])
def test_a_stray_byte_does_not_cost_the_event(message: bytes, folder: DataFolder) -> None:
    content = body({**PICKED_UP, "message": "MARK"}).replace(b"MARK", message)
    land(folder, [content])
    assert facts(folder, "select code, location from fact_tracking_event") == [("50", "深圳市")]


def test_the_events_before_a_cut_are_facts_and_the_cut_is_on_record(folder: DataFolder) -> None:
    whole = body(PICKED_UP, SIGNED)
    land(folder, [whole[: whole.index("已签收".encode()) + 4]])
    assert facts(folder, "select code, tracking_number from fact_tracking_event") == [("50", "SF100")]
    assert facts(folder, "select outcome, event_count from fact_poll") == [("malformed", 1)]
    assert facts(folder, "select reason, detail from quarantined_response") == [
        ("truncated_body", "cut short, 1 events were read")
    ]


@pytest.mark.parametrize(
    "content",
    [
        body(tracking_msg_list={"1": SIGNED, "0": PICKED_UP}),
        body(tracking_msg_list=[json.dumps(PICKED_UP), SIGNED]),
        json.dumps([PICKED_UP, SIGNED]).encode(),
        json.dumps({"data": [json.loads(body(PICKED_UP, SIGNED))["data"]]}).encode(),
        json.dumps({"data": {"courier_name": "SF"}, "tracking_msg_list": [PICKED_UP, SIGNED]}).encode(),
        body(PICKED_UP, SIGNED).replace(b'{"data": {', b'{"data": {"tracking_msg_list": null, '),
        body(PICKED_UP, SIGNED).decode().encode("utf-16"),
    ],
)
def test_another_shape_of_the_same_history_is_read_the_same(content: bytes, folder: DataFolder) -> None:
    land(folder, [content])
    rows = facts(folder, "select code, message, sequence from fact_tracking_event order by sequence")
    assert rows == [("50", PICKED_UP["message"], 1), ("80", SIGNED["message"], 2)]
    assert facts(folder, "select outcome, event_count from fact_poll") == [("ok", 2)]
    assert facts(folder, "select * from quarantined_response") == []


def test_a_body_in_another_charset_is_read_by_its_label(folder: DataFolder) -> None:
    land(folder, [body(PICKED_UP).decode().encode("gb18030")], content_type="application/json; charset=GBK")
    assert facts(folder, "select location, message from fact_tracking_event") == [
        (PICKED_UP["location"], PICKED_UP["message"])
    ]


def test_an_error_with_a_status_of_success_is_no_history_to_set_aside(folder: DataFolder) -> None:
    land(folder, [b'{"error": {"code": "500999", "code_reason": "API_ERROR"}}'])
    assert facts(folder, "select outcome, reason from fact_poll") == [("server_error", "API_ERROR")]
    assert facts(folder, "select * from quarantined_response") == []


DAMAGED = body(PICKED_UP).replace("丰".encode(), "丰".encode()[:2])
LESS = [
    DAMAGED,
    body(PICKED_UP, courier_name=None),
    body(PICKED_UP, tracking_number=""),
    body({**PICKED_UP, "code": None}),
    body({**PICKED_UP, "date": None}),
    body({**PICKED_UP, "message": None}),
    body(PICKED_UP, tracking_number=None, courier_name="").replace("件".encode(), b"\xe4"),
]


@pytest.mark.parametrize("less", LESS)
@pytest.mark.parametrize("is_first", [True, False])
def test_an_event_told_with_less_and_in_full_is_one_event(less: bytes, is_first: bool, folder: DataFolder) -> None:
    answers = [less, body(PICKED_UP)] if is_first else [body(PICKED_UP), less]
    for hour, content in enumerate(answers):
        land(folder, [content], run=f"run{hour}", at=NOON + timedelta(hours=hour))
        facts(folder, "select 1")
    told = "select tracking_number, courier, code, event_time_raw, message from fact_tracking_event"
    full = [("SF100", "sf_express", "50", PICKED_UP["date"], PICKED_UP["message"])]
    assert facts(folder, told) == full
    assert one_by_one(folder, list(reversed(raw_files(folder))), told) == full


def test_events_that_differ_in_what_both_tell_are_two(folder: DataFolder) -> None:
    other_text = {**PICKED_UP, "code": None, "message": "顺丰速运 已收取"}
    later = {**PICKED_UP, "code": None, "date": "2025-12-09 18:00:00"}
    land(folder, [body(PICKED_UP, other_text, later)])
    assert facts(folder, "select count(*) from fact_tracking_event") == [(3,)]


def test_the_parts_of_an_identity_do_not_run_into_each_other(folder: DataFolder) -> None:
    land(folder, [body({**PICKED_UP, "code": "50|2025"}, {**PICKED_UP, "code": "50", "date": "2025|"})])
    assert facts(folder, "select count(*) from fact_tracking_event") == [(2,)]


def test_an_endless_text_is_kept_in_part_and_that_is_on_record(folder: DataFolder) -> None:
    land(folder, [body({**PICKED_UP, "message": "已收件" * 1_000_000}, SIGNED)])
    assert facts(folder, "select code, length(message) from fact_tracking_event order by code") == [
        ("50", 4000), ("80", len(SIGNED["message"]))
    ]  # fmt: skip
    assert facts(folder, "select reason, detail from quarantined_response") == [
        ("shortened_text", "1 of 2 events have a text that is kept in part")
    ]


def test_a_list_of_a_million_things_does_not_reach_into_the_next_answer(folder: DataFolder) -> None:
    endless = body(PICKED_UP).replace(b'"tracking_msg_list": [', b'"tracking_msg_list": [' + b"0," * 1_000_000)
    land(folder, [endless, body(SIGNED, tracking_number="SF200")])
    rows = facts(folder, "select tracking_number, code, message from fact_tracking_event order by code")
    assert rows == [("SF100", "50", PICKED_UP["message"]), ("SF200", "80", SIGNED["message"])]


def test_the_character_0_is_left_out_of_texts(folder: DataFolder) -> None:
    land(folder, [body({**PICKED_UP, "code": "5\x000", "location": "\x00"})])
    assert facts(folder, "select code, location from fact_tracking_event") == [("50", None)]


@pytest.mark.parametrize(
    ("raw", "local", "utc", "precision", "source"),
    [
        ("2025-12-09 17:37:09", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("2025-12-09T17:37:09", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("2025-12-0917:37:09", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("2025/12/09 17:37", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("2025-12-09", "2025-12-09 00:00:00", "2025-12-08 16:00:00", "date", "location"),
        ("2025-12-09 00:00:00", "2025-12-09 00:00:00", "2025-12-08 16:00:00", "date", "location"),
        ("2025-12-09T17:37:09+02:00", "2025-12-09 17:37:09", "2025-12-09 15:37:09", "second", "explicit"),
        ("2025-12-09T17:37:09.250-0500", "2025-12-09 17:37:09.25", "2025-12-09 22:37:09.25", "second", "explicit"),
        ("2025-12-09T17:37:09Z", "2025-12-10 01:37:09", "2025-12-09 17:37:09", "second", "explicit"),
        ("2025-12-09T00:00:00Z", "2025-12-09 00:00:00", "2025-12-09 00:00:00", "date", "explicit"),
        ("2025-12-09 17:37:09+08", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "explicit"),
        ("2025-12-09 17:37:09 GMT-5", "2025-12-09 17:37:09", "2025-12-09 22:37:09", "second", "explicit"),
        ("2025-12-09 17:37:09 +0530", "2025-12-09 17:37:09", "2025-12-09 12:07:09", "second", "explicit"),
        ("2025-12-09 17:37:09 EST", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("2025-12-09 17:37-18:00", None, None, "none", "location"),
        ("20251209 173709", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("Dec 9, 2025 5:37 pm", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("December 9, 2025, 5:37 pm", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("2025.12.09 17:37:09", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("09.12.2025 17:37:09", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("09-Dec-2025 17:37", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("12/09/2025 5:37:09 PM", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("12/9/2025 5:37 PM ET", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("12/09/2025 5:37 P.M.", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("09 Dec 2025, 05:37:09 PM", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("Tue, 09 Dec 2025 17:37:09", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "second", "location"),
        ("Di, 09.12.25 17:37", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        # A clock of 24 hours is not the USA's, so the day stands first.
        ("09/12/2025 17:37", "2025-12-09 17:37:00", "2025-12-09 09:37:00", "minute", "location"),
        ("1765272000", "2025-12-09 17:20:00", "2025-12-09 09:20:00", "second", "explicit"),
        ("next Tuesday", None, None, "none", "location"),
        (None, None, None, "none", "location"),
    ],
)
def test_times_are_read_as_couriers_write_them(
    raw: str | None, local: str | None, utc: str | None, precision: str, source: str, folder: DataFolder
) -> None:
    land(folder, [body({**PICKED_UP, "date": raw})])
    (row,) = facts(
        folder,
        "select event_time_raw, event_at_local, event_at, time_precision, time_zone_source from fact_tracking_event",
    )
    moment = [datetime.fromisoformat(text) if text else None for text in (local, utc)]
    assert row == (raw, *moment, precision, source)


@pytest.mark.parametrize(
    ("place", "raw", "utc", "source"),
    [
        # Letters behind the clock speak where no place does: EST is New York's and Sydney's.
        ("", "2025-12-09 17:37:09 EST", "2025-12-09 22:37:09", "explicit"),
        ("SYDNEY, NSW, AU", "2025-12-09 17:37:09 EST", "2025-12-09 06:37:09", "location"),
        ("", "2025-12-09 17:37:09 CST", "2025-12-09 09:37:09", "assumed"),
        ("", "2025-12-09 17:37:09", "2025-12-09 09:37:09", "assumed"),
    ],
)
def test_the_letters_of_a_zone_speak_only_where_no_place_does(
    place: str, raw: str, utc: str, source: str, folder: DataFolder
) -> None:
    land(folder, [body({"code": "", "location": place, "date": raw, "message": "Shipment picked up"})])
    assert facts(folder, "select event_at, time_zone_source from fact_tracking_event") == [
        (datetime.fromisoformat(utc), source)
    ]


@pytest.mark.parametrize(
    ("courier", "utc", "source"),
    [
        ("DHL Express", "2026-01-05 06:00:00", "location"),
        ("FedEx", "2026-01-05 10:00:00", "explicit"),
    ],
)
def test_a_z_says_nothing_where_the_courier_is_known_to_send_its_local_time(
    courier: str, utc: str, source: str, folder: DataFolder
) -> None:
    scan = {"code": "", "location": "DUBAI", "date": "2026-01-05T10:00:00Z", "message": "Processed"}
    land(folder, [body(scan, courier_name=courier)])
    assert facts(folder, "select event_at, time_zone_source, event_time_raw from fact_tracking_event") == [
        (datetime.fromisoformat(utc), source, "2026-01-05T10:00:00Z")
    ]


def scans(folder: DataFolder, *told: tuple[str, str, str], newest_first: bool = False, **fields: object) -> None:
    """Land one answer of DHL Express, Hong Kong to the United Kingdom, with these scans: time, place and text."""
    events = [
        {"code": "", "location": place, "date": f"2026-01-{time}:00", "message": text} for time, place, text in told
    ]
    fields = {"courier_name": "DHL Express", "destination_country": "United Kingdom"} | fields
    hour = len(raw_files(folder))
    listed = reversed(events) if newest_first else events
    land(folder, [body(*listed, **fields)], run=f"run{hour}", at=NOON + timedelta(days=30, hours=hour))


def zones(folder: DataFolder, text: str) -> list[tuple[Any, ...]]:
    """Zone, its source and the neighbour's time of the event with this text."""
    return facts(
        folder,
        "select time_zone, time_zone_source, cast(neighbour_at as varchar) from fact_tracking_event"
        f" where message = '{text}'",
    )


LEIPZIG = ("06 05:10", "LEIPZIG - GERMANY", "Departed Facility in LEIPZIG")
EAST_MIDLANDS = ("06 07:20", "EAST MIDLANDS - UNITED KINGDOM", "Arrived at Facility in EAST MIDLANDS")
HONG_KONG = ("05 09:00", "HONG KONG - HONG KONG SAR, CHINA", "Departed Facility in HONG KONG")
IN_TRANSIT = ("06 06:00", "", "Shipment is in transit")


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_scan_without_a_place_happened_where_the_list_last_saw_the_parcel(
    newest_first: bool, folder: DataFolder
) -> None:
    scans(folder, HONG_KONG, LEIPZIG, IN_TRANSIT, EAST_MIDLANDS, newest_first=newest_first)
    assert zones(folder, "Shipment is in transit") == [("Europe/Berlin", "neighbour", "2026-01-06 04:10:00")]
    assert facts(folder, "select event_at from fact_tracking_event where location is null") == [
        (datetime(2026, 1, 6, 5, 0),)
    ]


def test_a_place_that_nobody_knows_lies_in_the_zone_of_the_scan_before(folder: DataFolder) -> None:
    scans(folder, HONG_KONG, LEIPZIG, ("06 06:00", "KLEINKLECKERSDORF", "Arrived at Facility"))
    assert zones(folder, "Arrived at Facility") == [("Europe/Berlin", "neighbour", "2026-01-06 04:10:00")]


def test_the_first_scan_of_a_list_has_no_neighbour(folder: DataFolder) -> None:
    scans(folder, IN_TRANSIT, EAST_MIDLANDS)
    assert zones(folder, "Shipment is in transit") == [("Asia/Hong_Kong", "assumed", None)]


def test_the_last_mile_borrows_in_the_country_of_destination_alone(folder: DataFolder) -> None:
    delivered = ("06 10:00", "", "Delivered")
    scans(folder, HONG_KONG, LEIPZIG, delivered)
    assert zones(folder, "Delivered") == [("Europe/London", "assumed", None)]
    los_angeles = ("06 06:00", "LOS ANGELES, CA, US", "With delivery courier")
    scans(folder, HONG_KONG, los_angeles, delivered, tracking_number="SF200", destination_country="United States")
    assert facts(
        folder,
        "select time_zone, time_zone_source, event_at from fact_tracking_event"
        " where tracking_number = 'SF200' and location is null",
    ) == [("America/Los_Angeles", "neighbour", datetime(2026, 1, 6, 18, 0))]


def test_a_country_that_is_named_is_not_overruled_by_a_neighbour_abroad(folder: DataFolder) -> None:
    arrived = ("06 06:00", "United States of America", "Arrived at Facility")
    scans(folder, HONG_KONG, arrived, destination_country="United States")
    assert zones(folder, "Arrived at Facility") == [("America/New_York", "assumed", None)]


def test_after_the_arrival_in_a_country_with_one_zone_the_parcel_is_there(folder: DataFolder) -> None:
    arrived = ("06 06:00", "", "Arrived at destination country")
    scans(folder, HONG_KONG, arrived, ("06 08:00", "", "Shipment is in transit"))
    assert zones(folder, "Shipment is in transit") == [("Europe/London", "neighbour", "2026-01-06 06:00:00")]


def test_papers_that_are_ahead_of_the_parcel_do_not_tell_where_it_is(folder: DataFolder) -> None:
    filed = ("05 10:00", "EAST MIDLANDS - UNITED KINGDOM", "Customs status updated")
    scans(folder, HONG_KONG, filed, IN_TRANSIT)
    assert zones(folder, "Shipment is in transit") == [("Asia/Hong_Kong", "neighbour", "2026-01-05 01:00:00")]


def test_a_scan_with_a_wrong_date_is_no_neighbour(folder: DataFolder) -> None:
    next_year = ("31 05:10", "LEIPZIG - GERMANY", "Departed Facility in LEIPZIG")
    picked_up = ("05 08:00", "HONG KONG - HONG KONG SAR, CHINA", "Shipment picked up")
    scans(folder, picked_up, HONG_KONG, next_year, IN_TRANSIT, EAST_MIDLANDS)
    assert zones(folder, "Shipment is in transit") == [("Asia/Hong_Kong", "neighbour", "2026-01-05 01:00:00")]


def test_a_list_that_does_not_say_which_end_is_newer_lends_nothing(folder: DataFolder) -> None:
    scans(folder, ("06 06:00", "LEIPZIG - GERMANY", "Departed Facility in LEIPZIG"), IN_TRANSIT)
    assert zones(folder, "Shipment is in transit") == [("Asia/Hong_Kong", "assumed", None)]


def test_a_courier_of_one_zone_borrows_from_nobody(folder: DataFolder) -> None:
    scans(folder, LEIPZIG, ("06 06:00", "", "派件中"), courier_name="YTO")
    assert zones(folder, "派件中") == [("Asia/Shanghai", "courier", None)]


def test_a_clock_in_utc_is_shown_as_the_neighbours_wall_clock(folder: DataFolder) -> None:
    told = [("05 22:00", "LOS ANGELES, CA, US", "Departed"), ("06 06:00", "", "In transit")]
    events = [
        {"code": "", "location": place, "date": f"2026-01-{time}:00Z", "message": text} for time, place, text in told
    ]
    land(folder, [body(*events, courier_name="FedEx", destination_country="United States")])
    assert facts(
        folder, "select event_at, event_at_local, time_zone_source from fact_tracking_event where location is null"
    ) == [(datetime(2026, 1, 6, 6), datetime(2026, 1, 5, 22), "explicit")]


@pytest.mark.parametrize(
    ("answers", "zone"),
    [
        # The list was cut off, or rolled on, before or after the whole one was seen.
        ([(HONG_KONG, LEIPZIG, IN_TRANSIT), (IN_TRANSIT, EAST_MIDLANDS)], "Europe/Berlin"),
        # The neighbour's place, or the nearer neighbour, was told in one of them alone.
        ([(HONG_KONG, ("06 05:10", "", LEIPZIG[2]), IN_TRANSIT), (HONG_KONG, LEIPZIG, IN_TRANSIT)], "Europe/Berlin"),
        ([(HONG_KONG, IN_TRANSIT), (HONG_KONG, LEIPZIG, IN_TRANSIT)], "Europe/Berlin"),
        # The place itself was.
        ([(LEIPZIG, IN_TRANSIT), (LEIPZIG, ("06 06:00", "PARIS", IN_TRANSIT[2]))], "Europe/Paris"),
    ],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_the_answer_that_knew_most_decides_the_zone_whenever_it_is_read(
    answers: list[tuple[tuple[str, str, str], ...]], zone: str, is_turned: bool, folder: DataFolder
) -> None:
    for told in reversed(answers) if is_turned else answers:
        scans(folder, *told)
        facts(folder, "select 1")
    asked = "select time_zone from fact_tracking_event where message = 'Shipment is in transit'"
    assert facts(folder, asked) == [(zone,)]
    assert one_by_one(folder, list(reversed(raw_files(folder))), asked) == [(zone,)]
    assert one_by_one(folder, raw_files(folder), asked) == [(zone,)]


def test_one_wrong_date_does_not_turn_a_list_round(folder: DataFolder) -> None:
    arrived = {**PICKED_UP, "code": "31", "date": "2025-12-09 22:22:38", "message": "快件到达 【深圳总集散中心】"}
    left = {**arrived, "code": "36", "message": "快件已发车"}
    on_van = {**SIGNED, "code": "44", "date": "2025-12-10 08:00:00", "message": "正在派送途中"}
    last_year = {**SIGNED, "date": "2024-12-10 09:00:00"}
    land(folder, [body(PICKED_UP, arrived, left, on_van, last_year)])
    rows = facts(folder, "select code from fact_tracking_event order by sequence")
    assert [code for (code,) in rows] == ["50", "31", "36", "44", "80"]


def test_people_are_masked_in_the_facts_and_whole_only_in_raw(folder: DataFolder) -> None:
    courier = {**PICKED_UP, "code": "204", "message": "快件交给赵建国，正在派送途中（联系电话：13800000001）"}
    land(folder, [body(courier)])
    ((message,),) = facts(folder, "select message from fact_tracking_event")
    assert "赵建国" not in message
    assert "13800000001" not in message
    work = folder.work.read_bytes()
    assert b"13800000001" not in work
    assert "赵建国".encode() not in work


def test_every_request_is_a_row_with_what_the_answer_said(folder: DataFolder) -> None:
    land(folder, [body(PICKED_UP, SIGNED, order_status="運送中"), b"<html>"])
    rows = facts(
        folder,
        "select order_id, outcome, answered_tracking_number, order_status, courier, event_count, raw_file is not null"
        " from fact_poll order by requested_at",
    )
    assert rows == [
        ("7", "ok", "SF100", "運送中", "sf_express", 2, True),
        ("7", "malformed", None, None, None, 0, True),
    ]


def test_loading_in_any_order_and_again_gives_the_same_facts(folder: DataFolder) -> None:
    for hour, events in enumerate([(PICKED_UP,), (PICKED_UP, SIGNED), (SIGNED,)]):
        land(folder, [body(*events)], run=f"run{hour}", at=NOON + timedelta(hours=hour))
    everything = "select * from fact_tracking_event order by event_id"
    forwards = facts(folder, everything)
    again = facts(folder, everything, files=raw_files(folder))
    backwards = one_by_one(folder, list(reversed(raw_files(folder))), everything)
    assert len(forwards) == 2
    assert forwards == again == backwards


def one_by_one(folder: DataFolder, files: Sequence[str], select: str) -> list[tuple[Any, ...]]:
    with open_work(folder) as connection:
        clear(connection)
        for name in files:
            load(connection, folder, [name], READING, run_id="run", now=NOON)
        return connection.execute(select).fetchall()


def test_a_load_that_fails_leaves_the_facts_as_they_were(folder: DataFolder) -> None:
    land(folder, [body(PICKED_UP)])
    facts(folder, "select 1")
    land(folder, [body(SIGNED)], run="run2")
    torn = folder.responses / raw_files(folder)[-1]
    torn.write_bytes(torn.read_bytes()[:40])
    with open_work(folder) as connection:
        with pytest.raises(duckdb.Error):
            load(connection, folder, pending_files(connection, folder), READING, run_id="run", now=NOON)
        assert connection.execute("select count(*) from fact_tracking_event").fetchone() == (1,)
        assert len(pending_files(connection, folder)) == 1
