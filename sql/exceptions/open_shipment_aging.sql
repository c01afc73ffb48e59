-- One row per courier, lane and age of parcels under way.
-- Answers how old the open parcels are.
-- Formula: whole days from pickup to as_of; parcels waiting at a locker or pickup point are shown apart, parcels
-- without a pickup are in the bucket not picked up; orders cancelled before any scan are not open.
with aged as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.status = 'available_for_pickup' as is_waiting,
        secs_between(f.picked_up_at, as_of.as_of) / 86400 as age_days
    from fact_shipment as f
    cross join as_of
    where not f.is_terminal and not f.is_called_off
),
bucketed as (
    select
        *,
        case
            when age_days is null then '9 not picked up'
            when age_days < 3 then '1 0-2 days'
            when age_days < 6 then '2 3-5 days'
            when age_days < 10 then '3 6-9 days'
            when age_days < 15 then '4 10-14 days'
            when age_days < 30 then '5 15-29 days'
            else '6 30+ days'
        end as age_bucket
    from aged
)
select
    courier,    -- courier (see dim_courier), or unknown
    lane,       -- origin and destination, or unknown
    age_bucket, -- age since pickup; the leading digit sorts
    cast(count(*) as bigint) as n, -- open parcels
    cast(count(*) filter (where is_waiting) as bigint) as n_waiting_for_pickup, -- of which wait at a locker or pickup point
    max(age_days) as oldest_days   -- age of the oldest
from bucketed
group by courier, lane, age_bucket
