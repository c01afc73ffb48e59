-- One row per courier, lane and pickup week with parcels that met customs.
-- Answers how long customs takes.
-- Formula: last release - first customs event, or the arrival in the destination country where that is later: papers
-- filed before the flight, and the export side, do not count; released before arriving is 0. Arrival is the first scan
-- that says so or lies there; without one the clock starts with the first customs event. Never released is open, unless
-- the parcel got past customs without a release being scanned. A day without a time gives no hours.
with zone as (
    select distinct time_zone, country from reference.place_zone
),
scan as (
    select
        e.*,
        e.status = 'customs' as is_customs,
        e.status = 'customs' and e.substatus = 'cleared' as is_release,
        e.substatus = 'arrived_destination' or zone.country is not null as is_there
    from shipment_event as e
    inner join fact_shipment as f on f.shipment_id = e.shipment_id and f.has_customs
    left join zone
        on e.time_zone_source = 'location' and zone.time_zone = e.time_zone
        and zone.country = f.destination_country and f.origin_country <> f.destination_country
    where e.step is not null
),
clock as (
    select
        shipment_id,
        min_by(event_at, step) filter (where is_customs) as first_customs_at,
        min_by(event_at, step) filter (where is_there) as arrived_at,
        max_by(event_at, step) filter (where is_release) as cleared_at,
        bool_or(is_customs and is_exception) as was_held,
        coalesce('date' in (
            min_by(time_precision, step) filter (where is_customs),
            min_by(time_precision, step) filter (where is_there),
            max_by(time_precision, step) filter (where is_release)
        ), false) as is_by_day
    from scan
    group by shipment_id
),
span as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week, clock.was_held, clock.cleared_at, clock.arrived_at,
        f.status = 'customs' and f.substatus <> 'cleared' as is_open,
        case
            when clock.is_by_day or (f.status = 'customs' and f.substatus <> 'cleared') then null
            when clock.cleared_at < clock.arrived_at then cast(0 as double)
            else secs_between(greatest(clock.first_customs_at, clock.arrived_at), clock.cleared_at) / 3600
        end as hours
    from clock
    inner join fact_shipment as f on f.shipment_id = clock.shipment_id
    where clock.first_customs_at is not null
),
summed as (
    select
        courier, lane, pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where cleared_at is not null and not is_open) as bigint) as n_cleared,
        cast(count(hours) as bigint) as n_timed,
        cast(count(*) filter (where is_open) as bigint) as n_open,
        cast(count(*) filter (where hours is null and not is_open) as bigint) as n_excluded,
        cast(count(*) filter (where was_held) as bigint) as n_held,
        cast(count(*) filter (where hours is not null and cleared_at < arrived_at) as bigint) as n_cleared_before_arrival,
        cast(count(*) filter (where hours is not null and arrived_at is null) as bigint) as n_without_arrival_scan,
        percentile_cont(0.5) within group (order by hours) as clearance_hours_p50,
        percentile_cont(0.9) within group (order by hours) as clearance_hours_p90
    from span
    group by courier, lane, pickup_week
)
select
    courier,             -- courier (see dim_courier), or unknown
    lane,                -- origin and destination, or unknown
    pickup_week,         -- Monday of the pickup's week in the business zone; null where no pickup is known
    n,                   -- parcels that met customs
    n_cleared,           -- of which released
    n_timed,             -- of which with times known to the minute: behind the percentiles
    n_open,              -- of which in customs now, or again (not in the percentiles)
    n_excluded,          -- of n, past customs without a release scan, or with only the day known
    n_held,              -- of which held, or asked for papers or duty
    n_cleared_before_arrival, -- of n_timed, released before they arrived: 0 hours
    n_without_arrival_scan, -- of n_timed, timed from the first customs event for want of an arrival scan
    cast(n_open as double) / n as share_open, -- n_open / n
    clearance_hours_p50, -- median hours until release
    clearance_hours_p90  -- 90th percentile of hours until release
from summed
