"""Answers of the API in, facts and models out: raw files, the real load and the real models, in one test's memory."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.events.flatten import load
from pipeline.events.reading import Reading
from pipeline.tracking.api import read_outcome
from pipeline.tracking.landing import SCHEMA
from pipeline.warehouse import DataFolder
from tests.models.tables import Row, Tables


@dataclass(frozen=True)
class Answer:
    """One answer: when it was asked for (UTC) and the history that it lists, in the courier's own order."""

    requested_at: datetime
    events: tuple[Row, ...]
    tracking_number: str = "SF1"
    order_id: str = "A1"
    courier: str = "Sf Express"
    origin: str = "HONG KONG"
    destination: str = "Hong Kong"
    response_id: str = ""

    def raw(self) -> Row:
        """The row that a poll would have left in a raw file."""
        data = {
            "tracking_number": self.tracking_number,
            "order_id": self.order_id,
            "order_status": "",
            "courier_name": self.courier,
            "export_country": self.origin,
            "destination_country": self.destination,
            "tracking_msg_list": list(self.events),
        }
        body = json.dumps({"data": data}, ensure_ascii=False).encode()
        outcome, reason = read_outcome(200, body)
        return {
            "response_id": self.response_id or f"{self.tracking_number} {self.requested_at.isoformat()}",
            "account": "main",
            "order_id": self.order_id,
            "asked_by": "order_id",
            "requested_at": self.requested_at,
            "elapsed_ms": 1.0,
            "http_status": 200,
            "outcome": outcome,
            "attempts": 1,
            "reason": reason,
            "headers": "{}",
            "body": body,
            "run_id": "run",
        }


def event(date: str, message: str, place: str = "", code: str = "") -> Row:
    """An element of an answer's list; every value is text, as the API sends it."""
    return {"code": code, "location": place, "date": date, "message": message}


def write_files(folder: Path, files: Sequence[Sequence[Answer]]) -> list[str]:
    """Write each list of answers as one raw file; their paths below the folder of responses."""
    responses = DataFolder(folder).responses
    names = []
    for number, answers in enumerate(files):
        name = f"polled_on=2026-01-01/{number:04d}.parquet"
        (responses / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([answer.raw() for answer in answers], SCHEMA), responses / name)
        names.append(name)
    return names


def load_files(tables: Tables, folder: Path, files: Sequence[str]) -> None:
    """Load raw files in one go, as a run does."""
    load(tables.connection, DataFolder(folder), files, reading(), run_id="run", now=datetime(2026, 1, 1, tzinfo=UTC))


def from_answers(folder: Path, answers: Iterable[Answer], **inputs: Iterable[Row]) -> Tables:
    """The warehouse after all answers were loaded from one file."""
    tables = Tables(**inputs)
    load_files(tables, folder, write_files(folder, [list(answers)]))
    return tables


@cache
def reading() -> Reading:
    return Reading.load()
