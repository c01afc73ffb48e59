"""Rows of the source as parcels of ours: canonical columns and types, and the rows that cannot be, with the reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from pipeline.orders.text import id_text, label_text, number_text
from pipeline.orders.times import DateOrder, Instants, end_of_day, read_times

IDS = ("order_id", "tracking_number")
LABELS = ("account", "courier", "service", "destination_country")
TIMES = ("ordered_at", "promised_at", "updated_at")
SOURCE_COLUMNS = (*IDS, *LABELS, *TIMES)

_LONGEST_KEPT = 300


@dataclass(frozen=True)
class RawChunk:
    """Some rows as the source has them: the index is the row's number, 1 for the first (a CSV's line number)."""

    frame: pd.DataFrame
    broken: pd.DataFrame | None = None  # rows that are no row of the table: source_row, reason, row_json


@dataclass(frozen=True)
class OrdersChunk:
    """Some rows of the source, understood.

    rows: account, order_id, tracking_number, courier, service, destination_country, ordered_at, promised_at,
    promised_on, updated_at; text, and times in UTC without a zone (promised_on: midnight of a local day).
    rejected, noted: source_row, reason, row_json. A noted row is among `rows` too, without the unreadable value.
    """

    rows: pd.DataFrame
    rejected: pd.DataFrame
    noted: pd.DataFrame


def understand(
    raw: RawChunk,
    matched: Mapping[str, str],
    *,
    zone: ZoneInfo,
    account: str,
    changed_since: datetime | None,
    date_order: DateOrder | None = None,
) -> OrdersChunk:
    """`matched` says which source column is which of ours; rows last updated before `changed_since` are left out."""
    frame = raw.frame
    if changed_since is not None:
        changed_at = read_times(_column(frame, matched, "updated_at"), zone, date_order).at
        frame = frame[~(changed_at < pd.Timestamp(changed_since).tz_convert(None))]

    times = {name: read_times(_column(frame, matched, name), zone, date_order) for name in TIMES}
    order, order_fault = id_text(_column(frame, matched, "order_id"))
    number, number_fault = number_text(_column(frame, matched, "tracking_number"))
    reason = "order_id " + order_fault
    # The order can still be asked for by its id, and the answer names the number.
    is_left_out = number_fault.notna() & order.notna() & order_fault.isna()
    reason = reason.fillna(("tracking_number " + number_fault).mask(is_left_out))
    reason = reason.mask(order.isna() & number.isna() & reason.isna(), "has neither an order_id nor a tracking_number")

    labels = {name: label_text(_column(frame, matched, name)) for name in LABELS}
    promise = times["promised_at"]
    rows = pd.DataFrame(
        {
            "account": labels["account"].fillna(account),
            "order_id": order,
            "tracking_number": number.mask(is_left_out),
            "courier": labels["courier"],
            "service": labels["service"],
            "destination_country": labels["destination_country"],
            "ordered_at": times["ordered_at"].at,
            # A promised day is kept until its last second: "by the 5th" is not broken on the morning of the 5th.
            "promised_at": promise.at.mask(promise.is_midnight, end_of_day(promise.on, zone)),
            "promised_on": promise.on,
            "updated_at": times["updated_at"].at,
        },
        index=frame.index,
    )
    is_bad = reason.notna()
    note = _left_out(number_fault, times).mask(is_bad)
    rejected = set_aside(frame, reason)
    if raw.broken is not None:
        rejected = pd.concat([rejected, raw.broken], ignore_index=True)
    return OrdersChunk(rows[~is_bad], rejected, set_aside(frame, note))


def set_aside(frame: pd.DataFrame, reason: pd.Series) -> pd.DataFrame:
    """The rows that have a reason, as they were, for the quarantine."""
    bad = frame[reason.notna()]
    kept = [
        json.dumps({str(name): _kept(value) for name, value in row.items()}, ensure_ascii=False)
        for row in bad.astype(object).where(bad.notna(), None).to_dict("records")
    ]
    return pd.DataFrame(
        {
            "source_row": pd.Series(bad.index, dtype="int64"),
            "reason": reason[reason.notna()].reset_index(drop=True).astype("string[pyarrow]"),
            "row_json": pd.Series(kept, dtype="string[pyarrow]"),
        }
    )


def _column(frame: pd.DataFrame, matched: Mapping[str, str], name: str) -> pd.Series:
    if name in matched:
        return frame[matched[name]]
    return pd.Series(None, index=frame.index, dtype=object)


def _left_out(number_fault: pd.Series, times: Mapping[str, Instants]) -> pd.Series:
    """Which values of a row are not used, and why; null where all are."""
    note = "tracking_number " + number_fault + " and is left out"
    nothing = note.mask(note.notna())
    words_for_times = "cannot be read as a time and is left out (for 03/04/2025 see PARCELS_ORDERS_DATES)"
    for name, instants in times.items():
        words = nothing.mask(instants.is_unreadable, f"{name} {words_for_times}")
        note = (note + "; " + words).fillna(note).fillna(words)
    return note


def _kept(value: object) -> object:
    if value is None or isinstance(value, (bool, int)):
        return value
    text = str(value)
    return text if len(text) <= _LONGEST_KEPT else text[:_LONGEST_KEPT] + "…"
