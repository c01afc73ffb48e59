-- One row per parcel that has stopped moving.
-- Answers which parcels to chase: no new scan for longer than is normal on their lane.
-- Formula: last_polled_at - last_movement_at above the threshold; not ended, not waiting at a locker or pickup point.
-- Daily repeats are not movement, and a pause of our polling is not a stall.
with quiet as (
    select
        f.*,
        case when dim_courier.kind = 'post' then 14 else coalesce(dim_lane.stalled_after_days, 7) end as stalled_after_days,
        secs_between(f.last_movement_at, f.last_polled_at) / 86400 as days_without_movement
    from fact_shipment as f
    left join dim_lane on dim_lane.lane = f.lane
    left join dim_courier on dim_courier.courier = f.courier
    where not f.is_terminal and f.status <> 'available_for_pickup'
)
select
    shipment_id,           -- parcel (see fact_shipment)
    account,               -- merchant account
    order_id,              -- merchant's order
    tracking_number,       -- tracking number
    courier,               -- courier (see dim_courier)
    lane,                  -- origin and destination
    status,                -- current status
    substatus,             -- current substatus
    last_movement_at,      -- last new pair of substatus and place (UTC)
    last_event_at,         -- last event of any kind (UTC): later than last_movement_at where the courier repeats itself
    last_polled_at,        -- last request that got an answer (UTC)
    days_without_movement, -- last_movement_at until last_polled_at
    cast(stalled_after_days as integer) as stalled_after_days -- the threshold: post 14, Hong Kong 2, one country or the mainland 3, other borders and unknown lanes 7
from quiet
where days_without_movement > stalled_after_days
