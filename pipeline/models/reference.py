"""Reference data: every CSV under sql/reference becomes a table of the schema `reference`, typed."""

from pathlib import Path

import duckdb

from pipeline.errors import ModelError
from pipeline.events.classify import BUSINESS_FILES, USER_FILES, rows_of, user_files
from pipeline.events.text import fold
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import BaseTable, read_tables, write_comments

# A key that is there twice would double every parcel that meets it.
KEYS = {
    "business_calendar": ("country",),
    "country": ("alias",),
    "courier": ("courier",),
    "courier_alias": ("alias",),
    "holiday": ("country", "date_day"),
    "order_status": ("text",),
    "service_level": ("courier", "service", "origin_country", "destination_country"),
    "silence_limit": ("lane_kind", "courier_kind"),
    "status": ("status", "substatus"),
}

# What is looked up by its folded spelling; users may write it as they see it.
_FOLDED = {"courier_alias": "alias", "order_status": "text"}


def reference_tables() -> dict[str, BaseTable]:
    """The reference tables that `sql/reference_tables.sql` describes, by name."""
    return read_tables(SQL_FOLDER / "reference_tables.sql")


def load_reference(connection: duckdb.DuckDBPyConnection, folder: Path, user_folder: Path | None = None) -> list[str]:
    """Load every CSV of the folder; returns the table names ("reference.status", ...), sorted.

    Types and words are those of `sql/reference_tables.sql`; what it does not name is text. Tables that users may extend
    hold the rows of the user's own file, too.
    """
    described = reference_tables()
    theirs = user_files(user_folder)
    connection.execute("begin")
    connection.execute("create schema if not exists reference")
    tables = []
    for path in sorted(folder.glob("*.csv")):
        tables.append(_load(connection, path, described.get(path.stem)))
        if path.stem in USER_FILES:
            _add_the_users(connection, path, theirs.get(path.stem))
        if path.stem in BUSINESS_FILES and path.stem in theirs:
            _replace_by_the_users(connection, path, theirs[path.stem])
    connection.execute("commit")
    return tables


def _load(connection: duckdb.DuckDBPyConnection, path: Path, described: BaseTable | None) -> str:
    table = f"reference.{path.stem}"
    columns = described.columns if described else ()
    types = {name: kind for name, kind, _ in columns}
    relation = "read_csv(?, header=true, all_varchar=true, delim=',', quote='\"', nullstr='')"
    try:
        names = [row[0] for row in connection.execute(f"describe from {relation}", [str(path)]).fetchall()]
        typed = [f'cast("{name}" as {types.get(name, "VARCHAR")}) as "{name}"' for name in names]
        if path.stem in USER_FILES:
            names, typed = [*names, "owner"], [*typed, "'parcels' as owner"]
        connection.execute(f"create or replace table {table} as select {', '.join(typed)} from {relation}", [str(path)])
    except duckdb.Error as error:
        raise ModelError(f"{path} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
    if described:
        write_comments(connection, table, described.description, [column for column in columns if column[0] in names])
    if path.stem in KEYS:
        _check_key(connection, path, table, ", ".join(KEYS[path.stem]))
    return table


def _add_the_users(connection: duckdb.DuckDBPyConnection, ours: Path, theirs: Path | None) -> None:
    """The user's rows beside ours; where both have a key, the row that decides stays: see `Rules`."""
    if theirs is None:
        return
    table = f"reference.{ours.stem}"
    columns = [name for name, *_ in connection.execute(f"describe {table}").fetchall() if name != "owner"]
    rows = [row for _, row in rows_of(theirs, columns)]
    if key := _FOLDED.get(ours.stem):
        rows = [{**row, key: fold(row[key])} for row in rows]
    values = [[row[column] or None for column in columns] for row in rows]
    insert = f"insert into {table} ({', '.join(columns)}, owner) values ({'?, ' * len(columns)}'user')"
    try:
        if values:
            connection.executemany(insert, values)
    except duckdb.Error as error:
        raise ModelError(f"{theirs} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
    if key:
        _check_key(connection, theirs, table, key, "where owner = 'user'")
        connection.execute(
            f"delete from {table} as one using {table} as other where one.{key} = other.{key}"
            " and (one.priority, one.owner = 'parcels') > (other.priority, other.owner = 'parcels')"
        )


def _replace_by_the_users(connection: duckdb.DuckDBPyConnection, ours: Path, theirs: Path) -> None:
    """The user's rows, and ours whose key they do not have."""
    table, key = f"reference.{ours.stem}", KEYS[ours.stem]
    columns = [name for name, *_ in connection.execute(f"describe {table}").fetchall()]
    values = [[row[column] or None for column in columns] for _, row in rows_of(theirs, columns)]
    connection.execute(f"create or replace temp table their_row as from {table} limit 0")
    try:
        if values:
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"insert into their_row ({', '.join(columns)}) values ({marks})", values)
    except duckdb.Error as error:
        raise ModelError(f"{theirs} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
    _check_key(connection, theirs, "their_row", ", ".join(key))
    same_key = " and ".join(f"ours.{column} is not distinct from their_row.{column}" for column in key)
    connection.execute(f"delete from {table} as ours using their_row where {same_key}")
    connection.execute(f"insert into {table} by name from their_row; drop table their_row")


def _check_key(connection: duckdb.DuckDBPyConnection, path: Path, table: str, key: str, where: str = "") -> None:
    twice = connection.execute(
        f"select concat_ws(', ', {key}) from {table} {where} group by {key} having count(*) > 1 order by all limit 1"
    ).fetchone()
    if twice:
        raise ModelError(f"{path}: the {key} {twice[0]!r} is there twice; keep one row.")
