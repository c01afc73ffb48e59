"""What each fault makes of a good reply, and that what it hides is still in there."""

import gzip
import json
import zlib
from typing import Any

import pytest

from pipeline.emulator.exchange import Reply, Request, json_reply
from pipeline.emulator.faults import FAULT_KINDS, FaultKind
from pipeline.emulator.spoil import spoil

EVENTS = [
    {"code": str(code), "location": "深圳市", "date": f"2025-12-09 17:37:0{code}", "message": "顺丰速运 已收取快件"}
    for code in range(5)
]
DATA = {"tracking_number": "475", "order_id": "7", "courier_name": "DHL", "tracking_msg_list": EVENTS}
GOOD = json_reply(200, {"data": DATA, "message": "OK"})
ASKED = Request("GET", ("v1", "tracking", "get", "7"), {}, "sk-secret")


def spoilt(kind: FaultKind, good: Reply = GOOD) -> Reply:
    return spoil(kind, good, ASKED, "https://other.invalid")


def data_of(kind: FaultKind) -> dict[str, Any]:
    return json.loads(spoilt(kind).body)["data"]


@pytest.mark.parametrize("kind", FAULT_KINDS)
@pytest.mark.parametrize("as_text", [False, True])
def test_every_fault_changes_the_reply(kind: FaultKind, as_text: bool) -> None:
    good = (
        json_reply(200, {"data": json.dumps({**DATA, "note": "運送中", "tracking_msg_list": None}, ensure_ascii=False)})
        if as_text
        else GOOD
    )
    assert spoilt(kind, good) != good


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("bad_request", 400), ("unauthorized", 401), ("forbidden", 403), ("not_found", 404), ("conflict", 409),
        ("unprocessable", 422), ("rate_limited", 429), ("server_error", 500), ("token_echo", 500),
        ("bad_gateway", 502), ("unavailable", 503), ("error_200", 200), ("redirect", 302),
    ],
)  # fmt: skip
def test_an_error_has_its_status_and_no_event(kind: FaultKind, status: int) -> None:
    reply = spoilt(kind)
    assert reply.status == status
    assert EVENTS[0]["message"].encode() not in reply.body


def test_a_redirect_and_an_echo_tell_the_token_on() -> None:
    assert spoilt("redirect").headers == ((b"location", b"https://other.invalid/login?token=sk-secret"),)
    assert b"sk-secret" in spoilt("token_echo").body


@pytest.mark.parametrize("kind", ["dropped", "reset", "silent", "stalled", "slow_head", "slow_body"])
def test_trouble_on_the_way_leaves_the_reply_itself_as_it_was(kind: FaultKind) -> None:
    assert spoilt(kind)._replace(transport="whole") == GOOD


def test_another_dress_of_the_body_holds_the_same() -> None:
    assert gzip.decompress(spoilt("gzip").body) == GOOD.body
    assert zlib.decompress(spoilt("gzip_bomb").body, wbits=31).rstrip() == GOOD.body
    assert len(spoilt("gzip_bomb").body) < 300_000
    assert len(spoilt("huge_body").body) > 50_000_000
    assert spoilt("bom").body.decode("utf-8-sig").encode() == GOOD.body
    assert spoilt("warning").body.endswith(GOOD.body)
    assert spoilt("charset").content_type == b"application/json; charset=GB18030"
    assert spoilt("charset").body.decode("gb18030").encode() == GOOD.body
    assert spoilt("wrong_encoding").body == spoilt("wrong_type").body == GOOD.body


def test_another_shape_of_the_json_holds_the_same_events() -> None:
    assert json.loads(json.loads(spoilt("data_text").body)["data"])["tracking_msg_list"] == json.dumps(
        EVENTS, ensure_ascii=False, separators=(",", ":")
    )
    assert json.loads(spoilt("data_in_list").body)["data"] == [DATA]
    assert list(data_of("list_numbered")["tracking_msg_list"].values()) == EVENTS
    assert [row for row in data_of("list_mixed")["tracking_msg_list"] if row in EVENTS] == EVENTS
    twice = data_of("duplicated")["tracking_msg_list"]
    assert sorted(twice, key=str) == sorted(EVENTS * 2, key=str)
    assert twice != EVENTS * 2
    assert [{k: row[k] for k in EVENTS[0]} for row in data_of("fields_extra")["tracking_msg_list"]] == EVENTS
    assert data_of("numbers")["tracking_number"] == 475
    assert data_of("numbers")["tracking_msg_list"][3]["code"] == 3


def test_less_is_said_where_a_fault_says_less() -> None:
    assert data_of("list_shorter")["tracking_msg_list"] == EVENTS[:2]
    assert data_of("list_null")["tracking_msg_list"] is None
    assert data_of("list_empty")["tracking_msg_list"] == []
    assert "courier_name" not in data_of("fields_missing")
    assert isinstance(data_of("list_text")["tracking_msg_list"], str)
