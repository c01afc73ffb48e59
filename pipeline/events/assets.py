"""The assets that turn raw responses into facts, and the data files that say how to read them."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from pipeline.events.flatten import clear, load, pending_files, raw_files, rules_changed
from pipeline.events.privacy import contact_secret
from pipeline.events.reading import Reading
from pipeline.metadata import DAILY, column_schema, table_metadata
from pipeline.models.reference import load_reference
from pipeline.partitions import POLL_DAYS, poll_day
from pipeline.resources import Parcels
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import base_tables, open_work


@dg.asset(group_name="reference", kinds={"csv"}, owners=["team:logistics"], pool="warehouse")
def reference(parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
    """One table per file of `sql/reference`: statuses, couriers, event codes, text rules, countries, time zones.

    The user's own rules stand beside ours.
    """
    with open_work(parcels.folder) as connection:
        tables = load_reference(connection, SQL_FOLDER / "reference", parcels.folder.rules)
        rows = {table: connection.sql(f"from {table}").count("*").fetchone() for table in tables}
    return dg.MaterializeResult(metadata={table: row[0] if row else 0 for table, row in rows.items()})


class LoadConfig(dg.Config):
    """`from_scratch` forgets what was loaded and reads every raw file again, without a request."""

    from_scratch: bool = False


def _fact(table: str) -> dg.AssetSpec:
    description = base_tables()[table]
    return dg.AssetSpec(
        table,
        deps=["tracking_responses", "reference"],
        description=description.description,
        group_name="events",
        kinds={"duckdb", "sql"},
        owners=["team:logistics"],
        freshness_policy=DAILY,
        metadata={"dagster/column_schema": column_schema(description.columns)},
    )


@dg.multi_asset(
    specs=[_fact("fact_poll"), _fact("fact_tracking_event"), _fact("quarantined_response")],
    partitions_def=POLL_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool="warehouse",
)
def tracking_events(
    context: dg.AssetExecutionContext, config: LoadConfig, parcels: dg.ResourceParam[Parcels]
) -> Iterator[dg.MaterializeResult]:
    """Load every raw file that is in no table yet; a past day's partition is read again from its raw files."""
    secret = contact_secret(parcels.folder.private(parcels.folder.state) / "contact.key")
    reading = Reading.load(user_folder=parcels.folder.rules, secret=secret)
    with open_work(parcels.folder) as connection:
        if config.from_scratch or rules_changed(connection, reading):
            clear(connection)
        past = [f"polled_on={day}/" for day in context.partition_keys if day < poll_day(parcels.started_at)]
        again = [name for name in raw_files(parcels.folder) if name.startswith(tuple(past))]
        files = sorted({*pending_files(connection, parcels.folder), *again})
        loaded = load(connection, parcels.folder, files, reading, run_id=context.run.run_id, now=parcels.now())
        for table in sorted(context.op_execution_context.selected_output_names):
            yield dg.MaterializeResult(
                asset_key=table, metadata={**table_metadata(connection, table), **asdict(loaded)}
            )
