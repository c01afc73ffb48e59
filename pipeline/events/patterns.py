"""Which of many patterns could hit a text: most are ruled out by a look at its letters.

A courier text meets some 40 of 640 patterns instead of all.
"""

import re
from collections.abc import Iterable, Iterator, Set

from pipeline.events.text import without_accents


class PatternIndex:
    """Patterns by the letters that each of them cannot do without."""

    _SIZE = 4

    def __init__(self, patterns: Iterable[str]) -> None:
        self._always: set[int] = set()
        self._by_gram: dict[str, list[int]] = {}
        for position, pattern in enumerate(patterns):
            literals = _literals(_plain(pattern))
            if literals is None:
                self._always.add(position)
            else:
                for literal in literals:
                    self._by_gram.setdefault(literal[-self._SIZE :], []).append(position)

    def candidates(self, text: str) -> list[int]:
        """The positions, in order, of the patterns that could hit the text: never one too few."""
        plain = without_accents(text)
        grams = {plain[i : i + n] for n in range(1, self._SIZE + 1) for i in range(len(plain) - n + 1)}
        found = set(self._always)
        for gram in grams & self._by_gram.keys():
            found.update(self._by_gram[gram])
        return sorted(found)


def _plain(pattern: str) -> str:
    """The pattern for a text without accents: o where it says [óo]."""
    return re.sub(r"\[(\w)\1+\]", r"\1", without_accents(pattern))


def _literals(pattern: str) -> set[str] | None:
    """Strings of which every hit of the pattern holds at least one; None where that is not plain to see."""
    found: set[str] = set()
    for branch in _branches(pattern):
        choices: list[set[str]] = [{run} for run in _runs(branch) if run]
        choices += [literals for group in _groups(branch) if (literals := _literals(group))]
        if not choices:
            return None
        found |= max(choices, key=_rarity)
    return found


def _rarity(literals: Set[str]) -> int:
    """A Chinese character says about as much as three letters."""
    return min(sum(3 if character > "\u2e80" else character != " " for character in text) for text in literals)


def _tokens(pattern: str) -> Iterator[tuple[int, str]]:
    """The pattern's pieces with their depth in parentheses: an escape, a character class or one character."""
    depth = 0
    for match in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[\d,]+\}|.", pattern, re.DOTALL):
        token = match[0]
        depth -= token == ")"
        yield depth, token
        depth += token == "("


def _branches(pattern: str) -> list[str]:
    branches = [""]
    for depth, token in _tokens(pattern):
        if depth == 0 and token == "|":
            branches.append("")
        else:
            branches[-1] += token
    return branches


def _runs(branch: str) -> list[str]:
    """The stretches of plain characters outside all groups that the branch demands."""
    runs = [""]
    for depth, token in _tokens(branch):
        if depth == 0 and (token[0] in "?*" or token.startswith("{0")):
            runs[-1] = runs[-1][:-1]
            runs.append("")
        elif depth == 0 and len(token) == 1 and token not in "()^$.+":
            runs[-1] += token
        else:
            runs.append("")
    return runs


def _groups(branch: str) -> Iterator[str]:
    """The insides of plain groups that the branch demands (not optional, no look-around)."""
    tokens = list(_tokens(branch))
    start = 0
    for position, (depth, token) in enumerate(tokens):
        if depth == 0 and token == "(":
            start = position
        if depth == 0 and token == ")":
            inner = "".join(token for _, token in tokens[start + 1 : position])
            after = tokens[position + 1][1] if position + 1 < len(tokens) else ""
            if inner.startswith("?:") and not (after[:1] in "?*" and after) and not after.startswith("{0"):
                yield inner[2:]
