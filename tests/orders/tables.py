"""What the tests of this folder share: small sources, a warehouse with the tables that orders fill."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipeline.orders.rows import OrdersChunk
from pipeline.orders.source import OrdersSource, read_orders
from pipeline.warehouse import base_tables


def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name in ("source_order", "quarantined_order"):
        connection.execute(base_tables()[name].ddl)
    return connection


def sqlite_source(folder: Path, create: str, rows: Sequence[Sequence[Any]] = (), **settings: Any) -> OrdersSource:
    """A new SQLite database with one table, filled."""
    path = folder / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute(create)
    if rows:
        table = create.split()[2].partition("(")[0]
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
    connection.commit()
    connection.close()
    return OrdersSource(f"sqlite:///{path}", **settings)


def csv_source(folder: Path, text: str, **settings: Any) -> OrdersSource:
    path = folder / "orders.csv"
    path.write_bytes(text.encode())
    return OrdersSource(str(path), **settings)


def parquet_source(folder: Path, frame: pd.DataFrame, **settings: Any) -> OrdersSource:
    path = folder / "orders.parquet"
    frame.to_parquet(path)
    return OrdersSource(str(path), **settings)


def read(source: OrdersSource, since: datetime | None = None) -> OrdersChunk:
    """All chunks as one."""
    chunks = list(read_orders(source, changed_since=since))
    empty = pd.DataFrame({"source_row": [], "reason": [], "row_json": []})
    return OrdersChunk(
        *(
            pd.concat([getattr(chunk, part) for chunk in chunks] or [empty], ignore_index=True)
            for part in ("rows", "rejected", "noted")
        )
    )


def column(chunk: OrdersChunk, name: str) -> list[Any]:
    """One column of the rows; times as text, null as None."""
    values = chunk.rows[name]
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return [None if pd.isna(value) else value.isoformat(" ") for value in values]
    return [None if pd.isna(value) else value for value in values]


def reasons(chunk: OrdersChunk) -> list[str]:
    return list(chunk.rejected["reason"])
