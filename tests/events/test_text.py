"""One form for many spellings: what folds together, what a shape leaves out, and that neither changes a status."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.events.text import either_spelling, fold, shape

DATA = Path(__file__).parent / "data"


def messages() -> list[str]:
    rows = []
    for name in ("golden_messages.csv", "masked_messages.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as lines:
            rows += [row["message"] for row in csv.DictReader(lines)]
    return rows


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("順豐速運 已收取快件", "顺丰速运 已收取快件"),
        ("  Out  For\tDELIVERY ", "out for delivery"),
        ("签收人：本人（１件）", "签收人:本人(1件)"),
        ("臺灣 轉寄 關閉 櫃", "台湾 转寄 关闭 柜"),
    ],
)
def test_spellings_fold_to_simplified_half_width_lower_case(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("folded", "expected"),
    [
        ("快件到达 【深圳五和集散中心】", "快件到达 【】"),
        ("已派送至【旺角顺丰站】", "已派送至【旺角顺丰站】"),
        ("快件交给赵建国,正在派送途中(联系电话:13800000001)", "快件交给*,正在派送途中(联系电话:0)"),
        ("快件已转寄,新单号为sf1300000000011", "快件已转寄,新单号为0"),
        ("正在第2次派件", "正在第0次派件"),
        ("4px picked up shipment", "4px picked up shipment"),
        ("signed for by: alex example at 10:22", "signed for by: * * at 0"),
    ],
)
def test_a_shape_leaves_out_sites_names_and_numbers(folded: str, expected: str) -> None:
    assert shape(folded) == expected


def test_events_that_differ_only_by_parcel_share_one_shape() -> None:
    one = shape(fold("快件在【深圳福田营业部】已装车,准备发往 【深圳五和集散中心】"))
    other = shape(fold("快件在【東莞沙田營業部】已裝車，準備發往 【哈爾濱集散中心】"))
    assert one == other


@pytest.mark.parametrize("text", messages())
def test_shape_and_fold_leave_a_shape_as_it_is(text: str) -> None:
    done = shape(fold(text))
    assert fold(done) == done
    assert shape(done) == done


PIECES = st.sampled_from(
    [*"派件人:13800*【】[] -+", "138", "****", "sf", "快递员", "王海文", "签收", "signed for by: ", "Tom"]
)


@given(st.lists(PIECES, max_size=14))
def test_any_mixture_of_cues_comes_to_rest(pieces: list[str]) -> None:
    done = shape(fold("".join(pieces)))
    assert shape(fold(done)) == done


@pytest.mark.parametrize(
    ("pattern", "text", "hits"),
    [
        ("não entregue", "OBJETO NAO ENTREGUE", True),
        ("não entregue", "Objeto não entregue", True),
        ("clasificaci[óo]n", "EN CLASIFICACION", True),
        ("παραδόθηκε", "ΠΑΡΑΔΟΘΗΚΕ", True),
        ("doręczon", "PRZESYLKA DORECZONA", True),
        ("refusé", "Refused by the recipient", False),
        ("för", "for delivery", False),
    ],
)
def test_an_accent_may_be_left_out_where_it_does_not_make_the_word(pattern: str, text: str, hits: bool) -> None:
    assert bool(re.search(either_spelling(pattern), fold(text))) is hits
