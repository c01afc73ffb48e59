"""Ask the published warehouse one question: a table on a terminal, CSV into a pipe."""

import csv
import sys
from pathlib import Path

import duckdb
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.errors import WarehouseError
from pipeline.settings import load_settings
from pipeline.warehouse import DataFolder, connect

SHOWN_ROWS = 40


def run_query(sql: str, file: Path | None = None) -> None:
    """Print the answer of `file`, else of the published warehouse.

    Raises WarehouseError with DuckDB's own first line when it can't be answered.
    """
    with connect(file or DataFolder(load_settings().data_dir).published, read_only=True) as warehouse:
        try:
            answer = warehouse.execute(sql)
            columns = [column[0] for column in answer.description or []]
            if sys.stdout.isatty():
                _show(columns, answer.fetchmany(SHOWN_ROWS + 1))
            else:
                writer = csv.writer(sys.stdout, lineterminator="\n")
                writer.writerow(columns)
                while rows := answer.fetchmany(1000):
                    writer.writerows(rows)
        except duckdb.Error as error:
            raise WarehouseError(f"The query cannot be answered: {' '.join(str(error).split())}") from None


def _show(columns: list[str], rows: list[tuple[object, ...]]) -> None:
    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    if len(rows) > SHOWN_ROWS:
        table.caption = f"the first {SHOWN_ROWS} rows; pipe the output to get all as CSV"
    Console().print(table)
