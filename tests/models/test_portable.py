"""The rules that let the same models run on another engine, and the promises every table makes to its readers."""

import re

import duckdb
import pytest

from tests.models.tables import SQL, Tables, models

FORBIDDEN = {
    "::": "cast(x as t)",
    r"\bqualify\b": "row_number() in a CTE",
    r"\bdistinct on\b": "row_number() in a CTE",
    r"\bdate_diff\b|\bdatediff\b|\bepoch": "secs_between or days_between",
    r"\binterval\b": "secs_between",
    r"\bgenerate_series\b|\brange\(": "dim_date",
    r"\bgroup by (all|\d)": "named columns",
    r"\bquantile|\bmedian\(|\barg_m(in|ax)\b|\bany_value\b|\bfirst\(|\blist\(": "percentile_cont, min_by, max_by",
    r"\bnow\(\)|\bcurrent_": "as_of",
    r"\bhash\(": "md5",
    r"\\": "character classes",
    r"\bvarchar\b": "string",
}
CODE = {name: re.sub("--[^\n]*", "", model.sql).lower() for name, model in models().items()}


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_model_uses_what_engines_disagree_on(pattern: str) -> None:
    users = [name for name, code in CODE.items() if re.search(pattern, code)]
    assert not users, f"use {FORBIDDEN[pattern]} instead"


def test_every_order_of_a_window_says_its_direction() -> None:
    for name, code in CODE.items():
        for keys in re.findall(r"(?<!within group \()order by (.*?)(?:rows between|$)", code, flags=re.MULTILINE):
            assert not keys or re.search(r"\b(asc|desc)\b", keys), f"{name}: order by {keys}"


def test_every_header_says_what_one_row_is_first() -> None:
    odd = [name for name, model in models().items() if not model.description.startswith("One row")]
    assert not odd


def test_every_model_builds_without_any_data() -> None:
    tables = Tables()
    empty = {name: len(tables.rows(name, "1")) for name in models()}
    always = {"as_of", "business_day", "dim_date", "dim_status", "dim_courier"}
    assert {name for name, rows in empty.items() if rows} == always


def test_every_rate_stands_beside_its_count_and_its_open_share() -> None:
    for name, model in models().items():
        columns = set(model.column_comments)
        if model.group == "delivery" and any(column.endswith("_rate") for column in columns):
            assert {"share_open"} <= columns, name
            assert columns & {"n", "n_excluded"} == {"n", "n_excluded"}, name


def test_the_prelude_reads_the_clock_of_a_zone_the_right_way_round() -> None:
    with duckdb.connect() as connection:
        connection.execute((SQL / "prelude.sql").read_text(encoding="utf-8"))
        for session_zone in ("UTC", "America/New_York"):
            connection.execute(f"set timezone = '{session_zone}'")
            row = connection.execute(
                "select cast(from_utc_timestamp(timestamp '2026-03-01 20:00:00', 'Asia/Hong_Kong') as text),"
                " cast(from_utc_timestamp(timestamp '2026-07-01 20:00:00', 'America/New_York') as text),"
                " secs_between(timestamp '2026-03-01 00:00:00', timestamp '2026-03-01 00:00:01.5'),"
                " days_between(date '2026-02-28', date '2026-03-01'), iso_dow(date '2026-03-01')"
            ).fetchone()
            assert row == ("2026-03-02 04:00:00", "2026-07-01 16:00:00", 1.5, 1, 7)


def test_days_and_weeks_are_those_of_the_business_zone() -> None:
    with duckdb.connect() as connection:
        connection.execute((SQL / "prelude.sql").read_text(encoding="utf-8"))
        ask = "select cast(business_date(timestamp '2026-03-08 16:00:00') as text)"
        assert connection.execute(ask).fetchone() == ("2026-03-09",)
        connection.execute("set variable business_zone = 'Europe/London'")
        assert connection.execute(ask).fetchone() == ("2026-03-08",)
