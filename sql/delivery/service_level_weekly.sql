-- One row per courier, service, lane and pickup week.
-- Answers how often couriers keep their service level.
-- Formula: offered within the agreed business days / parcels that can be judged (see shipment_service_level). Late is
-- late now; parcels without a service level are in no row. Until is_mature the rate is too good or too bad: the fast
-- and the late are known before the rest.
with summed as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.service, 'not given') as service,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where level.is_within_service_level) as bigint) as n_within,
        cast(count(*) filter (where not level.is_within_service_level) as bigint) as n_late,
        cast(count(*) filter (where not level.is_within_service_level and level.offered_on is null and not f.is_terminal) as bigint) as n_late_open,
        cast(count(*) filter (where level.service_level_excluded = 'not due yet') as bigint) as n_not_due,
        cast(count(level.service_level_excluded) as bigint) as n_excluded,
        cast(count(*) filter (where not f.is_terminal) as bigint) as n_open,
        percentile_cont(0.5) within group (order by cast(level.business_days as double)) as business_days_p50,
        percentile_cont(0.9) within group (order by cast(level.business_days as double)) as business_days_p90
    from shipment_service_level as level
    inner join fact_shipment as f on f.shipment_id = level.shipment_id
    group by coalesce(f.courier, 'unknown'), coalesce(f.service, 'not given'), coalesce(f.lane, 'unknown'), f.pickup_week
)
select
    courier,           -- courier (see dim_courier)
    service,           -- service level as the merchant wrote it, or not given
    lane,              -- origin and destination, or unknown
    pickup_week,       -- Monday of the pickup's week in the business zone
    n,                 -- parcels picked up that have a service level
    n_within,          -- offered within the agreed business days
    n_late,            -- offered later, or not yet though the days are used up
    n_late_open,       -- of which under way and still not offered
    n_excluded,        -- cannot be judged: cancelled, holidays not known, or not due yet
    n_not_due,         -- of which not due yet
    cast(n_open as double) / n as share_open, -- parcels still under way / n
    n_not_due = 0 as is_mature, -- every parcel of the week is due
    cast(n_within as double) / nullif(n_within + n_late, 0) as sla_rate, -- n_within / (n_within + n_late)
    business_days_p50, -- median business days until offered, offered parcels only
    business_days_p90  -- 90th percentile, offered parcels only
from summed
