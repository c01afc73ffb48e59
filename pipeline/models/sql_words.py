"""The words in a model's text: its header and the comment behind each output column."""

import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import ModelError

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*) | (?P<string>'(?:[^']|'')*') | (?P<quoted>"(?:[^"]|"")*")
      | (?P<newline>\n) | (?P<blank>[^\S\n]+) | (?P<word>[A-Za-z_][A-Za-z_0-9]*) | (?P<other>.)""",
    re.VERBOSE,
)


def header(sql: str) -> Iterator[str]:
    """The lines of the comment that the text begins with."""
    for line in sql.splitlines():
        if not line.startswith("--"):
            return
        yield line.removeprefix("--").strip()


def trailing_comments(path: Path, sql: str) -> list[str]:
    """The comment behind each item of the first select outside all brackets; '' where there is none."""
    comments: list[str] = []
    depth, inside, line_has_code, item_has_code = 0, False, False, False
    pending = last_word = ""
    for token in _TOKEN.finditer(sql):
        kind, text = token.lastgroup, token.group()
        word = text.lower() if kind == "word" else ""
        if not inside:
            depth += {"(": 1, ")": -1}.get(text, 0)
            inside = word == "select" and depth == 0
        elif kind == "newline":
            line_has_code = False
        elif kind == "comment":
            if not line_has_code:
                raise ModelError(f"{path}: the comment `{text}` in the final select stands behind no column.")
            note = text.removeprefix("--").strip()
            if item_has_code:  # no comma yet: the last column, or a note inside a long expression
                pending = note
            elif comments:
                comments[-1] = note
        elif depth == 0 and (text == "," or word == "union" or (word == "from" and last_word != "distinct")):
            comments.append("" if text == "," else pending)
            item_has_code, line_has_code, pending = False, True, ""
            if text != ",":
                return comments
        elif kind != "blank":
            depth += {"(": 1, ")": -1}.get(text, 0)
            item_has_code = line_has_code = True
            pending, last_word = "", word
    return [*comments, pending] if item_has_code else comments
