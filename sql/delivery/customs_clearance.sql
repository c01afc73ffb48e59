-- One row per courier, lane and pickup week with parcels that met customs.
-- Answers how long customs takes.
-- Formula: last customs release - first customs event. Papers filed before the flight start the clock early; never
-- released is open unless the parcel got past customs without a release being scanned.
with clock as (
    select
        shipment_id,
        min(event_at) as first_customs_at,
        max(case when substatus = 'cleared' then event_at end) as cleared_at,
        bool_or(is_exception) as was_held
    from shipment_event
    where status = 'customs' and step is not null
    group by shipment_id
),
summed as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(clock.cleared_at) as bigint) as n_cleared,
        cast(count(*) filter (where clock.cleared_at is null and f.status = 'customs') as bigint) as n_open,
        cast(count(*) filter (where clock.cleared_at is null and f.status <> 'customs') as bigint) as n_excluded,
        cast(count(*) filter (where clock.was_held) as bigint) as n_held,
        percentile_cont(0.5) within group (order by secs_between(clock.first_customs_at, clock.cleared_at) / 3600) as clearance_hours_p50,
        percentile_cont(0.9) within group (order by secs_between(clock.first_customs_at, clock.cleared_at) / 3600) as clearance_hours_p90
    from clock
    inner join fact_shipment as f on f.shipment_id = clock.shipment_id
    where f.pickup_week is not null
    group by coalesce(f.courier, 'unknown'), coalesce(f.lane, 'unknown'), f.pickup_week
)
select
    courier,             -- courier (see dim_courier), or unknown
    lane,                -- origin and destination, or unknown
    pickup_week,         -- Monday of the pickup's week in the business zone
    n,                   -- parcels that met customs
    n_cleared,           -- of which released
    n_open,              -- of which in customs now (not in the percentiles)
    n_excluded,          -- of which past customs without a release scan
    n_held,              -- of which held, or asked for papers or duty
    cast(n_open as double) / n as share_open, -- n_open / n
    clearance_hours_p50, -- median hours until release
    clearance_hours_p90  -- 90th percentile of hours until release
from summed
