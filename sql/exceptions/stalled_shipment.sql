-- One row per parcel that has stopped moving.
-- Answers which parcels to chase: no new scan for longer than is normal on their lane.
-- Formula: last_polled_at - last_movement_at above the threshold; not ended or called off, not waiting at a locker or
-- pickup point. Daily repeats are not movement, and a pause of our polling is not a stall.
-- Source: thresholds in silence_limit_by_courier.
with quiet as (
    select
        f.*,
        silence.stalled_after_days,
        secs_between(f.last_movement_at, f.last_polled_at) / 86400 as days_without_movement
    from fact_shipment as f
    left join silence_limit_by_courier as silence
        on silence.lane is not distinct from f.lane and silence.courier is not distinct from f.courier
    where not f.is_terminal and not f.is_called_off and f.status <> 'available_for_pickup'
)
select
    shipment_id,           -- parcel (see fact_shipment)
    account,               -- merchant account
    order_id,              -- merchant's order
    tracking_number,       -- tracking number
    next_tracking_number,  -- waybill under which it goes on, where the courier names one: ask about that
    courier,               -- courier (see dim_courier)
    lane,                  -- origin and destination
    status,                -- current status
    substatus,             -- current substatus
    last_movement_at,      -- last new pair of substatus and place (UTC)
    last_event_at,         -- last event of any kind (UTC): later than last_movement_at where the courier repeats itself
    last_polled_at,        -- last request that got an answer (UTC)
    days_without_movement, -- last_movement_at until last_polled_at
    stalled_after_days     -- the threshold
from quiet
where days_without_movement > stalled_after_days
