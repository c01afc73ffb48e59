"""The data dictionary: every public table in words. `python -m pipeline.dictionary` writes `docs/data-dictionary.md`.

Nothing is described here. The words are the comments in `sql/` that DuckDB, the manifest of the exports and Dagster's
pages show, too; the types are those of the tables when they are built without any data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from pipeline.definitions import defs
from pipeline.models.reference import load_reference, reference_tables
from pipeline.models.sql_file import GROUPS, build, load_models, run_prelude
from pipeline.publish.exports import PRIVATE_TABLES
from pipeline.settings import REPOSITORY, SQL_FOLDER
from pipeline.warehouse import base_tables

FILE = REPOSITORY / "docs" / "data-dictionary.md"
COMMAND = "python -m pipeline.dictionary"

_NUMBERS = {"BIGINT", "INTEGER", "DOUBLE"}
# What a number counts or measures, by a word of its name.
_UNITS = {
    "hours": "hours",
    "days": "days",
    "hour": "hour of the day",
    "ms": "milliseconds",
    "share": "0 to 1",
    "rate": "0 to 1",
    "n": "count",
    "count": "count",
    **{thing: thing for thing in ("parcels", "events", "requests", "polls", "answers", "attempts", "episodes", "runs")},
}
_INTRODUCTION = f"""\
# Data dictionary

Every table of the warehouse, in the order in which the data flows. `{COMMAND}` writes this file
from the comments in `sql/`: change those. The same words are in the database (`duckdb_tables()`,
`duckdb_columns()`), in `exports/current/manifest.json` and on Dagster's pages.

- Nothing is guessed: what is not known is null, not zero.
- `…_at` is an instant in UTC; `…_local` is what the clock showed at the place. In the Parquet files instants carry UTC.
- Weeks begin on Monday. Days are those of the business zone (`PARCELS_TIMEZONE`) unless a column says otherwise.
- `n` counts what a row is about, `n_excluded` what its figures leave out, `share_open` what may still change them.
- Percentiles (`…_p50`, `…_p90`) are exact and cannot be averaged across rows.
- The exported `fact_tracking_event` has one column more: `month`, by which its files are split.
"""


@dataclass(frozen=True)
class Table:
    """A table that readers see: `columns` are (name, type, meaning), `sources` the files that make it."""

    name: str
    group: str
    paragraphs: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]
    sources: tuple[Path, ...]


def public_tables() -> list[Table]:
    """What the published warehouse holds for readers, each group of the flow together."""
    with duckdb.connect() as connection:
        for table in base_tables().values():
            connection.execute(table.ddl)
        known = load_reference(connection, SQL_FOLDER / "reference")
        run_prelude(connection, SQL_FOLDER)
        models = load_models(SQL_FOLDER, {*base_tables(), *known})
        columns = {model.name: build(connection, model).columns for model in models}
    groups = {asset.key.to_user_string(): str(asset.group_name) for asset in defs.resolve_all_asset_specs()}
    base = [
        Table(
            table.name,
            groups[table.name],
            (table.description,),
            table.columns,
            (SQL_FOLDER / "base_tables.sql", *SQL_FOLDER.glob(f"events/{table.name}.sql")),
        )
        for table in base_tables().values()
        if table.name not in PRIVATE_TABLES
    ]
    built = [
        Table(model.name, model.group, tuple(_paragraphs(model.description)), columns[model.name], (model.path,))
        for model in sorted(models, key=lambda model: (GROUPS.index(model.group), model.name))
    ]
    reference = [
        Table(
            f"reference.{name}",
            "reference",
            (table.description,),
            table.columns,
            (SQL_FOLDER / "reference" / f"{name}.csv",),
        )
        for name, table in sorted(reference_tables().items())
    ]
    return [*base, *built, *reference]


def unit(name: str, kind: str) -> str:
    """The unit of a column, as its name says it; '' where there is none."""
    if kind == "TIMESTAMP":
        return "local time" if name.endswith("_local") else "UTC"
    words = name.split("_")
    return next((_UNITS[word] for word in _UNITS if word in words), "") if kind in _NUMBERS else ""


def dictionary(tables: list[Table]) -> str:
    """The whole file."""
    by_group = {group: list(members) for group, members in groupby(tables, key=lambda table: table.group)}
    lines = [_INTRODUCTION, "## Contents"]
    for group, members in by_group.items():
        lines += ["", f"**{group}**", ""]
        for table in members:
            grain = _escaped(table.paragraphs[0].split(". ")[0].rstrip("."))
            lines.append(f"- [{table.name}](#{table.name.replace('.', '')}): {grain[0].lower()}{grain[1:]}")
    for group, members in by_group.items():
        lines += ["", f"## {group}"]
        for table in members:
            lines += ["", f"### {table.name}", "", *_told(table)]
    return "\n".join(lines) + "\n"


def _told(table: Table) -> Iterator[str]:
    for paragraph in table.paragraphs:
        yield from (_escaped(paragraph), "")
    files = " and ".join(f"[{path}](../{path})" for path in (path.relative_to(REPOSITORY) for path in table.sources))
    yield from (f"Defined in {files}.", "", "| column | type | unit | meaning |", "|---|---|---|---|")
    for name, kind, meaning in table.columns:
        yield f"| `{name}` | {kind} | {unit(name, kind)} | {_escaped(meaning)} |"


def _paragraphs(description: str) -> Iterator[str]:
    """What one row is, what the table answers, and how: each begins on a line of its own, and may go on over others."""
    lines: list[str] = []
    for line in description.splitlines():
        if lines and lines[-1].endswith(".") and line[0].isupper():
            yield " ".join(lines)
            lines = []
        lines.append(line)
    yield " ".join(lines)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    FILE.write_text(dictionary(public_tables()), encoding="utf-8")
    print(FILE)
