-- One row per courier and lane.
-- Answers how complete the scans are: it explains the nulls of the other tables.
-- Formula: shares of delivered parcels that have each scan; event shares are of all events.
with scan as (
    select
        shipment_id,
        bool_or(status = 'in_transit' and substatus in ('arrived_facility', 'arrived_destination')) as has_arrival
    from shipment_event
    where step is not null
    group by shipment_id
),
summed as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.lane, 'unknown') as lane,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where f.event_count = 0) as bigint) as n_without_events,
        cast(count(*) filter (where f.left_truncated) as bigint) as n_left_truncated,
        cast(count(*) filter (where f.status = 'delivered') as bigint) as n_delivered,
        count(*) filter (where f.status = 'delivered' and f.pickup_source = 'scan') as with_pickup,
        count(*) filter (where f.status = 'delivered' and scan.has_arrival) as with_arrival,
        count(*) filter (where f.status = 'delivered' and f.first_out_for_delivery_at is not null) as with_van,
        cast(sum(f.event_count) as bigint) as events,
        cast(sum(f.unknown_event_count) as bigint) as unknown_events,
        cast(sum(f.excluded_event_count) as bigint) as excluded_events
    from fact_shipment as f
    left join scan on scan.shipment_id = f.shipment_id
    group by coalesce(f.courier, 'unknown'), coalesce(f.lane, 'unknown')
)
select
    courier,          -- courier (see dim_courier), or unknown
    lane,             -- origin and destination, or unknown
    n,                -- parcels
    n_without_events, -- of which no event is known
    n_left_truncated, -- of which the beginning was not seen
    n_delivered,      -- of which delivered
    cast(with_pickup as double) / nullif(n_delivered, 0) as share_with_pickup_scan, -- delivered parcels with a pickup scan
    cast(with_arrival as double) / nullif(n_delivered, 0) as share_with_arrival_scan, -- delivered parcels with an arrival scan
    cast(with_van as double) / nullif(n_delivered, 0) as share_with_out_for_delivery_scan, -- delivered parcels with an out-for-delivery scan
    events,           -- events
    cast(unknown_events as double) / nullif(events, 0) as share_unknown_events, -- events that no rule knows
    cast(excluded_events as double) / nullif(events, 0) as share_excluded_events -- events left out of all times for their clock
from summed
