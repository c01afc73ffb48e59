"""What each fault makes of a good reply."""

import orjson

from . import answers
from .exchange import Reply, json_reply
from .faults import FaultKind

_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\n"
_NONSENSE = ["ok", 7, None, {}, {"foo": "bar"}, {"code": None, "date": "soon", "message": None}]


def spoil(kind: FaultKind, reply: Reply) -> Reply:
    match kind:
        case "server_error":
            return json_reply(500, answers.server_error(is_flat=len(reply.body) % 2 == 0))
        case "bad_gateway":
            return _page(502, "502 Bad Gateway")
        case "unavailable":
            return json_reply(503, answers.unavailable())
        case "rate_limited":
            return json_reply(429, answers.rate_limited())
        case "html_200":
            return _page(200, "We will be right back")
        case "reset" | "slow_body":
            return reply._replace(transport=kind)
        case "truncated":
            return reply._replace(body=reply.body[: len(reply.body) // 2])
        case "empty_body":
            return reply._replace(body=b"")
        case "data_null":
            return json_reply(200, {"data": None})
        case "list_null":
            return _with_list(reply, None)
        case "list_nonsense":
            return _with_list(reply, _NONSENSE)
        case "invalid_utf8":
            return reply._replace(body=_cut_a_character(reply.body))


def _page(status: int, title: str) -> Reply:
    return Reply(status, _PAGE.format(title).encode(), content_type=b"text/html")


def _with_list(reply: Reply, rows: list[object] | None) -> Reply:
    answer = orjson.loads(reply.body)
    data = answer["data"]
    if isinstance(data, str):
        data = orjson.loads(data)
    data["tracking_msg_list"] = rows
    return json_reply(200, {**answer, "data": data})


def _cut_a_character(body: bytes) -> bytes:
    """Drop the last byte of the first character that has several; every answer holds Chinese."""
    first = next(i for i, byte in enumerate(body) if byte >= 0xC0)
    return body[: first + 1] + body[first + 2 :]
