-- One row per parcel that has stopped moving.
-- Answers which parcels to chase: no new scan for longer than is normal on their lane.
-- Formula: last_polled_at - last_movement_at above the threshold; not ended or called off, not waiting at a locker or
-- pickup point. Daily repeats are not movement, and a pause of our polling is not a stall.
-- Source: thresholds in sql/reference/silence_limit.csv; that of the courier's kind goes before that of the lane.
with quiet as (
    select
        f.*,
        coalesce(of_courier.stalled_after_days, of_lane.stalled_after_days) as stalled_after_days,
        secs_between(f.last_movement_at, f.last_polled_at) / 86400 as days_without_movement
    from fact_shipment as f
    left join dim_lane on dim_lane.lane = f.lane
    left join dim_courier on dim_courier.courier = f.courier
    left join reference.silence_limit as of_lane
        on of_lane.lane_kind = coalesce(dim_lane.kind, 'unknown') and of_lane.courier_kind is null
    left join reference.silence_limit as of_courier
        on of_courier.courier_kind = dim_courier.kind and of_courier.lane_kind is null
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
