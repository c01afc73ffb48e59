"""Whatever an id or an answer holds, there is a request for exactly that parcel, an outcome, and a load that works."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.events.flatten import clear, load, raw_files
from pipeline.events.reading import Reading
from pipeline.tracking.api import Answer, Outcome, Query, TrackingApi, read_outcome
from pipeline.tracking.body import Flaw, as_document, read_history
from pipeline.tracking.landing import Landing
from pipeline.tracking.wire import MAX_BODY_BYTES
from pipeline.warehouse import DataFolder, open_work

BASE = "https://api.example"
NOON = datetime(2025, 12, 10, 4, tzinfo=UTC)
READING = Reading.load()
CERTIFICATE = Path(__file__).parent / "data" / "self_signed.pem"

ids = st.text(min_size=1, max_size=120) | st.text(alphabet="./?#%&=+ \\\r\n\t\x00:@;,", min_size=1, max_size=12)
words = st.text(max_size=40)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4), max_leaves=12
)
events = st.fixed_dictionaries(
    {},
    optional={
        "code": scalars,
        "location": scalars,
        "date": scalars | st.just("2025-12-09 17:37:09"),
        "message": anything,
    },
)
lists = st.lists(events | anything, max_size=5)
wrapped = st.sampled_from([lambda value: value, lambda value: json.dumps(value)])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A body near the documented one, in any of its dresses, perhaps cut or with a byte changed."""
    listed = draw(wrapped)(draw(lists | anything))
    data = {
        "tracking_number": draw(scalars),
        "courier_name": draw(scalars | st.just("SF")),
        "tracking_msg_list": listed,
    }
    document = draw(st.sampled_from([{"data": draw(wrapped)(data)}, {"data": [data]}, data, listed, draw(anything)]))
    body = json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    match draw(st.integers(0, 5)):
        case 0:
            return body[: draw(st.integers(0, len(body)))]
        case 1:
            place = draw(st.integers(0, max(len(body) - 1, 0)))
            return body[:place] + draw(st.binary(max_size=3)) + body[place + 1 :]
        case 2:
            return draw(st.binary(max_size=60))
    return body


@given(ids)
@example("../../auth/token")
@example("..")
@example(".")
@example("a/b?c#d%2F")
@example("單號 7\r\nX-Evil: 1")
@example("@evil.example/")
@settings(deadline=None)
def test_an_id_of_any_kind_is_one_path_segment_and_nothing_else(order_id: str) -> None:
    url = httpx.Request("GET", Query("shop", order_id, None, "order_id").url(BASE)).url
    assert (url.scheme, url.host, url.query, url.fragment) == ("https", "api.example", b"", "")
    path = url.raw_path.decode("ascii").split("/")
    assert path[:4] == ["", "v1", "tracking", "get"]
    assert [unquote(part) for part in path[4:]] == [order_id]


@given(ids)
@example("SF1&order_id=2")
@example("a+b c")
@settings(deadline=None)
def test_a_tracking_number_of_any_kind_is_one_query_value(number: str) -> None:
    url = httpx.Request("GET", Query("shop", None, number, "tracking_number").url(BASE)).url
    assert (url.host, url.path) == ("api.example", "/v1/tracking/get")
    assert parse_qs(url.query.decode("ascii"), keep_blank_values=True) == {"tracking_number": [number]}


@given(st.integers(100, 599), bodies() | st.binary(max_size=200), st.sampled_from(["", "text/html; charset=gbk"]))
@settings(deadline=None, max_examples=300)
def test_any_answer_has_an_outcome_and_a_malformed_one_a_reason(status: int, body: bytes, content_type: str) -> None:
    outcome, reason = read_outcome(status, body, content_type)
    assert outcome in set(Outcome)
    assert reason is None or len(reason) <= 200
    assert outcome is not Outcome.MALFORMED or reason in set(Flaw)


EVENTS = [
    {
        "code": str(place),
        "location": "深圳市",
        "date": "2025-12-09 17:37:09",
        "message": '到"达]} \\ 快件',
        "tags": ["a", {}],
    }
    for place in range(4)
]
FIELDS = {"tracking_number": "SF1", "weight": 1.5, "tracking_msg_list": EVENTS, "message": "OK"}
DRESSES = {
    "objects": {"data": FIELDS},
    "data as a string": {"data": json.dumps(FIELDS)},
    "list as a string": {"data": {**FIELDS, "tracking_msg_list": json.dumps(EVENTS, ensure_ascii=False)}},
    "both as strings": {"data": json.dumps({**FIELDS, "tracking_msg_list": json.dumps(EVENTS)})},
    "data in a list": {"data": [FIELDS]},
    "the list alone": EVENTS,
}


@pytest.mark.parametrize("dress", DRESSES)
def test_of_a_body_cut_anywhere_the_events_before_the_cut_are_read(dress: str) -> None:
    body = json.dumps(DRESSES[dress], ensure_ascii=False).encode()
    ends = [place for place in range(len(body) + 1) if body[:place].endswith((b"{}]}", b'{}]}"', b'{}]}\\"'))]
    last = 0
    for cut in range(len(body)):
        history = read_history(body[:cut])
        read = history.events if isinstance(history.events, list) else []
        assert read == EVENTS[: len(read)], body[:cut]
        assert last <= len(read) <= sum(end <= cut for end in ends)
        assert history.flaw in (Flaw.CUT_SHORT, Flaw.EMPTY, Flaw.NOT_JSON, Flaw.NO_DATA), body[:cut]
        last = len(read)
    assert last == len(EVENTS)
    assert read_history(body) == read_history(body + b" \n") and read_history(body).flaw is None


@given(st.lists(bodies(), min_size=15, max_size=30))
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_answers_load_once_and_none_that_is_malformed_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    folder = DataFolder(tmp_path_factory.mktemp("hostile") / "data")
    land(folder, contents)
    with open_work(folder) as connection:
        told = []
        for files in (raw_files(folder), raw_files(folder), raw_files(folder)[::-1]):
            if told:
                clear(connection)
            for name in files:
                load(connection, folder, [name], READING, run_id="run", now=NOON)
            told.append(connection.execute("select * from fact_tracking_event order by event_id").fetchall())
        assert told[0] == told[1] == told[2]
        assert one(connection, "select count(*) from fact_poll") == len(contents)
        assert one(connection, "select count(*) - count(distinct event_id) from fact_tracking_event") == 0
        passed_over = (
            "select count(*) from fact_poll anti join quarantined_response using (response_id)"
            " where outcome = 'malformed'"
        )
        assert one(connection, passed_over) == 0
        unread = "select count(*) from fact_poll where outcome = 'ok' and event_count = 0"
        assert one(connection, unread) == 0


def land(folder: DataFolder, contents: list[bytes]) -> None:
    for half, part in enumerate((contents[::2], contents[1::2])):
        landing = Landing(folder, f"run{half}", "Asia/Hong_Kong")
        for place, content in enumerate(part):
            outcome, reason = read_outcome(200, content)
            query = Query("default", str(place % 4), None, "order_id")
            moment = NOON + timedelta(seconds=2 * place + half)
            landing.write(Answer(query, moment, 1.0, 200, {}, content, outcome, reason, 1))
        landing.close()


def one(connection: Any, select: str) -> int:
    return int(connection.execute(select).fetchone()[0])


@given(bodies())
@settings(deadline=None)
def test_what_was_read_with_care_is_json_that_anyone_reads(body: bytes) -> None:
    document = as_document(read_history(body))
    if document is not None:
        assert set(json.loads(document)) == {"data"}
        document.encode()


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A small server of its own; the port it listens on."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


async def ask(url: str, **options: Any) -> Answer:
    async with httpx.AsyncClient(timeout=options.pop("timeout", 5.0), trust_env=False) as client:
        api = TrackingApi(client, url, lambda: datetime.now(UTC), **options)
        return await api.ask(Query("shop", "1", None, "order_id"), "sk-a-secret-token", 1)


class Recorder(BaseHTTPRequestHandler):
    """Writes down every request that reaches it."""

    seen: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("authorization", ""))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        # A client that does not like our certificate hangs up.
        with suppress(OSError):
            super().handle()


async def test_no_token_goes_to_a_server_with_an_untrusted_certificate() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE)

    class Server(Recorder):
        seen: ClassVar[list[str]] = []

    with served(Server, tls) as port:
        answer = await ask(f"https://localhost:{port}")
    assert (answer.outcome, answer.reason) == (Outcome.NETWORK_ERROR, "TLS failure: self-signed certificate")
    assert Server.seen == []


async def test_a_server_that_speaks_no_tls_is_named_as_such() -> None:
    class Server(Recorder):
        seen: ClassVar[list[str]] = []

    with served(Server) as port:
        answer = await ask(f"https://localhost:{port}")
    assert answer.outcome is Outcome.NETWORK_ERROR
    assert (answer.reason or "").startswith("TLS failure: ")


async def test_an_answer_that_drips_for_ever_ends_with_our_patience() -> None:
    class Server(Recorder):
        seen: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for piece in (b'{"data"', *[b" "] * 1000):
                self.wfile.write(piece)
                threading.Event().wait(0.02)

    with served(Server) as port:
        answer = await ask(f"http://127.0.0.1:{port}", patience=0.3)
    assert (answer.outcome, answer.http_status) == (Outcome.TIMEOUT, 200)
    assert (answer.body or b"").startswith(b'{"data"')


async def test_of_an_endless_body_no_more_than_the_limit_is_kept() -> None:
    class Server(Recorder):
        seen: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b" " * 2**20)

    with served(Server) as port:
        answer = await ask(f"http://127.0.0.1:{port}")
    assert (answer.outcome, answer.reason) == (Outcome.MALFORMED, Flaw.TOO_LARGE)
    assert len(answer.body or b"") == MAX_BODY_BYTES


async def test_an_id_that_no_url_can_hold_is_a_bad_request_and_not_an_exception() -> None:
    async with httpx.AsyncClient() as client:
        api = TrackingApi(client, BASE, lambda: datetime.now(UTC))
        answer = await api.ask(Query("shop", "x" * 100_000, None, "order_id"), "sk-a-secret-token", 1)
    assert (answer.outcome, answer.http_status) == (Outcome.BAD_REQUEST, None)
