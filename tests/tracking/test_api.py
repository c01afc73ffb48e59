"""What an answer means, and how an id goes into a URL."""

import json
from datetime import UTC, datetime

import httpx
import pytest

from pipeline.emulator.process import RunningEmulator
from pipeline.emulator.tokens import Credentials
from pipeline.tracking.api import MAX_BODY_BYTES, Answer, Outcome, Query, TrackingApi, read_outcome

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
        (200, b" " * (MAX_BODY_BYTES + 1), "malformed"),
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


async def test_a_token_that_the_server_echoes_is_not_kept() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500, content=b"bad header " + request.headers["authorization"].encode())

    async with httpx.AsyncClient(transport=httpx.MockTransport(echo)) as client:
        api = TrackingApi(client, "https://api.example", lambda: datetime.now(UTC))
        answer = await api.ask(Query("shop", "1", None, "order_id"), "sk-very-secret", 1)
    assert answer.body == b"bad header Bearer ***"
