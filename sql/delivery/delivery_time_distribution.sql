-- One row per courier, lane, pickup week and number of days.
-- Answers what share is delivered within N days: less noisy than a percentile.
-- Formula: delivered within N x 24 hours of pickup / parcels watched that long. Parcels picked up less than N days
-- before their last request are left out, so young weeks are not flattered.
with day as (
    select n from (values (1), (2), (3), (4), (5), (7), (10), (14), (21), (30)) as t(n)
),
cohort as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week, f.transit_hours,
        f.transit_excluded is null and coalesce(f.pickup_precision <> 'date', true) as is_timed,
        secs_between(f.picked_up_at, case when f.is_terminal then as_of.as_of else f.last_polled_at end) / 3600 as watched_hours
    from fact_shipment as f
    cross join as_of
    where f.pickup_week is not null
),
counted as (
    select
        cohort.courier, cohort.lane, cohort.pickup_week, day.n as days,
        cast(count(*) as bigint) as n_cohort,
        cast(count(*) filter (where cohort.is_timed and cohort.watched_hours >= day.n * 24) as bigint) as n,
        cast(count(*) filter (where cohort.is_timed and cohort.watched_hours >= day.n * 24
            and cohort.transit_hours <= day.n * 24) as bigint) as n_within
    from cohort
    cross join day
    group by cohort.courier, cohort.lane, cohort.pickup_week, day.n
)
select
    courier,                                       -- courier (see dim_courier), or unknown
    lane,                                          -- origin and destination, or unknown
    pickup_week,                                   -- Monday of the pickup's week in the business zone
    cast(days as integer) as days,                 -- N
    n,                                             -- parcels watched for N days or more
    n_cohort - n as n_excluded,                    -- too young for N days, or with an unusable clock
    n_within,                                      -- of n, delivered within N days
    cast(n_within as double) / nullif(n, 0) as share_within -- n_within / n; null where no parcel is old enough
from counted
