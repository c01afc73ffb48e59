-- One row per courier, lane, kind of pickup point and week of the deposit.
-- Answers how long parcels lie in lockers and at pickup points, and how many are not fetched in time.
-- Formula: collected_at - available_at, where both are known to the minute. Couriers often never scan the collection of
-- parcels they handed to a third party: a parcel without a later scan is open, not collected. Overdue is a reminder or
-- final notice of the courier.
with deposit as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_point_kind,
        case
            when m.available_precision = 'date' then cast(date_trunc('week', cast(m.available_local as date)) as date)
            else business_week(f.available_at)
        end as available_week,
        f.turned_back_at, f.collected_at, f.available_at, f.last_polled_at,
        f.status = 'available_for_pickup' as is_waiting,
        case
            when f.status <> 'available_for_pickup' and m.available_precision <> 'date' and m.delivered_precision <> 'date'
                then secs_between(f.available_at, f.collected_at) / 3600
        end as dwell_hours,
        coalesce(overdue.shipment_id is not null, false) as is_overdue
    from fact_shipment as f
    inner join shipment_milestone as m on m.shipment_id = f.shipment_id
    left join (
        select distinct shipment_id from shipment_event where status = 'available_for_pickup' and substatus = 'overdue' and step is not null
    ) as overdue on overdue.shipment_id = f.shipment_id
    where f.available_at is not null
),
summed as (
    select
        courier, lane, pickup_point_kind, available_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where not is_waiting and collected_at is not null) as bigint) as n_collected,
        cast(count(*) filter (where is_waiting) as bigint) as n_open,
        cast(count(*) filter (where is_overdue) as bigint) as n_overdue,
        cast(count(dwell_hours) as bigint) as n_timed,
        cast(count(turned_back_at) as bigint) as n_returned,
        percentile_cont(0.5) within group (order by dwell_hours) as dwell_hours_p50,
        percentile_cont(0.9) within group (order by dwell_hours) as dwell_hours_p90,
        max(case when is_waiting then secs_between(available_at, last_polled_at) / 86400 end) as oldest_open_days
    from deposit
    group by courier, lane, pickup_point_kind, available_week
)
select
    courier,           -- courier (see dim_courier), or unknown
    lane,              -- origin and destination, or unknown
    pickup_point_kind, -- locker, pickup_point, or overdue where only the reminder was seen
    available_week,    -- Monday of the deposit's week in the business zone
    n,                 -- parcels put there
    n_collected,       -- of which collected
    n_timed,           -- of which with both times known to the minute: behind the percentiles
    n_open,            -- of which still there as far as scans tell
    n - n_collected - n_open as n_excluded, -- left another way: returned, brought home, lost
    n_returned,        -- of which going or gone back
    n_overdue,         -- of n, with a reminder or final notice
    cast(n_open as double) / n as share_open, -- n_open / n
    cast(n_overdue as double) / n as share_overdue, -- n_overdue / n
    dwell_hours_p50,   -- median hours until collected, collected parcels only
    dwell_hours_p90,   -- 90th percentile
    oldest_open_days   -- days the longest has lain there so far
from summed
