"""One request to the tracking endpoint, and what its answer means for one parcel."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import httpx
import orjson

# Whole histories are a few kB; what is larger is not one.
MAX_BODY_BYTES = 16 * 2**20
TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
_KEPT_HEADERS = (
    "content-type",
    "date",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-request-id",
)
_NOT_FOUND_WORDS = {"ORDER_NOT_FOUND", "TRACKING_NOT_FOUND"}


class Outcome(StrEnum):
    """What a request came to; a closed set, a column of `fact_poll`."""

    OK = "ok"
    NO_EVENTS = "no_events"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    NETWORK_ERROR = "network_error"
    MALFORMED = "malformed"


@dataclass(frozen=True)
class Query:
    """The parcel to ask about; `asked_by` names the identifier that goes into the URL."""

    account: str
    order_id: str | None
    tracking_number: str | None
    asked_by: str

    def url(self, base: str) -> str:
        """Ids are hostile input: a path segment of their own, every reserved character percent-encoded."""
        if self.asked_by == "order_id":
            segment = quote(self.order_id or "", safe="")
            # A lone dot or two would be a step in the path, even to a careful client.
            return f"{base}/v1/tracking/get/{segment.replace('.', '%2E') if set(segment) == {'.'} else segment}"
        return f"{base}/v1/tracking/get?tracking_number={quote(self.tracking_number or '', safe='')}"


@dataclass(frozen=True)
class Answer:
    """One request and all that came back, before anything of it is understood but its outcome."""

    query: Query
    requested_at: datetime
    elapsed_ms: float
    http_status: int | None
    headers: dict[str, str]
    body: bytes | None
    outcome: Outcome
    reason: str | None
    attempts: int


class TrackingApi:
    """The tracking endpoint of one account."""

    def __init__(self, client: httpx.AsyncClient, api_url: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._api_url = api_url
        self._now = now

    async def ask(self, query: Query, token: str, attempts: int) -> Answer:
        """Send one request. Never raises for what the server or the network does: that is the answer's outcome."""
        requested_at = self._now()
        started = time.perf_counter()
        status: int | None = None
        headers: dict[str, str] = {}
        body = bytearray()
        try:
            async with self._client.stream(
                "GET",
                query.url(self._api_url),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            ) as response:
                status = response.status_code
                headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        break
            outcome, reason = read_outcome(status, bytes(body))
        except httpx.TimeoutException as error:
            outcome, reason = Outcome.TIMEOUT, type(error).__name__
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome, reason = Outcome.NETWORK_ERROR, type(error).__name__
        return Answer(
            query=query,
            requested_at=requested_at,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            http_status=status,
            headers=headers,
            # An API that echoes our token must not make us write it down.
            body=bytes(body).replace(token.encode(), b"***") if body else None,
            outcome=outcome,
            reason=reason,
            attempts=attempts,
        )


def read_outcome(status: int, body: bytes) -> tuple[Outcome, str | None]:
    """Say what an answer means for the parcel, from its status and, where that is not enough, its body."""
    if status == 200:
        return _read_success(body)
    if status == 401:
        return Outcome.UNAUTHORIZED, _error_text(body)
    if status == 403:
        return Outcome.FORBIDDEN, _error_text(body)
    if status == 404:
        return Outcome.NOT_FOUND, _error_text(body)
    if status == 429:
        return Outcome.RATE_LIMITED, None
    if status >= 500:
        return Outcome.SERVER_ERROR, _error_text(body)
    if 300 <= status < 400:
        return Outcome.MALFORMED, "redirect"
    error = _error(body)
    words = {str(error.get(key, "")).upper() for key in ("error_code", "code", "code_reason")}
    return (Outcome.NOT_FOUND if words & _NOT_FOUND_WORDS else Outcome.BAD_REQUEST), _error_text(body)


def unwrapped(value: Any) -> Any:
    """The API types `data` and lists as *json-string*: an object, or a string that holds its JSON."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _read_success(body: bytes) -> tuple[Outcome, str | None]:
    if len(body) > MAX_BODY_BYTES:
        return Outcome.MALFORMED, f"body over {MAX_BODY_BYTES // 2**20} MiB"
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Outcome.MALFORMED, "empty body" if not body.strip() else "not JSON"
    data = unwrapped(document.get("data")) if isinstance(document, dict) else None
    if not isinstance(data, dict):
        return Outcome.MALFORMED, "no data object"
    events = unwrapped(data.get("tracking_msg_list"))
    if events is None or events in ([], ""):
        return Outcome.NO_EVENTS, None
    if not isinstance(events, list) or not any(_is_event(event) for event in events):
        return Outcome.MALFORMED, "no list of events"
    return Outcome.OK, None


def _is_event(value: Any) -> bool:
    return isinstance(value, dict) and any(value.get(key) for key in ("code", "message"))


def _error(body: bytes) -> dict[str, Any]:
    """The error object, whether the API sends it flat, inside `error`, or inside `error` as a JSON string."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    inner = unwrapped(document.get("error", document)) if isinstance(document, dict) else None
    return inner if isinstance(inner, dict) else {"message": inner} if isinstance(inner, str) else {}


def _error_text(body: bytes) -> str | None:
    error = _error(body)
    text = next((str(error[key]) for key in ("error_code", "code_reason", "message", "code") if error.get(key)), None)
    return text[:200] if text else None
