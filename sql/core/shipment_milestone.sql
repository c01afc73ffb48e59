-- One row per parcel that has events.
-- Answers when it first and last reached each stage, and what its state is now.
-- Counts are of all events; times are of the events that count (see shipment_event.left_out).
with movement as (
    select shipment_id, status, substatus, place, min(event_at) as moved_at
    from shipment_event
    where left_out is null and status <> 'info'
    group by shipment_id, status, substatus, place
),
movement_last as (
    select shipment_id, max(moved_at) as last_movement_at from movement group by shipment_id
),
run as (
    select
        shipment_id, step, event_at, state,
        lag(state) over (partition by shipment_id order by step asc) as earlier_state
    from shipment_event
    where sets_state
),
run_last as (
    select shipment_id, max_by(event_at, step) as status_since
    from run
    where state is distinct from earlier_state
    group by shipment_id
),
flagged as (
    select
        *,
        step is not null and status = 'picked_up' as is_pickup,
        step is not null and is_physical as is_handled,
        step is not null and not is_returning and status = 'out_for_delivery' as is_on_van,
        step is not null and not is_returning and status = 'available_for_pickup' as is_available,
        step is not null and not is_returning and status = 'delivered' as is_delivery
    from shipment_event
),
aggregate as (
    select
        shipment_id,
        max(courier) as event_courier,
        cast(count(*) as bigint) as event_count,
        cast(count(*) filter (where status = 'unknown') as bigint) as unknown_event_count,
        cast(count(*) filter (where left_out is not null) as bigint) as excluded_event_count,
        cast(count(*) filter (where is_exception) as bigint) as exception_event_count,
        min(event_at) filter (where left_out is null) as first_event_at,
        max(event_at) filter (where left_out is null) as last_event_at,
        max_by(state, step) filter (where sets_state) as status,
        max_by(substate, step) filter (where sets_state) as substatus,
        max_by(event_id, step) filter (where sets_state) as state_event_id,
        min_by(status, step) filter (where step is not null) as first_status,
        min_by(event_at, step) filter (where is_pickup) as pickup_scan_at,
        min_by(event_at, step) filter (where is_handled) as first_physical_scan_at,
        min_by(time_precision, step) filter (where is_pickup) as pickup_precision,
        min_by(time_precision, step) filter (where is_handled) as physical_precision,
        min_by(event_at_local, step) filter (where is_pickup) as pickup_local,
        min_by(event_at_local, step) filter (where is_handled) as physical_local,
        min(event_at) filter (where is_on_van) as first_out_for_delivery_at,
        max(event_at) filter (where is_on_van) as last_out_for_delivery_at,
        min_by(event_at, step) filter (where is_available) as available_at,
        min_by(event_at_local, step) filter (where is_available) as available_local,
        min_by(substatus, step) filter (where is_available) as pickup_point_kind,
        min_by(coalesce(location, ''), step) filter (where is_available) as pickup_point_location,
        max(event_at) filter (where is_available) as last_available_at,
        min_by(event_at, step) filter (where is_delivery) as first_delivered_at,
        min_by(event_at_local, step) filter (where is_delivery) as first_delivered_local,
        max_by(event_at, step) filter (where is_delivery) as last_delivered_at,
        max_by(event_at_local, step) filter (where is_delivery) as last_delivered_local,
        max_by(time_precision, step) filter (where is_delivery) as delivered_precision,
        max_by(substatus, step) filter (where is_delivery) as delivered_substatus,
        max(event_at) filter (where step is not null and state = 'return' and substate = 'completed') as returned_at,
        coalesce(bool_or(is_reopening), false) as is_reopened,
        coalesce(bool_or(is_exception), false) as has_exception,
        coalesce(bool_or(status = 'customs'), false) as has_customs
    from flagged
    group by shipment_id
)
select
    aggregate.shipment_id,              -- parcel (see fact_shipment)
    aggregate.event_courier,            -- courier of the events
    aggregate.event_count,              -- events
    aggregate.unknown_event_count,      -- events that no rule knows
    aggregate.excluded_event_count,     -- events left out of the history for their time
    aggregate.exception_event_count,    -- events that are exceptions
    aggregate.first_event_at,           -- first event (UTC)
    aggregate.last_event_at,            -- last event (UTC)
    aggregate.status,                   -- current status; null where no event tells one
    aggregate.substatus,                -- current substatus
    run_last.status_since,              -- when the current status began (UTC)
    aggregate.state_event_id,           -- event that brought the current state
    aggregate.first_status,             -- status of the first event that counts
    aggregate.pickup_scan_at,           -- first pickup scan (UTC)
    aggregate.first_physical_scan_at,   -- first scan of a handled parcel (UTC)
    coalesce(aggregate.pickup_precision, aggregate.physical_precision) as pickup_precision, -- time precision of the pickup scan, else of the first physical scan
    coalesce(aggregate.pickup_local, aggregate.physical_local) as pickup_local, -- its wall clock
    aggregate.first_out_for_delivery_at, -- first van on the road to the recipient (UTC)
    aggregate.last_out_for_delivery_at, -- last van on the road to the recipient (UTC)
    aggregate.available_at,             -- first at a locker or pickup point (UTC)
    aggregate.available_local,          -- the same on the wall clock there
    aggregate.pickup_point_kind,        -- locker, pickup_point, or overdue where only the reminder was seen
    nullif(aggregate.pickup_point_location, '') as pickup_point_location, -- where, as the courier wrote it
    aggregate.last_available_at,        -- last row at a locker or pickup point (UTC)
    aggregate.first_delivered_at,       -- first delivery to the recipient (UTC)
    aggregate.first_delivered_local,    -- the same on the wall clock there
    aggregate.last_delivered_at,        -- last delivery to the recipient (UTC)
    aggregate.last_delivered_local,     -- the same on the wall clock there
    aggregate.delivered_precision,      -- time precision of the last delivery
    aggregate.delivered_substatus,      -- recipient, safe_place, third_party or collected
    aggregate.returned_at,              -- back with the sender (UTC)
    aggregate.is_reopened,              -- an ending was undone by a later scan
    aggregate.has_exception,            -- at least one exception, timed or not
    aggregate.has_customs,              -- at least one customs event
    movement_last.last_movement_at      -- last new pair of substatus and place (UTC)
from aggregate
left join movement_last on movement_last.shipment_id = aggregate.shipment_id
left join run_last on run_last.shipment_id = aggregate.shipment_id
