"""Times as UTC: whatever a source writes, from timestamptz columns to a spreadsheet's 2025/1/5 9:05."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.orders.text import is_text, without_blanks

_ISO = (
    r"^[0-9]{4}-?[0-9]{2}-?[0-9]{2}"
    r"(?:[T ][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]{1,9})?)?)?[ ]?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_WITH_OFFSET = r"[T ][0-9:., ]+(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$"

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"((?i:{'|'.join(_MONTHS)}))[A-Za-z]*[.]?"
_MONTH_FIRST = re.compile(rf"^{_MONTH} ([0-9]{{1,2}}),? ([0-9]{{4}})(?![0-9])")
_DAY_FIRST = re.compile(rf"^([0-9]{{1,2}})[ -]{_MONTH}[ -]([0-9]{{4}})(?![0-9])")
_CHINESE = re.compile("^([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日 ?")
_TWELVE_HOURS = re.compile(r"([0-9]{1,2})(:[0-9]{2}(?::[0-9]{2})?) ?([ap])[.]?m[.]?$", re.IGNORECASE)

DateOrder = Literal["day/month/year", "month/day/year"]

# Years that only placeholders have: 0001-01-01, 1900-01-01, 1970-01-01, 9999-12-31.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class Instants:
    """One column of times, row by row; `at` is null where there was nothing or nothing readable."""

    at: pd.Series  # UTC, without a zone
    on: pd.Series  # the day in the business zone, as its midnight
    is_midnight: pd.Series  # a bare date, or a time without zone at 00:00 sharp: what databases make of a bare date
    is_unreadable: pd.Series


def read_times(values: pd.Series, zone: ZoneInfo, date_order: DateOrder | None = None) -> Instants:
    """Times without a zone are the business zone's; a clock time that exists twice is the first of the two.

    03/04/2025 is read by `date_order` alone: without one it is unreadable, half of the world would read it wrongly.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        given = values.notna()
        naive, aware = _split_typed(values)
    else:
        text = _text(values)
        given = text.notna()
        naive, aware = _split_text(text, date_order)
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


def _split_text(text: pd.Series, date_order: DateOrder | None) -> tuple[pd.Series, pd.Series]:
    odd = text.notna() & ~text.str.match(_ISO).fillna(False)
    if odd.any():
        tidied = text[odd].map(lambda value: _tidied(value, date_order))
        text = text.mask(odd, tidied.astype("string[pyarrow]"))
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


def _tidied(text: str, date_order: DateOrder | None) -> str:
    """2025/1/5 9:05 or Jan 5, 2025 9:05 AM as 2025-01-05 09:05, and epoch seconds or milliseconds as a time."""
    if re.fullmatch(r"[12][0-9]{9}([0-9]{3})?", text):
        return datetime.fromtimestamp(int(text[:10]), UTC).isoformat(" ")
    text = re.sub(
        r"^([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])",
        lambda found: _iso(found[1], found[3], found[4]),
        text,
    )
    if date_order is not None:
        day, month = (1, 3) if date_order == "day/month/year" else (3, 1)
        text = re.sub(
            r"^([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})(?![0-9])",
            lambda found: _iso(found[4], found[month], found[day]),
            text,
        )
    text = _MONTH_FIRST.sub(lambda found: _iso(found[3], _month(found[1]), found[2]), text)
    text = _DAY_FIRST.sub(lambda found: _iso(found[3], _month(found[2]), found[1]), text)
    text = _CHINESE.sub(lambda found: _iso(found[1], found[2], found[3]) + " ", text).rstrip()
    text = _TWELVE_HOURS.sub(_of_24_hours, text)
    text = re.sub(r"(?<=[0-9])(?:[T ]+|,? at |,? @ |, )([0-9]{1,2}):", lambda found: f" {found[1]:0>2}:", text)
    return re.sub(r" ?(z|UTC|GMT)$", "Z", text)


def _iso(year: str, month: str, day: str) -> str:
    return f"{year}-{month:0>2}-{day:0>2}"


def _month(name: str) -> str:
    return str(_MONTHS.index(name.lower()) + 1)


def _of_24_hours(found: re.Match[str]) -> str:
    """12:05 am is 00:05 and 12:05 pm is 12:05; what is no hour of twelve stays as it is."""
    hour = int(found[1])
    if not 1 <= hour <= 12:
        return found[0]
    return f"{hour % 12 + (12 if found[3].lower() == 'p' else 0):02}{found[2]}"
