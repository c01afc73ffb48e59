"""What each fault makes of a good reply."""

import gzip
import zlib
from functools import lru_cache
from random import Random
from typing import Any

import orjson

from . import answers
from .exchange import Reply, Request, json_reply
from .faults import FaultKind

_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>\n"
_NONSENSE = ["ok", 7, None, {}, {"foo": "bar"}, {"code": None, "date": "soon", "message": None}]
_WARNING = b"<br />\n<b>Warning</b>: Undefined index in <b>track.php</b> on line <b>7</b><br />\n"
_HUGE = 50_000_000
_DEEP = 100_000


def spoil(kind: FaultKind, reply: Reply, request: Request, elsewhere: str) -> Reply:
    """The reply with the fault; `elsewhere` is the other host that redirects name."""
    match kind:
        case "bad_request":
            return json_reply(400, answers.bad_request(None))
        case "unauthorized":
            return json_reply(401, answers.unauthorized(is_expired=True, is_flat=False))
        case "forbidden":
            return json_reply(403, answers.forbidden())
        case "not_found":
            return json_reply(404, answers.not_found("Tracking not found"))
        case "conflict":
            return json_reply(409, answers.conflict())
        case "unprocessable":
            return json_reply(422, answers.unprocessable())
        case "rate_limited":
            return json_reply(429, answers.rate_limited())
        case "server_error":
            return json_reply(500, answers.server_error(is_flat=len(reply.body) % 2 == 0))
        case "bad_gateway":
            return _page(502, "502 Bad Gateway")
        case "unavailable":
            return json_reply(503, answers.unavailable())
        case "token_echo":
            return json_reply(500, {"error": {"code": "500999", "message": f"Cannot verify Bearer {request.token}"}})
        case "error_200":
            return json_reply(200, answers.server_error(is_flat=len(reply.body) % 2 == 0))
        case "redirect":
            location = f"{elsewhere}/login?token={request.token}".encode()
            return Reply(302, b"", headers=((b"location", location),))
        case "dropped" | "reset" | "silent" | "stalled" | "slow_head" | "slow_body":
            return reply._replace(transport=kind)
        case "html_200":
            return _page(200, "We will be right back")
        case "truncated":
            return reply._replace(body=reply.body[: len(reply.body) // 2])
        case "empty_body":
            return reply._replace(body=b"")
        case "warning":
            return reply._replace(body=_WARNING + reply.body, content_type=b"text/html")
        case "wrong_type":
            return reply._replace(content_type=b"text/html; charset=utf-8")
        case "invalid_utf8":
            return reply._replace(body=_cut_a_character(reply.body))
        case "charset":
            return _in_another_charset(reply)
        case "bom":
            return reply._replace(body=b"\xef\xbb\xbf" + reply.body)
        case "gzip":
            return reply._replace(body=gzip.compress(reply.body), headers=((b"content-encoding", b"gzip"),))
        case "wrong_encoding":
            return reply._replace(headers=((b"content-encoding", b"gzip"),))
        case "huge_body":
            return reply._replace(body=reply.body[:-1] + b',"padding":"' + _padding(_HUGE) + b'"}')
        case "gzip_bomb":
            packer = zlib.compressobj(1, wbits=31)
            body = packer.compress(reply.body) + packer.compress(_padding(_HUGE)) + packer.flush()
            return reply._replace(body=body, headers=((b"content-encoding", b"gzip"),))
        case "data_null":
            return json_reply(200, {"data": None})
        case "deep":
            nested = b"[" * _DEEP + b"]" * _DEEP
            return reply._replace(body=reply.body[:-1] + b',"deep":' + nested + b"}")
        case _:
            return _reshaped(kind, reply)


def _reshaped(kind: FaultKind, reply: Reply) -> Reply:
    """Another shape of the same answer."""
    answer = orjson.loads(reply.body)
    data = _opened(answer["data"])
    rows: list[dict[str, Any]] = _opened(data.get("tracking_msg_list")) or []
    rng = Random(len(reply.body))
    match kind:
        case "data_text":
            data["tracking_msg_list"] = orjson.dumps(rows).decode()
            return json_reply(200, {**answer, "data": orjson.dumps(data).decode()})
        case "data_in_list":
            return json_reply(200, {**answer, "data": [data]})
        case "list_null":
            data["tracking_msg_list"] = None
        case "list_empty":
            data["tracking_msg_list"] = []
        case "list_shorter":
            data["tracking_msg_list"] = rows[: len(rows) // 2]
        case "list_numbered":
            data["tracking_msg_list"] = {str(place): row for place, row in enumerate(rows)}
        case "list_text":
            data["tracking_msg_list"] = "please ask again later"
        case "list_nonsense":
            data["tracking_msg_list"] = _NONSENSE
        case "list_mixed":
            data["tracking_msg_list"] = [*_NONSENSE, *rows]
        case "duplicated":
            data["tracking_msg_list"] = rng.sample(rows * 2, len(rows) * 2)
        case "fields_missing":
            for name in ("courier_name", "shipping_provider", "tracking_number"):
                data.pop(name, None)
            data["tracking_msg_list"] = [{k: v for k, v in row.items() if k != "location"} for row in rows]
        case "fields_extra":
            data |= {"extra": {"a": [1, {"b": None}]}, "is_test": True, "weight": 1.5}
            data["tracking_msg_list"] = [{**row, "extra": [rng.random()], "lat": 22.3} for row in rows]
        case "numbers":
            data |= {"tracking_number": _as_number(data["tracking_number"]), "order_id": _as_number(data["order_id"])}
            data["tracking_msg_list"] = [{**row, "code": _as_number(row["code"])} for row in rows]
        case "strange_text":
            body = orjson.dumps({**answer, "data": {**data, "note": "MARK"}})
            return reply._replace(body=body.replace(b'"MARK"', b'"\\ud83d \\u0000", "weight": NaN'))
    return json_reply(200, {**answer, "data": data})


def _page(status: int, title: str) -> Reply:
    return Reply(status, _PAGE.format(title).encode(), content_type=b"text/html")


def _opened(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) and value else value


def _as_number(text: str) -> str | int:
    """The number that is written the same way, if there is one."""
    return int(text) if text.isdecimal() and str(int(text)) == text and int(text) < 2**63 else text


def _in_another_charset(reply: Reply) -> Reply:
    text = reply.body.decode()
    for label, codec in (("Big5", "big5hkscs"), ("GB18030", "gb18030")):
        try:
            return reply._replace(body=text.encode(codec), content_type=f"application/json; charset={label}".encode())
        except UnicodeEncodeError:
            continue
    raise AssertionError("GB18030 has every character")


@lru_cache(1)
def _padding(size: int) -> bytes:
    return b" " * size


def _cut_a_character(body: bytes) -> bytes:
    """Drop the last byte of the first character that has several; every answer holds Chinese."""
    first = next(i for i, byte in enumerate(body) if byte >= 0xC0)
    return body[: first + 1] + body[first + 2 :]
