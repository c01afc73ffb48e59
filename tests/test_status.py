"""What `parcels status` tells of a published warehouse."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.clock import system_now
from pipeline.settings import load_settings
from pipeline.status import show_status
from tests.models.tables import Row, Tables

# An id that a terminal's markup would read as the end of a style that never began.
ORDER = "[/A1]"


def publish(path: Path, polls: list[Row]) -> None:
    tables = Tables(source_order=[{"order_id": ORDER}], fact_poll=polls)
    path.parent.mkdir()
    tables.connection.execute(f"attach '{path}' as published")
    for table in ("as_of", "fact_poll", "fact_shipment"):
        tables.rows(table, "*")
        tables.connection.execute(f"create table published.{table} as from {table}")
    tables.connection.execute("detach published")


def test_status_fits_80_columns_and_shows_ids_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = system_now().replace(tzinfo=None)
    run_id = "0f8fad5b-d9cb-469f-a165-70867728950e"
    answer: Row = {"order_id": ORDER, "run_id": run_id, "answered_order_id": ORDER}
    publish(
        tmp_path / "data" / "warehouse.duckdb",
        [
            answer | {"requested_at": now},
            answer | {"requested_at": now, "outcome": "timeout"},
            answer | {"requested_at": now - timedelta(days=1)},
        ],
    )
    show_status(load_settings(data_dir=Path("data"), access_token="sk-1"))
    told = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    moment = f"{now:%Y-%m-%d %H:%M} UTC"
    assert told[-4] == "requests today      ok 1, timeout 1"
    assert told[-3] == f"last polling run    0f8fad5b: 3 requests until {moment}"
    assert told[-2] == f"unanswered longest  {ORDER}, last answered {moment}"
    assert "budget (default)    0 used, 100 free of 100 a minute" in told
    assert max(map(len, told)) <= 80
