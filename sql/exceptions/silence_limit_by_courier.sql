-- One row per lane and courier that parcels took.
-- Answers after how many days without news a parcel of that courier is worth a look on that lane.
-- Source: sql/reference/silence_limit.csv; the limits of the courier's kind go before those of the lane's.
with pair as (
    select distinct lane, courier from fact_shipment
)
select
    pair.lane,    -- origin and destination; null where either is unknown
    pair.courier, -- courier (see dim_courier); null where unknown
    coalesce(of_courier.stalled_after_days, of_lane.stalled_after_days) as stalled_after_days, -- days without movement after which a parcel is stalled
    coalesce(of_courier.lost_after_days, of_lane.lost_after_days) as lost_after_days, -- days without any event after which a parcel is suspected lost
    coalesce(of_courier.waiting_after_days, of_lane.waiting_after_days) as waiting_after_days -- days at a locker or pickup point after which a parcel waits long
from pair
left join dim_lane on dim_lane.lane = pair.lane
left join dim_courier on dim_courier.courier = pair.courier
left join reference.silence_limit as of_lane
    on of_lane.lane_kind = coalesce(dim_lane.kind, 'unknown') and of_lane.courier_kind is null
left join reference.silence_limit as of_courier
    on of_courier.courier_kind = dim_courier.kind and of_courier.lane_kind is null
