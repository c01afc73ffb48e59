-- One row per courier, lane and promised week.
-- Answers how many promises were kept.
-- Formula: first attempt, deposit or delivery on or before the promised day (there, by date) / parcels that can be
-- judged. Not yet offered after the promised day is late now; parcels without promise are in no row.
with summed as (
    select
        coalesce(courier, 'unknown') as courier,
        coalesce(lane, 'unknown') as lane,
        cast(date_trunc('week', promised_on) as date) as promised_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where is_on_time) as bigint) as n_on_time,
        cast(count(*) filter (where not is_on_time) as bigint) as n_late,
        cast(count(*) filter (where not is_on_time and first_delivered_at is null and not is_terminal) as bigint) as n_late_open,
        cast(count(*) filter (where is_on_time is null) as bigint) as n_excluded,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open,
        cast(count(*) filter (where is_delivered_on_time) as bigint) as n_delivered_on_time,
        cast(count(is_delivered_on_time) as bigint) as n_delivery_judged
    from fact_shipment
    where promised_on is not null
    group by coalesce(courier, 'unknown'), coalesce(lane, 'unknown'), cast(date_trunc('week', promised_on) as date)
)
select
    courier,       -- courier (see dim_courier), or unknown
    lane,          -- origin and destination, or unknown
    promised_week, -- Monday of the promised day's week
    n,             -- parcels promised
    n_on_time,     -- offered on or before the promised day
    n_late,        -- offered later, or not yet though the day is past
    n_late_open,   -- of which still not delivered
    n_excluded,    -- cannot be judged: cancelled, or not yet due as of the last request
    cast(n_open as double) / n as share_open, -- parcels still under way / n
    cast(n_on_time as double) / nullif(n_on_time + n_late, 0) as on_time_rate, -- n_on_time / (n_on_time + n_late)
    cast(n_delivered_on_time as double) / nullif(n_delivery_judged, 0) as delivered_on_time_rate -- the same by first delivery alone, attempts not counted
from summed
