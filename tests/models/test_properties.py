"""What must hold of any answers, not only of those we thought of: the same answers give the same facts.

Small worlds of parcels whose couriers report late, repeat themselves, turn their lists round and fill in places
afterwards; everything goes through the real load and the real models.
"""

import random
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.events.flatten import clear, load, raw_files
from pipeline.warehouse import DataFolder
from tests.models.answers import Answer, event, load_files, reading, write_files
from tests.models.tables import Row, Tables, models

FACTS = ("fact_tracking_event", "fact_shipment", "fact_exception", "fact_shipment_stage", "fact_order", "suspect_event")
START = datetime(2025, 12, 1)
WORDS = [
    ("54", "顺丰速运 已收取快件", "深圳市"),
    ("36", "快件已发车", "深圳市"),
    ("31", "快件到达 【深圳总集散中心】", "深圳市"),
    ("31", "快件到达 【香港集散中心】", "香港"),
    ("14", "清关完成", "香港"),
    ("15", "海关查验", "香港"),
    ("44", "正在派送途中,请您准备签收(派件人:赵建国,电话:13800000001)", "香港"),
    ("70", "快件派送不成功(因收方客户拒收快件),待进一步处理", "香港"),
    ("125", "快件已放入順便智能櫃，請憑取件碼取件", "香港"),
    ("631", "快件退回, 新单号 SF0000000000002", "香港"),
    ("80", "已签收,感谢使用顺丰,期待再次为您服务", "香港"),
    ("8000", '在官网"运单资料&签收图",可查看签收人信息', "香港"),
    ("999", "谁也不认识的一行", "香港"),
    ("", "Departed Facility in LEIPZIG", "LEIPZIG - GERMANY"),
    ("", "Arrived at Facility", "LOS ANGELES, CA, US"),
    ("", "Shipment is in transit", ""),
    ("", "Out for delivery", ""),
]
# Hours ahead of UTC there on the days of these worlds, where it is not Hong Kong's eight.
HOURS = {"LEIPZIG - GERMANY": 1, "LOS ANGELES, CA, US": -8}
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@dataclass(frozen=True)
class Told:
    """An event and when the courier's list shows it."""

    event: Row
    listed_at: datetime


@st.composite
def growing(draw: st.DrawFn) -> list[Answer]:
    """Answers whose lists only grow, as the API gives them; every parcel is asked at the first and the last moment."""
    answers: list[Answer] = []
    moments = sorted(draw(st.sets(st.integers(1, 8), min_size=2, max_size=5)))
    for number in range(draw(st.integers(1, 4))):
        clock, told, hours = START, [], 8
        for code, message, place in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)):
            clock += timedelta(minutes=draw(st.sampled_from([0, 0, 7, 180, 1000, 2000])))
            late = timedelta(hours=draw(st.sampled_from([0, 0, 5, 30])))
            hours = HOURS.get(place, 8) if place else hours
            row = event(f"{clock + timedelta(hours=hours)}", message, place, code)
            if row not in [one.event for one in told]:
                told.append(Told(row, clock + late))
        newest_first = draw(st.booleans())
        destination = draw(st.sampled_from(["Hong Kong", "United States", "United Kingdom"]))
        parcel = Answer(START, (), f"SF{number}", f"A{number // 2}", destination=destination)
        for moment in moments:
            asked = START + timedelta(days=moment)
            listed = [one.event for one in told if one.listed_at <= asked]
            shown = tuple(reversed(listed)) if newest_first else tuple(listed)
            answers.append(replace(parcel, requested_at=asked + timedelta(seconds=number), events=shown))
    return answers


@st.composite
def any_answers(draw: st.DrawFn) -> list[Answer]:
    """Answers with all that goes wrong: lists cut short or shuffled, rows twice, places and numbers not told yet."""
    answers = []
    for answer in draw(growing()):
        events = [row | draw(st.sampled_from([{}, {}, {"location": ""}])) for row in answer.events]
        events += draw(st.lists(st.sampled_from(events), max_size=2)) if events else []
        events = draw(st.sampled_from([events, events, events[1:], draw(st.permutations(events))]))
        changes: dict[str, Any] = {"events": tuple(events)}
        if draw(st.integers(0, 5)) == 0:
            changes["tracking_number"] = ""
        if draw(st.integers(0, 5)) == 0:
            changes["destination"] = ""
        answers.append(replace(answer, **changes))
    return answers


@cache
def warehouse() -> Tables:
    """One for all examples, emptied before each: making the tables costs more than filling them."""
    return Tables()


@cache
def made_of_answers() -> frozenset[str]:
    """The models that read, directly or not, what answers fill."""
    found = {"fact_poll", "fact_tracking_event"}
    for model in models().values():
        if found & set(model.dependencies):
            found.add(model.name)
    return frozenset(found)


def loaded(folder: Path, files: Sequence[Sequence[Answer]], *, at_once: int | None = None) -> Tables:
    """The warehouse after these files, all in one load or a few a load."""
    tables = warehouse()
    clear(tables.connection)
    names = write_files(folder, files)
    step = at_once or len(names)
    for start in range(0, len(names), step):
        load_files(tables, folder, names[start : start + step])
    return tables


def facts(tables: Tables, *, without: Collection[str] = ()) -> dict[str, list[str]]:
    """Every row of the facts, as the models make them from what is loaded now."""
    tables.built -= made_of_answers()
    found = {}
    for name in FACTS:
        tables.rows(name, "1")
        cursor = tables.connection.execute(f"from {name}")
        names = [column[0] for column in cursor.description or []]
        rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
        found[name] = sorted(str({key: value for key, value in row.items() if key not in without}) for row in rows)
    return found


@given(any_answers(), st.randoms(use_true_random=False))
@FEW
def test_any_order_splitting_and_repetition_of_the_same_answers_gives_the_same_facts(
    answers: list[Answer], chance: random.Random
) -> None:
    files: list[list[Answer]] = [[] for _ in range(chance.randint(1, 6))]
    for answer in chance.sample(answers, len(answers)):
        chance.choice(files).append(answer)
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder) / "one", Path(folder) / "many"
        expected = facts(loaded(one, [answers]))
        tables = loaded(many, files, at_once=chance.randint(1, 3))
        assert facts(tables) == expected, "in pieces"
        names = raw_files(DataFolder(many))
        load_files(tables, many, chance.sample(names, chance.randint(1, len(names))))
        assert facts(tables) == expected, "files loaded again"
        clear(tables.connection)
        load_files(tables, many, names)
        assert facts(tables) == expected, "rebuilt"


@given(any_answers())
@FEW
def test_an_answer_that_is_given_twice_changes_no_fact(answers: list[Answer]) -> None:
    again = [replace(answer, response_id=f"again {number}") for number, answer in enumerate(answers)]
    ids = {"first_response_id", "last_response_id"}
    with tempfile.TemporaryDirectory() as folder:
        once = facts(loaded(Path(folder) / "once", [answers]), without=ids)
        assert facts(loaded(Path(folder) / "twice", [answers, again], at_once=1), without=ids) == once


@given(growing())
@FEW
def test_asking_more_often_changes_no_metric(answers: list[Answer]) -> None:
    days = sorted({answer.requested_at.date() for answer in answers})
    ends = [answer for answer in answers if answer.requested_at.date() in (days[0], days[-1])]
    when = {"first_seen_at", "last_seen_at", "first_response_id", "last_response_id"}
    with tempfile.TemporaryDirectory() as folder:
        seldom = facts(loaded(Path(folder) / "seldom", [ends]), without=when)
        often = facts(loaded(Path(folder) / "often", [answers]), without=when)
    for found in (seldom, often):
        # A note that counts nowhere, and a matter of when the fetch was.
        found["suspect_event"] = [row for row in found["suspect_event"] if "'hours after fetch'" not in row]
    assert often == seldom


@given(growing(), st.integers(1, 8))
@FEW
def test_what_was_known_at_a_moment_is_found_again_later_without_the_future(answers: list[Answer], day: int) -> None:
    moment = START + timedelta(days=day, hours=1)
    then = [answer for answer in answers if answer.requested_at <= moment]
    with tempfile.TemporaryDirectory() as folder:
        known_then = facts(loaded(Path(folder) / "then", [then]))
        now = DataFolder(Path(folder) / "now")
        connection = loaded(now.root, [answers]).connection
        clear(connection)
        until = moment.replace(tzinfo=UTC)
        load(connection, now, raw_files(now), reading(), run_id="run", now=until, until=until)
        assert facts(warehouse()) == known_then
