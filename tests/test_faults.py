"""Every fault that the emulator can throw, one by one, over HTTP into the facts: what is asked, kept and understood.

The second half of the story is the same for all: once the API has recovered, every event is held, and none twice.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from benchmarks.soak import NO_LIMIT, STARTS_AT, Shop, parcels
from pipeline.emulator.faults import FAULT_KINDS, FaultKind
from pipeline.emulator.process import running_emulator
from pipeline.errors import CredentialsError, ServiceError
from pipeline.tracking.api import Query
from pipeline.tracking.fetch import MAX_ATTEMPTS, MAX_REJECTIONS, Progress
from pipeline.warehouse import DataFolder

ORDERS_A_FAULT = 2
ALL, SOME, NONE = "all", "some", "none"


class Expected(NamedTuple):
    """What a fault comes to while it lasts; `requests` for an order."""

    outcome: str
    events: str = NONE
    quarantine: frozenset[str | None] = frozenset({None})
    requests: int = 1
    trouble: type[Exception] | None = None


READ_IN_FULL = Expected("ok", ALL)
CUT = frozenset({"truncated_body", "unreadable_body"})

EXPECTED: dict[FaultKind, Expected] = {
    "bad_request": Expected("bad_request"),
    "unauthorized": Expected("unauthorized", trouble=CredentialsError),
    "forbidden": Expected("forbidden"),
    "not_found": Expected("not_found", requests=2),
    "conflict": Expected("bad_request"),
    "unprocessable": Expected("bad_request"),
    "rate_limited": Expected("rate_limited", requests=MAX_REJECTIONS, trouble=ServiceError),
    "server_error": Expected("server_error", requests=MAX_ATTEMPTS),
    "bad_gateway": Expected("server_error", requests=MAX_ATTEMPTS),
    "unavailable": Expected("server_error", requests=MAX_ATTEMPTS),
    "token_echo": Expected("server_error", requests=MAX_ATTEMPTS),
    "error_200": Expected("server_error", requests=MAX_ATTEMPTS),
    "redirect": Expected("malformed"),
    "dropped": Expected("network_error", requests=MAX_ATTEMPTS),
    "reset": Expected("network_error", SOME, CUT, MAX_ATTEMPTS),
    "silent": Expected("timeout", requests=MAX_ATTEMPTS),
    "stalled": Expected("timeout", SOME, CUT, MAX_ATTEMPTS),
    "slow_head": READ_IN_FULL,
    "slow_body": READ_IN_FULL,
    "truncated": Expected("malformed", SOME, frozenset({"truncated_body"}), requests=2),
    "html_200": Expected("malformed", quarantine=frozenset({"unreadable_body"}), requests=2),
    "empty_body": Expected("malformed", quarantine=frozenset({"unreadable_body"}), requests=2),
    "warning": Expected("malformed", ALL, frozenset({"unreadable_body"})),
    "wrong_type": READ_IN_FULL,
    "invalid_utf8": Expected("malformed", ALL, frozenset({"damaged_text"})),
    "charset": READ_IN_FULL,
    "bom": READ_IN_FULL,
    "gzip": READ_IN_FULL,
    "wrong_encoding": READ_IN_FULL,
    "huge_body": Expected("malformed", ALL, frozenset({"truncated_body"})),
    "gzip_bomb": Expected("malformed", ALL, frozenset({"truncated_body"})),
    "data_null": Expected("malformed", quarantine=frozenset({"unreadable_body"})),
    "data_text": READ_IN_FULL,
    "data_in_list": READ_IN_FULL,
    "list_null": Expected("no_events"),
    "list_empty": Expected("no_events"),
    "list_shorter": Expected("ok", SOME),
    "list_numbered": READ_IN_FULL,
    "list_text": Expected("malformed", quarantine=frozenset({"unreadable_event_list"})),
    "list_nonsense": Expected("malformed", quarantine=frozenset({"unreadable_event"})),
    "list_mixed": Expected("ok", ALL, frozenset({"unreadable_event"})),
    "duplicated": READ_IN_FULL,
    "fields_missing": READ_IN_FULL,
    "fields_extra": READ_IN_FULL,
    "numbers": READ_IN_FULL,
    "strange_text": READ_IN_FULL,
    "deep": Expected("malformed", ALL, frozenset({"unreadable_body"})),
}


@dataclass
class Story:
    """What happened to the parcels of each fault, while it lasted and after."""

    queries: dict[str, list[Query]]
    runs: dict[str, Progress]
    at_source: dict[str, int]
    polls: dict[str, list[dict[str, Any]]]
    held: dict[str, int]
    held_after: dict[str, int]
    distinct_after: dict[str, int]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two parcels for each fault: asked while it lasts, loaded, asked again without it, loaded."""
    folder = DataFolder(tmp_path_factory.mktemp("faults") / "data")
    with running_emulator(
        orders=200, starts_at=STARTS_AT - timedelta(days=45), now=STARTS_AT, limits=NO_LIMIT, slow_body_seconds=0.2
    ) as emulator:
        at_source = {row["tracking_number"]: row["events"] for row in emulator.control("world")["truth"]}
        likely = [
            query
            for query in parcels(emulator)
            if query.asked_by == "order_id" and query.tracking_number and at_source[query.tracking_number] > 3
        ]
        queries = {
            kind: likely[place * ORDERS_A_FAULT : (place + 1) * ORDERS_A_FAULT]
            for place, kind in enumerate(FAULT_KINDS)
        }
        shop, runs = Shop(folder, emulator.url), {}
        for kind, asked in queries.items():
            emulator.set_faults(f"{kind}=1")
            shop.read_timeout = 0.4 if kind in ("silent", "stalled") else 10.0
            runs[kind] = shop.poll(asked)
        shop.load()
        polls = answers_by_parcel(shop)
        held, _ = events_by_parcel(shop)

        emulator.set_faults("")
        shop.now += timedelta(hours=1)
        shop.poll(query for asked in queries.values() for query in asked)
        shop.load()
        yield Story(queries, runs, at_source, polls, held, *events_by_parcel(shop))


def answers_by_parcel(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    names = ("tracking_number", "outcome", "reason", "http_status", "quarantine")
    rows = shop.ask(
        "select poll.tracking_number, poll.outcome, poll.reason, poll.http_status, quarantined.reason"
        " from fact_poll as poll left join quarantined_response as quarantined using (response_id)"
    )
    polls = defaultdict(list)
    for row in rows:
        polls[row[0]].append(dict(zip(names, row, strict=True)))
    return polls


def events_by_parcel(shop: Shop) -> tuple[dict[str, int], dict[str, int]]:
    rows = shop.ask(
        "select tracking_number, count(*), count(distinct event_id) from fact_tracking_event group by tracking_number"
    )
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def test_every_fault_is_expected() -> None:
    assert set(EXPECTED) == set(FAULT_KINDS)


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_while_it_lasts_nothing_readable_is_lost_and_the_rest_is_set_aside(kind: FaultKind, story: Story) -> None:
    expected = EXPECTED[kind]
    run, asked = story.runs[kind], story.queries[kind]
    if expected.trouble:
        assert isinstance(run.trouble, expected.trouble)
        asked = asked[:1]
    else:
        assert run.trouble is None
    for query in asked:
        number = query.tracking_number or ""
        polls = story.polls[number]
        assert {poll["outcome"] for poll in polls} == {expected.outcome}
        assert {poll["quarantine"] for poll in polls} <= expected.quarantine, polls
        assert expected.trouble is CredentialsError or len(polls) == expected.requests
        held, source = story.held.get(number, 0), story.at_source[number]
        assert {ALL: held == source, SOME: held < source, NONE: held == 0}[expected.events], (held, source)


def test_something_is_saved_from_answers_that_stop_half_way(story: Story) -> None:
    for kind in ("truncated", "stalled", "list_shorter"):
        assert any(story.held.get(query.tracking_number or "") for query in story.queries[kind]), kind


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_once_it_is_over_every_event_is_held_and_none_twice(kind: FaultKind, story: Story) -> None:
    for query in story.queries[kind]:
        number = query.tracking_number or ""
        assert story.held_after[number] == story.distinct_after[number] == story.at_source[number]
