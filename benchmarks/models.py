"""A warehouse of 10 million events: every model, and then a day's answers on top.

    python -m benchmarks.models FOLDER                  make the warehouse there, if it is not there yet, and build it
    python -m benchmarks.models FOLDER --increment      then load 25,000 answers more and build again

A million events are loaded from raw responses as a run loads them; then each parcel is copied nine times under other
numbers. DuckDB gets 2 GB. Times are of this process, memory is its peak.
"""

import argparse
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks.raw_responses import write_raw_responses
from pipeline.events.flatten import load, pending_files, raw_files
from pipeline.events.reading import Reading
from pipeline.models.by_parcel import BY_PARCEL, build_by_parcel, update_digests
from pipeline.models.reference import load_reference
from pipeline.models.sql_file import build, load_models, run_prelude
from pipeline.publish.exports import publish_exports
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import DataFolder, base_tables, open_work

COPIES = 10
INCREMENT_RESPONSES = 25_000
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
ZONE = "Asia/Hong_Kong"
_COPIED = {
    "fact_poll": ("response_id", "order_id", "tracking_number", "answered_order_id", "answered_tracking_number"),
    "fact_tracking_event": ("event_id", "order_id", "tracking_number", "first_response_id", "last_response_id"),
    "source_order": ("order_id", "tracking_number"),
}


def make(folder: DataFolder, connection: duckdb.DuckDBPyConnection, events: int) -> None:
    """Load the first tenth and multiply it."""
    write_raw_responses(folder.root, events // COPIES)
    load(connection, folder, raw_files(folder), Reading.load(), run_id="b", now=NOW)
    connection.execute(
        "insert into source_order (account, order_id, tracking_number, ordered_at, first_seen_at)"
        " select account, order_id, max(answered_tracking_number), min(requested_at) - interval 20 day,"
        " min(requested_at)"
        " from fact_poll where order_id is not null group by account, order_id"
    )
    for table, numbers in _COPIED.items():
        renamed = ", ".join(f"{number} || '-' || copy as {number}" for number in numbers)
        connection.execute(
            f"insert into {table} select {table}.* replace ({renamed})"
            f" from {table} cross join range(1, {COPIES}) as copies(copy)"
        )


def build_all(connection: duckdb.DuckDBPyConnection) -> float:
    """Every model as a run makes it; prints those that take a twenty-fifth or more of it."""
    run_prelude(connection, SQL_FOLDER, ZONE)
    references = load_reference(connection, SQL_FOLDER / "reference")
    took = {}
    for model in load_models(SQL_FOLDER, {*base_tables(), *references}):
        started = time.perf_counter()
        made = build_by_parcel(connection, model) if model.name in BY_PARCEL else build(connection, model)
        again = "" if made.parcels is None else f", {made.parcels:,} parcels made again"
        took[f"{model.name} ({made.rows:,} rows{again})"] = time.perf_counter() - started
        if model.name == "order_parcel":
            started = time.perf_counter()
            changed = update_digests(connection)
            took[f"parcel_digest ({changed:,} parcels changed)"] = time.perf_counter() - started
    total = sum(took.values())
    for name, seconds in sorted(took.items(), key=lambda item: -item[1]):
        if seconds > total / 25:
            print(f"    {seconds:6.1f} s  {name}")
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--increment", action="store_true")
    options = parser.parse_args()
    folder = DataFolder(options.folder.absolute())
    with open_work(folder) as connection:
        connection.execute("set memory_limit = '2GB'")
        if not raw_files(folder):
            make(folder, connection, options.events)
        if options.increment:
            started = time.perf_counter()
            # The newest parcels a day later: their answers hold what is known and what is new.
            write_raw_responses(
                folder.root,
                options.events // COPIES,
                run="later",
                now=NOW + timedelta(days=1),
                answers=INCREMENT_RESPONSES,
            )
            print(f"(made the answers in {time.perf_counter() - started:.1f} s)")
            started = time.perf_counter()
            loaded = load(
                connection,
                folder,
                pending_files(connection, folder),
                Reading.load(),
                run_id="c",
                now=NOW + timedelta(days=1),
            )
            print(f"{time.perf_counter() - started:6.1f} s  {loaded}")
        print(f"{build_all(connection):6.1f} s  all models")
        started = time.perf_counter()
        publish_exports(folder, connection, f"v{time.time_ns()}", run_id="b", published_at=NOW)
        print(f"{time.perf_counter() - started:6.1f} s  exports")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:,.0f} MB")


if __name__ == "__main__":
    main()
