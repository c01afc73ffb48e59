"""How courier texts are read: what Python finds out about each distinct text, as tables for the SQL to join.

Texts repeat: a million events hold some thousands of them once numbers and names are folded. So couriers are named,
texts masked and classified, and places given a zone once each.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.events.classify import BUSINESS_FILES, Classification, Rules, user_files
from pipeline.events.privacy import contact_key, mask, read
from pipeline.events.zone import ZoneRules
from pipeline.settings import SQL_FOLDER
from pipeline.tracking.body import Flaw, as_document, read_history

_DIGITS = re.compile(r"[0-9]+")
# Status or substatus of an event in the country of destination.
_LAST_MILE = {"out_for_delivery", "available_for_pickup", "failed_attempt", "delivered", "arrived_destination"}


@dataclass(frozen=True)
class Reading:
    """How courier texts are read: classification rules, the zones of places; and which version of these and the SQL."""

    rules: Rules
    zones: ZoneRules
    fingerprint: str
    # For the contact keys; without it there are none.
    secret: bytes | None = field(default=None, repr=False)
    # What was classified so far, by courier, code and masked text without its numbers.
    meanings: dict[tuple[str | None, str | None, str | None], Classification] = field(default_factory=dict)

    @classmethod
    def load(
        cls, folder: Path = SQL_FOLDER / "reference", user_folder: Path | None = None, secret: bytes | None = None
    ) -> "Reading":
        """`user_folder` holds the user's own rule files, and need not be there."""
        digest = hashlib.sha256(secret or b"")
        sql = (SQL_FOLDER / "base_tables.sql", *sorted((SQL_FOLDER / "events").glob("*.sql")))
        # The code is part of the rules: what it masks and how it classifies changes ids and meanings.
        for path in (*sorted(folder.glob("*.csv")), *sql, *sorted(Path(__file__).parent.glob("*.py"))):
            if path.stem not in BUSINESS_FILES:
                digest.update(path.read_bytes())
        for name, path in user_files(user_folder).items():
            if name not in BUSINESS_FILES:
                digest.update(name.encode() + path.read_bytes())
        return cls(Rules.load(folder, user_folder), ZoneRules.load(folder), digest.hexdigest(), secret)


def read_odd_bodies(connection: duckdb.DuckDBPyConnection) -> int:
    """Read the bodies that the SQL marked odd as a careful person would, into `odd_body`; how many there were."""
    odd = connection.execute(
        "select response_id, body, headers, reason from raw_response"
        " semi join (select response_id from response where is_odd) using (response_id)"
    )
    columns: dict[str, list[str | None]] = {"response_id": [], "document": [], "flaw": []}
    # One at a time: a body may be as large as the largest that is kept.
    while row := odd.fetchone():
        response_id, body, headers, reason = row
        history = read_history(body, json.loads(headers).get("content-type", ""))
        columns["response_id"].append(response_id)
        columns["document"].append(as_document(history))
        columns["flaw"].append(Flaw.TOO_LARGE if reason == Flaw.TOO_LARGE else history.flaw)
    _lookup(connection, "odd_body", columns)
    return len(columns["response_id"])


def name_couriers(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    names = _distinct(connection, "select distinct courier_name from response where courier_name is not null")
    couriers = [rules.courier_of(name) for (name,) in names]
    _lookup(connection, "courier_named", {"courier_name": [name for (name,) in names], "courier": couriers})
    connection.execute("alter table response add column courier varchar")
    connection.execute(
        "update response set courier = named.courier from courier_named as named"
        " where response.courier_name = named.courier_name"
    )


def read_meanings(connection: duckdb.DuckDBPyConnection, reading: Reading) -> None:
    """Mask each distinct text once, and classify once what differs in more than numbers and masked names."""
    distinct = _distinct(
        connection,
        "select distinct response.courier, event.code, event.message from listed_event as event"
        " join response using (answer_rank)",
    )
    texts = [None if message is None else read(message) for _, _, message in distinct]
    masked = [text and text.text for text in texts]
    contacts = [text and text.contact for text in texts]
    secret, known = reading.secret, reading.meanings
    meanings = []
    for (courier, code, _), message in zip(distinct, masked, strict=True):
        kind = (courier, code, None if message is None else _DIGITS.sub("0", message))
        if kind not in known:
            known[kind] = reading.rules.classify(*kind)
        meanings.append(known[kind])
    _lookup(
        connection,
        "event_meaning",
        {
            "courier": [courier for courier, _, _ in distinct],
            "code": [code for _, code, _ in distinct],
            "original": [message for _, _, message in distinct],
            "message": masked,
            "contact_key": [contact_key(contact, secret) if contact and secret else None for contact in contacts],
            "status": [meaning.status for meaning in meanings],
            "leg": ["last mile" if _LAST_MILE & {*meaning[:2]} else None for meaning in meanings],
            "substatus": [meaning.substatus for meaning in meanings],
            "rule_id": [meaning.rule_id for meaning in meanings],
            "classified_by": [meaning.classified_by for meaning in meanings],
        },
        numbered="meaning_id",
    )


def find_places(connection: duckdb.DuckDBPyConnection, zones: ZoneRules) -> None:
    """The zone of each distinct place; the text speaks for the place only where no place is given."""
    distinct = _distinct(
        connection,
        "select distinct event.location, case when event.location is null then event.message end as message,"
        " response.courier, response.export_country, response.destination_country, meaning.leg"
        " from listed_event as event"
        " join response using (answer_rank)"
        " left join event_meaning as meaning on response.courier is not distinct from meaning.courier"
        " and event.code is not distinct from meaning.code and event.message is not distinct from meaning.original",
    )
    found = [zones.infer(*place[:5], is_last_mile=place[5] is not None) for place in distinct]
    countries = [
        zones.of_country(location, destination if leg else None) for location, _, _, _, destination, leg in distinct
    ]
    masked = {place[0]: place[0] and mask(place[0]) for place in distinct}
    _lookup(
        connection,
        "event_place",
        {
            "location": [place[0] for place in distinct],
            "masked_location": [masked[place[0]] for place in distinct],
            "message": [place[1] for place in distinct],
            "courier": [place[2] for place in distinct],
            "export_country": [place[3] for place in distinct],
            "destination_country": [place[4] for place in distinct],
            "leg": [place[5] for place in distinct],
            "time_zone": [zone for zone, _ in found],
            "time_zone_source": [source for _, source in found],
            "country_zones": [" ".join(country) or None for country in countries],
            "clock": ["local" if place[2] in zones.local_clocks else None for place in distinct],
        },
        numbered="place_id",
    )


def _distinct(connection: duckdb.DuckDBPyConnection, select: str) -> list[tuple[Any, ...]]:
    return connection.execute(select).fetchall()


def _lookup(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: dict[str, list[str | None]],
    numbered: str | None = None,
) -> None:
    """What Python found about distinct texts, as a temporary table to join; rows carry a number where asked."""
    arrow_table = pa.table({column: pa.array(values, pa.string()) for column, values in columns.items()})
    if numbered:
        arrow_table = arrow_table.append_column(numbered, pa.array(range(arrow_table.num_rows), pa.int64()))
    connection.register("arrow_lookup", arrow_table)
    connection.execute(f"create or replace temp table {name} as select * from arrow_lookup")
    connection.unregister("arrow_lookup")
