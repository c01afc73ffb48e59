-- One row per courier, lane and pickup week.
-- Answers whether a week is old enough for its numbers to be read.
-- Formula: mature once at least 95 % of its parcels have ended, or once the whole week is older than the courier's
-- 95th percentile of transit time on the lane over the last quarter (pickups 14 to 104 days before as_of, 10
-- deliveries or more), so that a few parcels that never get a last scan do not hold a week back for ever.
with cohort as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week, f.is_terminal,
        days_between(f.pickup_week, business_date(as_of.as_of)) - 6 as age_days,
        case when secs_between(f.picked_up_at, as_of.as_of) between 14 * 86400 and 104 * 86400 then f.transit_hours end as quarter_hours
    from fact_shipment as f
    cross join as_of
    where f.pickup_week is not null
),
pace as (
    select
        courier, lane,
        case when count(quarter_hours) >= 10 then percentile_cont(0.95) within group (order by quarter_hours) end as transit_hours_p95
    from cohort
    group by courier, lane
),
size as (
    select
        courier, lane, pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open,
        max(age_days) as age_days
    from cohort
    group by courier, lane, pickup_week
)
select
    size.courier,           -- courier (see dim_courier), or unknown
    size.lane,              -- origin and destination, or unknown
    size.pickup_week,       -- Monday of the pickup's week in the business zone
    size.n,                 -- parcels picked up
    size.n_open,            -- of which still under way
    cast(size.n_open as double) / size.n as share_open, -- n_open / n
    size.age_days,          -- days since the last day of the week
    pace.transit_hours_p95, -- the courier's 95th percentile on the lane over the last quarter; null with fewer than 10 deliveries
    coalesce(size.age_days * 24 >= pace.transit_hours_p95, false) as is_aged, -- the whole week is older than that
    cast(size.n_open as double) / size.n <= 0.05 or coalesce(size.age_days * 24 >= pace.transit_hours_p95, false) as is_mature -- 95 % have ended, or the week is aged
from size
inner join pace on pace.courier = size.courier and pace.lane = size.lane
