from pathlib import Path

import duckdb
import pytest

from pipeline.errors import ModelError, SettingsError
from pipeline.events.reading import Reading
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
        assert connection.execute("from reference.text_rule").fetchall() == [("r1", 10, "a,b", "parcels")]


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


ALIAS = "alias,priority,courier,source\n"


def folders(path: Path, name: str, ours: str, theirs: str) -> tuple[Path, Path]:
    for folder, text in (("ours", ours), ("theirs", theirs)):
        (path / folder).mkdir()
        (path / folder / name).write_text(text, "utf-8")
    return path / "ours", path / "theirs"


def test_the_users_rules_stand_beside_ours(tmp_path: Path) -> None:
    header = "rule_id,priority,courier,code,pattern,status,substatus,source\n"
    ours = header + "ups-1,1000,ups,1,,info,informational,UPS\n"
    theirs = header + "mine,10,ups,1,,customs,held,a phone call\n"
    with duckdb.connect() as connection:
        load_reference(connection, *folders(tmp_path, "event_code.csv", ours, theirs))
        rows = connection.execute("select rule_id, priority, owner from reference.event_code order by priority")
        assert rows.fetchall() == [("mine", 10, "user"), ("ups-1", 1000, "parcels")]


def test_of_two_rows_for_one_spelling_the_deciding_one_stays(tmp_path: Path) -> None:
    ours = ALIAS + "acme,1000,acme_asia,us\nups,1000,ups,us\nzto,20,zto,us\n"
    theirs = ALIAS + "ACME,1000,acme,me\n順豐,10,sf_express,me\nzto,30,yto,me\n"
    with duckdb.connect() as connection:
        load_reference(connection, *folders(tmp_path, "courier_alias.csv", ours, theirs))
        rows = connection.execute("select alias, courier, owner from reference.courier_alias order by alias")
        assert rows.fetchall() == [
            ("acme", "acme", "user"),
            ("ups", "ups", "parcels"),
            ("zto", "zto", "parcels"),
            ("顺丰", "sf_express", "user"),
        ]


@pytest.mark.parametrize(
    ("theirs", "error", "words"),
    [
        (ALIAS + "acme,1,a,b\nAcme,2,c,d\n", ModelError, r"theirs/courier_alias\.csv: the alias 'acme' is there twice"),
        (ALIAS + "acme,soon,a,b\n", ModelError, r"theirs/courier_alias\.csv cannot be loaded"),
        ("alias,courier\nacme,a\n", SettingsError, r"theirs/courier_alias\.csv, line 1: the columns must be"),
    ],
)
def test_a_users_file_that_does_not_fit_is_named(
    theirs: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    with duckdb.connect() as connection, pytest.raises(error, match=words):
        load_reference(connection, *folders(tmp_path, "courier_alias.csv", ALIAS, theirs))


HOLIDAY = "country,date_day,is_business_day,name,source\n"


def test_a_users_holiday_replaces_ours_of_the_same_day_and_the_rest_stay(tmp_path: Path) -> None:
    ours = HOLIDAY + "HK,2026-07-01,false,Establishment Day,gazette\nHK,2026-10-01,false,National Day,gazette\n"
    theirs = HOLIDAY + "HK,2026-07-01,true,We work,us\nHK,2026-09-24,false,Typhoon signal 8,observatory\n"
    with duckdb.connect() as connection:
        load_reference(connection, *folders(tmp_path, "holiday.csv", ours, theirs))
        rows = connection.execute(
            "select cast(date_day as text), is_business_day, name from reference.holiday order by 1"
        )
        assert rows.fetchall() == [
            ("2026-07-01", True, "We work"),
            ("2026-09-24", False, "Typhoon signal 8"),
            ("2026-10-01", False, "National Day"),
        ]


def test_a_users_service_level_for_every_service_replaces_ours_for_every_service(tmp_path: Path) -> None:
    header = "courier,service,origin_country,destination_country,business_days,cutoff_hour,source\n"
    theirs = header + "hongkong_post,,HK,HK,2,,contract\nhongkong_post,express,HK,HK,1,17,contract\n"
    with duckdb.connect() as connection:
        load_reference(
            connection, *folders(tmp_path, "service_level.csv", header + "hongkong_post,,HK,HK,3,15,x\n", theirs)
        )
        rows = connection.execute("select service, business_days, cutoff_hour from reference.service_level order by 2")
        assert rows.fetchall() == [("express", 1, 17), (None, 2, None)]


@pytest.mark.parametrize("day", ["24/09/2026", "2026-02-30"])
def test_a_users_holiday_that_is_no_date_is_named(day: str, tmp_path: Path) -> None:
    theirs = HOLIDAY + f"HK,{day},false,Typhoon,x\n"
    with duckdb.connect() as connection, pytest.raises(ModelError, match=r"theirs/holiday\.csv cannot be loaded"):
        load_reference(connection, *folders(tmp_path, "holiday.csv", HOLIDAY, theirs))


def test_a_new_holiday_is_no_reason_to_read_every_answer_again(tmp_path: Path) -> None:
    before = Reading.load(user_folder=tmp_path).fingerprint
    (tmp_path / "holiday.csv").write_text(HOLIDAY + "HK,2026-09-24,false,Typhoon signal 8,observatory\n", "utf-8")
    assert Reading.load(user_folder=tmp_path).fingerprint == before
    (tmp_path / "courier_alias.csv").write_text(ALIAS + "acme,10,acme,me\n", "utf-8")
    assert Reading.load(user_folder=tmp_path).fingerprint != before
