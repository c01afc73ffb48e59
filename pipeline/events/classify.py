"""What an event means: (courier, code, text) rules before (courier, code), before text alone; else unknown.

Couriers' codes lie less often than texts are vague, but when they lie they lie about delivery. So a code without a
text rule yields to a text that clearly says something else (see _code_or_text), and a code alone never makes a
parcel delivered against its words.
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.errors import SettingsError
from pipeline.events.hanzi import TO_SIMPLIFIED
from pipeline.events.patterns import PatternIndex
from pipeline.events.text import fold, shape

ClassifiedBy = Literal["courier_code_text", "courier_code", "text", "none"]

FILES = ("status", "courier_alias", "event_code", "text_rule", "order_status")

# What a code alone must not claim against a text that says otherwise: they end the parcel's journey.
_TERMINAL = frozenset({"delivered", "cancelled"})
# What a text says so plainly that it outweighs a code for an ordinary step of the journey.
_PLAIN = frozenset({"failed_attempt", "return", "customs", "exception", "available_for_pickup", "cancelled"})
# The substatus a status has when nothing finer is known: the text may refine a code that says only this.
_GENERAL = frozenset(
    {
        ("in_transit", "moving"),
        ("customs", "processing"),
        ("available_for_pickup", "pickup_point"),
        ("failed_attempt", "other"),
        ("delivered", "recipient"),
        ("exception", "other"),
        ("return", "in_progress"),
    }
)


class Classification(NamedTuple):
    status: str
    substatus: str
    rule_id: str | None
    classified_by: ClassifiedBy


UNKNOWN = Classification("unknown", "unclassified", None, "none")


@dataclass(frozen=True, slots=True)
class _Rule:
    rule_id: str
    status: str
    substatus: str
    pattern: re.Pattern[str] | None
    unless: re.Pattern[str] | None = None

    def hits(self, text: str) -> bool:
        if self.pattern is not None and not self.pattern.search(text):
            return False
        return self.unless is None or not self.unless.search(text)

    def classified(self, by: ClassifiedBy) -> Classification:
        return Classification(self.status, self.substatus, self.rule_id, by)


@dataclass(frozen=True)
class Rules:
    """The rules of one folder of CSV files, and of a folder of the user's own files that go first."""

    text_rules: tuple[_Rule, ...]
    code_rules: Mapping[tuple[str, str], tuple[_Rule, ...]]
    aliases: Mapping[str, str]
    order_statuses: Mapping[str, tuple[str, str]]
    _fingerprint: str

    @classmethod
    def load(cls, folder: Path, extra_folder: Path | None = None) -> "Rules":
        folders = [folder] if extra_folder is None else [extra_folder, folder]
        known = {(row["status"], row["substatus"]) for _, row in rows_of(folder / "status.csv")}
        seen: set[str] = set()
        codes: dict[tuple[str, str], list[_Rule]] = {}
        for where, row in _all_rows(folders, "event_code"):
            rule = _rule(where, row, known, seen)
            codes.setdefault((row["courier"].strip(), _code(row["code"])), []).append(rule)
        texts = [
            (_priority(where, row), _rule(where, row, known, seen)) for where, row in _all_rows(folders, "text_rule")
        ]
        aliases: dict[str, str] = {}
        for _, row in _all_rows(folders, "courier_alias"):
            aliases.setdefault(fold(row["alias"]), row["courier"].strip())
        order_statuses: dict[str, tuple[str, str]] = {}
        for where, row in _all_rows(folders, "order_status"):
            order_statuses.setdefault(fold(row["text"]), _known_status(where, row, known))
        return cls(
            text_rules=tuple(rule for _, rule in sorted(texts, key=lambda pair: pair[0])),
            code_rules={key: tuple(rules) for key, rules in codes.items()},
            aliases=aliases,
            order_statuses=order_statuses,
            _fingerprint=_digest(folders),
        )

    def classify(self, courier: str | None, code: str | None, text: str | None) -> Classification:
        """Works on the shape of the text, so that a text and its shape always get the same answer."""
        words = shape(fold(text or ""))
        by_code = self.code_rules.get((courier or "", _code(code)), ()) if code else ()
        for rule in by_code:
            if rule.pattern is not None and rule.hits(words):
                return rule.classified("courier_code_text")
        for rule in self.code_rules.get((courier or "", "*"), ()):
            if rule.hits(words):
                return rule.classified("courier_code_text")
        from_text = self._from_text(words)
        for rule in by_code:
            if rule.pattern is None:
                return _code_or_text(rule.classified("courier_code"), from_text)
        return from_text

    def order_status(self, text: str | None) -> Classification:
        """What the API's own order status text or code means."""
        found = self.order_statuses.get(fold(text or ""))
        return Classification(*found, None, "text") if found else UNKNOWN

    def courier_of(self, name: str | None) -> str | None:
        """The canonical slug of a courier's name as written anywhere; None where there is no name."""
        folded = fold(name or "")
        if not folded:
            return None
        return self.aliases.get(folded) or "_".join(re.findall(r"\w+", folded)) or None

    def fingerprint(self) -> str:
        """Changes exactly when a rule file changes."""
        return self._fingerprint

    def _from_text(self, words: str) -> Classification:
        for position in self._index.candidates(words):
            if self.text_rules[position].hits(words):
                return self.text_rules[position].classified("text")
        return UNKNOWN

    @cached_property
    def _index(self) -> PatternIndex:
        return PatternIndex(rule.pattern.pattern if rule.pattern else "" for rule in self.text_rules)


def _code_or_text(code: Classification, text: Classification) -> Classification:
    if text.classified_by == "none" or code[:2] == text[:2]:
        return code
    if code.status == text.status:
        return text if (code.status, code.substatus) in _GENERAL else code
    if text.status in _PLAIN or code.status in _TERMINAL or code[:2] == ("return", "completed"):
        return text
    return code


def _code(code: str | None) -> str:
    return (code or "").strip().upper()


def rows_of(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            for row in reader:
                where = f"{file.name}, line {reader.line_num}"
                if None in row or None in row.values():
                    raise SettingsError(f"{where} has not as many columns as its header.")
                yield where, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"The rule file {file} cannot be read: {error}.") from error


def _all_rows(folders: Sequence[Path], name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The user's own file, if there is one, before ours."""
    for folder in folders:
        file = folder / f"{name}.csv"
        if folder == folders[-1] or file.exists():
            yield from rows_of(file)


def _rule(where: str, row: dict[str, str], known: set[tuple[str, str]], seen: set[str]) -> _Rule:
    if not row["rule_id"] or row["rule_id"] in seen:
        raise SettingsError(f"{where}: the rule_id '{row['rule_id']}' is empty or used before.")
    seen.add(row["rule_id"])
    status, substatus = _known_status(where, row, known)
    return _Rule(row["rule_id"], status, substatus, _regex(where, row["pattern"]), _regex(where, row.get("unless", "")))


def _known_status(where: str, row: dict[str, str], known: set[tuple[str, str]]) -> tuple[str, str]:
    status = (row["status"], row["substatus"])
    if status not in known:
        raise SettingsError(f"{where}: there is no status '{status[0]}.{status[1]}' in status.csv.")
    return status


def _regex(where: str, pattern: str) -> re.Pattern[str] | None:
    """Patterns meet folded text, so their Traditional characters are folded too."""
    if not pattern:
        return None
    try:
        return re.compile(pattern.translate(TO_SIMPLIFIED))
    except re.error as error:
        raise SettingsError(f"{where}: the pattern '{pattern}' cannot be read: {error}.") from error


def _priority(where: str, row: dict[str, str]) -> int:
    try:
        return int(row["priority"])
    except ValueError:
        raise SettingsError(f"{where}: the priority '{row['priority']}' is not a whole number.") from None


def _digest(folders: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for name in FILES:
            file = folder / f"{name}.csv"
            digest.update(file.name.encode() + b"\0" + (file.read_bytes() if file.exists() else b"") + b"\0")
    return digest.hexdigest()
