-- One row per courier, lane and pickup week.
-- Answers how often the first delivery attempt succeeds.
-- Formula: first attempt delivered / first attempt delivered or failed. Lockers and pickup points are a class of
-- their own; a delivery without an out-for-delivery scan counts as a first attempt that succeeded. A van that left no
-- outcome is passed over: the next attempt counts. Until is_mature the rate is too good: quick successes are known first.
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
        cast(sum(failed_attempts) as bigint) as failed_attempts
    from fact_shipment
    where pickup_week is not null
    group by coalesce(courier, 'unknown'), coalesce(lane, 'unknown'), pickup_week
)
select
    summed.courier,         -- courier (see dim_courier), or unknown
    summed.lane,            -- origin and destination, or unknown
    summed.pickup_week,     -- Monday of the pickup's week in the business zone
    summed.n,               -- parcels picked up
    summed.n_delivered,     -- delivered on the first attempt
    summed.n_failed,        -- first attempt failed, whatever came later
    summed.n_pickup_point,  -- first attempt ended at a locker or pickup point
    summed.n_excluded,      -- no attempt, or no outcome, seen yet
    pickup_cohort.share_open, -- parcels still under way / n
    pickup_cohort.is_mature,  -- the week is old enough (see pickup_cohort)
    cast(summed.n_delivered as double) / nullif(summed.n_delivered + summed.n_failed, 0) as first_attempt_rate, -- n_delivered / (n_delivered + n_failed)
    summed.failed_attempts  -- failed attempts of all parcels, first or later
from summed
inner join pickup_cohort
    on pickup_cohort.courier = summed.courier and pickup_cohort.lane = summed.lane
    and pickup_cohort.pickup_week = summed.pickup_week
