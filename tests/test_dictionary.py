"""The data dictionary is current, and its words say what a reader needs."""

import csv
import re

import pytest

from pipeline.dictionary import COMMAND, FILE, Table, dictionary, public_tables, unit
from pipeline.events.classify import USER_FILES
from pipeline.models.reference import reference_tables
from pipeline.settings import REPOSITORY, SQL_FOLDER
from tests.models.tables import Tables, models
from tests.models.test_rebuild import world


@pytest.fixture(scope="module")
def tables() -> list[Table]:
    return public_tables()


def test_the_file_is_current(tables: list[Table]) -> None:
    is_current = FILE.read_text(encoding="utf-8") == dictionary(tables)
    assert is_current, f"{FILE.relative_to(REPOSITORY)} is not current: run '{COMMAND}' and commit what it writes."


def test_every_table_says_what_one_row_is_and_every_model_what_it_answers_and_how(tables: list[Table]) -> None:
    for table in tables:
        assert table.paragraphs[0].startswith("One row"), table.name
        assert all(meaning for _, _, meaning in table.columns), table.name
        if table.name in models():
            assert len(table.paragraphs) > 2, f"{table.name}: write what it answers and where its formula is from"
            assert table.paragraphs[1].startswith("Answers "), table.name


def test_every_measure_has_a_unit_in_its_name(tables: list[Table]) -> None:
    """Whole numbers may also be places in an order; the words tell which are spans of time."""
    unitless = [
        f"{table.name}.{name}: {meaning}"
        for table in tables
        for name, kind, meaning in table.columns
        if not unit(name, kind)
        and (kind == "DOUBLE" or (kind in {"BIGINT", "INTEGER"} and re.search(r"^(hours|days|seconds)\b", meaning)))
    ]
    assert not unitless, "name the unit: …_hours, …_days, share_…, …_rate, or what is counted"


def test_every_instant_is_told_apart_from_a_local_clock(tables: list[Table]) -> None:
    unclear = [
        f"{table.name}.{name}: {meaning}"
        for table in tables
        for name, kind, meaning in table.columns
        if kind == "TIMESTAMP" and ("UTC" in meaning) == name.endswith("_local")
    ]
    assert not unclear, "say (UTC) in the comment of an instant, and end the name of a wall clock with _local"


def test_every_share_lies_between_nothing_and_all() -> None:
    warehouse = Tables(**world())
    seen = 0
    for table, model in models().items():
        for name in (name for name in model.column_comments if unit(name, "DOUBLE") == "0 to 1"):
            odd, known = warehouse.row(table, f"count(*) filter ({name} not between 0 and 1), count({name})")
            assert odd == 0, f"{table}.{name}"
            seen += known
    assert seen > 100


def test_every_reference_file_is_described_column_by_column() -> None:
    files = {}
    for path in sorted((SQL_FOLDER / "reference").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            files[path.stem] = [*next(csv.reader(file)), *(["owner"] if path.stem in USER_FILES else [])]
    described = {name: [column for column, _, _ in table.columns] for name, table in reference_tables().items()}
    assert described == files, "sql/reference_tables.sql and the first lines of sql/reference/*.csv must name the same"
