"""What an event means: (courier, code, text) rules before (courier, code), before text alone; else unknown.

Couriers' codes lie less often than texts are vague, but when they lie they lie about delivery. So a code without a
text rule yields to a text that clearly says something else (see _code_or_text), and a code alone never makes a
parcel delivered against its words.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.errors import SettingsError
from pipeline.events.denial import is_denied
from pipeline.events.hanzi import TO_SIMPLIFIED
from pipeline.events.patterns import PatternIndex
from pipeline.events.privacy import mask
from pipeline.events.text import either_spelling, fold, known_words, shape

ClassifiedBy = Literal["courier_code_text", "courier_code", "text", "none"]

# What users may extend in files of their own, with the same columns.
USER_FILES = ("courier_alias", "event_code", "order_status", "text_rule")
# What users may say of their own business, which no reading of events depends on: their row replaces ours of its key.
BUSINESS_FILES = ("business_calendar", "holiday", "service_level", "silence_limit")

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
# What a code that says no more than "moving" leaves to the text.
_BY_HAND = frozenset({"picked_up", "out_for_delivery"})
# Where in the courier's network the parcel is: one code often stands for several of these, and the text tells which.
_ON_THE_ROAD = frozenset({"arrived_facility", "departed_facility", "arrived_destination"})


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
    # It says that the journey has ended, so its words must not be denied or foretold.
    is_terminal: bool = False

    def hits(self, text: str) -> bool:
        if self.pattern is not None and not self.pattern.search(text):
            return False
        if self.unless is not None and self.unless.search(text):
            return False
        if self.pattern is None or not self.is_terminal:
            return True
        return not all(is_denied(text, *match.span()) for match in self.pattern.finditer(text))

    def classified(self, by: ClassifiedBy) -> Classification:
        return Classification(self.status, self.substatus, self.rule_id, by)


@dataclass(frozen=True)
class Rules:
    """The rules of one folder of CSV files, and of the user's own folder of files with the same columns.

    Of the rules that fit, the one with the lowest priority is taken, and the user's among equals.
    """

    text_rules: tuple[_Rule, ...]
    code_rules: Mapping[tuple[str, str], tuple[_Rule, ...]]
    aliases: Mapping[str, str]
    order_statuses: Mapping[str, tuple[str, str]]

    @classmethod
    def load(cls, folder: Path, user_folder: Path | None = None) -> "Rules":
        """Read and check every rule; a user folder need not be there. Raises SettingsError with file and line."""
        theirs = user_files(user_folder)
        known = {
            (row["status"], row["substatus"]): row["is_terminal"] == "true" for _, row in rows_of(folder / "status.csv")
        }
        aliases = {
            alias: row["courier"].strip()
            for alias, (_, row) in _by_key("alias", _by_priority(folder, theirs, "courier_alias")).items()
        }
        seen: set[str] = set()
        codes: dict[tuple[str, str], list[_Rule]] = {}
        for where, row in _by_priority(folder, theirs, "event_code"):
            rule = _rule(where, row, known, seen)
            codes.setdefault((_courier(where, row, folder, aliases), _code(row["code"])), []).append(rule)
        texts = [_rule(where, row, known, seen) for where, row in _by_priority(folder, theirs, "text_rule")]
        order_statuses = {
            text: _known_status(where, row, known)
            for text, (where, row) in _by_key("text", _by_priority(folder, theirs, "order_status")).items()
        }
        return cls(
            text_rules=tuple(texts),
            code_rules={key: tuple(rules) for key, rules in codes.items()},
            aliases=aliases,
            order_statuses=order_statuses,
        )

    def classify(self, courier: str | None, code: str | None, text: str | None) -> Classification:
        """Works on the shape of the masked text, so that a text, what we publish of it and its shape mean the same."""
        words = shape(fold(mask(text or "")))
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
        return _slug(name or "", self.aliases)

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
        refines = (code.status, code.substatus) in _GENERAL or text.substatus in _ON_THE_ROAD
        return text if refines else code
    if text.status in _PLAIN or code.status in _TERMINAL or code[:2] == ("return", "completed"):
        return text
    return text if code[:2] == ("in_transit", "moving") and text.status in _BY_HAND else code


def _code(code: str | None) -> str:
    return (code or "").strip().upper()


def _courier(where: str, row: Mapping[str, str], folder: Path, aliases: Mapping[str, str]) -> str:
    """The courier of a code; the user's rules have to call it as the tables do, or they would never fit."""
    courier = row["courier"].strip()
    if not where.startswith(f"{folder}/") and courier != (slug := _slug(courier, aliases)):
        raise SettingsError(f"{where}: the courier '{courier}' is called '{slug}' here.")
    return courier


def _slug(name: str, aliases: Mapping[str, str]) -> str | None:
    folded = fold(name)
    return aliases.get(folded) or "_".join(re.findall(r"\w+", folded)) or None


def rows_of(file: Path, columns: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file and where they stand; with `columns`, the file must have exactly these, in any order."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        reader = csv.DictReader(StringIO(text, newline=""), strict=True)
        header = reader.fieldnames or []
        if columns and sorted(header) != sorted(columns):
            raise SettingsError(f"{file}, line 1: the columns must be {','.join(columns)}, not {','.join(header)}.")
        for row in reader:
            where = f"{file}, line {reader.line_num}"
            if None in row or None in row.values():
                raise SettingsError(f"{where} has not as many columns as its header.")
            yield where, row
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {line}: not UTF-8; save the file in that encoding.") from error
    except (OSError, csv.Error) as error:
        raise SettingsError(f"The rule file {file} cannot be read: {error}.") from error


def user_files(user_folder: Path | None) -> dict[str, Path]:
    """The user's own rule files by the name of ours that each extends. Raises SettingsError for any other file."""
    if user_folder is None or not user_folder.exists():
        return {}
    names = [f"{name}.csv" for name in (*USER_FILES, *BUSINESS_FILES)]
    try:
        entries = sorted(path for path in user_folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise SettingsError(f"The folder {user_folder} cannot be read: {error.strerror}.") from error
    for path in entries:
        if path.name not in names:
            raise SettingsError(f"{path} is no rule file; {user_folder} may hold {', '.join(names)}.")
    return {path.stem: path for path in entries}


def _by_priority(folder: Path, theirs: Mapping[str, Path], name: str) -> list[tuple[str, dict[str, str]]]:
    """The rows of the user's file, if there is one, and of ours: the lowest priority first, the user's among equals."""
    rows = list(rows_of(folder / f"{name}.csv"))
    if name in theirs and rows:
        rows = [*rows_of(theirs[name], list(rows[0][1])), *rows]
    return sorted(rows, key=lambda row: _priority(*row))


def _by_key(key: str, rows: list[tuple[str, dict[str, str]]]) -> dict[str, tuple[str, dict[str, str]]]:
    """The first row of each spelling; a file has one row for each."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for where, row in rows:
        earlier, _ = found.setdefault(fold(row[key]), (where, row))
        if earlier != where and earlier.partition(", line ")[0] == where.partition(", line ")[0]:
            raise SettingsError(f"{where}: the {key} '{row[key]}' is there twice, see {earlier}.")
    return found


def _rule(where: str, row: dict[str, str], known: Mapping[tuple[str, str], bool], seen: set[str]) -> _Rule:
    if not row["rule_id"] or row["rule_id"] in seen:
        raise SettingsError(f"{where}: the rule_id '{row['rule_id']}' is empty or used before.")
    seen.add(row["rule_id"])
    status = _known_status(where, row, known)
    pattern, unless = _regex(where, row["pattern"]), _regex(where, row.get("unless", ""))
    return _Rule(row["rule_id"], *status, pattern, unless, known[status])


def _known_status(where: str, row: dict[str, str], known: Mapping[tuple[str, str], bool]) -> tuple[str, str]:
    status = (row["status"], row["substatus"])
    if status not in known:
        raise SettingsError(f"{where}: there is no status '{status[0]}.{status[1]}' in status.csv.")
    return status


def _regex(where: str, pattern: str) -> re.Pattern[str] | None:
    """Patterns meet folded text in the words that the rules use, so their Traditional characters are folded too."""
    if not pattern:
        return None
    try:
        return re.compile(either_spelling(known_words(pattern.translate(TO_SIMPLIFIED))))
    except re.error as error:
        raise SettingsError(f"{where}: the pattern '{pattern}' cannot be read: {error}.") from error


def _priority(where: str, row: dict[str, str]) -> int:
    try:
        return int(row["priority"])
    except ValueError:
        raise SettingsError(f"{where}: the priority '{row['priority']}' is not a whole number.") from None
