"""Names and phone numbers go, places, couriers, waybills and times stay: fixture data/masked_messages.csv."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events.privacy import mask


def fixture(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / "data" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("row", fixture("masked_messages.csv"), ids=lambda row: row["message"][:40])
def test_each_message_is_masked_as_written_in_the_fixture(row: dict[str, str]) -> None:
    assert mask(row["message"]) == row["masked"]


@pytest.mark.parametrize("name", ["masked_messages.csv", "golden_messages.csv"])
def test_masking_twice_changes_nothing(name: str) -> None:
    for row in fixture(name):
        once = mask(row["message"])
        assert mask(once) == once


@given(
    st.sampled_from(["", "电话:", "请联系", "Tel ", "(", "派件员李文", "联系电话：", "手机号码"]),
    st.sampled_from(["13800000001", "+852 9123 0001", "91230001", "0755-26000001", "+8613800000001", "0912-345-678"]),
    st.sampled_from(["", ")", "，正在派送", " 正在派送", ";", "。", "保管"]),
)
def test_a_phone_number_never_survives_its_surroundings(before: str, number: str, after: str) -> None:
    assert number not in mask(f"{before}{number}{after}")


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
