-- One row per parcel that has events.
-- Answers what state the parcel is in and since when, and what there is of its history.
-- Counts are of all events; times and state are of the events that count (see shipment_event.left_out). Movement is a
-- new pair of substatus and place: couriers repeat a row every day while nothing moves.
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
history as (
    select
        shipment_id,
        max(courier) as event_courier,
        cast(count(*) as bigint) as event_count,
        cast(count(*) filter (where status = 'unknown') as bigint) as unknown_event_count,
        cast(count(*) filter (where left_out is not null) as bigint) as excluded_event_count,
        cast(count(*) filter (where is_exception) as bigint) as exception_event_count,
        min(event_at) filter (where left_out is null) as first_event_at,
        max(event_at) filter (where left_out is null) as last_event_at,
        min_by(status, step) filter (where step is not null) as first_status,
        max_by(state, step) filter (where sets_state) as status,
        max_by(substate, step) filter (where sets_state) as substatus,
        max_by(event_id, step) filter (where sets_state) as state_event_id,
        max_by(event_at, step) filter (where sets_state) as state_event_at,
        max_by(next_tracking_number, step) filter (where next_tracking_number is not null and step is not null) as next_tracking_number,
        coalesce(bool_or(is_reopening), false) as is_reopened,
        coalesce(bool_or(status = 'customs' and coalesce(left_out <> 'earlier parcel', true)), false) as has_customs
    from shipment_event
    group by shipment_id
)
select
    history.shipment_id,           -- parcel (see fact_shipment)
    history.event_courier,         -- courier of the events
    history.event_count,           -- events
    history.unknown_event_count,   -- events that no rule knows
    history.excluded_event_count,  -- events left out of the history for their time, or rewritten since
    history.exception_event_count, -- events that are exceptions, timed or not
    history.has_customs,           -- at least one customs event
    history.first_event_at,        -- first event (UTC)
    history.last_event_at,         -- last event (UTC)
    history.first_status,          -- status of the first event that counts
    history.status,                -- current status; null where no event tells one
    history.substatus,             -- current substatus
    history.state_event_id,        -- event that brought the current state
    history.state_event_at,        -- its time (UTC)
    run_last.status_since,         -- when the current status began (UTC)
    history.next_tracking_number,  -- waybill under which it goes on, as the last row says that names one
    history.is_reopened,           -- an ending was undone by a later scan
    movement_last.last_movement_at -- last new pair of substatus and place (UTC)
from history
left join movement_last on movement_last.shipment_id = history.shipment_id
left join run_last on run_last.shipment_id = history.shipment_id
