"""Whole histories as couriers tell them, through the real load and the real models, with the answers read by hand.

data/golden_*.csv quote public sources (developers' questions, documentation, open data), with invented names, phone
and waybill numbers; instants are UTC, worked out from the courier's clock and the zone of the place. The histories in
this file follow shapes that were met in real ones.
"""

import csv
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.models.answers import Answer, event, from_answers
from tests.models.tables import Row, Tables, at

DATA = Path(__file__).parent / "data"
STATE = "status || '.' || substatus"
FETCHED = datetime(2026, 1, 1)


@cache
def golden(name: str) -> list[dict[str, str]]:
    with (DATA / f"golden_{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    answers = []
    for parcel in golden("parcels"):
        name = parcel["parcel"]
        events = [event(row["date"], row["message"], row["location"], row["code"]) for row in golden("events")
                  if row["parcel"] == name]  # fmt: skip
        told = {column: parcel[column] for column in ("courier", "origin", "destination")}
        answers.append(Answer(FETCHED, tuple(events), name, order_id=name, **told))
    return from_answers(tmp_path_factory.mktemp("golden"), answers)


@pytest.mark.parametrize("parcel", golden("parcels"), ids=lambda row: row["parcel"])
def test_a_real_history_gives_the_facts_that_a_reader_finds_in_it(parcel: dict[str, str], tables: Tables) -> None:
    columns = [name for name in parcel if name not in ("parcel", "origin", "destination", "note")]
    shown = {
        "failed_attempts": "cast(failed_attempts as text)",
        "is_reopened": "cast(cast(is_reopened as integer) as text)",
        "has_exception": "cast(cast(has_exception as integer) as text)",
        "has_customs": "cast(cast(has_customs as integer) as text)",
        "transit_hours": "cast(round(transit_hours, 3) as text)",
    }
    select = ", ".join(f"coalesce({shown.get(name, f'cast({name} as text)')}, '')" for name in columns)
    (row,) = tables.rows("fact_shipment", select, f"tracking_number = '{parcel['parcel']}'")
    assert dict(zip(columns, row, strict=True)) == {name: parcel[name] for name in columns}


def test_every_row_of_the_real_histories_means_what_a_reader_takes_it_for(tables: Tables) -> None:
    found = tables.rows("fact_tracking_event", f"tracking_number, event_time_raw, coalesce(code, ''), {STATE}")
    read = [
        (row["parcel"], row["date"], row["code"], f"{row['status']}.{row['substatus']}") for row in golden("events")
    ]
    assert sorted(found) == sorted(read)
    assert tables.rows("suspect_event", "event_id") == []


def shipment(folder: Path, columns: str, courier: str, *events: Row, **more: Any) -> tuple[Any, ...]:
    return from_answers(folder, [Answer(FETCHED, events, courier=courier, **more)]).row("fact_shipment", columns)


def test_canada_post_delivers_finds_the_address_wrong_and_delivers_again(tmp_path: Path) -> None:
    place = "OTTAWA, ON"
    told = [
        event("2025-02-01 08:10:00", "Item out for delivery", place, "0174"),
        event("2025-02-01 13:00:00", "Item successfully delivered", place, "1496"),
        event("2025-02-02 09:00:00", "Incomplete address; Item being returned to facility", place, "0173"),
        event("2025-02-03 08:00:00", "Item out for delivery", place, "0500"),
        event("2025-02-03 12:30:00", "Item successfully delivered", place, "1496"),
        event("2025-02-03 12:30:00", "Signature image recorded for Online viewing", place, "20"),
    ]
    columns = f"{STATE}, is_reopened, first_delivered_at, last_delivered_at, attempts, first_attempt_outcome"
    assert shipment(tmp_path / "all", columns, "Canada Post", *reversed(told)) == (
        "delivered.recipient", True, at("2025-02-01 18:00"), at("2025-02-03 17:30"), 2, "delivered",
    )  # fmt: skip
    (state, is_reopened, *_) = shipment(tmp_path / "early", columns, "Canada Post", *reversed(told[:3]))
    assert (state, is_reopened) == ("exception.address_issue", True)


SF_OUT = (
    event("2025-12-01 10:00:00", "顺丰速运 已收取快件", "深圳市", "50"),
    event("2025-12-02 09:00:00", "正在派送途中,请您准备签收(派件人:赵建国,电话:13800000001)", "上海市", "44"),
    event("2025-12-02 11:00:00", "快件派送不成功(因收方客户拒收快件),待进一步处理", "上海市", "70"),
)


def test_an_sf_parcel_sent_back_is_returning_until_the_sender_signs(tmp_path: Path) -> None:
    back = (
        *SF_OUT,
        event("2025-12-03 10:00:00", "快件退回, 新单号 SF0000000000002", "上海市", "631"),
        event("2025-12-04 10:00:00", "快件到达 【深圳总集散中心】", "深圳市", "31"),
    )
    columns = f"{STATE}, first_delivered_at, returned_at, is_terminal, failed_attempts, transit_hours"
    assert shipment(tmp_path / "number", "next_tracking_number", "SF", *back) == ("SF0000000000002",)
    assert shipment(tmp_path / "back", columns, "SF", *back) == (
        "return.in_progress", None, None, False, 1, None,
    )  # fmt: skip
    signed = event("2025-12-05 10:00:00", "已签收,感谢使用顺丰,期待再次为您服务", "深圳市", "80")
    assert shipment(tmp_path / "signed", columns, "SF", *back, signed) == (
        "return.completed", None, at("2025-12-05 02:00"), True, 1, None,
    )  # fmt: skip


def test_the_worklists_name_the_waybill_under_which_a_parcel_goes_back(tmp_path: Path) -> None:
    def named(name: str, message: str) -> list[list[tuple[Any, ...]]]:
        told = (*SF_OUT, event("2025-12-03 10:00:00", message, "上海市", "631"))
        tables = from_answers(tmp_path / name, [Answer(datetime(2026, 1, 10), told)])
        return [tables.rows(table, "next_tracking_number") for table in ("stalled_shipment", "lost_shipment")]

    assert named("same", "快件退回") == [[(None,)], [(None,)]]
    assert named("other", "快件退回, 新单号 SF0000000000002") == [[("SF0000000000002",)], [("SF0000000000002",)]]


def test_an_sf_parcel_put_in_a_locker_waits_there_until_it_is_taken_out(tmp_path: Path) -> None:
    put = (
        event("2025-12-01 10:00:00", "顺丰速运 已收取快件", "深圳市", "50"),
        event("2025-12-02 09:00:00", "快件交给赵建国，正在派送途中（联系电话：13800000001）", "香港", "204"),
        event("2025-12-02 11:00:00", "快件已放入順便智能櫃，請憑取件碼取件", "香港", "125"),
    )
    columns = f"{STATE}, available_at, pickup_point_kind, collected_at, attempts, first_attempt_outcome, is_terminal"
    assert shipment(tmp_path / "put", columns, "SF", *put) == (
        "available_for_pickup.locker", at("2025-12-02 03:00"), "locker", None, 1, "available_for_pickup", False,
    )  # fmt: skip
    taken = event("2025-12-03 20:00:00", "快件已签收,感谢使用顺丰", "香港", "80")
    state, *others = shipment(tmp_path / "taken", columns, "SF", *put, taken)
    assert state.startswith("delivered.")
    assert others == [
        at("2025-12-02 03:00"), "locker", at("2025-12-03 12:00"), 1, "available_for_pickup", True,
    ]  # fmt: skip


def test_thirty_two_days_of_the_same_customs_row_are_a_standstill(tmp_path: Path) -> None:
    daily = [event(f"{datetime(2025, 11, 5) + timedelta(days=day, hours=9)}", "Clearance event", "LAGOS - NIGERIA")
             for day in range(32)]  # fmt: skip
    first = event("2025-11-03 18:00:00", "Shipment picked up", "HONG KONG - HONG KONG SAR, CHINA")
    told = Answer(datetime(2025, 12, 7), (first, *daily), courier="DHL Express", destination="Nigeria")
    tables = from_answers(tmp_path, [told])
    assert tables.row("fact_shipment", "status, event_count, last_movement_at, last_event_at, status_since") == (
        "customs", 33, at("2025-11-05 08:00"), at("2025-12-06 08:00"), at("2025-11-05 08:00"),
    )  # fmt: skip
    assert tables.row("stalled_shipment", "cast(days_without_movement as integer), stalled_after_days") == (32, 7)


def test_an_order_in_two_pieces_is_delivered_with_the_second(tmp_path: Path) -> None:
    picked_up = event("2025-12-01 10:00:00", "顺丰速运 已收取快件", "深圳市", "50")
    first, second = (event(f"2025-12-0{day} 10:00:00", "已签收,感谢使用顺丰", "香港", "80") for day in (2, 4))
    piece = Answer(FETCHED, (picked_up, first), "SF1")
    columns = "parcels, delivered_parcels, status, first_delivered_at, completed_at"
    partial = from_answers(tmp_path / "partial", [piece, Answer(FETCHED, (picked_up,), "SF2")])
    assert partial.row("fact_order", columns) == (2, 1, "partly_delivered", at("2025-12-02 02:00"), None)
    whole = from_answers(tmp_path / "whole", [piece, Answer(FETCHED, (picked_up, second), "SF2")])
    assert whole.row("fact_order", columns) == (
        2, 2, "delivered", at("2025-12-02 02:00"), at("2025-12-04 02:00"),
    )  # fmt: skip


def test_a_receipt_after_the_delivery_changes_nothing_but_the_count(tmp_path: Path) -> None:
    told = (*SF_OUT[:2], event("2025-12-02 11:30:00", "已签收,感谢使用顺丰,期待再次为您服务", "上海市", "80"))
    receipt = event("2025-12-02 11:30:03", '在官网"运单资料&签收图",可查看签收人信息', "上海市", "8000")
    columns = f"{STATE}, status_since, last_delivered_at, last_movement_at, is_reopened, transit_hours, attempts"
    without, with_receipt = (
        from_answers(tmp_path / name, [Answer(FETCHED, events)])
        for name, events in (("without", told), ("with", (*told, receipt)))
    )
    assert without.row("fact_shipment", columns) == with_receipt.row("fact_shipment", columns)
    assert with_receipt.row("fact_shipment", "event_count") == (4,)


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_delivery_stamped_before_its_van_is_a_delivery(newest_first: bool, tmp_path: Path) -> None:
    told = [
        event("2025-12-01 10:00:00", "【义乌荷叶塘公司】已收件"),
        event("2025-12-02 12:05:00", "【北京市朝阳区十里堡公司】派件中"),
        event("2025-12-02 12:00:00", "客户签收人: 本人 已签收"),
    ]
    listed = reversed(told) if newest_first else told
    columns = "status, is_reopened, attempts, first_attempt_outcome, transit_hours"
    assert shipment(tmp_path, columns, "YTO", *listed) == ("delivered", False, 1, "delivered", 26.0)


def test_a_parcel_first_seen_in_the_middle_of_its_way_has_an_unseen_beginning(tmp_path: Path) -> None:
    middle = event("2025-12-02 10:00:00", "快件到达 【深圳总集散中心】", "深圳市", "31")
    end = event("2025-12-03 10:00:00", "已签收,感谢使用顺丰", "香港", "80")
    answers = [
        Answer(datetime(2025, 12, 2, 12), (middle,), "SF1", "A1"),
        Answer(datetime(2025, 12, 3, 12), (middle, end), "SF1", "A1"),
        Answer(datetime(2025, 12, 2, 12), (SF_OUT[0], middle), "SF2", "A2"),
    ]
    assert from_answers(tmp_path, answers).rows("fact_shipment", "tracking_number, left_truncated, pickup_source") == [
        ("SF1", True, "first_physical_scan"),
        ("SF2", False, "scan"),
    ]


def test_of_one_scan_told_in_other_words_later_the_latest_count(tmp_path: Path) -> None:
    """The courier corrects a delivery that was none; and the account's language is changed."""
    told = [
        event("2025-12-01 10:00:00", "顺丰速运 已收取快件", "深圳市", "50"),
        event("2025-12-02 09:00:00", "快件交给赵建国，正在派送途中", "上海市", "204"),
        event("2025-12-02 11:00:00", "已签收,感谢使用顺丰,期待再次为您服务", "上海市", "80"),
    ]
    failed = event("2025-12-02 11:00:00", "快件派送不成功(因电话无人接听)", "上海市", "80")
    picked_up = event("2025-12-01 10:00:00", "SF Express has picked up the shipment", "深圳市", "50")
    answers = [
        Answer(datetime(2025, 12, 2, 4), tuple(told)),
        Answer(datetime(2025, 12, 2, 8), (*told[:2], failed)),
        Answer(datetime(2025, 12, 2, 12), (picked_up, told[1], failed)),
    ]
    tables = from_answers(tmp_path, answers)
    assert tables.row(
        "fact_shipment", f"{STATE}, first_delivered_at, failed_attempts, event_count, excluded_event_count"
    ) == ("failed_attempt.recipient_unavailable", None, 1, 5, 2)
    assert tables.row("fact_shipment_stage", "count(*)") == (3,)
    assert tables.rows("shipment_event", "status, left_out", "left_out is not null") == [
        ("delivered", "rewritten"),
        ("picked_up", "rewritten"),
    ]


def test_two_scans_of_one_second_are_two_scans_whenever_they_are_listed(tmp_path: Path) -> None:
    arrived = event("2025-12-01 22:22:38", "快件到达 【深圳总集散中心】", "深圳", "31")
    earlier = event("2025-12-01 22:22:38", "快件到达 【深圳五和集散中心】", "深圳", "31")
    tables = from_answers(
        tmp_path,
        [Answer(datetime(2025, 12, 2, 4), (arrived,)), Answer(datetime(2025, 12, 2, 8), (earlier, arrived))],
    )
    assert tables.row("fact_shipment", "event_count, excluded_event_count") == (2, 0)


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_list_of_one_day_without_times_begins_with_its_beginning(newest_first: bool, tmp_path: Path) -> None:
    told = [
        event("2025-12-01", "Item posted over the counter", "Hong Kong"),
        event("2025-12-01", "Departed Hong Kong for destination", "Hong Kong"),
    ]
    listed = reversed(told) if newest_first else told
    assert shipment(tmp_path, STATE, "Hongkong Post", *listed) == ("in_transit.departed_facility",)
