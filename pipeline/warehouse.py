"""The data folder and its DuckDB file: where things lie, how they are opened, who may write."""

import fcntl
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.settings import SQL_FOLDER

# Written and read by DuckDB 1.4 and later, 2.x included.
STORAGE_VERSION = "v1.4.0"

_TABLE = re.compile(r"((?:^--.*\n)+)create table if not exists (\w+) \(\n((?:.*\n)*?)\);", re.MULTILINE)
_COLUMN = re.compile(r"^    (\w+) (\w+),? +-- (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class BaseTable:
    """A table that the pipeline fills itself, as `sql/base_tables.sql` defines and describes it."""

    name: str
    description: str
    columns: tuple[tuple[str, str, str], ...]
    ddl: str


def base_tables() -> dict[str, BaseTable]:
    """The base tables by name; columns as (name, type, comment)."""
    text = (SQL_FOLDER / "base_tables.sql").read_text(encoding="utf-8")
    tables = {}
    for match in _TABLE.finditer(text):
        header, name, body = match.groups()
        description = " ".join(line.removeprefix("--").strip() for line in header.splitlines())
        columns = tuple((column, kind.upper(), comment) for column, kind, comment in _COLUMN.findall(body))
        tables[name] = BaseTable(name, description, columns, match[0])
    return tables


@dataclass(frozen=True)
class DataFolder:
    """Names the places inside `PARCELS_DATA_DIR`; nothing is created until it is asked for."""

    root: Path

    @property
    def published(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def versions(self) -> Path:
        return self.root / "versions"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def work(self) -> Path:
        return self.root / "work" / "warehouse.duckdb"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def responses(self) -> Path:
        return self.raw / "tracking_responses"

    @property
    def landing(self) -> Path:
        return self.raw / "landing"

    @property
    def state(self) -> Path:
        return self.root / "state"

    def private(self, path: Path) -> Path:
        """Make `path` and keep others out of it: raw responses and tokens are nobody else's business."""
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.chmod(0o700)
        except OSError as error:
            raise WarehouseError(
                f"The folder {path} cannot be made ({error.strerror}); check PARCELS_DATA_DIR."
            ) from error
        return path


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file the one way this project opens it: UTC, bounded memory, no extension downloads."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "memory_limit": _memory_limit(),
        "temp_directory": str(path.parent / "spill") if not read_only else "",
        "preserve_insertion_order": False,
    }
    try:
        connection = duckdb.connect(path, read_only=read_only, config=config)
    except duckdb.IOException as error:
        raise WarehouseError(_why_not_opened(path, error)) from error
    try:
        connection.execute("set TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


@contextmanager
def open_work(folder: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the private work database for writing, its base tables in place."""
    folder.private(folder.work.parent)
    if not folder.work.exists():
        with duckdb.connect() as connection:
            connection.execute(f"attach {quoted(str(folder.work))} as work (storage_version '{STORAGE_VERSION}')")
        folder.work.chmod(0o600)
    with connect(folder.work) as connection:
        _make_base_tables(connection)
        yield connection


def _make_base_tables(connection: duckdb.DuckDBPyConnection) -> None:
    there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    for table in base_tables().values():
        if table.name in there:
            continue
        connection.execute(table.ddl)
        connection.execute(f"comment on table {table.name} is {quoted(table.description)}")
        for column, _, comment in table.columns:
            connection.execute(f"comment on column {table.name}.{column} is {quoted(comment)}")


def quoted(text: str) -> str:
    """An SQL string literal, for the statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def run_lock(folder: DataFolder) -> Iterator[None]:
    """Hold the data folder for one run; a second run is told who holds it. Freed by the system on any death."""
    folder.private(folder.state)
    path = folder.state / "run.lock"
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            raise WarehouseError(
                f"Another run is using {folder.root} ({holder}); wait until it ends, or set another PARCELS_DATA_DIR."
            ) from None
        handle.truncate(0)
        handle.write(f"process {os.getpid()} on {socket.gethostname()}")
        handle.flush()
        yield


def _memory_limit() -> str:
    """Half of the machine's memory, at least 512 MB: the fetch and the webserver live beside us."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{max(total // 2, 512 * 2**20) // 2**20}MiB"


def _why_not_opened(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"There is no warehouse at {path} yet; run 'parcels run' or 'parcels demo' first."
    if "lock" in str(error).lower():
        return f"The file {path} is in use by another program; close it there and run again."
    return f"The file {path} cannot be opened as a DuckDB database: {str(error).splitlines()[0]}"
