"""The data folder and its DuckDB file: where things lie, how they are opened, who may write."""

import fcntl
import os
import re
import shutil
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import ModelError, ParcelsError, WarehouseError
from pipeline.settings import SQL_FOLDER
from pipeline.stopping import before_stopping

# The suffix of files and folders in the making: whoever takes the run lock next removes what is left of them.
HALF_MADE = ".partial"
# How long a second run waits before it gives up: as long as someone may look whether the lock is held.
_LOCK_SECONDS = 0.5
# What DuckDB says when the disk, a quota or a file size limit refuses, and when a file is not what it wrote.
_REFUSED = re.compile(r"could not write|no space left|file too large|quota|max_temp_directory_size", re.IGNORECASE)
_DAMAGED = re.compile(r"corrupt|not a valid duckdb|could not read enough bytes|serialization error", re.IGNORECASE)
# Written and read by DuckDB 1.4 and later, 2.x included.
STORAGE_VERSION = "v1.4.0"
_SPILL = "spill"

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
    return read_tables(SQL_FOLDER / "base_tables.sql")


def read_tables(path: Path) -> dict[str, BaseTable]:
    """The tables that a file defines, with the comment above each and the one behind each column."""
    text = path.read_text(encoding="utf-8")
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
    def unreadable(self) -> Path:
        return self.raw / "unreadable"

    @property
    def rules(self) -> Path:
        """The user's own rule files; see the README."""
        return self.root / "rules"

    @property
    def as_of(self) -> Path:
        return self.root / "as_of"

    @property
    def lock(self) -> Path:
        return self.state / "run.lock"

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
        "temp_directory": str(path.parent / _SPILL) if not read_only else "",
        "preserve_insertion_order": False,
    }
    try:
        connection = duckdb.connect(path, read_only=read_only, config=config)
    except duckdb.Error as error:
        raise WarehouseError(_why_not_opened(path, error)) from error
    try:
        # A query that is only broken off runs on in DuckDB's threads, and the next statement waits for it.
        with before_stopping(connection.interrupt):
            connection.execute("set TimeZone = 'UTC'")
            yield connection
    except Exception as error:
        _tell(error, path)
        raise
    finally:
        connection.close()


@contextmanager
def open_work(folder: DataFolder) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the private work database for writing, its base tables in place."""
    folder.private(folder.work.parent)
    if not folder.work.exists():
        _make_work_file(folder.work)
    with connect(folder.work) as connection:
        _make_base_tables(connection)
        yield connection


def _make_work_file(path: Path) -> None:
    fresh = path.with_suffix(HALF_MADE)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"attach {quoted(str(fresh))} as work (storage_version '{STORAGE_VERSION}')")
        fresh.chmod(0o600)
        fresh.replace(path)
    except (duckdb.Error, OSError) as error:
        raise WarehouseError(_refused(path, error)) from error


def _make_base_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what is missing: all of a new file, and the tables and columns that a newer version has added."""
    rows = connection.execute("select table_name, column_count from duckdb_tables() where schema_name = 'main'")
    # Counting is enough, as columns are only ever added, and a tenth of the work of naming them.
    there = dict(rows.fetchall())
    missing = [table for table in base_tables().values() if there.get(table.name, 0) < len(table.columns)]
    if not missing:
        return
    connection.execute("begin")
    for table in missing:
        connection.execute(table.ddl)
        for column, kind, _ in table.columns:
            connection.execute(f"alter table {table.name} add column if not exists {column} {kind}")
        write_comments(connection, table.name, table.description, table.columns)
    connection.execute("commit")


def write_comments(
    connection: duckdb.DuckDBPyConnection, table: str, description: str, columns: Iterable[tuple[str, str, str]]
) -> None:
    """Put the words on a table and its columns, (name, type, comment), into the database itself."""
    connection.execute(f"comment on table {table} is {quoted(description)}")
    for name, _, comment in columns:
        connection.execute(f'comment on column {table}."{name}" is {quoted(comment)}')


def quoted(text: str) -> str:
    """An SQL string literal, for the statements that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def run_lock(folder: DataFolder, run_id: str) -> Iterator[None]:
    """Hold the data folder for one run; a second run is told who holds it. Freed by the system on any death.

    Begins by removing what dead runs left half-made. Raises WarehouseError when the folder is taken or unusable.
    """
    folder.private(folder.state)
    try:
        handle = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise WarehouseError(f"The file {folder.lock} cannot be opened ({error.strerror}).") from error
    try:
        if not _locked(handle):
            holder = os.pread(handle, 200, 0).decode(errors="replace") or "another process"
            raise WarehouseError(
                f"Another run is using {folder.root} ({holder}); wait until it ends, or set another PARCELS_DATA_DIR."
            )
        try:
            holder = f"process {os.getpid()} on {socket.gethostname()}, run {run_id}"
            # Written over what is there, which needs no room where a run has been before.
            os.ftruncate(handle, os.pwrite(handle, holder.encode(), 0))
            _sweep(folder)
        except OSError as error:
            raise WarehouseError(_refused(folder.lock, error)) from error
        yield
    finally:
        os.close(handle)


def is_running(folder: DataFolder) -> bool:
    """Whether a run holds the folder now; taken to be so where we may not look."""
    try:
        handle = os.open(folder.lock, os.O_RDONLY)
    except OSError as error:
        return not isinstance(error, FileNotFoundError)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def last_run(folder: DataFolder) -> str | None:
    """The run that holds the folder or, when none does, held it last."""
    try:
        return folder.lock.read_text(encoding="utf-8", errors="replace").rpartition(" run ")[2]
    except OSError:
        return None


def _locked(handle: int) -> bool:
    give_up_at = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.05)
        else:
            return True


def _sweep(folder: DataFolder) -> None:
    """Remove what dead runs left half-made, and what their queries had moved out of memory."""
    half_made = f"*{HALF_MADE}*"
    for parent, pattern in (
        (folder.responses, f"*/{half_made}"),
        (folder.work.parent, half_made),
        (folder.work.parent, _SPILL),
        (folder.versions, half_made),
        (folder.exports / "versions", half_made),
    ):
        for path in parent.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _memory_limit() -> str:
    """Half of the machine's memory, at least 512 MB: the fetch and the webserver live beside us."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{max(total // 2, 512 * 2**20) // 2**20}MiB"


def _why_not_opened(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"There is no warehouse at {path} yet; run 'parcels run' or 'parcels demo' first."
    if "set lock" in str(error).lower():
        return f"The file {path} is in use by another program; close it there and run again."
    if _REFUSED.search(str(error)):
        return _refused(path, error)
    return _damaged(path, error)


def _tell(error: Exception, path: Path) -> None:
    """Raise what `error` came from in words that help; most errors speak for themselves and are left alone."""
    if isinstance(error, ParcelsError) and not isinstance(error, ModelError):
        return
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(error, RuntimeError) and not isinstance(cause, Exception):
            # A stop signal in mid-query: DuckDB hides what its handler raised behind an error of its own.
            raise cause from None
        if isinstance(cause, duckdb.Error) and _REFUSED.search(str(cause)):
            raise WarehouseError(_refused(path, cause)) from error
        if isinstance(cause, duckdb.Error) and _DAMAGED.search(str(cause)):
            raise WarehouseError(_damaged(path, cause)) from error
        cause = cause.__cause__ or cause.__context__


def _refused(path: Path, error: Exception) -> str:
    return (
        f"The data folder takes no more ({_first_line(error)}): make room in {path.parent} or set another"
        " PARCELS_DATA_DIR; what was written before is kept, and the next run goes on from there."
    )


def _damaged(path: Path, error: Exception) -> str:
    return (
        f"The file {path} is damaged ({_first_line(error)}): delete it and run 'parcels rebuild', which makes it again"
        " from the raw responses and the orders source."
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).splitlines()[0]
