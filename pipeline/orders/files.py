"""Orders from a file: .parquet and .duckdb through DuckDB, .csv through csv_file.py."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd

from pipeline.errors import SourceError
from pipeline.orders.csv_file import CsvTable
from pipeline.orders.names import near_names
from pipeline.orders.rows import RawChunk

KINDS = (".parquet", ".csv", ".duckdb")
_INSTEAD = {
    ".db": "write sqlite:///{} for an SQLite database",
    ".sqlite": "write sqlite:///{} for an SQLite database",
    ".sqlite3": "write sqlite:///{} for an SQLite database",
    ".xlsx": "save it as CSV UTF-8",
    ".xls": "save it as CSV UTF-8",
}


class DuckdbTable:
    """A table or query of a .duckdb file, or a .parquet file seen as a table."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, rows: str, setting: str) -> None:
        self._connection = connection
        self._path = path
        self._rows = rows
        self._setting = setting
        self.columns = [str(name[0]) for name in connection.execute(f"select * from {rows} limit 0").description]

    def chunks(
        self, wanted: Sequence[str], size: int, *, since: tuple[str, datetime] | None, zone: ZoneInfo
    ) -> Iterator[RawChunk]:
        """Everything, whatever `since`: a file is read faster than its types are weighed."""
        first_row = 1
        try:
            rows = self._connection.execute(f"select {', '.join(map(_quoted, wanted))} from {self._rows}")
            for batch in rows.to_arrow_reader(size):
                frame = batch.to_pandas(types_mapper=pd.ArrowDtype)
                frame.index = pd.RangeIndex(first_row, first_row + len(frame))
                yield RawChunk(frame)
                first_row += len(frame)
        except duckdb.Error as error:
            raise SourceError(f"{self._setting}: {self._path} cannot be read to its end: {_words(error)}") from None


def file_path(url: str) -> Path | None:
    """The file that PARCELS_ORDERS_URL names, or None if it is a database's address."""
    text = url.strip()
    for prefix in ("duckdb:///", "file://"):
        text = text.removeprefix(prefix)
    suffix = Path(text).suffix.lower()
    if "://" in text:
        if suffix in KINDS:
            raise SourceError(
                f"PARCELS_ORDERS_URL: a {suffix} file is read from this machine only; copy it here and give its path."
            )
        return None
    if suffix in KINDS:
        return Path(text).expanduser()
    if not text:
        raise SourceError(
            "PARCELS_ORDERS_URL is empty: give an SQLAlchemy URL or a path to a .parquet, .csv or .duckdb file."
        )
    advice = _INSTEAD.get(suffix, "give an SQLAlchemy URL or a path to a .parquet, .csv or .duckdb file").format(text)
    kind = f"a {suffix} file" if suffix in _INSTEAD else "neither an address nor a file that can be read"
    raise SourceError(f"PARCELS_ORDERS_URL is {kind}: {advice}.")


@contextmanager
def open_file(path: Path, table: str, query: str | None) -> Iterator[CsvTable | DuckdbTable]:
    """The table of the file, for as long as the block lasts."""
    if not path.exists():
        raise SourceError(f"PARCELS_ORDERS_URL: there is no file {path}.")
    if path.suffix.lower() == ".csv":
        if query:
            raise SourceError(
                "PARCELS_ORDERS_QUERY cannot be put to a .csv file: leave it out, or use a .parquet or .duckdb file."
            )
        with CsvTable.open(path) as csv_table:
            yield csv_table
        return
    is_database = path.suffix.lower() == ".duckdb"
    try:
        connection = duckdb.connect(path if is_database else ":memory:", read_only=is_database)
    except duckdb.Error as error:
        busy = "set lock" in str(error)
        advice = "another program has it open for writing; try again when that has ended" if busy else _words(error)
        raise SourceError(f"PARCELS_ORDERS_URL: {path} cannot be opened: {advice}.") from None
    with connection:
        connection.execute("set timezone = 'UTC'; set autoinstall_known_extensions = false")
        name = table if is_database else _show_parquet(connection, path, table)
        yield _duckdb_table(connection, path, name, query)


def _show_parquet(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> str:
    """A view of the file under the table's name, so that PARCELS_ORDERS_QUERY can select from it."""
    name = table.rpartition(".")[2]
    literal = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path)).replace("'", "''")
    try:
        connection.execute(f"create view {_quoted(name)} as select * from read_parquet('{literal}')")
    except duckdb.Error as error:
        raise SourceError(f"PARCELS_ORDERS_URL: {path} is no readable Parquet file: {_words(error)}") from None
    return name


def _duckdb_table(connection: duckdb.DuckDBPyConnection, path: Path, table: str, query: str | None) -> DuckdbTable:
    if query:
        try:
            return DuckdbTable(connection, path, f"({query.strip().rstrip(';')}\n)", "PARCELS_ORDERS_QUERY")
        except duckdb.Error as error:
            raise SourceError(f"PARCELS_ORDERS_QUERY is not a SELECT that {path} can run: {_words(error)}") from None
    parts = [part.strip().strip('"') for part in table.split(".")]
    try:
        return DuckdbTable(connection, path, ".".join(map(_quoted, parts)), "PARCELS_ORDERS_TABLE")
    except duckdb.CatalogException:
        shown = connection.execute("""
            select schema_name, table_name from duckdb_tables()
            union all
            select schema_name, view_name from duckdb_views() where not internal
        """).fetchall()
        names = [name if schema == "main" else f"{schema}.{name}" for schema, name in shown]
        raise SourceError(f"PARCELS_ORDERS_TABLE: {path} has no table {table}{near_names(table, names)}.") from None
    except duckdb.Error as error:
        raise SourceError(f"PARCELS_ORDERS_TABLE: {table} of {path} cannot be read: {_words(error)}") from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _words(error: duckdb.Error) -> str:
    return " ".join(str(error).partition("\n")[0].split())
