"""One request to the tracking endpoint, and what its answer means for one parcel."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import httpx

from pipeline.tracking.body import Flaw, find_history, opened, parsed, read_history
from pipeline.tracking.budget import FLIGHT_SECONDS
from pipeline.tracking.wire import MAX_BODY_BYTES, kept_headers, struck_out, unpacked, words_of

TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
_REASON_LENGTH = 200
_NOT_FOUND_WORDS = {"ORDER_NOT_FOUND", "TRACKING_NOT_FOUND"}
# What an error says that comes with a status of success.
_STATUS_CODE = re.compile(r"([45][0-9]{2})(?:[0-9]{3})?")
_STATUS_WORDS = {
    "INVALID_TOKEN": 401,
    "INVALID_CLIENT": 401,
    "UNAUTHORIZED": 401,
    "UNAUTHORIZED_CLIENT": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "RATE_LIMIT_EXCEEDED": 429,
    "API_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
}


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
    """The tracking endpoint of one account.

    `patience` is how many seconds a whole answer may take: a server that drips keeps every single read short.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        api_url: str,
        now: Callable[[], datetime],
        patience: float = FLIGHT_SECONDS,
    ) -> None:
        self._client = client
        self._api_url = api_url
        self._now = now
        self._patience = patience

    async def ask(self, query: Query, token: str, attempts: int) -> Answer:
        """Send one request. Never raises for what the server or the network does: that is the answer's outcome.

        What came before a failure is kept. The token is struck out of everything that is, should the API echo it.
        """
        requested_at = self._now()
        started = time.perf_counter()
        status: int | None = None
        headers: dict[str, str] = {}
        received = bytearray()
        trouble: tuple[Outcome, str] | None = None
        try:
            async with asyncio.timeout(self._patience), self._open(query, token) as response:
                status = response.status_code
                headers = kept_headers(response.headers, token)
                # A transport may hold an answer whole; else the bytes are taken as they come, still packed.
                chunks = response.aiter_bytes() if response.is_stream_consumed else response.aiter_raw()
                async for chunk in chunks:
                    received += chunk
                    if len(received) > MAX_BODY_BYTES:
                        break
        except (TimeoutError, httpx.TimeoutException) as error:
            trouble = Outcome.TIMEOUT, type(error).__name__
        except (httpx.InvalidURL, UnicodeError):
            trouble = Outcome.BAD_REQUEST, "the identifier does not fit into a URL"
        except httpx.HTTPError as error:
            trouble = Outcome.NETWORK_ERROR, words_of(error)
        content = unpacked(received)
        del received
        body = struck_out(content[:MAX_BODY_BYTES], token)
        outcome, reason = trouble or read_outcome(
            status or 0, body, headers.get("content-type", ""), is_whole=len(content) <= MAX_BODY_BYTES
        )
        return Answer(
            query=query,
            requested_at=requested_at,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            http_status=status,
            headers=headers,
            body=body or None,
            outcome=outcome,
            reason=reason,
            attempts=attempts,
        )

    def _open(self, query: Query, token: str) -> AbstractAsyncContextManager[httpx.Response]:
        return self._client.stream(
            "GET",
            query.url(self._api_url),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept-Encoding": "gzip",
            },
        )


def read_outcome(
    status: int, body: bytes, content_type: str = "", *, is_whole: bool = True
) -> tuple[Outcome, str | None]:
    """Say what an answer means for the parcel, from its status and, where that is not enough, its body."""
    if 200 <= status < 300:
        return _read_success(body, content_type) if is_whole else (Outcome.MALFORMED, Flaw.TOO_LARGE)
    if 300 <= status < 400:
        return Outcome.MALFORMED, Flaw.REDIRECT
    return _read_error(status, _error(parsed(body)))


def _read_success(body: bytes, content_type: str) -> tuple[Outcome, str | None]:
    document = parsed(body)
    history = find_history(document) if document is not None else read_history(body, content_type)
    if history.data is None and (error := _error(history.document)):
        status = _status_of(error)
        if status is not None:
            return _read_error(status, error)
    if history.flaw:
        return Outcome.MALFORMED, history.flaw
    return (Outcome.OK if history.events else Outcome.NO_EVENTS), None


def _read_error(status: int, error: dict[str, Any]) -> tuple[Outcome, str | None]:
    reason = _error_text(error)
    if status == 401:
        return Outcome.UNAUTHORIZED, reason
    if status == 403:
        return Outcome.FORBIDDEN, reason
    if status == 404:
        return Outcome.NOT_FOUND, reason
    if status == 408:
        return Outcome.TIMEOUT, reason
    if status == 429:
        return Outcome.RATE_LIMITED, reason
    if status >= 500:
        return Outcome.SERVER_ERROR, reason
    return (Outcome.NOT_FOUND if _words_of(error) & _NOT_FOUND_WORDS else Outcome.BAD_REQUEST), reason


def _status_of(error: dict[str, Any]) -> int | None:
    """The status that an error with a status of success should have had; None where it is no error after all."""
    words = _words_of(error)
    codes = [int(code[1]) for word in sorted(words) if (code := _STATUS_CODE.fullmatch(word))]
    codes += [_STATUS_WORDS[word] for word in sorted(words) if word in _STATUS_WORDS]
    if codes:
        return codes[0]
    return 400 if words & _NOT_FOUND_WORDS or "error_trace" in error else None


def _words_of(error: dict[str, Any]) -> set[str]:
    return {str(error.get(key, "")).strip().upper() for key in ("error_code", "code", "code_reason")}


def _error(document: Any) -> dict[str, Any]:
    """The error object, whether the API sends it flat, inside `error`, or inside `error` as a JSON string."""
    if not isinstance(document, dict):
        return {}
    inner, _ = opened(document.get("error") or document)
    return inner if isinstance(inner, dict) else {"message": inner} if isinstance(inner, str) else {}


def _error_text(error: dict[str, Any]) -> str | None:
    text = next((str(error[key]) for key in ("error_code", "code_reason", "message", "code") if error.get(key)), None)
    return " ".join(text.split())[:_REASON_LENGTH] if text else None
