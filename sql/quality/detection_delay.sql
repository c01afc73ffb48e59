-- One row per courier.
-- Answers how late we learn of an event: our polling and the courier's own delay together.
-- Formula: first_seen_at - event_at. Events already there at a parcel's first request say nothing about delay: they
-- are n_excluded, like events without a usable time and those stamped later than they were seen, in a zone guessed wrong.
with first_request as (
    select shipment_id, min(first_seen_at) as first_request_at from shipment_event group by shipment_id
),
measured as (
    select
        coalesce(e.courier, 'unknown') as courier,
        case
            when e.left_out is null and e.time_precision <> 'date' and e.event_at <= e.first_seen_at
                and e.first_seen_at > first_request.first_request_at
                then secs_between(e.event_at, e.first_seen_at) / 3600
        end as delay_hours
    from shipment_event as e
    inner join first_request on first_request.shipment_id = e.shipment_id
)
select
    courier,         -- courier (see dim_courier), or unknown
    cast(count(delay_hours) as bigint) as n, -- events first seen after the parcel's first request
    cast(count(*) - count(delay_hours) as bigint) as n_excluded, -- other events
    percentile_cont(0.5) within group (order by delay_hours) as delay_hours_p50, -- median hours from scan to sight
    percentile_cont(0.95) within group (order by delay_hours) as delay_hours_p95 -- 95th percentile
from measured
group by courier
