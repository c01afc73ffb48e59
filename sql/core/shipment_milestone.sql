-- One row per parcel that has events.
-- Answers when it first and last reached each stage. Times are of the events that count (see shipment_event.step).
-- Formula: on the way to the recipient, unless a return is meant. The destination is reached with a scan that says so
-- or, where none does, with the last arrival before the first van, deposit or delivery. A last-mile courier's pickup is
-- no pickup from the sender (see shipment_event.is_pickup).
with flagged as (
    select
        *,
        not is_returning and substatus in ('departed_facility', 'linehaul') as is_departure,
        not is_returning and not is_offered and substatus = 'arrived_facility' as is_arrival,
        not is_returning and substatus = 'arrived_destination' as is_destination,
        not is_returning and status = 'failed_attempt' as is_failure,
        not is_returning and status = 'out_for_delivery' as is_on_van,
        not is_returning and status = 'available_for_pickup' as is_available,
        not is_returning and status = 'delivered' as is_delivery
    from shipment_event
    where step is not null
),
reached as (
    select
        shipment_id,
        min(event_at) filter (where status = 'pending') as label_created_at,
        min_by(event_at, step) filter (where is_pickup) as pickup_scan_at,
        min_by(event_at, step) filter (where is_physical) as first_physical_scan_at,
        min_by(time_precision, step) filter (where is_pickup) as pickup_precision,
        min_by(time_precision, step) filter (where is_physical) as physical_precision,
        min_by(event_at_local, step) filter (where is_pickup) as pickup_local,
        min_by(event_at_local, step) filter (where is_physical) as physical_local,
        min(event_at) filter (where is_departure) as departed_origin_at,
        min(event_at) filter (where is_destination) as destination_scan_at,
        case when bool_or(is_offered) then max(event_at) filter (where is_arrival) end as last_arrival_at,
        min(event_at) filter (where status = 'customs') as customs_started_at,
        max(event_at) filter (where status = 'customs' and substatus = 'cleared') as customs_cleared_at,
        min(event_at) filter (where is_failure) as first_failure_at,
        min(event_at) filter (where is_on_van) as first_out_for_delivery_at,
        max(event_at) filter (where is_on_van) as last_out_for_delivery_at,
        min(step) filter (where is_available) as available_step,
        min_by(event_at, step) filter (where is_available) as available_at,
        min_by(event_at_local, step) filter (where is_available) as available_local,
        min_by(time_precision, step) filter (where is_available) as available_precision,
        min_by(substatus, step) filter (where is_available) as pickup_point_kind,
        min_by(coalesce(location, ''), step) filter (where is_available) as pickup_point_location,
        max(event_at) filter (where is_available) as last_available_at,
        min(step) filter (where is_delivery) as first_delivered_step,
        min_by(event_at, step) filter (where is_delivery) as first_delivered_at,
        min_by(event_at_local, step) filter (where is_delivery) as first_delivered_local,
        min_by(time_precision, step) filter (where is_delivery) as first_delivered_precision,
        max_by(event_at, step) filter (where is_delivery) as last_delivered_at,
        max_by(event_at_local, step) filter (where is_delivery) as last_delivered_local,
        max_by(time_precision, step) filter (where is_delivery) as delivered_precision,
        max_by(substatus, step) filter (where is_delivery) as delivered_substatus,
        min(event_at) filter (where status = 'return') as turned_back_at,
        max(event_at) filter (where state = 'return' and substate = 'completed') as returned_at
    from flagged
    group by shipment_id
)
select
    present.shipment_id,                    -- parcel (see fact_shipment)
    present.status,                         -- current status (see shipment_state)
    present.substatus,                      -- current substatus
    reached.label_created_at,           -- first word of the parcel before anybody had it (UTC)
    reached.pickup_scan_at,             -- first pickup scan (UTC)
    reached.first_physical_scan_at,     -- first scan of a handled parcel (UTC)
    coalesce(reached.pickup_precision, reached.physical_precision) as pickup_precision, -- time precision of the pickup scan, else of the first physical scan
    coalesce(reached.pickup_local, reached.physical_local) as pickup_local, -- its wall clock
    reached.departed_origin_at,         -- first scan that it left a facility, or went to the airline or ship (UTC)
    coalesce(reached.destination_scan_at, reached.last_arrival_at) as arrived_destination_at, -- first scan in the destination country; else last arrival before the first van, deposit or delivery (UTC)
    reached.customs_started_at,         -- first customs event (UTC)
    case
        when not coalesce(present.status = 'customs' and present.substatus <> 'cleared', false) then reached.customs_cleared_at
    end as customs_cleared_at,          -- last customs release (UTC); null while customs have the parcel (again)
    least(reached.first_failure_at, reached.available_at, reached.first_delivered_at) as first_attempt_at, -- first failure, deposit or delivery: the courier was there (UTC)
    reached.first_out_for_delivery_at,  -- first van on the road to the recipient (UTC)
    reached.last_out_for_delivery_at,   -- last van on the road to the recipient (UTC)
    reached.available_step,             -- place in the history (see shipment_event) of the first row at a locker or pickup point
    reached.available_at,               -- first at a locker or pickup point (UTC)
    reached.available_local,            -- the same on the wall clock there
    reached.available_precision,        -- its time precision
    reached.pickup_point_kind,          -- locker, pickup_point, or overdue where only the reminder was seen
    nullif(reached.pickup_point_location, '') as pickup_point_location, -- where, as the courier wrote it
    reached.last_available_at,          -- last row at a locker or pickup point (UTC)
    reached.first_delivered_step,       -- place in the history of the first delivery to the recipient
    reached.first_delivered_at,         -- first delivery to the recipient (UTC)
    reached.first_delivered_local,      -- the same on the wall clock there
    reached.first_delivered_precision,  -- its time precision
    reached.last_delivered_at,          -- last delivery to the recipient (UTC)
    reached.last_delivered_local,       -- the same on the wall clock there
    reached.delivered_precision,        -- time precision of the last delivery
    reached.delivered_substatus,        -- recipient, safe_place, third_party or collected
    reached.turned_back_at,             -- first return event (UTC)
    reached.returned_at                 -- back with the sender (UTC)
from shipment_state as present
left join reached on reached.shipment_id = present.shipment_id
