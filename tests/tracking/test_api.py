"""What an answer means, and how an id goes into a URL."""

import gzip
import json
from datetime import UTC, datetime

import httpx
import pytest

from pipeline.emulator.process import RunningEmulator
from pipeline.emulator.tokens import Credentials
from pipeline.tracking.api import Answer, Outcome, Query, TrackingApi, read_outcome
from pipeline.tracking.body import Flaw, read_history
from pipeline.tracking.wire import MAX_BODY_BYTES, struck_out, unpacked

EVENT = {"code": "50", "location": "深圳市", "date": "2025-12-09 17:37:09", "message": "顺丰速运 已收取快件"}


def data(**fields: object) -> bytes:
    return json.dumps({"data": {"tracking_number": "SF1", **fields}}, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, data(tracking_msg_list=[EVENT]), "ok"),
        (200, data(tracking_msg_list=json.dumps([EVENT])), "ok"),
        (200, json.dumps({"data": json.dumps({"tracking_msg_list": [EVENT]})}).encode(), "ok"),
        (200, data(tracking_msg_list=[]), "no_events"),
        (200, data(tracking_msg_list="[]"), "no_events"),
        (200, data(tracking_msg_list=""), "no_events"),
        (200, data(tracking_msg_list=None), "no_events"),
        (200, data(), "no_events"),
        (200, data(tracking_msg_list=["nonsense", 7]), "malformed"),
        (200, data(tracking_msg_list="nonsense"), "malformed"),
        (200, b'{"data": null}', "malformed"),
        (200, b"[]", "malformed"),
        (200, b"", "malformed"),
        (200, b"<html>busy</html>", "malformed"),
        (200, data(tracking_msg_list=[EVENT])[:-9], "malformed"),
        (201, data(tracking_msg_list=[EVENT]), "ok"),
        (204, b"", "malformed"),
        (200, data(tracking_msg_list={"1": EVENT, "0": EVENT}), "ok"),
        (200, data(tracking_msg_list=EVENT), "ok"),
        (200, data(tracking_msg_list={}), "no_events"),
        (200, data(tracking_msg_list=[json.dumps(EVENT)]), "ok"),
        (200, json.dumps([EVENT]).encode(), "ok"),
        (200, json.dumps({"data": [EVENT]}).encode(), "ok"),
        (200, json.dumps({"data": [{"tracking_msg_list": [EVENT]}]}).encode(), "ok"),
        (200, json.dumps({"data": {"order_id": "1"}, "tracking_msg_list": [EVENT]}).encode(), "ok"),
        (200, json.dumps({"data": {"data": {"tracking_msg_list": [EVENT]}}}).encode(), "ok"),
        (200, data(tracking_msg_list=[EVENT]).decode().encode("utf-8-sig"), "ok"),
        (200, data(tracking_msg_list=[EVENT]).decode().encode("utf-16"), "ok"),
        (200, data(tracking_msg_list=[EVENT], note="two\nlines").replace(b"\\n", b"\n"), "ok"),
        (200, data(tracking_msg_list=[EVENT], weight="?").replace(b'"?"', b"NaN"), "ok"),
        (200, b"Notice: something<br>" + data(tracking_msg_list=[EVENT]), "malformed"),
        (200, b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}", "malformed"),
        (200, b'{"code": "401000", "code_reason": "UNAUTHORIZED"}', "unauthorized"),
        (200, b'{"error": {"code": "invalid_token"}}', "unauthorized"),
        (200, b'{"error": {"code": "rate_limit_exceeded"}, "data": null}', "rate_limited"),
        (200, b'{"error": {"code": "500999"}}', "server_error"),
        (200, b'[{"code": "401000", "message": "Unauthorized"}]', "malformed"),
        (200, b'{"error": {"code": "order_not_found"}}', "not_found"),
        (200, b'{"code": "200", "message": "OK", "data": null}', "malformed"),
        (200, b'{"error": {"code": "500999"}, "data": {"tracking_msg_list": []}}', "no_events"),
        (408, b"", "timeout"),
        (400, b'{"error": {"code": "400000", "error_code": "ORDER_NOT_FOUND"}}', "not_found"),
        (400, b'{"error": {"code": "order_not_found"}}', "not_found"),
        (400, b'{"error": {"code": "400000", "code_reason": "BAD_REQUEST"}}', "bad_request"),
        (401, b'{"code": "401000"}', "unauthorized"),
        (403, b'{"error": "{}"}', "forbidden"),
        (404, b'{"error": "\\"gone\\""}', "not_found"),
        (409, b"", "bad_request"),
        (422, b"[1]", "bad_request"),
        (429, b"", "rate_limited"),
        (500, b'{"code": "500999"}', "server_error"),
        (503, b"<html>", "server_error"),
        (302, b"", "malformed"),
    ],
)
def test_every_answer_has_one_outcome(status: int, body: bytes, outcome: str) -> None:
    assert read_outcome(status, body)[0] == Outcome(outcome)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"error": {"code": "400000", "code_reason": "BAD_REQUEST"}}, "BAD_REQUEST"),
        ({"code": "401000", "message": "Unauthorized"}, "Unauthorized"),
        ({"error": json.dumps({"message": "not yours"})}, "not yours"),
        ({"error": "plain words"}, "plain words"),
    ],
)
def test_the_reason_is_found_in_every_documented_shape(error: object, reason: str) -> None:
    assert read_outcome(400, json.dumps(error).encode())[1] == reason


def test_a_reason_is_one_short_line() -> None:
    _, reason = read_outcome(400, json.dumps({"error": {"message": "a\r\nforged line " + "x" * 5000}}).encode())
    assert (reason or "").startswith("a forged line x")
    assert len(reason or "") == 200


@pytest.mark.parametrize(
    ("label", "codec"), [("GB18030", "gb18030"), ("gb2312", "gb18030"), ("Big5", "big5hkscs"), ("BIG5-HKSCS", "big5")]
)
def test_a_body_in_the_charset_of_its_label_is_read_whole(label: str, codec: str) -> None:
    event = {**EVENT, "location": "香港", "message": "已簽收"}
    body = data(tracking_msg_list=[event]).decode().encode(codec)
    history = read_history(body, f'application/json; charset="{label}"')
    assert (history.events, history.flaw) == ([event], None)


def test_a_wrong_label_does_not_spoil_a_body_in_utf_8() -> None:
    assert read_outcome(200, data(tracking_msg_list=[EVENT]), "text/html; charset=gbk")[0] is Outcome.OK


def test_a_long_number_keeps_its_digits() -> None:
    history = read_history(b'[{"code": 9400110200881234567890123, "date": "2025-12-09", "message": "Accepted"}]')
    assert history.events[0]["code"] == "9400110200881234567890123"


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        (b"", Flaw.EMPTY),
        (b" \n", Flaw.EMPTY),
        (b"<html>busy</html>", Flaw.WEB_PAGE),
        (b"busy", Flaw.NOT_JSON),
        (b'{"data": null}', Flaw.NO_DATA),
        (data(tracking_msg_list="soon"), Flaw.NO_LIST),
        (data(tracking_msg_list=[EVENT])[:-9], Flaw.CUT_SHORT),
        (data(tracking_msg_list=json.dumps([EVENT, EVENT])[:-30]), Flaw.CUT_SHORT),
        (data(tracking_msg_list=[EVENT]).replace("圳".encode(), b"\xe5\x9c"), Flaw.DAMAGED),
        (data(tracking_msg_list=[EVENT]).decode().encode("gb18030"), Flaw.DAMAGED),
        (b"ok " + data(tracking_msg_list=[EVENT]), Flaw.SURROUNDED),
    ],
)
def test_what_is_wrong_with_a_body_has_a_name(body: bytes, flaw: Flaw) -> None:
    assert read_outcome(200, body) == (Outcome.MALFORMED, flaw)


@pytest.mark.parametrize(
    ("order_id", "path"),
    [
        ("3550875", "/v1/tracking/get/3550875"),
        ("../token", "/v1/tracking/get/..%2Ftoken"),
        ("..", "/v1/tracking/get/%2E%2E"),
        ("a?b#c", "/v1/tracking/get/a%3Fb%23c"),
        ("單號 7\n", "/v1/tracking/get/%E5%96%AE%E8%99%9F%207%0A"),
    ],
)
def test_an_order_id_stays_one_path_segment(order_id: str, path: str) -> None:
    url = Query("shop", order_id, None, "order_id").url("https://api.example")
    assert httpx.Request("GET", url).url.raw_path.decode() == path


async def ask(url: str, token: str, query: Query) -> Answer:
    async with httpx.AsyncClient() as client:
        return await TrackingApi(client, url, lambda: datetime.now(UTC)).ask(query, token, 1)


async def test_a_strange_id_reaches_the_server_whole_and_is_just_not_found(emulator: RunningEmulator) -> None:
    for order_id in ("../../auth/token", "a/b?c#d", "..", "x" * 500):
        answer = await ask(emulator.url, Credentials().token, Query("shop", order_id, None, "order_id"))
        assert answer.outcome in {Outcome.NOT_FOUND, Outcome.BAD_REQUEST}, order_id


async def test_nobody_at_the_address_is_a_network_error_and_not_an_exception() -> None:
    answer = await ask("http://127.0.0.1:9", "token", Query("shop", "1", None, "order_id"))
    assert (answer.outcome, answer.http_status, answer.body) == (Outcome.NETWORK_ERROR, None, None)


def test_a_packed_body_is_told_by_its_first_bytes_and_never_unpacked_beyond_the_limit() -> None:
    body = data(tracking_msg_list=[EVENT] * 500)
    packed = bytearray(gzip.compress(body))
    assert unpacked(packed) == body
    assert unpacked(bytearray(body)) == body
    begun = unpacked(packed[: len(packed) // 2])
    assert begun and body.startswith(begun)
    assert unpacked(bytearray(b"\x1f\x8bno gzip at all")) == b"\x1f\x8bno gzip at all"
    assert len(unpacked(bytearray(gzip.compress(b" " * 5 * MAX_BODY_BYTES)))) == MAX_BODY_BYTES + 1


def test_a_token_is_struck_out_in_every_spelling_but_a_word_of_every_day_is_not() -> None:
    content = b"sk-a/b+secret== sk-a%2Fb%2Bsecret%3D%3D sk-a\\/b+secret=="
    assert struck_out(content, "sk-a/b+secret==") == b"*** *** ***"
    assert struck_out(b"code 50", "50") == b"code 50"


async def test_a_token_that_the_server_echoes_is_not_kept() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"]
        return httpx.Response(500, headers={"location": f"/?{token}"}, json={"error": {"message": f"bad {token}"}})

    async with httpx.AsyncClient(transport=httpx.MockTransport(echo)) as client:
        api = TrackingApi(client, "https://api.example", lambda: datetime.now(UTC))
        answer = await api.ask(Query("shop", "1", None, "order_id"), "sk-very-secret", 1)
    assert "sk-very-secret" not in str(answer)
    assert answer.reason == "bad Bearer ***"
    assert answer.headers["location"] == "/?Bearer ***"
