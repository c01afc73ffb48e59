"""Ids and labels as text: whatever type a source keeps them in, the same id must always give the same text."""

from decimal import Decimal

import pandas as pd

LONGEST_ID = 200

# What ids bring along from web pages and spreadsheets; str.strip() leaves the zero-width ones.
BLANKS = (
    " \t\r\n\v\f\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
    "\u200b\u200c\u200d\u2060\ufeff\u180e\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
NULL_WORDS = ("", "NULL", "null", "None", "NaN", "nan", "NaT", "<NA>", r"\N")
_CONTROL = r"[\x00-\x1f\x7f-\x9f" + "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
_FLOATED = r"^[0-9]+\.0+$"
_SCIENTIFIC = r"^[0-9](?:[eE]\+|[.,][0-9]+[eE]\+?)[0-9]+$"
# What exports put around digits so that a spreadsheet leaves them alone: ="0034" and '0034.
_GUARDED = r"""^(?:="([0-9A-Za-z][^"]*)"|'([0-9A-Za-z].*))$"""
_SEVERAL = "[ ;,|:]"
_EXACT_FLOAT = 2.0**53


def id_text(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Ids as trimmed text (empty becomes null), and for each value that cannot be an id the reason, else null.

    A whole number is exact however it is stored: 3550875, Decimal("3550875.00") and the text "3550875.0" that pandas
    writes for integers beside nulls are all "3550875". Leading zeros of text stay.
    """
    text, reason = _as_text(values)
    guarded = text.str.match(_GUARDED).fillna(False)
    if guarded.any():
        text = text.mask(guarded, without_blanks(text.str.replace(r"""^(?:="|')|"$""", "", regex=True)))
    floated = text.str.match(_FLOATED).fillna(False)
    if floated.any():
        text = text.mask(floated, text.str.replace(r"\.0+$", "", regex=True))
    reason = _because(reason, text.str.match(_SCIENTIFIC), "was rounded by a spreadsheet (such as 3.55E+18)")
    reason = _because(reason, text.str.len() > LONGEST_ID, f"is longer than {LONGEST_ID} characters")
    reason = _because(reason, text.str.contains(_CONTROL), "contains a control or invisible character")
    return text, reason


def number_text(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """As id_text, for tracking numbers: `A;B` or `N/A` taken for one would be a parcel that no courier ever scans."""
    text, reason = id_text(values)
    reason = _because(reason, ~text.str.contains("[1-9]"), "has no digit in it")
    return text, _because(reason, text.str.contains(_SEVERAL), "holds a blank or several numbers")


def label_text(values: pd.Series) -> pd.Series:
    """A courier, service, country or account as trimmed text; empty, and what is no text or number, is null."""
    text, _ = _as_text(values)
    return text.str.replace(_CONTROL, " ", regex=True)


def is_text(values: pd.Series) -> bool:
    """Whether all values are text: pandas would cast bytes, floats and lists as well, but into nonsense."""
    if values.dtype == object:
        return pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty")
    return bool(pd.api.types.is_string_dtype(values.dtype))


def without_blanks(text: pd.Series) -> pd.Series:
    """Trimmed; null where nothing is left, or a word that exports write for null."""
    text = text.str.strip(BLANKS)
    return text.mask(text.isin(NULL_WORDS), pd.NA)


def _because(reason: pd.Series, fault: pd.Series, words: str) -> pd.Series:
    fault = fault.fillna(False).astype(bool)
    return reason.mask(fault & reason.isna(), words) if fault.any() else reason


def _as_text(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    reason = pd.Series(pd.NA, index=values.index, dtype="string[pyarrow]")
    if is_text(values) or pd.api.types.is_integer_dtype(values.dtype):
        text = values.astype("string[pyarrow]")
    else:
        pairs = [_one(value) for value in values.array.to_numpy(dtype=object, na_value=None)]
        text = pd.Series([pair[0] for pair in pairs], index=values.index, dtype="string[pyarrow]")
        if any(pair[1] for pair in pairs):
            reason = pd.Series([pair[1] for pair in pairs], index=values.index, dtype="string[pyarrow]")
    return without_blanks(text), reason


def _one(value: object) -> tuple[str | None, str | None]:
    if value is None or value is pd.NaT or value is pd.NA:
        return None, None
    if isinstance(value, str):
        return value, None
    if isinstance(value, bool):
        return None, "is true or false, not an id"
    if isinstance(value, int):
        return str(value), None
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return None, "is binary, not text"
    if type(value).__name__ == "UUID":
        return str(value), None
    return None, f"is neither text nor a whole number but a {type(value).__name__}"


def _number(value: float | Decimal) -> tuple[str | None, str | None]:
    if value != value:
        return None, None
    if value in (float("inf"), float("-inf")) or value != int(value):
        return None, "is a number with a fraction"
    if isinstance(value, float) and abs(value) > _EXACT_FLOAT:
        return None, "is a floating-point number too large to be exact"
    return str(int(value)), None
