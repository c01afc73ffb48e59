-- One row per courier, lane and pickup week.
-- Answers how often the first delivery attempt succeeds.
-- Formula: first attempt delivered / first attempt delivered or failed. Lockers and pickup points are a class of
-- their own; a delivery without an out-for-delivery scan counts as a first attempt that succeeded.
with summed as (
    select
        coalesce(courier, 'unknown') as courier,
        coalesce(lane, 'unknown') as lane,
        pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where first_attempt_outcome = 'delivered') as bigint) as n_delivered,
        cast(count(*) filter (where first_attempt_outcome = 'failed') as bigint) as n_failed,
        cast(count(*) filter (where first_attempt_outcome = 'available_for_pickup') as bigint) as n_pickup_point,
        cast(count(*) filter (where first_attempt_outcome = 'none yet' or first_attempt_outcome is null) as bigint) as n_excluded,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open,
        cast(sum(failed_attempts) as bigint) as failed_attempts
    from fact_shipment
    where pickup_week is not null
    group by coalesce(courier, 'unknown'), coalesce(lane, 'unknown'), pickup_week
)
select
    courier,         -- courier (see dim_courier), or unknown
    lane,            -- origin and destination, or unknown
    pickup_week,     -- Monday of the pickup's week in the business zone
    n,               -- parcels picked up
    n_delivered,     -- delivered on the first attempt
    n_failed,        -- first attempt failed, whatever came later
    n_pickup_point,  -- first attempt ended at a locker or pickup point
    n_excluded,      -- no attempt, or no outcome, seen yet
    cast(n_open as double) / n as share_open, -- parcels still under way / n
    cast(n_delivered as double) / nullif(n_delivered + n_failed, 0) as first_attempt_rate, -- n_delivered / (n_delivered + n_failed)
    failed_attempts  -- failed attempts of all parcels, first or later
from summed
