"""The emulator answers over real HTTP as the API's pages say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.emulator.tokens import Credentials
from pipeline.emulator.world import FOREIGN_ORDER_IDS, World

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TOKEN = {"authorization": f"Bearer {Credentials().token}"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(orders=200, now=NOW, limits="100000/minute", slow_body_seconds=0.2) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(emulator: RunningEmulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=emulator.url, headers=TOKEN, trust_env=False) as client:
        yield client


@pytest.fixture
def api(emulator: RunningEmulator, client: httpx.Client) -> httpx.Client:
    """The emulator as it was started, whatever the test before did to its clock and faults."""
    emulator.set_clock(NOW)
    emulator.set_faults("")
    return client


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, orders=200, starts_at=NOW - timedelta(days=45))


def data_of(answer: Any) -> dict[str, Any]:
    data = json.loads(answer["data"]) if isinstance(answer["data"], str) else answer["data"]
    assert isinstance(data, dict)
    return data


def events_of(answer: Any) -> list[dict[str, str]]:
    events = data_of(answer).get("tracking_msg_list") or []
    return json.loads(events) or [] if isinstance(events, str) else events


def an_order(world: World, courier: str = "sf_express") -> Any:
    return next(o for o in world.orders if o.courier == courier and len(o.parcels) == 1 and o.quirk % 2 == 0)


def test_an_order_is_answered_with_the_history_of_its_parcel(api: httpx.Client, world: World) -> None:
    order = an_order(world)
    response = api.get(f"/v1/tracking/get/{order.order_id}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    data = data_of(response.json())
    assert data["order_id"] == order.order_id
    assert data["tracking_number"] == order.parcels[0].tracking_number
    assert data["export_country"] == "HONG KONG"
    assert [event["message"] for event in events_of(response.json())] == [e.message for e in order.parcels[0].history]


def test_both_forms_give_the_same_answer(api: httpx.Client, world: World) -> None:
    order = an_order(world)
    by_number = api.get("/v1/tracking/get", params={"tracking_number": order.parcels[0].tracking_number})
    assert by_number.json() == api.get(f"/v1/tracking/get/{order.order_id}").json()


def test_each_parcel_of_an_order_has_its_own_history(api: httpx.Client, world: World) -> None:
    order = next(o for o in world.orders if len(o.parcels) > 1)
    for parcel in order.parcels:
        answer = api.get("/v1/tracking/get", params={"tracking_number": parcel.tracking_number}).json()
        assert data_of(answer)["tracking_number"] == parcel.tracking_number
        assert len(events_of(answer)) == len(parcel.events(NOW))


def test_all_shapes_that_the_pages_allow_occur(api: httpx.Client, world: World) -> None:
    answers = [api.get(f"/v1/tracking/get/{order.order_id}").json() for order in world.orders_until(NOW)]
    datas = [data_of(answer) for answer in answers]
    assert {type(answer["data"]) for answer in answers} == {str, dict}
    assert {type(data.get("tracking_msg_list", ...)) for data in datas} == {str, list, type(None), type(...)}
    assert {("message" in answer, "message" in data) for answer, data in zip(answers, datas, strict=True)} == {
        (True, True),
        (True, False),
        (False, True),
    }
    assert any("parcel_weight" in data for data in datas)
    assert all(isinstance(value, str) for data in datas for key, value in data.items() if key != "tracking_msg_list")


def test_some_couriers_list_the_newest_event_first(api: httpx.Client, world: World) -> None:
    order = an_order(world, "fedex")
    listed = [e["message"] for e in events_of(api.get(f"/v1/tracking/get/{order.order_id}").json())]
    assert listed == [event.message for event in order.parcels[0].events(NOW)][::-1]


def test_a_history_grows_as_the_clock_moves(emulator: RunningEmulator, api: httpx.Client, world: World) -> None:
    order = an_order(world)
    counts = []
    for hours in (0, 24, 48, 24 * 30):
        emulator.set_clock(order.created_at + timedelta(hours=hours))
        counts.append(len(events_of(api.get(f"/v1/tracking/get/{order.order_id}").json())))
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] == len(order.parcels[0].history)


def test_an_order_of_the_future_is_unknown(emulator: RunningEmulator, api: httpx.Client, world: World) -> None:
    order = an_order(world)
    emulator.set_clock(order.created_at - timedelta(seconds=1))
    assert api.get(f"/v1/tracking/get/{order.order_id}").status_code == 400


def test_the_order_status_trails_the_events_in_traditional_chinese(api: httpx.Client, world: World) -> None:
    texts = {
        data_of(api.get(f"/v1/tracking/get/{order.order_id}").json())["order_status"]
        for order in world.orders_until(NOW)
    }
    assert {"列印及安排取件", "運送中", "已完成"} <= texts


@pytest.mark.parametrize("path", ["/v1/tracking/get", "/v1/tracking/get/", "/v1/tracking/get?tracking_number="])
def test_no_identifier_is_a_bad_request(api: httpx.Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["code"], error["code_reason"], error["message"]) == ("400000", "BAD_REQUEST", "Bad Request")
    assert error["error_trace"] == [
        {"field": "order_id", "message": "order_id is required when tracking_number is not provided"}
    ]


def test_an_unknown_order_is_a_bad_request_with_its_own_code(api: httpx.Client) -> None:
    response = api.get("/v1/tracking/get/1")
    assert response.status_code == 400
    assert response.json()["error"]["error_code"] == "ORDER_NOT_FOUND"


def test_an_unknown_parcel_is_not_found_with_the_error_as_text(api: httpx.Client) -> None:
    response = api.get("/v1/tracking/get?tracking_number=SF1")
    assert response.status_code == 404
    assert json.loads(response.json()["error"])["code_reason"] == "NOT_FOUND"


def test_another_members_order_is_forbidden(api: httpx.Client) -> None:
    response = api.get(f"/v1/tracking/get/{FOREIGN_ORDER_IDS[0]}")
    assert response.status_code == 403
    assert json.loads(response.json()["error"])["code_reason"] == "FORBIDDEN"


@pytest.mark.parametrize("order_id", ["a%2Fb", "..%2F..%2Fauth", "%3Fx", "%E9%A0%86", "%0A", "x" * 500])
def test_an_order_id_is_one_segment_whatever_is_in_it(api: httpx.Client, order_id: str) -> None:
    assert api.get(f"/v1/tracking/get/{order_id}").json()["error"]["error_code"] == "ORDER_NOT_FOUND"


def test_an_unknown_endpoint_is_not_found(api: httpx.Client) -> None:
    assert api.get("/v1/tracking/got").status_code == 404
    assert api.get("/v1/tracking/get/3550875/more").status_code == 404


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer"])
def test_a_missing_or_wrong_token_is_refused_in_both_documented_shapes(
    emulator: RunningEmulator, header: str | None
) -> None:
    headers = {"authorization": header} if header else {}
    with httpx.Client(base_url=emulator.url, headers=headers, trust_env=False) as client:
        odd, even = (client.get(f"/v1/tracking/get/355087{digit}") for digit in (5, 6))
    assert odd.status_code == even.status_code == 401
    assert odd.json() == even.json()["error"]
    assert odd.json() == {"code": "401000", "code_reason": "UNAUTHORIZED", "message": "Unauthorized"}


def ask_token(api: httpx.Client, **changes: str) -> httpx.Response:
    demo = Credentials()
    form = {
        "grant_type": "client_credentials",
        "client_id": demo.client_id,
        "client_secret": demo.client_secret,
        **changes,
    }
    return api.post("/v1/auth/token", data=form)


def test_a_token_lives_an_hour_by_the_emulators_clock(
    emulator: RunningEmulator, api: httpx.Client, world: World
) -> None:
    granted = ask_token(api).json()["data"]
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3600)
    headers = {"authorization": f"Bearer {granted['access_token']}"}
    path = f"/v1/tracking/get/{an_order(world).order_id}"
    emulator.set_clock(NOW + timedelta(minutes=59))
    assert api.get(path, headers=headers).status_code == 200
    emulator.set_clock(NOW + timedelta(minutes=60))
    expired = api.get(path, headers=headers)
    assert expired.status_code == 401
    assert (expired.json().get("error") or expired.json())["code"] == "invalid_token"
    assert api.get(path).status_code == 200  # the fixed token has no end


def test_a_wrong_client_gets_no_token(api: httpx.Client) -> None:
    response = ask_token(api, client_secret="guess")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "401021"
    assert response.json()["error"]["code_reason"] == "invalid_client_id_or_client_secret"


def test_another_grant_is_a_bad_request(api: httpx.Client) -> None:
    response = ask_token(api, grant_type="password")
    assert response.status_code == 400
    assert response.json()["error"]["error_trace"][0]["field"] == "grant_type"


def test_a_revoked_token_is_refused() -> None:
    with running_emulator(orders=1, now=NOW) as emulator:
        assert emulator.control("tokens", {"revoke": None}) == {"revoked": 1}
        assert httpx.get(f"{emulator.url}/v1/order/list", headers=TOKEN, trust_env=False).status_code == 401


def test_the_order_list_is_paged_newest_first(api: httpx.Client, world: World) -> None:
    pages = [api.get("/v1/order/list", params={"page": page, "limit": 90}).json() for page in (1, 2, 3, 4)]
    ids = [row["order_id"] for page in pages for row in page["data"]["order_list"]]
    assert [len(page["data"]["order_list"]) for page in pages] == [90, 90, 20, 0]
    assert ids == [order.order_id for order in reversed(world.orders_until(NOW))]
    assert pages[0]["pagination"] == {"total": 200, "page": 1, "per_page": 90, "total_pages": 3}
    assert len(api.get("/v1/order/list").json()["data"]["order_list"]) == 20


def test_the_order_list_sorts_and_filters(api: httpx.Client) -> None:
    rows = api.get(
        "/v1/order/list",
        params={"sort_key": "order_id", "sort_dir": "ASC", "start_date": "2026-11-01", "end_date": "2026-11-10"},
    ).json()["data"]["order_list"]
    assert rows
    assert [row["order_id"] for row in rows] == sorted(row["order_id"] for row in rows)
    assert {row["create_time"][:7] for row in rows} == {"2026-11"}
    done = api.get("/v1/order/list?order_status=COMPLETED&limit=100").json()["data"]["order_list"]
    assert done and {row["order_status"] for row in done} == {"COMPLETED"}


@pytest.mark.parametrize("query", ["limit=101", "page=0", "page=x", "sort_dir=UP", "order_status=LOST", "end_date=1"])
def test_an_order_list_asked_for_wrongly_is_a_bad_request(api: httpx.Client, query: str) -> None:
    response = api.get(f"/v1/order/list?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["error_trace"][0]["field"] == query.partition("=")[0]


def test_one_order_is_told_without_anybodys_address(api: httpx.Client, world: World) -> None:
    order = an_order(world)
    data = api.get("/v1/order", params={"id": order.order_id}).json()["data"]
    assert data["order_id"] == order.order_id
    assert data["status"] == data["order_status"]


@pytest.mark.parametrize("retry_after", [False, True])
def test_a_request_too_many_is_refused_and_every_answer_tells_the_budget(retry_after: bool) -> None:
    with (
        running_emulator(
            orders=1, now=NOW, limits="3/minute", limit_clock="world", window="sliding", retry_after=retry_after
        ) as emulator,
        httpx.Client(base_url=emulator.url, headers=TOKEN, trust_env=False) as api,
    ):
        answers = [ask_token(api), *(api.get("/v1/tracking/get/1") for _ in range(3))]
        assert [answer.status_code for answer in answers] == [200, 400, 400, 429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
        assert {int(answer.headers["x-ratelimit-reset"]) for answer in answers} == {int(NOW.timestamp()) + 60}
        assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
        assert answers[-1].headers.get("retry-after") == ("60" if retry_after else None)
        emulator.set_clock(NOW + timedelta(seconds=60))
        assert api.get("/v1/tracking/get/1").status_code == 400
        assert emulator.stats()["requests"] == {"token": {"200": 1}, "tracking_by_order": {"400": 3, "429": 1}}


def test_someone_without_a_token_does_not_use_up_the_accounts_budget() -> None:
    with running_emulator(orders=1, now=NOW, limits="1/minute", limit_clock="world") as emulator:
        url = f"{emulator.url}/v1/tracking/get/1"
        statuses = [httpx.get(url, trust_env=False).status_code for _ in range(2)]
        assert [*statuses, httpx.get(url, headers=TOKEN, trust_env=False).status_code] == [401, 429, 400]


@pytest.mark.parametrize(
    ("fault", "status"), [("server_error", 500), ("bad_gateway", 502), ("unavailable", 503), ("rate_limited", 429)]
)
def test_a_fault_can_be_a_status(
    emulator: RunningEmulator, api: httpx.Client, world: World, fault: str, status: int
) -> None:
    emulator.set_faults(f"{fault}=1")
    assert api.get(f"/v1/tracking/get/{an_order(world).order_id}").status_code == status


def test_a_fault_can_cut_the_connection_in_mid_body(emulator: RunningEmulator, api: httpx.Client, world: World) -> None:
    emulator.set_faults("reset=1")
    with pytest.raises(httpx.TransportError):
        api.get(f"/v1/tracking/get/{an_order(world).order_id}")
    emulator.set_faults("")
    assert api.get(f"/v1/tracking/get/{an_order(world).order_id}").status_code == 200


def test_a_fault_can_spoil_the_body(emulator: RunningEmulator, api: httpx.Client, world: World) -> None:
    path = f"/v1/tracking/get/{an_order(world).order_id}"
    whole = api.get(path)

    def spoilt(fault: str) -> httpx.Response:
        emulator.set_faults(f"{fault}=1")
        response = api.get(path)
        assert response.status_code == 200
        return response

    for fault in ("truncated", "html_200", "empty_body"):
        with pytest.raises(ValueError):
            spoilt(fault).json()
    with pytest.raises(UnicodeDecodeError):
        spoilt("invalid_utf8").content.decode()
    assert spoilt("html_200").headers["content-type"] == "text/html"
    assert spoilt("data_null").json() == {"data": None}
    assert data_of(spoilt("list_null").json())["tracking_msg_list"] is None
    assert "foo" in str(data_of(spoilt("list_nonsense").json())["tracking_msg_list"])
    assert spoilt("slow_body").content == whole.content


def test_the_controls_tell_world_and_statistics(emulator: RunningEmulator, api: httpx.Client, world: World) -> None:
    told = emulator.control("world")
    assert told["order_ids"] == [order.order_id for order in world.orders_until(NOW)]
    assert len(told["source"]) == len(list(world.orders_at(NOW)))
    truths = [truth._asdict() for truth in world.truth(NOW)]
    assert [truth["tracking_number"] for truth in told["truth"]] == [truth["tracking_number"] for truth in truths]
    before = emulator.stats()["total"]
    api.get("/v1/tracking/get/404404")
    assert emulator.stats()["total"] == before + 1
    assert emulator.stats()["asked"]["404404"] == 1


def test_a_control_asked_wrongly_says_so(emulator: RunningEmulator) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        emulator.set_faults("flood=1")
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        emulator.control("nothing")
