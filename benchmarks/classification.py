"""How well courier messages are understood: the golden set's rows, each labelled by hand, against the rules.

`python -m benchmarks.classification [CSV]` prints coverage and accuracy by courier and by language. Messages are masked
and their numbers blanked first, as the pipeline does.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.events.classify import Classification, Rules
from pipeline.events.privacy import mask
from pipeline.settings import REPOSITORY, SQL_FOLDER

GOLDEN = REPOSITORY / "tests" / "events" / "data" / "golden_messages.csv"
_ENDS = {("return", "completed"), ("exception", "lost"), ("exception", "disposed")}
_DIGITS = re.compile("[0-9]+")

Row = dict[str, str]


def ends_the_journey(status: str, substatus: str) -> bool:
    """Whether a parcel with this status is done with: the worst thing to say by mistake."""
    return status in {"delivered", "cancelled"} or (status, substatus) in _ENDS


def golden(file: Path = GOLDEN) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def accepted(row: Row) -> set[tuple[str, str]]:
    """The meaning that a person gave the message, and the others that are as good."""
    labels = {(row["expected_status"], row["expected_substatus"])}
    for label in filter(None, row["alt_ok"].split(";")):
        status, _, substatus = label.partition(".")
        labels.add((status, substatus))
    return labels


def understood(rules: Rules, row: Row) -> Classification:
    return rules.classify(row["courier"] or None, row["code"] or None, _DIGITS.sub("0", mask(row["message"])))


@dataclass
class Score:
    n: int = 0
    known: int = 0
    status: int = 0
    substatus: int = 0
    false_ends: list[tuple[str, Classification]] = field(default_factory=list)
    misses: list[tuple[str, str, Classification]] = field(default_factory=list)

    def add(self, row: Row, found: Classification) -> None:
        right = accepted(row)
        self.n += 1
        self.known += found.status != "unknown"
        self.status += found.status in {status for status, _ in right}
        if found[:2] in right:
            self.substatus += 1
        else:
            self.misses.append((row["courier"], row["message"], found))
        if ends_the_journey(*found[:2]) and not any(ends_the_journey(*label) for label in right):
            self.false_ends.append((row["message"], found))


def scores(rules: Rules, rows: Iterable[Row], group: Callable[[Row], str]) -> dict[str, Score]:
    """A score for each group, the largest first."""
    found: dict[str, Score] = defaultdict(Score)
    for row in rows:
        found[group(row)].add(row, understood(rules, row))
    return dict(sorted(found.items(), key=lambda item: (-item[1].n, item[0])))


def main() -> None:
    rules = Rules.load(SQL_FOLDER / "reference")
    rows = golden(Path(sys.argv[1])) if sys.argv[1:] else golden()
    for title, group in (
        ("all", lambda row: "all"),
        ("language", lambda row: row["lang"]),
        ("courier", lambda row: row["courier"] or "unknown"),
    ):
        print(f"{title:<18}{'n':>6}{'covered':>9}{'status':>8}{'substatus':>11}{'false ends':>12}")
        for name, score in scores(rules, rows, group).items():
            shares = [part / score.n for part in (score.known, score.status, score.substatus)]
            print(
                f"{name:<18}{score.n:>6}{shares[0]:>9.1%}{shares[1]:>8.1%}{shares[2]:>11.1%}{len(score.false_ends):>12}"
            )
        print()


if __name__ == "__main__":
    main()
