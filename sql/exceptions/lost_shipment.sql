-- One row per parcel that is lost, or that we must suspect to be.
-- Answers which parcels to claim for.
-- Formula: declared lost or disposed of by the courier, or open and without any event for 30 days (60 for couriers of
-- kind post) as of the last answered request. A later scan takes a parcel off the list.
with silent as (
    select
        f.*,
        case when dim_courier.kind = 'post' then 60 else 30 end as lost_after_days,
        secs_between(f.last_event_at, f.last_polled_at) / 86400 as days_silent,
        f.substatus in ('lost', 'disposed') as is_declared
    from fact_shipment as f
    left join dim_courier on dim_courier.courier = f.courier
)
select
    shipment_id,     -- parcel (see fact_shipment)
    account,         -- merchant account
    order_id,        -- merchant's order
    tracking_number, -- tracking number
    courier,         -- courier (see dim_courier)
    lane,            -- origin and destination
    status,          -- current status
    substatus,       -- current substatus
    case when is_declared then 'declared' else 'suspected' end as certainty, -- declared by the courier, or suspected by us
    last_event_at,   -- last event (UTC)
    days_silent,     -- last_event_at until last_polled_at
    cast(lost_after_days as integer) as lost_after_days, -- silence after which we suspect
    last_polled_at   -- last request that got an answer (UTC)
from silent
where is_declared or (not is_terminal and status <> 'available_for_pickup' and days_silent > lost_after_days)
