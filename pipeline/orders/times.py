"""Times as UTC: whatever a source writes, from timestamptz columns to a spreadsheet's 2025/1/5 9:05."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.orders.text import is_text, without_blanks

_ISO = (
    r"^[0-9]{4}-?[0-9]{2}-?[0-9]{2}"
    r"(?:[T ][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,9})?)?)?[ ]?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_WITH_OFFSET = r"[T ][0-9:., ]+(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$"

# Years that only placeholders have: 0001-01-01, 1900-01-01, 1970-01-01, 9999-12-31.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class Instants:
    """One column of times, row by row; `at` is null where there was nothing or nothing readable."""

    at: pd.Series  # UTC, without a zone
    on: pd.Series  # the day in the business zone, as its midnight
    is_midnight: pd.Series  # a bare date, or a time without zone at 00:00 sharp: what databases make of a bare date
    is_unreadable: pd.Series


def read_times(values: pd.Series, zone: ZoneInfo) -> Instants:
    """Times without a zone are the business zone's; a clock time that exists twice is the first of the two."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        given = values.notna()
        naive, aware = _split_typed(values)
    else:
        text = _text(values)
        given = text.notna()
        naive, aware = _split_text(text)
    local = naive.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    local = local.fillna(aware.dt.tz_convert(zone))
    wall = local.dt.tz_localize(None)
    usable = wall.dt.year.between(_FIRST_YEAR, _LAST_YEAR)
    return Instants(
        at=local.dt.tz_convert(None).where(usable),
        on=wall.dt.normalize().where(usable),
        is_midnight=(naive == naive.dt.normalize()) & usable,
        is_unreadable=given & ~usable,
    )


def end_of_day(days: pd.Series, zone: ZoneInfo) -> pd.Series:
    """The last second of each local day, in UTC."""
    last_second = days + pd.Timedelta(hours=23, minutes=59, seconds=59)
    local = last_second.dt.tz_localize(zone, ambiguous=False, nonexistent="shift_forward")
    return local.dt.tz_convert(None)


def _split_typed(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """(times without zone, times with one), both as long as the column."""
    storage = getattr(values.dtype, "pyarrow_dtype", values.dtype)
    if getattr(storage, "tz", None) is None:
        return values.astype("datetime64[us]"), _no_times(values.index, "datetime64[us, UTC]")
    return _no_times(values.index, "datetime64[us]"), values.astype("datetime64[us, UTC]")


def _split_text(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    odd = text.notna() & ~text.str.match(_ISO).fillna(False)
    if odd.any():
        text = text.mask(odd, text[odd].map(_tidied).astype("string[pyarrow]"))
        text = text.where(text.str.match(_ISO).fillna(False))
    at = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True).dt.as_unit("us")
    has_offset = text.str.contains(_WITH_OFFSET).fillna(False).astype(bool)
    return at.mask(has_offset).dt.tz_localize(None), at.where(has_offset)


def _no_times(index: pd.Index, dtype: str) -> pd.Series:
    return pd.Series(pd.NaT, index=index, dtype=dtype)


def _text(values: pd.Series) -> pd.Series:
    if not is_text(values):
        words = [_one_text(value) for value in values.array.to_numpy(dtype=object, na_value=None)]
        values = pd.Series(words, index=values.index, dtype="string[pyarrow]")
    return without_blanks(values.astype("string[pyarrow]"))


def _one_text(value: object) -> str | None:
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, (float, Decimal)):
        return f"{value:.0f}"
    return str(value)


def _tidied(text: str) -> str:
    """2025/1/5 9:05 as 2025-01-05 09:05, and epoch seconds or milliseconds as a time; else the text as it is.

    03/04/2025 is left unread: half of the world would read it wrongly.
    """
    if re.fullmatch(r"[12][0-9]{9}([0-9]{3})?", text):
        return datetime.fromtimestamp(int(text[:10]), UTC).isoformat(" ")
    text = re.sub(
        r"^([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])",
        lambda found: f"{found[1]}-{found[3]:0>2}-{found[4]:0>2}",
        text,
    )
    text = re.sub(r"(?<=[0-9])[T ]+([0-9]):", r" 0\1:", text)
    return re.sub(r" ?(z|UTC|GMT)$", "Z", text)
