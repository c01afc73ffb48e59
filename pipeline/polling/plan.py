"""Which parcels to ask about next: the plan of one run, as the table `due_shipment`."""

from collections.abc import Iterator
from datetime import datetime

import duckdb

from pipeline.events.flatten import pending_files
from pipeline.settings import SQL_FOLDER
from pipeline.tracking.api import Query
from pipeline.warehouse import DataFolder

# Before the first models are built nothing is known to be finished, and a table of an older version knows no end.
_NO_SHIPMENTS = """
create table if not exists fact_shipment (
    account varchar, order_id varchar, tracking_number varchar, is_terminal boolean, event_count bigint
);
alter table fact_shipment add column if not exists ended_at timestamp;
alter table fact_shipment add column if not exists is_called_off boolean default false;
"""


def make_plan(connection: duckdb.DuckDBPyConnection, folder: DataFolder, now: datetime) -> int:
    """Fill `due_shipment` as of `now` and return how many parcels are due.

    Requests whose answers lie in raw files that are not loaded yet, say after a crash, count as asked.
    """
    connection.execute(_NO_SHIPMENTS)
    columns = "account, order_id, tracking_number, asked_by, requested_at, outcome"
    connection.execute(f"create or replace temp table poll_log as select {columns}, order_status from fact_poll")
    if pending := pending_files(connection, folder):
        paths = [str(folder.responses / name) for name in pending]
        connection.execute(
            f"insert into poll_log by name select {columns} from read_parquet(?, hive_partitioning = false)", [paths]
        )
    query = (SQL_FOLDER / "polling" / "due_shipment.sql").read_text(encoding="utf-8")
    connection.execute(f"create or replace table due_shipment as {query}", {"now": now.replace(tzinfo=None)})
    row = connection.execute("select count(*) from due_shipment").fetchone()
    return int(row[0]) if row else 0


def planned_queries(connection: duckdb.DuckDBPyConnection, account: str) -> Iterator[Query]:
    """The plan of one account, best first, read as it is used so that a long plan needs no memory."""
    cursor = connection.cursor().execute(
        "select account, order_id, tracking_number, asked_by from due_shipment where account = ? order by place",
        [account],
    )
    while rows := cursor.fetchmany(500):
        for row in rows:
            yield Query(*row)
