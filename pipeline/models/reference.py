"""Reference data: every CSV under sql/reference becomes a table of the schema `reference`, typed."""

from pathlib import Path

import duckdb

from pipeline.errors import ModelError

# A key that is there twice would double every parcel that meets it.
KEYS = {
    "country": ("alias",),
    "courier": ("courier",),
    "courier_alias": ("alias",),
    "order_status": ("text",),
    "status": ("status", "substatus"),
}
COLUMN_TYPES = {
    "is_terminal": "boolean",
    "is_exception": "boolean",
    "action_required": "boolean",
    "priority": "integer",
}


def load_reference(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Load every CSV of the folder; returns the table names ("reference.status", ...), sorted."""
    connection.execute("create schema if not exists reference")
    return [_load(connection, path) for path in sorted(folder.glob("*.csv"))]


def _load(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    table = f"reference.{path.stem}"
    relation = "read_csv(?, header=true, all_varchar=true, delim=',', quote='\"', nullstr='')"
    try:
        names = [row[0] for row in connection.execute(f"describe from {relation}", [str(path)]).fetchall()]
        typed = [f'cast("{name}" as {COLUMN_TYPES.get(name, "varchar")}) as "{name}"' for name in names]
        connection.execute(f"create or replace table {table} as select {', '.join(typed)} from {relation}", [str(path)])
    except duckdb.Error as error:
        raise ModelError(f"{path} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
    if path.stem in KEYS:
        _check_key(connection, path, table, ", ".join(KEYS[path.stem]))
    return table


def _check_key(connection: duckdb.DuckDBPyConnection, path: Path, table: str, key: str) -> None:
    twice = connection.execute(
        f"select concat_ws(', ', {key}) from {table} group by {key} having count(*) > 1 order by all limit 1"
    ).fetchone()
    if twice:
        raise ModelError(f"{path}: the {key} {twice[0]!r} is there twice; keep one row.")
