from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.orders.text import BLANKS, id_text, label_text, number_text


def ids(values: list[Any], dtype: Any = object) -> tuple[list[Any], list[Any]]:
    text, reason = id_text(pd.Series(values, dtype=dtype))
    return [None if pd.isna(v) else v for v in text], [None if pd.isna(v) else v for v in reason]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3550875, "3550875"),
        (3550875123456789012, "3550875123456789012"),
        (98765432109876543210, "98765432109876543210"),
        (3550875.0, "3550875"),
        (Decimal("3550875"), "3550875"),
        (Decimal("3550875.00"), "3550875"),
        (Decimal("1E+5"), "100000"),
        ("3550875.0", "3550875"),
        ("774899172137.00", "774899172137"),
        ("'00340434", "00340434"),
        ('="00340434"', "00340434"),
        ('="NULL"', None),
        ("000123", "000123"),
        ("  SF 123 ", "SF 123"),
        ("\u3000\u200b#1001\ufeff\u00a0\n", "#1001"),
        ("\u202d6012345\u202c", "6012345"),
        (UUID("0192d3c5-0000-7000-8000-00000000000a"), "0192d3c5-0000-7000-8000-00000000000a"),
        ("訂單一", "訂單一"),
        ("v1.0", "v1.0"),
        ("NULL", None),
        (" nan ", None),
        ("", None),
        ("\u3000 ", None),
        (None, None),
        (float("nan"), None),
        (pd.NA, None),
        (Decimal("NaN"), None),
    ],
)
def test_an_id_is_exact_text_however_it_is_stored(value: Any, text: str | None) -> None:
    assert ids([value]) == ([text], [None])
    assert ids([value, "a", None])[0][0] == text  # beside others, where a column has no type of its own


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"SF1", "is binary"),
        (True, "true or false"),
        (12.5, "fraction"),
        (Decimal("12.5"), "fraction"),
        (float("inf"), "fraction"),
        (3.550875123456789e18, "too large to be exact"),
        ("3.55E+18", "spreadsheet"),
        ("3,55E+18", "spreadsheet"),
        ("'3.55e18", "spreadsheet"),
        ("4E+18", "spreadsheet"),
        (["a"], "is neither text nor a whole number"),
        ("a" * 201, "longer than 200"),
        ("a\nb", "control"),
        ("a\x00b", "control"),
        ("a\u200bb", "invisible"),
    ],
)
def test_what_cannot_be_an_id_says_why(value: Any, words: str) -> None:
    reason = ids([value])[1][0]
    assert reason is not None and words in reason
    assert ids(["good", value, 7])[1] == [None, reason, None]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("SF1234567890", None),
        ("1Z-999", None),
        ("4E18", None),
        (774899172137, None),
        ("SF1;SF2", "several numbers"),
        ("SF1, SF2", "several numbers"),
        ("SF1|SF2", "several numbers"),
        ("SF1 / SF2", "several numbers"),
        ("1Z 999", "a blank"),
        ("https://courier.example/?n=SF1", "several numbers"),
        ("N/A", "no digit"),
        ("-", "no digit"),
        ("0", "no digit"),
        ("pending", "no digit"),
        ("1,23E+12", "spreadsheet"),
        (None, None),
    ],
)
def test_a_tracking_number_is_one_word_with_a_digit(value: Any, words: str | None) -> None:
    (reason,) = number_text(pd.Series([value], dtype=object))[1]
    assert pd.isna(reason) if words is None else words in reason


@pytest.mark.parametrize("dtype", ["Int64", "int64", "uint64[pyarrow]", "int64[pyarrow]"])
def test_19_digits_survive_every_integer_column(dtype: str) -> None:
    values = [3550875123456789013] if dtype == "int64" else [3550875123456789013, None]
    assert ids(values, dtype)[0][0] == "3550875123456789013"


@given(st.text(min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_an_id_never_keeps_outer_blanks_and_reading_it_twice_changes_nothing(value: str) -> None:
    (text,), (reason,) = ids([value])
    if text is not None and reason is None:
        assert text == text.strip(BLANKS)
        assert ids([text]) == ([text], [None])


def test_a_label_is_trimmed_and_never_stands_in_the_way() -> None:
    labels = label_text(pd.Series([" SF\tExpress ", "", None, 5, b"x", "NA"], dtype=object))
    assert [None if pd.isna(v) else v for v in labels] == ["SF Express", None, None, "5", None, "NA"]
