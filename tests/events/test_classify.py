"""What events mean: measured on data/golden_messages.csv, and how rules are chosen, loaded and refused."""

import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.events.classify import UNKNOWN, Rules
from pipeline.events.text import fold, shape

REFERENCE = Path(__file__).parents[2] / "sql" / "reference"
GOLDEN = Path(__file__).parent / "data" / "golden_messages.csv"
NEVER_WRONGLY = {"delivered", "cancelled"}, {("return", "completed"), ("exception", "lost"), ("exception", "disposed")}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.load(REFERENCE)


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def accepted(row: dict[str, str]) -> set[tuple[str, ...]]:
    others = {tuple(label.split(".")) for label in row["alt_ok"].split(";") if label}
    return {(row["expected_status"], row["expected_substatus"]), *others}


def ends_the_journey(status: str, substatus: str) -> bool:
    return status in NEVER_WRONGLY[0] or (status, substatus) in NEVER_WRONGLY[1]


def test_the_golden_messages_are_understood(rules: Rules) -> None:
    rows = table(GOLDEN)
    wrong_status, wrong_substatus = [], []
    by_group: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found = rules.classify(row["courier"], row["code"], row["message"])
        if found.status not in {label[0] for label in accepted(row)}:
            wrong_status.append((row["courier"], row["message"], found))
            by_group[row["courier"], row["lang"]] += 1
        if found[:2] not in accepted(row):
            wrong_substatus.append((row["courier"], row["message"], found))
    assert len(wrong_status) <= 0.03 * len(rows), (by_group, wrong_status)
    assert len(wrong_substatus) <= 0.07 * len(rows), wrong_substatus


@pytest.mark.parametrize("lang", ["zh-Hans", "zh-Hant", "en", "de", "fr", "es", "pt", "sv"])
def test_each_language_is_understood_nine_times_in_ten(rules: Rules, lang: str) -> None:
    rows = [row for row in table(GOLDEN) if row["lang"] == lang]
    right = sum(rules.classify(row["courier"], row["code"], row["message"])[:2] in accepted(row) for row in rows)
    assert right >= 0.9 * len(rows)


def test_no_parcel_is_ended_by_mistake(rules: Rules) -> None:
    for row in table(GOLDEN):
        found = rules.classify(row["courier"], row["code"], row["message"])
        if ends_the_journey(found.status, found.substatus):
            assert any(ends_the_journey(*label) for label in accepted(row)), (row["message"], found)


TRAPS = (GOLDEN.parent / "no_end_of_the_journey.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("text", TRAPS)
def test_words_that_look_like_an_end_are_not_one(rules: Rules, text: str) -> None:
    found = rules.classify("some_courier", None, text)
    assert not ends_the_journey(found.status, found.substatus), found


@pytest.mark.parametrize("text", TRAPS)
def test_a_delivered_code_does_not_outvote_words_that_deny_it(rules: Rules, text: str) -> None:
    if rules.classify(None, None, text) != UNKNOWN:
        found = rules.classify("ups", "KB", text)
        assert not ends_the_journey(found.status, found.substatus), found


def test_a_shape_gets_the_status_of_its_text(rules: Rules) -> None:
    for row in table(GOLDEN):
        words = fold(row["message"])
        by_shape = rules.classify(row["courier"], row["code"], shape(words))
        assert by_shape == rules.classify(row["courier"], row["code"], words)
        assert by_shape == rules.classify(row["courier"], row["code"], row["message"])


def test_the_index_of_letters_never_hides_a_rule(rules: Rules) -> None:
    for text in [*TRAPS, *(row["message"] for row in table(GOLDEN))]:
        words = shape(fold(text))
        first = next((rule.rule_id for rule in rules.text_rules if rule.hits(words)), None)
        assert rules.classify(None, None, text).rule_id == first


@pytest.mark.parametrize(
    ("code", "text", "expected", "by"),
    [
        ("80", "已签收,感谢使用顺丰", "delivered.recipient", "courier_code"),
        ("80", "已派送至（顺丰自助柜）", "available_for_pickup.locker", "courier_code_text"),
        ("80", "", "delivered.recipient", "courier_code"),
        ("80", "快件派送不成功,待再次派送", "failed_attempt.other", "text"),
        (" 99 ", "应客户要求,快件正在转寄中", "in_transit.redirected", "courier_code"),
        ("99", "快件转寄退回中", "return.in_progress", "courier_code_text"),
        ("77777", "已收件", "picked_up.collected", "text"),
        ("77777", "", "unknown.unclassified", "none"),
        (None, None, "unknown.unclassified", "none"),
    ],
)
def test_code_and_text_come_before_code_before_text(
    rules: Rules, code: str | None, text: str | None, expected: str, by: str
) -> None:
    found = rules.classify("sf_express", code, text)
    assert (f"{found.status}.{found.substatus}", found.classified_by) == (expected, by)
    assert (found.rule_id is None) == (by == "none")


def test_codes_belong_to_their_courier(rules: Rules) -> None:
    assert rules.classify("usps", "80", "") == UNKNOWN
    assert rules.classify(None, "80", "") == UNKNOWN


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Sf Express", "sf_express"),
        ("順豐速運", "sf_express"),
        ("SF  EXPRESS", "sf_express"),
        ("DHL", "dhl_express"),
        ("J&T Express", "jt_express"),
        ("香港郵政", "hongkong_post"),
        ("sf_express", "sf_express"),
        ("Acme Parcels Ltd.", "acme_parcels_ltd"),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_courier_has_one_slug(rules: Rules, name: str | None, slug: str | None) -> None:
    assert rules.courier_of(name) == slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("列印及安排取件", "pending.awaiting_pickup"),
        ("IN_TRANSIT", "in_transit.moving"),
        ("已完成", "delivered.recipient"),
        ("something new", "unknown.unclassified"),
        (None, "unknown.unclassified"),
    ],
)
def test_the_order_status_is_looked_up_in_a_dictionary(rules: Rules, text: str | None, expected: str) -> None:
    found = rules.order_status(text)
    assert f"{found.status}.{found.substatus}" == expected


def test_the_taxonomy_has_46_substatuses_in_13_statuses() -> None:
    rows = table(REFERENCE / "status.csv")
    assert len(rows) == 46
    assert len({row["status"] for row in rows}) == 13


def test_every_rule_names_its_source_and_an_alias_is_folded() -> None:
    for name in ("event_code", "text_rule"):
        assert all(row["source"] and row["rule_id"] for row in table(REFERENCE / f"{name}.csv"))
    couriers = {row["courier"] for row in table(REFERENCE / "courier.csv")}
    for row in table(REFERENCE / "courier_alias.csv"):
        assert row["alias"] == fold(row["alias"])
        assert row["courier"] in couriers
    assert {row["courier"] for row in table(REFERENCE / "event_code.csv")} <= couriers


CODE_HEADER = "rule_id,courier,code,pattern,status,substatus,source\n"


def test_the_users_own_rules_go_first(tmp_path: Path) -> None:
    mine = "mine,sf_express,80,,info,informational,us\n"
    (tmp_path / "event_code.csv").write_text(CODE_HEADER + mine, encoding="utf-8")
    rules = Rules.load(REFERENCE, tmp_path)
    assert rules.classify("sf_express", "80", "").rule_id == "mine"
    assert rules.fingerprint() != Rules.load(REFERENCE).fingerprint()


def test_the_fingerprint_stays_as_long_as_the_files_do(rules: Rules) -> None:
    assert rules.fingerprint() == Rules.load(REFERENCE).fingerprint()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("a,sf_express,1,,moon,landing,us", "moon.landing"),
        ("a,sf_express,1,(,info,informational,us", "cannot be read"),
        ("sf-50,sf_express,1,,info,informational,us\nsf-50,sf_express,2,,info,informational,us", "sf-50"),
        (",sf_express,1,,info,informational,us", "rule_id"),
        ("a,sf_express,1", "columns"),
    ],
)
def test_a_broken_rule_names_its_file_and_line(tmp_path: Path, row: str, complaint: str) -> None:
    (tmp_path / "event_code.csv").write_text(CODE_HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"event_code\.csv, line [23]") as error:
        Rules.load(REFERENCE, tmp_path)
    assert complaint in str(error.value)


def test_a_priority_is_a_whole_number(tmp_path: Path) -> None:
    header = "rule_id,priority,pattern,unless,status,substatus,source\n"
    (tmp_path / "text_rule.csv").write_text(header + "a,soon,x,,info,informational,us\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"text_rule\.csv, line 2"):
        Rules.load(REFERENCE, tmp_path)


def test_a_missing_rule_file_is_named(tmp_path: Path) -> None:
    for file in REFERENCE.glob("*.csv"):
        shutil.copy(file, tmp_path)
    (tmp_path / "text_rule.csv").unlink()
    with pytest.raises(SettingsError, match=r"text_rule\.csv"):
        Rules.load(tmp_path)
