"""What events mean: measured on data/golden_messages.csv, and how rules are chosen, loaded and refused."""

import csv
import shutil
from pathlib import Path

import pytest

from benchmarks.classification import GOLDEN, ends_the_journey, golden, scores
from pipeline.errors import SettingsError
from pipeline.events.classify import UNKNOWN, USER_FILES, Rules
from pipeline.events.privacy import mask
from pipeline.events.text import fold, shape
from tests.events.denials import AFFIRMED, SAID, denied_sentences, turned

REFERENCE = Path(__file__).parents[2] / "sql" / "reference"


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.load(REFERENCE)


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_golden_messages_are_understood(rules: Rules) -> None:
    score = scores(rules, golden(), lambda row: "all")["all"]
    assert score.n > 1500
    assert score.status >= 0.95 * score.n, score.misses
    assert score.substatus >= 0.88 * score.n, score.misses
    assert not score.false_ends


@pytest.mark.parametrize("column", ["courier", "lang"])
def test_each_courier_and_language_is_understood(rules: Rules, column: str) -> None:
    for name, score in scores(rules, golden(), lambda row: row[column]).items():
        if score.n >= 20:
            assert score.status >= 0.9 * score.n, (name, score.misses)
            assert score.substatus >= 0.85 * score.n, (name, score.misses)


def test_every_golden_message_names_its_source_and_a_known_status() -> None:
    known = {(row["status"], row["substatus"]) for row in table(REFERENCE / "status.csv")}
    seen = set()
    for row in golden():
        assert row["source"]
        assert (row["expected_status"], row["expected_substatus"]) in known
        seen.add((row["courier"], row["code"], row["message"]))
    assert len(seen) == len(golden())


@pytest.mark.parametrize("lang", SAID)
def test_what_is_said_of_a_parcel_ends_its_journey(rules: Rules, lang: str) -> None:
    for said in SAID[lang]:
        found = rules.classify("some_courier", None, AFFIRMED[lang].format(said))
        assert ends_the_journey(*found[:2]), (said, found)


@pytest.mark.parametrize("lang", SAID)
def test_what_is_denied_or_foretold_never_ends_a_journey(rules: Rules, lang: str) -> None:
    for text in denied_sentences(lang):
        found = rules.classify("some_courier", None, text)
        assert not ends_the_journey(*found[:2]), (text, found)


def test_a_message_of_a_delivery_that_is_denied_delivers_nothing(rules: Rules) -> None:
    turns = 0
    for row in golden():
        if row["expected_status"] == "delivered" and row["lang"][:2] in SAID:
            for text in turned(row["lang"], row["message"]):
                found = rules.classify(row["courier"], None, text)
                assert not ends_the_journey(*found[:2]), (text, found)
                turns += 1
    assert turns > 400


def test_every_rule_that_ends_a_journey_has_a_message_that_it_decides(rules: Rules) -> None:
    texts = [AFFIRMED[lang].format(said) for lang in SAID for said in SAID[lang]]
    texts += [row["message"] for row in golden()]
    decided = {rules.classify(None, None, text).rule_id for text in texts}
    ending = {rule.rule_id for rule in rules.text_rules if ends_the_journey(rule.status, rule.substatus)}
    assert ending <= decided, ending - decided


TRAPS = (GOLDEN.parent / "no_end_of_the_journey.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("text", TRAPS)
def test_words_that_look_like_an_end_are_not_one(rules: Rules, text: str) -> None:
    found = rules.classify("some_courier", None, text)
    assert not ends_the_journey(*found[:2]), found


@pytest.mark.parametrize("text", TRAPS)
def test_a_delivered_code_does_not_outvote_words_that_deny_it(rules: Rules, text: str) -> None:
    if rules.classify(None, None, text) != UNKNOWN:
        found = rules.classify("ups", "KB", text)
        assert not ends_the_journey(*found[:2]), found


def test_a_shape_gets_the_status_of_its_text(rules: Rules) -> None:
    for row in golden():
        words = fold(mask(row["message"]))
        by_shape = rules.classify(row["courier"], row["code"], shape(words))
        assert by_shape == rules.classify(row["courier"], row["code"], words)
        assert by_shape == rules.classify(row["courier"], row["code"], row["message"])


def test_the_index_of_letters_never_hides_a_rule(rules: Rules) -> None:
    for text in [*TRAPS, *(row["message"] for row in golden())]:
        words = shape(fold(mask(text)))
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
    for name in USER_FILES:
        assert all(row["source"] and row["priority"] for row in table(REFERENCE / f"{name}.csv"))
    couriers = {row["courier"] for row in table(REFERENCE / "courier.csv")}
    for row in table(REFERENCE / "courier_alias.csv"):
        assert row["alias"] == fold(row["alias"])
        assert row["courier"] in couriers
    assert {row["courier"] for row in table(REFERENCE / "event_code.csv")} <= couriers


CODE_HEADER = "rule_id,priority,courier,code,pattern,status,substatus,source\n"
TEXT_HEADER = "rule_id,priority,pattern,unless,status,substatus,source\n"


def user_rules(folder: Path, **files: str) -> Rules:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Rules.load(REFERENCE, folder)


def test_the_users_own_rules_stand_beside_ours(tmp_path: Path) -> None:
    rules = user_rules(
        tmp_path,
        event_code=CODE_HEADER + "mine,10,sf_express,80,,info,informational,us\n",
        text_rule=TEXT_HEADER + "bear,10,met a bear,not,exception,other,us\n",
        courier_alias="alias,priority,courier,source\nBear Parcels (HK),10,bear,us\nUPS,10,bear,us\n",
        order_status="text,priority,status,substatus,source\n熊來了,10,exception,other,us\n",
    )
    assert rules.classify("sf_express", "80", "").rule_id == "mine"
    assert rules.classify(None, None, "Your parcel met a bear.").rule_id == "bear"
    assert rules.classify(None, None, "Your parcel did not meet: it met a bear.") == UNKNOWN
    assert rules.courier_of("BEAR  parcels （HK）") == rules.courier_of("ups") == "bear"
    assert rules.order_status("熊来了")[:2] == ("exception", "other")
    assert (
        rules.classify("sf_express", "50", "").rule_id == Rules.load(REFERENCE).classify("sf_express", "50", "").rule_id
    )


@pytest.mark.parametrize(("priority", "winner"), [("10", "mine"), ("1000", "mine"), ("5000", "sf-80")])
def test_the_lowest_priority_is_tried_first_and_the_users_among_equals(
    tmp_path: Path, priority: str, winner: str
) -> None:
    rules = user_rules(tmp_path, event_code=CODE_HEADER + f"mine,{priority},sf_express,80,,info,informational,us\n")
    assert rules.classify("sf_express", "80", "").rule_id == winner


def test_no_folder_and_an_empty_folder_of_rules_are_none(rules: Rules, tmp_path: Path) -> None:
    assert Rules.load(REFERENCE, tmp_path) == Rules.load(REFERENCE, tmp_path / "none") == rules


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("a,1,sf_express,1,,moon,landing,us", "moon.landing"),
        ("a,1,sf_express,1,(,info,informational,us", "cannot be read"),
        ("sf-50,1,sf_express,1,,info,informational,us\nsf-50,1,sf_express,2,,info,informational,us", "sf-50"),
        (",1,sf_express,1,,info,informational,us", "rule_id"),
        ("a,1,sf_express,1", "columns"),
        ("a,1,sf_express,1,,info,informational,us,more", "columns"),
        ("a,1,SF Express,1,,info,informational,us", "'sf_express'"),
        ("a,1,SF,1,,info,informational,us", "'sf_express'"),
        ("a,1,,1,,info,informational,us", "courier"),
        ("a,soon,sf_express,1,,info,informational,us", "whole number"),
    ],
)
def test_a_broken_rule_names_its_file_and_line(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=r"event_code\.csv, line [23]") as error:
        user_rules(tmp_path, event_code=CODE_HEADER + row + "\n")
    assert complaint in str(error.value)


def test_a_rule_id_of_ours_cannot_be_used_again(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"event_code\.csv, line \d+: the rule_id 'sf-50'"):
        user_rules(tmp_path, event_code=CODE_HEADER + "sf-50,1,sf_express,50,,info,informational,us\n")


def test_a_spelling_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"courier_alias\.csv, line 3: the alias 'ACME' is there twice, see .*line 2"
    ):
        user_rules(tmp_path, courier_alias="alias,priority,courier,source\nAcme,1,acme,us\nACME,1,zenith,us\n")


@pytest.mark.parametrize("header", ["rule_id,courier,code\n", CODE_HEADER.replace("source", "origin"), "\n", ""])
def test_a_rule_file_has_the_columns_of_ours(tmp_path: Path, header: str) -> None:
    with pytest.raises(SettingsError, match=r"event_code\.csv, line 1: the columns must be rule_id,priority"):
        user_rules(tmp_path, event_code=header)


def test_the_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    text = (
        "status,substatus,source,code,courier,priority,rule_id,pattern\ninfo,informational,us,80,sf_express,1,mine,\n"
    )
    assert user_rules(tmp_path, event_code="\ufeff" + text).classify("sf_express", "80", "").rule_id == "mine"


def test_a_rule_file_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "text_rule.csv").write_bytes(TEXT_HEADER.encode() + "a,1,遺失,,exception,lost,us\n".encode("big5"))
    with pytest.raises(SettingsError, match=r"text_rule\.csv, line 2: not UTF-8"):
        Rules.load(REFERENCE, tmp_path)


def test_a_file_that_is_no_rule_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".keep").touch()
    (tmp_path / "status.csv").touch()
    with pytest.raises(SettingsError, match=r"status\.csv is no rule file; .* may hold courier_alias\.csv"):
        Rules.load(REFERENCE, tmp_path)


def test_a_missing_rule_file_is_named(tmp_path: Path) -> None:
    for file in REFERENCE.glob("*.csv"):
        shutil.copy(file, tmp_path)
    (tmp_path / "text_rule.csv").unlink()
    with pytest.raises(SettingsError, match=r"text_rule\.csv"):
        Rules.load(tmp_path)
