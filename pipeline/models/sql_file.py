"""A file under sql/ is a model: one SELECT whose comments are the documentation of the table it makes.

The header comment says what one row is and what the table answers; the `-- comment` behind each column of
the final select says what the column means; the tables it reads are found by DuckDB's own parser.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from pipeline.errors import ModelError
from pipeline.events.hanzi import TO_SIMPLIFIED
from pipeline.models.sql_words import header, trailing_comments
from pipeline.warehouse import quoted, write_comments

GROUPS = ("core", "delivery", "exceptions", "quality")
NAME = re.compile(r"[a-z][a-z0-9_]*")
# HUGEINT, INTERVAL, TIMESTAMP_NS and nested types make a Parquet file lossy or unreadable for some readers.
ALLOWED_TYPES = {"BIGINT", "INTEGER", "DOUBLE", "VARCHAR", "BOOLEAN", "DATE", "TIMESTAMP"}


@dataclass(frozen=True)
class SqlModel:
    """One file: its stem is the table, its folder the group."""

    name: str
    group: str
    path: Path
    sql: str
    description: str
    column_comments: dict[str, str]
    dependencies: tuple[str, ...]


@dataclass(frozen=True)
class BuiltModel:
    """What a build made: the row count and (name, type, comment) of every column.

    `parcels` is the number of parcels whose rows were made again, null where all were.
    """

    rows: int
    columns: tuple[tuple[str, str, str], ...]
    parcels: int | None = None


def load_models(sql_folder: Path, base_tables: Collection[str]) -> list[SqlModel]:
    """Every model under the folder, in an order in which each can be built after what it reads.

    `base_tables` are the tables that exist before any model is built, schema-qualified where not in main
    ("source_order", "reference.status").
    """
    models: dict[str, SqlModel] = {}
    for path in (path for group in GROUPS for path in sorted((sql_folder / group).glob("*.sql"))):
        model = read_model(path)
        if model.name in models:
            other = models[model.name].path
            raise ModelError(f"{path} and {other} would both make the table {model.name}; rename one.")
        if model.name in base_tables:
            raise ModelError(f"{path} would replace the base table {model.name}; rename the file.")
        models[model.name] = model
    for model in models.values():
        for table in model.dependencies:
            if table not in models and table not in base_tables:
                raise ModelError(f"{model.path} reads the table {table}, which nothing makes.")
    graph = {name: sorted(set(models[name].dependencies) & models.keys()) for name in sorted(models)}
    try:
        return [models[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = ", ".join(str(models[name].path) for name in error.args[1][:-1])
        raise ModelError(f"These models read each other in a circle: {circle}.") from None


def read_model(path: Path) -> SqlModel:
    """One file, read and checked as far as that goes without its input tables."""
    if not NAME.fullmatch(path.stem):
        raise ModelError(f"{path} must be named like a table: lower-case letters, digits and underscores.")
    sql = path.read_text(encoding="utf-8").strip().rstrip(";")
    description = "\n".join(header(sql))
    if not description:
        raise ModelError(f"{path} must begin with a comment: what one row is, then what the table answers.")
    statement = _parse(path, sql)
    columns = _output_columns(path, statement)
    comments = trailing_comments(path, sql)
    if len(comments) != len(columns):
        raise ModelError(f"{path}: write the final select with one column a line, each with its `-- comment`.")
    for column, comment in zip(columns, comments, strict=True):
        if not comment:
            raise ModelError(f"{path}: the output column {column} needs a `-- comment` at the end of its line.")
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise ModelError(f"{path}: the output column {twice} is there twice.")
    return SqlModel(
        name=path.stem,
        group=path.parent.name,
        path=path,
        sql=sql,
        description=description,
        column_comments=dict(zip(columns, comments, strict=True)),
        dependencies=_tables_read(statement),
    )


def build(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> BuiltModel:
    """Make the model's table anew, with its words as comments in the database."""
    columns = describe(connection, model)
    try:
        connection.execute(f'create or replace table "{model.name}" as {model.sql}')
    except duckdb.Error as error:
        raise ModelError(f"{model.path} cannot be built: {first_line(error)}") from error
    write_comments(connection, f'"{model.name}"', model.description, columns)
    counted = connection.execute(f'select count(*) from "{model.name}"').fetchone()
    assert counted is not None
    return BuiltModel(rows=int(counted[0]), columns=columns)


def describe(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> tuple[tuple[str, str, str], ...]:
    """(name, type, comment) of every column; raises ModelError for one without comment or of a type not allowed."""
    try:
        described = connection.execute(f"describe {model.sql}").fetchall()
    except duckdb.Error as error:
        raise ModelError(f"{model.path} cannot be built: {first_line(error)}") from error
    columns = tuple((str(name), str(kind), model.column_comments.get(str(name), "")) for name, kind, *_ in described)
    _check_columns(model, columns)
    return columns


def preview(connection: duckdb.DuckDBPyConnection, name: str, limit: int = 5) -> list[dict[str, object]]:
    """The first rows of a table, one dict a row."""
    cursor = connection.execute(f'select * from "{name}" limit {int(limit)}')
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def run_prelude(connection: duckdb.DuckDBPyConnection, sql_folder: Path, business_zone: str = "Asia/Hong_Kong") -> None:
    """Define the functions that models use; weeks and days are those of the business zone."""
    variables = {
        "business_zone": business_zone,
        "traditional": "".join(map(chr, TO_SIMPLIFIED)),
        "simplified": "".join(map(chr, TO_SIMPLIFIED.values())),
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = {quoted(value)}")
    prelude = (sql_folder / "prelude.sql").read_text(encoding="utf-8")
    connection.execute(prelude)
    digest = hashlib.sha256("\0".join([prelude, *variables.values()]).encode()).hexdigest()
    connection.execute(f"set variable prelude = {quoted(digest)}")


def _parse(path: Path, sql: str) -> dict[str, object]:
    # The database that every process has anyway: opening one takes ten times as long as reading a model.
    with duckdb.default_connection().cursor() as parser:
        row = parser.execute("select json_serialize_sql(?)", [sql]).fetchone()
    assert row is not None
    parsed = json.loads(row[0])
    if parsed["error"]:
        reason = parsed["error_message"].splitlines()[0]
        raise ModelError(f"{path} is not one SELECT that DuckDB can read: {reason}.")
    if len(parsed["statements"]) != 1:
        raise ModelError(f"{path} must hold one SELECT, not {len(parsed['statements'])} statements.")
    statement: dict[str, object] = parsed["statements"][0]["node"]
    return statement


def _output_columns(path: Path, node: dict[str, object]) -> list[str]:
    while node["type"] == "SET_OPERATION_NODE":  # a union takes its names from its first select
        children = (node.get("left"), *_list(node.get("children")))
        node = next(child for child in children if isinstance(child, dict))
    columns = []
    for position, item in enumerate(_list(node["select_list"]), start=1):
        assert isinstance(item, dict)
        if item["class"] == "STAR":
            raise ModelError(f"{path}: the final select must name its columns, not use *.")
        names = _list(item.get("column_names")) if item["class"] == "COLUMN_REF" else []
        name = item["alias"] or (names[-1] if names else None)
        if name is None:
            raise ModelError(f"{path}: column {position} of the final select needs a name: add `as NAME`.")
        columns.append(str(name))
    return columns


def _tables_read(statement: dict[str, object]) -> tuple[str, ...]:
    tables, local_names = set(), set()
    for node in _walk(statement):
        cte_map = node.get("cte_map")
        if isinstance(cte_map, dict):
            local_names |= {entry["key"].lower() for entry in cte_map["map"]}
        if node.get("type") == "BASE_TABLE":
            schema, table = str(node["schema_name"]).lower(), str(node["table_name"]).lower()
            tables.add(table if schema in ("", "main") else f"{schema}.{table}")
    return tuple(sorted(tables - local_names))


def _walk(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else _list(value):
        yield from _walk(child)


def _check_columns(model: SqlModel, columns: tuple[tuple[str, str, str], ...]) -> None:
    found = [name for name, _, _ in columns]
    if found != list(model.column_comments):
        odd = sorted(set(found) ^ set(model.column_comments))
        raise ModelError(f"{model.path}: the comments and the columns of the table differ in {', '.join(odd)}.")
    for name, kind, _ in columns:
        decimal = re.fullmatch(r"DECIMAL\((\d+),\d+\)", kind)
        if kind not in ALLOWED_TYPES and not (decimal and int(decimal[1]) <= 18):
            raise ModelError(
                f"{model.path}: the column {name} is {kind}, which exports cannot hold; cast it to BIGINT, "
                "INTEGER, DOUBLE, DECIMAL(18,s), VARCHAR, BOOLEAN, DATE or TIMESTAMP."
            )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def first_line(error: Exception) -> str:
    """What DuckDB says first; the rest shows the statement."""
    return str(error).strip().splitlines()[0]
