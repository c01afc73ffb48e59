"""What must hold of the models before anyone is shown them."""

from statistics import median

import dagster as dg

from pipeline.resources import Parcels
from pipeline.warehouse import open_work

# Bad clocks are real: up to the first share, deliveries before their pickup are the couriers' mistakes; beyond the
# second they are ours. A few parcels, however large their share, prove nothing.
BAD_CLOCKS_USUAL, BAD_CLOCKS_ALLOWED, BAD_CLOCKS_JUDGED_FROM = 0.01, 0.1, 20

# Above this share of unknown events a courier's tables tell too little; of fewer than 50 events one is 2 % already.
UNKNOWN_ALLOWED, UNKNOWN_JUDGED_FROM = 0.02, 50
# A courier that brought events on each of the last days, its Sunday included, has no quiet days; and ten parcels that
# all stand still on the same day are no chance. Fewer than five days tell no rhythm.
SILENT_PARCELS, SILENT_DAYS = 10, 5
# We take it that a weekend halves a day and a sale doubles it, so that only three times off is news. A median of fewer
# than seven days knows no weekend, and days of fewer than a hundred swing by themselves.
VOLUME_FACTOR, VOLUME_DAYS, VOLUME_JUDGED_DAYS, VOLUME_JUDGED_FROM = 3, 14, 7, 100


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
    description=f"Parcels delivered before they were picked up stay a few: more than {BAD_CLOCKS_USUAL:.0%} are a"
    f" warning, more than {BAD_CLOCKS_ALLOWED:.0%} stop the run.",
)
def deliveries_follow_pickups(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        row = connection.execute(
            "select count(*) filter (where first_delivered_at < picked_up_at), count(*) from fact_shipment"
            " where first_delivered_at is not null and picked_up_at is not null"
        ).fetchone()
    early, delivered = (int(row[0]), int(row[1])) if row else (0, 0)
    passed = early <= max(1, delivered * BAD_CLOCKS_USUAL)
    is_ours = early >= BAD_CLOCKS_JUDGED_FROM and early > delivered * BAD_CLOCKS_ALLOWED
    told = f"{early:,} of {delivered:,} parcels are delivered before their pickup: see fact_shipment where"
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if is_ours else dg.AssetCheckSeverity.WARN,
        description=None if passed else f"{told} first_delivered_at < picked_up_at.",
        metadata={"delivered_before_pickup": early, "delivered": delivered},
    )


@dg.asset_check(
    asset="courier_drift",
    pool="warehouse",
    description=f"At most {UNKNOWN_ALLOWED:.0%} of a courier's new events of a week are unknown to every rule.",
)
def unknown_events_stay_few(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        couriers = connection.execute(
            "select courier, week_unknown_events, week_events, share_unknown_events from courier_drift"
            " where week_events >= ? and share_unknown_events > ? order by week_unknown_events desc, courier",
            [UNKNOWN_JUDGED_FROM, UNKNOWN_ALLOWED],
        ).fetchall()
    told = [f"{courier} {unknown:,} of {events:,} ({share:.1%})" for courier, unknown, events, share in couriers]
    return _warning(
        f"New events of the last 7 days that no rule knows: {', '.join(told)}; unmapped_event_code lists them."
        if told
        else None,
        couriers=len(couriers),
        unknown_events=sum(unknown for _, unknown, _, _ in couriers),
    )


@dg.asset_check(
    asset="courier_drift",
    pool="warehouse",
    description=f"No courier with {SILENT_PARCELS} or more parcels under way falls silent for 1 day.",
)
def no_courier_falls_silent(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        couriers = connection.execute(
            "select courier, open_parcels, usual_new_events from courier_drift"
            " where new_events = 0 and quietest_new_events > 0 and open_parcels >= ? and days_before >= ?"
            " order by open_parcels desc, courier",
            [SILENT_PARCELS, SILENT_DAYS],
        ).fetchall()
    told = [f"{courier} ({usual:,.0f} new events on other days)" for courier, _, usual in couriers]
    return _warning(
        f"No new event for a day, though parcels under way were asked about: {', '.join(told)}." if told else None,
        couriers=len(couriers),
        parcels_under_way=sum(parcels for _, parcels, _ in couriers),
    )


@dg.asset_check(
    asset="daily_volume",
    pool="warehouse",
    description=f"Requests and new events of a day are within {VOLUME_FACTOR} times the median of {VOLUME_DAYS} days.",
)
def volume_is_as_usual(parcels: dg.ResourceParam[Parcels]) -> dg.AssetCheckResult:
    with open_work(parcels.folder) as connection:
        days = connection.execute(
            "select days_ago, sum(answered_requests) > 0, sum(requests), sum(new_events) from daily_volume"
            " where days_ago <= ? group by days_ago",
            [VOLUME_DAYS],
        ).fetchall()
    told: list[str] = []
    numbers: dict[str, float] = {}
    for name, column in (("requests", 2), ("new_events", 3)):
        newest = sum(day[column] for day in days if day[0] == 0)
        before = [day[column] for day in days if day[0] > 0 and day[1]]
        usual = median(before) if len(before) >= VOLUME_JUDGED_DAYS else 0
        numbers |= {name: newest, f"usual_{name}": usual}
        if usual >= VOLUME_JUDGED_FROM and not usual / VOLUME_FACTOR <= newest <= usual * VOLUME_FACTOR:
            told.append(f"{newest:,} {name.replace('_', ' ')}, usually {usual:,.0f}")
    return _warning(f"The newest day had {' and '.join(told)}." if told else None, **numbers)


def _warning(sentence: str | None, **numbers: float) -> dg.AssetCheckResult:
    """Passed without a sentence; else a warning that stops nothing: what is strange may still be true."""
    return dg.AssetCheckResult(
        passed=sentence is None, severity=dg.AssetCheckSeverity.WARN, description=sentence, metadata=numbers
    )


model_checks = [
    every_event_has_a_known_parcel,
    deliveries_follow_pickups,
    unknown_events_stay_few,
    no_courier_falls_silent,
    volume_is_as_usual,
]
