"""What must hold of the facts before a model reads them."""

import dagster as dg

from pipeline.resources import Parcels
from pipeline.warehouse import open_work


@dg.asset_check(
    asset="fact_tracking_event",
    blocking=True,
    pool="warehouse",
    description="No event id occurs twice: an event polled again is the same event.",
)
def event_ids_are_unique(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        row = connection.execute("select count(*) - count(distinct event_id) from fact_tracking_event").fetchone()
    repeated = int(row[0]) if row else 0
    return dg.AssetCheckResult(passed=repeated == 0, metadata={"repeated_event_ids": repeated})


event_checks = [event_ids_are_unique]
