"""Orders from a CSV file: every value as text, so that leading zeros stay, and a broken line costs that line only."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.errors import SourceError
from pipeline.orders.rows import RawChunk

_DELIMITERS = ",;\t|"
_LONGEST_KEPT = 300


class CsvTable:
    """A CSV file with a heading line; comma, semicolon, tab or bar, whichever the heading has most of."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path = path
        self._lines = _Lines(file)
        heading = self._heading()
        self._delimiter = max(_DELIMITERS, key=heading.count)
        if told := re.fullmatch(r"sep=(.)\s*", heading):  # a line that is meant for spreadsheets
            self._delimiter, heading = told[1], self._heading()
        self.columns = [name.strip() for name in next(csv.reader([heading], delimiter=self._delimiter))]

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["CsvTable"]:
        try:
            file = path.open(encoding="utf-8-sig", newline="")
        except OSError as error:
            raise SourceError(f"PARCELS_ORDERS_URL: {path} cannot be opened: {error.strerror}.") from None
        with file:
            yield cls(path, file)

    def chunks(
        self, wanted: Sequence[str], size: int, *, since: tuple[str, datetime] | None, zone: ZoneInfo
    ) -> Iterator[RawChunk]:
        """Everything, whatever `since`: a file has no index to make use of."""
        places = [self.columns.index(name) for name in wanted]
        numbers: list[int] = []
        rows: list[list[str]] = []
        broken: list[tuple[int, str, str]] = []
        for number, row, fault in self._records():
            if fault is None:
                numbers.append(number)
                rows.append(row)
            else:
                broken.append((number, fault, json.dumps({"line": row[0][:_LONGEST_KEPT]}, ensure_ascii=False)))
            if len(rows) + len(broken) == size:
                yield _chunk(numbers, rows, broken, wanted, places)
                numbers, rows, broken = [], [], []
        if rows or broken:
            yield _chunk(numbers, rows, broken, wanted, places)

    def _heading(self) -> str:
        try:
            return next(line for line in self._lines if line.strip())
        except StopIteration:
            raise SourceError(
                f"PARCELS_ORDERS_URL: {self._path} is empty; its first line must name the columns."
            ) from None
        except UnicodeDecodeError:
            raise self._not_utf8() from None

    def _records(self) -> Iterator[tuple[int, list[str], str | None]]:
        """(line number, values, None), or (line number, [the line], what is wrong with it)."""
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        width = len(self.columns)
        while True:
            self._lines.start_record()
            fault = None
            row: list[str] = []
            try:
                row = next(reader)
            except StopIteration:
                return
            except UnicodeDecodeError:
                raise self._not_utf8() from None
            except csv.Error as error:
                fault = f"is no CSV line: {error}"
            if fault is None and len(row) != width and row:
                fault = f"has {len(row)} values where the heading has {width} names"
            if fault:
                number = self._lines.record_start
                yield number, [self._lines.first_line_only().rstrip("\r\n")], f"line {number} {fault}"
            elif row:
                yield self._lines.record_start, row, None

    def _not_utf8(self) -> SourceError:
        return SourceError(
            f"PARCELS_ORDERS_URL: {self._path} is not UTF-8 (after line {self._lines.number}): save it as CSV UTF-8."
        )


class _Lines:
    """The lines of a file, which can go back: a quote that is never closed must not swallow the lines after it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 0
        self.record_start = 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._file)
        self.number += 1
        self._taken.append(line)
        return line

    def start_record(self) -> None:
        self._taken.clear()
        self.record_start = self.number + 1

    def first_line_only(self) -> str:
        """The record's first line; its other lines will be read again, as lines of their own."""
        first, *others = self._taken
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        return first


def _chunk(
    numbers: list[int],
    rows: list[list[str]],
    broken: list[tuple[int, str, str]],
    wanted: Sequence[str],
    places: Sequence[int],
) -> RawChunk:
    index = pd.Index(numbers, dtype="int64")
    values = {
        name: pd.Series([row[place] for row in rows], index=index, dtype="string[pyarrow]")
        for name, place in zip(wanted, places, strict=True)
    }
    return RawChunk(
        pd.DataFrame(values, index=index),
        pd.DataFrame(broken, columns=["source_row", "reason", "row_json"]) if broken else None,
    )
