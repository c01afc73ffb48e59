"""Names and phone numbers go, places, couriers, waybills and times stay: fixtures in data/.

`personal_messages.csv` holds the forms of real courier messages with made-up names and numbers,
`impersonal_messages.csv` texts in which nobody is named.
"""

import csv
import re
import stat
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events.classify import Rules
from pipeline.events.flatten import load, rules_changed
from pipeline.events.privacy import contact_key, contact_secret, mask, read
from pipeline.events.reading import Reading
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import DataFolder, open_work
from tests.models.answers import Answer, event, write_files

SECRET = bytes(range(32))
_PHONE = re.compile(r"\+?\d{2,3}\*{4}\d{2,4}")
_NAME = re.compile(r"[^\W\d_]\*{2,3}(?!\*)")


def fixture(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


PERSONAL = fixture("personal_messages.csv")
IMPERSONAL = fixture("impersonal_messages.csv")


@pytest.mark.parametrize("row", fixture("masked_messages.csv"), ids=lambda row: row["message"][:40])
def test_each_message_is_masked_as_written_in_the_fixture(row: dict[str, str]) -> None:
    assert mask(row["message"]) == row["masked"]


def found(pattern: re.Pattern[str]) -> tuple[int, int]:
    """How many marks of the fixture the masking sets, and how many there are; the courier's own marks aside."""
    right = total = 0
    for row in PERSONAL:
        wanted = Counter(pattern.findall(row["masked"])) - Counter(pattern.findall(row["text"]))
        right += (wanted & Counter(pattern.findall(mask(row["text"])))).total()
        total += wanted.total()
    return right, total


def test_every_phone_number_is_masked() -> None:
    right, total = found(_PHONE)
    assert total > 150
    assert right == total


def test_95_of_100_names_are_masked() -> None:
    right, total = found(_NAME)
    assert total > 200
    assert right / total >= 0.95


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en", "de", "fr", "es", "pt"])
def test_every_language_is_masked_as_written(language: str) -> None:
    rows = [row for row in PERSONAL if row["language"] == language]
    wrong = [row["text"] for row in rows if mask(row["text"]) != row["masked"]]
    assert len(rows) >= 10
    assert len(wrong) <= 0.1 * len(rows), wrong


def test_at_most_2_of_100_texts_lose_more_than_a_person() -> None:
    changed = [row["text"] for row in IMPERSONAL if mask(row["text"]) != row["text"]]
    too_much = [row["text"] for row in PERSONAL if mask(row["text"]).count("*") > row["masked"].count("*")]
    assert len(IMPERSONAL) >= 200
    assert len(changed) <= 0.02 * len(IMPERSONAL), changed
    assert len(too_much) <= 0.02 * len(PERSONAL), too_much


def test_a_masked_text_means_what_the_text_meant() -> None:
    rules = Rules.load(SQL_FOLDER / "reference")
    differing = [
        row["text"]
        for row in PERSONAL
        if rules.classify(row["courier"], None, row["text"])[:2]
        != rules.classify(row["courier"], None, mask(row["text"]))[:2]
    ]
    assert differing == []


@pytest.mark.parametrize(
    "text",
    [*(row["message"] for name in ("masked_messages.csv", "golden_messages.csv") for row in fixture(name))]
    + [row["text"] for row in PERSONAL + IMPERSONAL],
)
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


_NUMBERS = (
    "13800000001|18000000001|18770000001|+852 9123 0001|91230001|95120001|0755-26000001|+8613800000001|0912-345-678"
    "|03-9900001|+44 7911 120001|06 12 30 00 01|(11) 91230-0001"
)


@given(
    st.sampled_from(["", "电话:", "请联系", "Tel ", "(", "派件员李文", "联系电话：", "手机号码"]),
    st.sampled_from(_NUMBERS.split("|")),
    st.sampled_from(["", ")", "，正在派送", " 正在派送", ";", "。", "保管", "-1234", "转1234", " 2小时内"]),
)
def test_a_phone_number_never_survives_its_surroundings(before: str, number: str, after: str) -> None:
    assert number not in mask(f"{before}{number}{after}")


@pytest.mark.parametrize(
    "number", ["400-811-1111", "4008111111", "95338", "1-800-463-3339", "0800 123 4567", "1300 123 456", "900 123 456"]
)
def test_the_line_of_a_company_is_no_secret(number: str) -> None:
    assert mask(f"Call {number} for help") == f"Call {number} for help"


@given(
    st.sampled_from(["陈立文", "欧阳文", "王文"]),
    st.sampled_from(["派件人：{}，", "快递员{}正在派送", "交给{}，正在派送途中", "快递员【{}，电话", "{}先生已签收"]),
)
def test_a_courier_keeps_only_the_first_character(name: str, sentence: str) -> None:
    masked = mask(sentence.format(name))
    assert name not in masked
    assert f"{name[0]}**" in masked


@given(st.text(alphabet="派件人员:,13800*签收王海文 Tomsigned by()【】+-", max_size=30))
def test_any_text_is_masked_once_and_for_all(text: str) -> None:
    assert mask(mask(text)) == mask(text)


_FRAGMENTS = (
    "派件员|签收人是|：|【|】|（|，|王小明|张三丰|13800138000|+852 9123 4567|0755-26000001|的|由|交给|先生|正在派件"
    "|、|电话|Signed for by: |JOHN|Smith|van|M.|Herr |an |übergeben|remis à |Entregado a |tel |ext 1|İ|é|A|*|**|1|0| |-"
)


@given(st.lists(st.sampled_from(_FRAGMENTS.split("|")), max_size=9).map("".join))
def test_what_stood_behind_a_name_is_masked_with_it(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("快递员 王文 13800138000", "派件人：李文，电话：+86 138 0013 8000"),
        ("【深圳】（0755-26000001） 的 李文（13800138000）", "快件交给李文（联系电话：13800138000）"),
        ("派件員 9123 4567", "Driver Tom, +852 9123 4567"),
        ("簽收人：張三丰", "签收人：张三丰"),
        ("Signed for by: J SMITH", "Delivered - signed for by J Smith"),
    ],
    ids=["country code", "site and person", "spacing", "script", "case"],
)
def test_one_person_has_one_key(one: str, other: str) -> None:
    contacts = [read(text).contact for text in (one, other)]
    assert None not in contacts
    assert contacts[0] == contacts[1]


@pytest.mark.parametrize("text", ["已签收，签收人：本人", "Delivered to LOCKER", "客服热线95338", ""])
def test_a_text_that_names_nobody_has_no_contact(text: str) -> None:
    assert read(text).contact is None


def test_a_key_tells_nothing_without_the_secret() -> None:
    key = contact_key("13800138000", SECRET)
    assert re.fullmatch("[0-9a-f]{16}", key)
    assert contact_key("13800138001", SECRET) != key
    assert contact_key("13800138000", SECRET[::-1]) != key


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "contact.key"
    secret = contact_secret(file)
    assert len(secret) == 32
    assert contact_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_secret_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "contact.key"
    file.write_bytes(b"")
    assert len(contact_secret(file)) == 32


def loaded(folder: Path, message: str, *, secret: bytes | None = SECRET, place: str = "") -> tuple[str, str, str, str]:
    """The one event of an answer with this message: its id, message, contact key and location."""
    files = write_files(folder, [[Answer(datetime(2026, 1, 1), (event("2026-01-01 10:00:00", message, place),))]])
    with open_work(DataFolder(folder)) as connection:
        reading = Reading.load(secret=secret)
        load(connection, DataFolder(folder), files, reading, run_id="run", now=datetime(2026, 1, 2, tzinfo=UTC))
        select = "select event_id, message, contact_key, location from fact_tracking_event"
        (row,) = connection.execute(select).fetchall()
    return row


def test_parcels_of_one_person_share_a_key_and_nobody_reads_who(tmp_path: Path) -> None:
    _, message, key, _ = loaded(tmp_path / "one", "快件交给王文，正在派送途中（联系电话：13800138000）")
    assert message == "快件交给王**，正在派送途中（联系电话：138****8000）"
    assert key == contact_key("13800138000", SECRET)
    assert loaded(tmp_path / "two", "快递员 李文 13800138000 正在派送")[2] == key
    assert loaded(tmp_path / "none", "已签收")[2] is None
    assert loaded(tmp_path / "no secret", "快递员 李文 13800138000", secret=None)[2] is None


def test_the_id_of_an_event_tells_no_digit_that_its_message_hides(tmp_path: Path) -> None:
    texts = ("快件交给王文（联系电话：13800138000）", "快件交给王海（联系电话：13811118000）")
    (one, message, *_), (other, *_) = (loaded(tmp_path / str(n), text) for n, text in enumerate(texts))
    assert message == "快件交给王**（联系电话：138****8000）"
    assert one == other


def test_blanks_and_case_do_not_make_another_event(tmp_path: Path) -> None:
    one, other = (
        loaded(tmp_path / text[:1], text)[0] for text in ("Signed  by: TOM Example ", "signed by: tom example")
    )
    assert one == other


def test_a_place_is_masked_too(tmp_path: Path) -> None:
    assert loaded(tmp_path, "已到达", place="旺角站 电话：9123 4567")[3] == "旺角站 电话：91****67"


def test_another_secret_reads_everything_again(tmp_path: Path) -> None:
    loaded(tmp_path, "快递员 李文 13800138000")
    with open_work(DataFolder(tmp_path)) as connection:
        assert not rules_changed(connection, Reading.load(secret=SECRET))
        assert rules_changed(connection, Reading.load(secret=SECRET[::-1]))
