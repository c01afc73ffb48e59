"""What an asset page shows of a table: its columns in words, its row count, its first rows and how fresh it must be."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import dagster as dg
import duckdb

from pipeline.models.sql_file import preview

# One run each morning, of an hour or so: after 26 hours one is missing, after 50 two.
DAILY = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=26), fail_window=timedelta(hours=50))


def column_schema(columns: Iterable[tuple[str, str, str]]) -> dg.TableSchema:
    """Columns as (name, type, comment) in Dagster's form."""
    return dg.TableSchema([dg.TableColumn(name, kind, description=comment) for name, kind, comment in columns])


def table_metadata(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """Row count and a preview of a built table."""
    row = connection.execute(f'select count(*) from "{table}"').fetchone()
    return {"dagster/row_count": int(row[0]) if row else 0, "preview": markdown_table(preview(connection, table))}


def markdown_table(rows: list[dict[str, object]]) -> dg.MarkdownMetadataValue:
    """Rows as a Markdown table; courier texts are untrusted, so what Markdown or HTML could act on is escaped."""
    if not rows:
        return dg.MetadataValue.md("no rows")
    lines = [_line(rows[0]), _line(["---"] * len(rows[0])), *(_line(row.values()) for row in rows)]
    return dg.MetadataValue.md("\n".join(lines))


def _line(cells: Iterable[object]) -> str:
    return "| " + " | ".join("" if cell is None else _escaped(str(cell)) for cell in cells) + " |"


def _escaped(text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for mark in "\\|`*_[]()!#~":
        safe = safe.replace(mark, f"\\{mark}")
    return " ".join(safe.split())
