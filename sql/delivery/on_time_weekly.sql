-- One row per courier, lane and promised week.
-- Answers how many promises were kept.
-- Formula: first attempt, deposit or delivery on or before the day promised first (there, by date) / parcels that can be
-- judged (see shipment_promise). Not yet offered after that day is late now; parcels without promise are in no row.
-- Until is_mature the rate is too good: early deliveries are known before the rest is due.
with summed as (
    select
        coalesce(courier, 'unknown') as courier,
        coalesce(lane, 'unknown') as lane,
        cast(date_trunc('week', original_promised_on) as date) as promised_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where is_on_time) as bigint) as n_on_time,
        cast(count(*) filter (where not is_on_time) as bigint) as n_late,
        cast(count(*) filter (where not is_on_time and first_delivered_at is null and not is_terminal) as bigint) as n_late_open,
        cast(count(*) filter (where is_on_time is null) as bigint) as n_excluded,
        cast(count(*) filter (where promise_excluded = 'not due yet') as bigint) as n_not_due,
        cast(count(*) filter (where promised_on is distinct from original_promised_on) as bigint) as n_moved,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open,
        cast(count(*) filter (where is_delivered_on_time) as bigint) as n_delivered_on_time,
        cast(count(is_delivered_on_time) as bigint) as n_delivery_judged
    from fact_shipment
    where original_promised_on is not null
    group by coalesce(courier, 'unknown'), coalesce(lane, 'unknown'), cast(date_trunc('week', original_promised_on) as date)
)
select
    courier,       -- courier (see dim_courier), or unknown
    lane,          -- origin and destination, or unknown
    promised_week, -- Monday of the week of the day promised first
    n,             -- parcels promised
    n_on_time,     -- offered on or before the promised day
    n_late,        -- offered later, or not yet though the day is past
    n_late_open,   -- of which still not delivered
    n_excluded,    -- cannot be judged: cancelled, promised after the fact, or not yet due as of the last request
    n_not_due,     -- of which not yet due
    n_moved,       -- of n, promised for another day since, or no longer: judged by the first promise all the same
    cast(n_open as double) / n as share_open, -- parcels still under way / n
    n_not_due = 0 as is_mature, -- every promise of the week is due
    cast(n_on_time as double) / nullif(n_on_time + n_late, 0) as on_time_rate, -- n_on_time / (n_on_time + n_late)
    cast(n_delivered_on_time as double) / nullif(n_delivery_judged, 0) as delivered_on_time_rate -- the same by first delivery alone, attempts not counted
from summed
