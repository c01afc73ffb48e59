"""What the body of a successful answer tells of a parcel, read as a careful person would.

The documented shape is an object `data` with a list `tracking_msg_list`, either of them perhaps as a string that
holds its JSON. Bodies also come in another charset, with a byte order mark, with text around them, cut short, with
the list as an object of numbered keys, or without the object around it: all of that is read, and what is wrong is
said. What was sent is not changed: it stays in the raw files.
"""

import codecs
import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from pipeline.tracking.prefix import readable_prefix

LIST = "tracking_msg_list"

# How deep the data object may lie: alone in a list, in a `data` of its own.
_DEPTH = 4
_BLANK = " \t\r\n\x00\ufeff"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
# Supersets of what the labels say: couriers' systems call GB18030 by its older names, Hong Kong's Big5 just Big5.
_CODECS = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "windows-1252"), "cp1252"),
}


class Flaw(StrEnum):
    """Why a successful answer could not be read in full; a closed set, the `reason` of a malformed answer."""

    EMPTY = "empty body"
    WEB_PAGE = "a web page"
    NOT_JSON = "not JSON"
    REDIRECT = "redirect"
    TOO_LARGE = "body too large"
    TOO_DEEP = "nested too deeply"
    CUT_SHORT = "cut short"
    DAMAGED = "damaged text"
    SURROUNDED = "other text around the JSON"
    NO_DATA = "no data object"
    NO_LIST = "no list of events"


@dataclass(frozen=True)
class History:
    """What a body tells: the data object without its list, the list, and what is wrong. `document` is all of it."""

    document: Any
    data: dict[str, Any] | None
    events: Any = field(default_factory=list)
    flaw: Flaw | None = None


def read_history(body: bytes, content_type: str = "") -> History:
    """Read a body. Whatever its bytes are, there is an answer: a history, or a flaw that says why there is none."""
    text, is_damaged = _decoded(body, content_type)
    document, flaw = _parsed(text.strip(_BLANK))
    return find_history(document, flaw or (Flaw.DAMAGED if is_damaged else None))


def find_history(document: Any, flaw: Flaw | None = None) -> History:
    """Find data and list in a document that has been read; `flaw` is what was wrong with the reading."""
    data, is_cut = _data_of(document)
    if data is None:
        return History(document, None, flaw=flaw or Flaw.NO_DATA)
    listed, is_list_cut = opened(data.get(LIST))
    events = _as_list(listed)
    if is_cut or is_list_cut:
        flaw = Flaw.CUT_SHORT
    if not isinstance(events, list) or (events and not any(is_event(event) for event in events)):
        flaw = flaw or Flaw.NO_LIST
    return History(document, {key: value for key, value in data.items() if key != LIST}, events, flaw)


def is_event(value: Any) -> bool:
    """An element with neither code nor message says nothing of what happened."""
    return isinstance(value, dict) and any(
        value.get(key) is not None and str(value[key]).strip(" ") for key in ("code", "message")
    )


def opened(value: Any) -> tuple[Any, bool]:
    """The API types `data` and lists as *json-string*: the value itself, or what the string holds; is it cut short?"""
    is_cut = False
    for _ in range(3):
        if not isinstance(value, str):
            break
        inner, flaw = _parsed(value.strip(_BLANK))
        if flaw not in (None, Flaw.CUT_SHORT, Flaw.SURROUNDED):
            break
        value, is_cut = inner, is_cut or flaw is Flaw.CUT_SHORT
    return value, is_cut


def _decoded(body: bytes, content_type: str) -> tuple[str, bool]:
    """The text of a body, and whether bytes that are no text had to be replaced. A character cut off at the end is
    no damage: the text is cut short there anyhow.
    """
    encoding = json.detect_encoding(body)
    label = _CHARSET.search(content_type)
    declared = _CODECS.get(label[1].lower()) if label else None
    for name in filter(None, (encoding, declared)):
        try:
            return codecs.getincrementaldecoder(name)().decode(body), False
        except UnicodeDecodeError:
            continue
    return codecs.getincrementaldecoder(encoding)("replace").decode(body), True


def _parsed(text: str) -> tuple[Any, Flaw | None]:
    """Numbers stay as they are written, so that a long tracking number keeps its digits."""
    if not text:
        return None, Flaw.EMPTY
    decoder = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=lambda _: None)
    try:
        return decoder.decode(text), None
    except RecursionError:
        return None, Flaw.TOO_DEEP
    except ValueError:
        pass
    try:
        document, _ = decoder.raw_decode(text, max(text.find('{"'), 0))
        if isinstance(document, dict) and not {"data", LIST}.isdisjoint(document):
            return document, Flaw.SURROUNDED
    except (RecursionError, ValueError):
        pass
    prefix = readable_prefix(text)
    if prefix is not None:
        return decoder.decode(prefix), Flaw.CUT_SHORT
    return None, Flaw.WEB_PAGE if text.startswith("<") else Flaw.NOT_JSON


def _data_of(value: Any, *, is_inside: bool = False, depth: int = 0) -> tuple[dict[str, Any] | None, bool]:
    """The data object: in `data`, alone in a list, or, where the list stands without it, made around the list."""
    value, is_cut = opened(value)
    if depth > _DEPTH:
        return None, is_cut
    if isinstance(value, list):
        if any(_is_dated_event(element) for element in value):
            return {LIST: value}, is_cut
        alone = value[0] if len(value) == 1 else None
        data, is_inner_cut = _data_of(alone, is_inside=is_inside, depth=depth + 1)
        return data, is_cut or is_inner_cut
    if not isinstance(value, dict):
        return None, is_cut
    inner, is_inner_cut = _data_of(value.get("data"), is_inside=True, depth=depth + 1)
    is_cut = is_cut or is_inner_cut
    if inner is not None and LIST in inner:
        return inner, is_cut
    if LIST in value or (is_inside and inner is None):
        return {key: inside for key, inside in value.items() if key != "data"} | (inner or {}), is_cut
    return inner, is_cut


def _as_list(value: Any) -> Any:
    """A list, from what stands for one: nothing, one event, an object of numbered keys, strings that hold events."""
    if value is None or value == {} or (isinstance(value, str) and not value.strip(_BLANK)):
        return []
    if _is_dated_event(value):
        return [value]
    if isinstance(value, dict) and all(key.isascii() and key.isdecimal() for key in value):
        value = [value[key] for key in sorted(value, key=int)]
    if isinstance(value, list):
        return [opened(element)[0] if isinstance(element, str) else element for element in value]
    return value


def _is_dated_event(value: Any) -> bool:
    return is_event(value) and "date" in value


def as_document(history: History) -> str | None:
    """A history in the documented shape, for the SQL that reads it; None where there is no data object."""
    if history.data is None:
        return None
    try:
        text = json.dumps({"data": {**history.data, LIST: history.events}}, ensure_ascii=False)
    except RecursionError:
        return None
    # Half of a surrogate pair is no text.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parsed(body: bytes) -> Any:
    """A body that is plain JSON; None for any other."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
