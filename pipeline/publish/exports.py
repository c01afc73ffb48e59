"""The Parquet exports: one file a table for readers that speak no DuckDB, with a manifest that describes them."""

import base64
import hashlib
import itertools
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from pipeline.errors import WarehouseError
from pipeline.publish.snapshot import point, prune
from pipeline.tracking.landing import fsync
from pipeline.warehouse import HALF_MADE, DataFolder, quoted

# What the pipeline keeps for itself: plans and ledgers say nothing to a reader of the exports.
PRIVATE_TABLES = {
    "due_shipment",
    "loaded_response_file",
    "model_state",
    "parcel_digest",
    "reading_state",
    "source_state",
}
PARTITIONED = {"fact_tracking_event": "event_at"}


def publish_exports(
    folder: DataFolder, connection: duckdb.DuckDBPyConnection, version: str, *, run_id: str, published_at: datetime
) -> dict[str, Any]:
    """Write every public table of the open warehouse as Parquet, then swap `exports/current`; returns the manifest.

    Instants (`…_at`) become TIMESTAMP with UTC in the file; `…_local` wall clocks stay without a zone.
    """
    target = _free_name(folder.exports / "versions", version)
    temporary = target.with_name(target.name + HALF_MADE)
    try:
        temporary.mkdir(parents=True)
        tables = [_export(connection, name, comment, temporary) for name, comment in _tables(connection)]
        manifest = {
            "run_id": run_id,
            "published_at": published_at.isoformat(timespec="seconds"),
            "data_as_of": _as_of(connection),
            "tables": tables,
        }
        (temporary / "manifest.json").write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        for path in [*temporary.rglob("*"), temporary]:
            fsync(path)
        temporary.rename(target)
        fsync(target.parent)
        point(folder.exports / "current", target)
    except (OSError, duckdb.IOException) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise WarehouseError(
            f"The exports could not be written ({str(error).splitlines()[0]}): make room in {folder.root};"
            " the last published exports stay in place."
        ) from error
    prune(target.parent, "*", keep=target)
    return manifest


def _free_name(versions: Path, version: str) -> Path:
    """A version that is exported again gets a folder of its own: someone may be reading the first."""
    names = (version if number == 1 else f"{version}.{number}" for number in itertools.count(1))
    return next(path for name in names if not (path := versions / name).exists())


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    rows = connection.execute(
        "select table_name, comment from duckdb_tables()"
        " where schema_name = 'main' and not temporary order by table_name"
    ).fetchall()
    return ((name, comment or "") for name, comment in rows if name not in PRIVATE_TABLES)


def _export(connection: duckdb.DuckDBPyConnection, table: str, comment: str, target: Path) -> dict[str, Any]:
    columns = connection.execute(
        "select column_name, data_type, comment from duckdb_columns()"
        " where schema_name = 'main' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    exported = [_exported(name, kind) for name, kind, _ in columns]
    select = ", ".join(
        f'{expression} as "{name}"' for (name, _, _), (expression, _) in zip(columns, exported, strict=True)
    )
    path = target / table
    if instant := PARTITIONED.get(table):
        path.mkdir()
        empty = connection.execute(f"select {select}, '' as month from \"{table}\" limit 0").to_arrow_table()
        schema = f", kv_metadata {{'ARROW:schema': '{_as_arrow_partitions(empty)}'}}"
        for month, rows in _months(connection, table, instant):
            file = path / f"month={month}" / "data_0.parquet"
            file.parent.mkdir()
            _copy(connection, f"select {select}, '{month}' as month from \"{table}\" where {rows}", file, schema)
        columns.append(("month", "VARCHAR", f"month of {instant} (UTC), YYYY-MM; unknown without a readable time"))
        exported.append(("month", "VARCHAR"))
    else:
        path = path.with_suffix(".parquet")
        _copy(connection, f'select {select} from "{table}"', path)
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    counted = connection.execute(f'select count(*) from "{table}"').fetchone()
    return {
        "name": table,
        "description": comment,
        "rows": int(counted[0]) if counted else 0,
        "columns": [
            {"name": name, "type": kind, "description": words or ""}
            for (name, _, words), (_, kind) in zip(columns, exported, strict=True)
        ],
        "files": [{"path": str(file.relative_to(target)), "sha256": _sha256(file)} for file in files],
    }


def _exported(name: str, kind: str) -> tuple[str, str]:
    """How a column goes into the file: its expression and its type there."""
    if kind == "TIMESTAMP" and not name.endswith("_local"):
        return f"timezone('UTC', \"{name}\")", "TIMESTAMP WITH TIME ZONE"
    return f'"{name}"', kind


def _months(connection: duckdb.DuckDBPyConnection, table: str, instant: str) -> Iterator[tuple[str, str]]:
    """Each month that has rows, and a condition that finds them without reading the others."""
    months = connection.execute(
        f"select distinct strftime({instant}, '%Y-%m'), date_trunc('month', {instant})::date::varchar"
        f' from "{table}" order by 1'
    )
    for month, first in months.fetchall():
        if month is None:
            # A month of its own: Hive would name the folder of the rows without a readable time after a null.
            yield "unknown", f"{instant} is null"
        else:
            yield month, f"{instant} >= date '{first}' and {instant} < date '{first}' + interval 1 month"


def _copy(connection: duckdb.DuckDBPyConnection, select: str, path: Path, more: str = "") -> None:
    options = f"format parquet, compression zstd, row_group_size 122880{more}"
    connection.execute(f"copy ({select}) to {quoted(str(path))} ({options})")


def _as_arrow_partitions(empty: pa.Table) -> str:
    """The Arrow schema to store in the files, `month` as a dictionary: Arrow makes that of the folders' names.

    Without it pandas and pyarrow refuse the folder, since the column in the file is then of another type.
    """
    place = empty.schema.get_field_index("month")
    schema = empty.schema.set(place, pa.field("month", pa.dictionary(pa.int32(), pa.string())))
    return base64.b64encode(schema.serialize().to_pybytes()).decode()


def _as_of(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = connection.execute("select as_of from as_of").fetchone()
    return f"{row[0].isoformat(timespec='seconds')}+00:00" if row and row[0] else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
