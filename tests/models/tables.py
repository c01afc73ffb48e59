"""A small warehouse for one test: literal input rows in, the rows of any model out.

Times are UTC; the wall clock of every event is Hong Kong's (eight hours on) unless a row says otherwise.
"""

import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipeline.models.reference import load_reference
from pipeline.models.sql_file import SqlModel, describe, load_models, run_prelude
from pipeline.warehouse import base_tables

SQL = Path(__file__).parents[2] / "sql"
Row = dict[str, Any]

DEFAULTS: dict[str, Row] = {
    "fact_poll": {
        "asked_by": "order_id",
        "http_status": 200,
        "outcome": "ok",
        "attempts": 1,
        "run_id": "run-1",
        "export_country": "HONG KONG",
        "destination_country": "China",
        "courier": "sf_express",
    },
    "fact_tracking_event": {"courier": "sf_express", "time_zone": "Asia/Hong_Kong", "time_precision": "second"},
}


def history(parcel: str, lines: str, **more: Any) -> list[Row]:
    """Events of one parcel, one a line in the courier's list order: date, clock, status.substatus, place.

    `?` for the clock is an unreadable time, `-` a row that gives the date alone.
    """
    rows: list[Row] = []
    for sequence, line in enumerate(filter(None, map(str.strip, lines.splitlines())), start=1):
        date, clock, kind, *place = line.split(None, 3)
        status, substatus = kind.split(".")
        at = None if clock == "?" else datetime.fromisoformat(f"{date} {'00:00' if clock == '-' else clock}")
        rows.append(
            {
                "tracking_number": parcel,
                "sequence": sequence,
                "event_at": at,
                "status": status,
                "substatus": substatus,
                "location": place[0] if place else None,
                "time_precision": {"?": "none", "-": "date"}.get(clock, "second"),
                "message": f"{substatus} {place[0] if place else ''}",
                **more,
            }
        )
    return rows


def build_tables(connection: duckdb.DuckDBPyConnection, **inputs: Iterable[Row]) -> None:
    """Create the input tables; columns that a row does not name get a plain default."""
    assert set(inputs) <= set(base_tables())
    for name, table in base_tables().items():
        connection.execute(table.ddl)
        columns = [column for column, _, _ in table.columns]
        rows = [_filled(name, number, row) for number, row in enumerate(inputs.get(name, ()), start=1)]
        assert all(set(row) <= set(columns) for row in rows), f"a row of {name} names a column that it has not"
        if rows:
            marks = ", ".join("?" * len(columns))
            values = [[row.get(column) for column in columns] for row in rows]
            connection.executemany(f"insert into {name} values ({marks})", values)


def _filled(table: str, number: int, row: Row) -> Row:
    filled = {"account": "main"} | DEFAULTS.get(table, {}) | row
    if table == "source_order":
        for name in ("promised_at", "promised_on"):
            filled.setdefault(f"original_{name}", filled.get(name))
    if table == "fact_poll":
        filled.setdefault("response_id", f"response-{number}")
    if table == "fact_tracking_event":
        at = filled.get("event_at")
        filled.setdefault("event_id", f"event-{number}")
        filled.setdefault("event_at_local", at + timedelta(hours=8) if at else None)
        filled.setdefault("first_seen_at", at + timedelta(hours=1) if at else None)
        filled.setdefault("last_seen_at", filled["first_seen_at"])
    return filled


class Tables:
    """The warehouse of one test; models are built when their rows are asked for."""

    def __init__(self, **inputs: Iterable[Row]) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        self.connection.execute(
            f"attach '{_reference_folder().name}/loaded.duckdb' as loaded (read_only);"
            " copy from database loaded to memory; detach loaded"
        )
        run_prelude(self.connection, SQL)
        build_tables(self.connection, **inputs)
        self.built: set[str] = set()

    def rows(self, table: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        self._build(table)
        return self.connection.execute(f"select {columns} from {table} where {where} order by all").fetchall()

    def row(self, table: str, columns: str, where: str = "true") -> tuple[Any, ...]:
        (row,) = self.rows(table, columns, where)
        return row

    def _build(self, table: str) -> None:
        model = models().get(table)
        if model is None or table in self.built:
            return
        for dependency in model.dependencies:
            self._build(dependency)
        # As in a run, but for the words on every column, which are a third of the work.
        describe(self.connection, model)
        self.connection.execute(f"create or replace table {table} as {model.sql}")
        self.built.add(table)


@cache
def _reference_folder() -> "tempfile.TemporaryDirectory[str]":
    """Holds the reference tables for the tests to copy: that takes a fifth of the time of reading the files."""
    folder = tempfile.TemporaryDirectory(prefix="reference-")
    with duckdb.connect(f"{folder.name}/loaded.duckdb") as connection:
        load_reference(connection, SQL / "reference")
    return folder


@cache
def models() -> dict[str, SqlModel]:
    base = {*base_tables(), *(f"reference.{path.stem}" for path in (SQL / "reference").glob("*.csv"))}
    return {model.name: model for model in load_models(SQL, base)}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
