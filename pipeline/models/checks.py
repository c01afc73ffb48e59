"""What must hold of the models before anyone is shown them."""

import dagster as dg

from pipeline.resources import Parcels
from pipeline.warehouse import open_work

# Bad clocks are real: so many deliveries before their pickup are the couriers' mistakes, more are ours.
BAD_CLOCKS_ALLOWED = 0.01


@dg.asset_check(
    asset="fact_shipment",
    blocking=True,
    pool="warehouse",
    description="Every tracking event belongs to a parcel in fact_shipment.",
)
def every_event_has_a_known_parcel(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        row = connection.execute(
            "select (select count(*) from fact_tracking_event), (select sum(event_count) from fact_shipment)"
        ).fetchone()
    events, known = (int(row[0]), int(row[1] or 0)) if row else (0, 0)
    return dg.AssetCheckResult(passed=events == known, metadata={"events": events, "events_of_known_parcels": known})


@dg.asset_check(
    asset="fact_shipment",
    blocking=True,
    pool="warehouse",
    description="Parcels delivered before they were picked up stay a counted few (at most 1 in 100).",
)
def deliveries_follow_pickups(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        row = connection.execute(
            "select count(*) filter (where first_delivered_at < picked_up_at), count(*) from fact_shipment"
            " where first_delivered_at is not null and picked_up_at is not null"
        ).fetchone()
    early, delivered = (int(row[0]), int(row[1])) if row else (0, 0)
    return dg.AssetCheckResult(
        passed=early <= max(1, delivered * BAD_CLOCKS_ALLOWED),
        metadata={"delivered_before_pickup": early, "delivered": delivered},
    )


model_checks = [every_event_has_a_known_parcel, deliveries_follow_pickups]
