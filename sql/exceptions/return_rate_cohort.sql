-- One row per courier, lane and pickup week.
-- Answers what share of parcels turns back.
-- Formula: parcels with a return event / parcels picked up in the week, whatever befell them on the way back; a week
-- counts as mature 30 days after its end, since returns come late.
with summed as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(f.turned_back_at) as bigint) as n_returning,
        cast(count(f.returned_at) as bigint) as n_returned,
        cast(count(*) filter (where not f.is_terminal) as bigint) as n_open,
        max(days_between(f.pickup_week, business_date(as_of.as_of))) as age_days
    from fact_shipment as f
    cross join as_of
    where f.pickup_week is not null
    group by coalesce(f.courier, 'unknown'), coalesce(f.lane, 'unknown'), f.pickup_week
)
select
    courier,     -- courier (see dim_courier), or unknown
    lane,        -- origin and destination, or unknown
    pickup_week, -- Monday of the pickup's week in the business zone
    n,           -- parcels picked up
    n_returning, -- going back or gone back
    n_returned,  -- of which back with the sender
    cast(n_open as double) / n as share_open, -- parcels still under way / n
    cast(n_returning as double) / n as return_rate, -- n_returning / n
    coalesce(age_days >= 37, false) as is_mature -- the whole week is at least 30 days old
from summed
