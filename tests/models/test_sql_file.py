from pathlib import Path

import duckdb
import pytest

from pipeline.errors import ModelError
from pipeline.models.sql_file import build, load_models, preview, read_model

PARCELS = """\
-- One row per parcel.
-- Answers how many there are; it's simple.
with known as (
    select a.id, r.status from raw_parcel as a left join reference.status as r on r.status = a.status
)
select
    id,              -- the parcel's number
    upper(status) as status, -- in capitals, 'as said'
    case
        when id > 1 then true  -- why: the first is a test parcel
        else false
    end as is_real   -- not a test
from known
"""


def write(folder: Path, name: str, sql: str, group: str = "core") -> Path:
    path = folder / group / f"{name}.sql"
    path.parent.mkdir(exist_ok=True)
    path.write_text(sql, encoding="utf-8")
    return path


def simple(source: str) -> str:
    return f"-- One row per thing.\nselect\n    id -- number\nfrom {source}\n"


def refusal(folder: Path, *base: str) -> str:
    with pytest.raises(ModelError) as caught:
        load_models(folder, {"raw_parcel", "reference.status", *base})
    return str(caught.value)


def test_a_file_tells_its_table_its_words_and_what_it_reads(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "parcel", PARCELS))
    assert (model.name, model.group) == ("parcel", "core")
    assert model.description == "One row per parcel.\nAnswers how many there are; it's simple."
    assert model.column_comments == {
        "id": "the parcel's number",
        "status": "in capitals, 'as said'",
        "is_real": "not a test",
    }
    assert model.dependencies == ("raw_parcel", "reference.status")


def test_models_come_after_what_they_read(tmp_path: Path) -> None:
    write(tmp_path, "a_summary", simple("z_detail"), group="delivery")
    write(tmp_path, "z_detail", simple("raw_parcel"))
    names = [model.name for model in load_models(tmp_path, {"raw_parcel"})]
    assert names == ["z_detail", "a_summary"]


def test_a_built_table_carries_its_words_into_the_database(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "parcel", PARCELS))
    with duckdb.connect() as connection:
        connection.execute("create schema reference")
        connection.execute("create table reference.status as select 'ok' as status")
        connection.execute("create table raw_parcel as from (values (1, 'ok'), (2, 'new')) t(id, status)")
        built = build(connection, model)
        assert built.rows == 2
        assert built.columns[0] == ("id", "INTEGER", "the parcel's number")
        words = connection.execute("select comment from duckdb_tables() where table_name = 'parcel'").fetchone()
        assert words == ("One row per parcel.\nAnswers how many there are; it's simple.",)
        columns = connection.execute("select comment from duckdb_columns() where table_name = 'parcel'").fetchall()
        assert columns == [("the parcel's number",), ("in capitals, 'as said'",), ("not a test",)]
        assert {"id": 1, "status": "OK", "is_real": False} in preview(connection, "parcel")
        assert len(preview(connection, "parcel", limit=1)) == 1
        assert build(connection, model).rows == 2


def test_a_column_that_exports_cannot_hold_is_refused_before_it_is_built(tmp_path: Path) -> None:
    path = write(tmp_path, "total", "-- One row.\nselect\n    sum(id) as ids -- huge\nfrom raw_parcel\n")
    with duckdb.connect() as connection:
        connection.execute("create table raw_parcel as select 1 as id")
        with pytest.raises(ModelError, match=r"total\.sql: the column ids is HUGEINT"):
            build(connection, read_model(path))
        assert connection.execute("select count(*) from duckdb_tables() where table_name = 'total'").fetchone() == (0,)


def test_a_column_that_the_inputs_do_not_have_is_told_with_the_file(tmp_path: Path) -> None:
    model = read_model(write(tmp_path, "thing", simple("raw_parcel")))
    with duckdb.connect() as connection:
        connection.execute("create table raw_parcel as select 1 as other")
        with pytest.raises(ModelError, match=r"thing\.sql cannot be built: .*id"):
            build(connection, model)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("-- One row.\nselect from where", "is not one SELECT"),
        ("-- One row.\ndrop table raw_parcel", "is not one SELECT"),
        ("-- One row.\nselect 1 as a -- x\n; select 2 as b -- y\n", "one SELECT"),
        ("select\n    id -- number\nfrom raw_parcel", "must begin with a comment"),
        ("-- One row.\nselect\n    id,\n    status -- said\nfrom raw_parcel", "column id needs a `-- comment`"),
        ("-- One row.\nselect\n    id, -- number\n    status\nfrom raw_parcel", "column status needs a `-- comment`"),
        ("-- One row.\nselect\n    -- lost words\n    id -- number\nfrom raw_parcel", "stands behind no column"),
        ("-- One row.\nselect\n    id -- number\n    -- lost words\nfrom raw_parcel", "stands behind no column"),
        ("-- One row.\nselect\n    * -- all\nfrom raw_parcel", "must name its columns"),
        ("-- One row.\nselect\n    id + 1 -- next\nfrom raw_parcel", "column 1 of the final select needs a name"),
        ("-- One row.\nselect\n    id, -- number\n    id -- again\nfrom raw_parcel", "column id is there twice"),
        (simple("nowhere"), "reads the table nowhere, which nothing makes"),
    ],
)
def test_a_file_that_cannot_be_a_model_is_named_in_one_sentence(tmp_path: Path, sql: str, sentence: str) -> None:
    write(tmp_path, "thing", sql)
    message = refusal(tmp_path)
    assert "thing.sql" in message
    assert sentence in message
    assert "\n" not in message


def test_two_files_for_one_table_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "thing", simple("raw_parcel"))
    write(tmp_path, "thing", simple("raw_parcel"), group="quality")
    assert "would both make the table thing" in refusal(tmp_path)


def test_a_file_named_like_a_base_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "fact_poll", simple("raw_parcel"))
    assert "fact_poll.sql would replace the base table" in refusal(tmp_path, "fact_poll")


def test_a_circle_of_models_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a", simple("b"))
    write(tmp_path, "b", simple("a"))
    message = refusal(tmp_path)
    assert "in a circle" in message
    assert "a.sql" in message
    assert "b.sql" in message


def test_a_select_of_constants_and_a_union_have_columns_too(tmp_path: Path) -> None:
    constants = read_model(
        write(tmp_path, "one", "-- One row.\nselect\n    1 as a, -- first\n    'x,(' as b -- second")
    )
    assert constants.column_comments == {"a": "first", "b": "second"}
    compared = "-- One row.\nselect\n    a is distinct from b as is_new, -- changed\n    b -- other\nfrom raw_parcel"
    assert read_model(write(tmp_path, "three", compared)).column_comments == {"is_new": "changed", "b": "other"}
    union = "-- One row.\nselect\n    id -- number\nfrom raw_parcel\nunion all\nselect 2 from raw_parcel"
    assert read_model(write(tmp_path, "two", union)).column_comments == {"id": "number"}
