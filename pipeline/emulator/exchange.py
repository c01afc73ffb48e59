"""One request as the routes see it, and the reply they make of it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

Transport = Literal["whole", "dropped", "reset", "silent", "stalled", "slow_head", "slow_body"]


class Request(NamedTuple):
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    token: str | None
    body: bytes = b""


class Reply(NamedTuple):
    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    transport: Transport = "whole"


def json_reply(status: int, body: Any) -> Reply:
    return Reply(status, orjson.dumps(body))
