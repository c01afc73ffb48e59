from pathlib import Path

import duckdb
import pytest

from pipeline.errors import ModelError
from pipeline.models.reference import load_reference

STATUS = "status,substatus,is_terminal,is_exception,responsible,action_required,description\n"


def test_every_csv_becomes_a_typed_table(tmp_path: Path) -> None:
    (tmp_path / "status.csv").write_text(STATUS + "delivered,recipient,true,false,,false,Handed over.\n", "utf-8")
    (tmp_path / "text_rule.csv").write_text('rule_id,priority,pattern\nr1,10,"a,b"\n', "utf-8")
    with duckdb.connect() as connection:
        assert load_reference(connection, tmp_path) == ["reference.status", "reference.text_rule"]
        assert load_reference(connection, tmp_path) == ["reference.status", "reference.text_rule"]
        row = connection.execute("select is_terminal, responsible, description from reference.status").fetchone()
        assert row == (True, None, "Handed over.")
        assert connection.execute("from reference.text_rule").fetchall() == [("r1", 10, "a,b")]


def test_a_code_that_looks_like_a_number_stays_text(tmp_path: Path) -> None:
    (tmp_path / "event_code.csv").write_text("rule_id,code\nr1,0100\n", "utf-8")
    with duckdb.connect() as connection:
        load_reference(connection, tmp_path)
        assert connection.execute("select code from reference.event_code").fetchone() == ("0100",)


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "country.csv").write_text("alias,country,name\nHK,HK,Hong Kong\nHK,CN,China\n", "utf-8")
    with (
        duckdb.connect() as connection,
        pytest.raises(ModelError, match=r"country\.csv: the alias 'HK' is there twice"),
    ):
        load_reference(connection, tmp_path)


def test_a_flag_that_is_not_true_or_false_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "status.csv").write_text(STATUS + "delivered,recipient,perhaps,false,,false,x\n", "utf-8")
    with duckdb.connect() as connection, pytest.raises(ModelError, match=r"status\.csv cannot be loaded"):
        load_reference(connection, tmp_path)
