"""The asset that decides what the next requests are spent on."""

import dagster as dg

from pipeline.polling.plan import make_plan
from pipeline.resources import Parcels
from pipeline.warehouse import open_work


@dg.asset(group_name="polling", deps=["source_order"], kinds={"duckdb"}, owners=["team:logistics"], pool="warehouse")
def due_shipment(parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
    """One row per parcel to ask about now, best first: never asked, then the longest unasked.

    Unfinished parcels are due an hour after their last request, finished ones once more after 48 hours.
    """
    with open_work(parcels.folder) as connection:
        due = make_plan(connection, parcels.folder, parcels.now())
        never = connection.execute("select count(*) from due_shipment where last_asked_at is null").fetchone()
    return dg.MaterializeResult(metadata={"dagster/row_count": due, "never_asked": never[0] if never else 0})
