"""The readable beginning of JSON that was cut short: everything that was complete before the cut, closed again."""

import json
import re

_CHARACTER = r'[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_TOKEN = re.compile(
    rf"""[ \t\r\n]*(?:
    (?P<string>"(?:{_CHARACTER})*+")
    | (?P<scalar>(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[ \t\r\n,\]}}]))
    | (?P<mark>[{{}}\[\],:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_BEGUN_STRING = re.compile(rf'[ \t\r\n]*("(?:{_CHARACTER})*+)', re.DOTALL)
_CLOSERS = {"{": "}", "[": "]"}
# What may come next, by what came before; a string before a colon is a key.
_VALUE = {"string", "scalar", "{", "["}
_NEXT = {
    "[": {*_VALUE, "]"},
    "{": {"string", "}"},
    "key": {":"},
    ":": _VALUE,
    ", in {": {"string"},
    ", in [": _VALUE,
    "value in {": {",", "}"},
    "value in [": {",", "]"},
}
# A history is five deep; what goes deeper is not read on.
_DEPTH = 64
# A list of this name, or of none, holds whole parcels or events; one inside an event is a part of it.
_LISTS = {"", '"data"', '"tracking_msg_list"'}


def readable_prefix(text: str) -> str | None:
    """`text` up to its last complete value, with every open bracket closed; None where it does not begin as JSON.

    A list keeps its complete elements only: an event without its last words would pass for another event.
    A string cut in the middle is kept where it holds JSON itself.
    """
    open_brackets: list[str] = []
    names: list[str] = []
    key = ""
    cut, closing = 0, ""
    position, last, allowed = 0, "", {"{", "["}
    while len(open_brackets) < _DEPTH and (token := _TOKEN.match(text, position)):
        kind = token["mark"] or ("string" if token["string"] else "scalar")
        if kind not in allowed:
            break
        position = token.end()
        if kind in _CLOSERS:
            names.append(key if last == ":" else "in a list" if open_brackets else "")
            open_brackets.append(kind)
            last = kind
            if len(open_brackets) == 1:
                cut, closing = position, _CLOSERS[kind]
        elif kind == ":":
            last = kind
        elif kind == ",":
            last = f", in {open_brackets[-1]}"
        elif kind == "string" and last in ("{", ", in {"):
            last, key = "key", token["string"]
        else:
            if kind in ("}", "]"):
                open_brackets.pop()
                names.pop()
            if "[" not in open_brackets or (open_brackets[-1] == "[" and names[-1] in _LISTS):
                cut, closing = position, _closing(open_brackets)
            if not open_brackets:
                break
            last = f"value in {open_brackets[-1]}"
        allowed = _NEXT[last]
    if last == ":" and "[" not in open_brackets and (inner := _begun_json(text, position)):
        return text[:position] + json.dumps(inner) + _closing(open_brackets)
    return text[:cut] + closing if cut else None


def _closing(open_brackets: list[str]) -> str:
    return "".join(_CLOSERS[bracket] for bracket in reversed(open_brackets))


def _begun_json(text: str, position: int) -> str | None:
    """The readable beginning of the JSON inside a string that never ends."""
    begun = _BEGUN_STRING.match(text, position)
    return readable_prefix(json.loads(begun[1] + '"', strict=False)) if begun else None
