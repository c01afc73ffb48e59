-- One row per parcel whose events and whose order status tell different stories.
-- Answers where the API's two sources disagree, so that neither is trusted blindly.
-- Formula: both are put on the order's coarse scale (pending, under way, delivered, cancelled) and compared; texts
-- that we do not know are listed too. The order status often lags.
with staged as (
    select
        *,
        case
            when event_count = 0 or status = 'unknown' then null
            when status in ('pending', 'delivered', 'cancelled') then status
            else 'under_way'
        end as event_stage,
        case
            when order_status_status in ('pending', 'delivered', 'cancelled') then order_status_status
            when order_status_status in ('info', 'unknown') then null
            when order_status_status is not null then 'under_way'
        end as order_stage
    from fact_shipment
    where order_status is not null
)
select
    shipment_id,         -- parcel (see fact_shipment)
    account,             -- merchant account
    order_id,            -- merchant's order
    tracking_number,     -- tracking number
    courier,             -- courier (see dim_courier)
    status,              -- by the events
    substatus,           -- by the events
    order_status,        -- the API's order status text
    order_status_status, -- the same in our words; null where the text is new to us
    case
        when order_stage is null then 'unknown order status'
        when order_stage = 'cancelled' or event_stage = 'cancelled' then 'cancelled in one only'
        when order_stage = 'delivered' then 'order ahead: delivered without a delivery scan'
        when event_stage = 'delivered' then 'order behind: delivered by the events'
        when order_stage = 'pending' then 'order behind: under way by the events'
        else 'order ahead: under way without a scan'
    end as disagreement, -- who says what
    last_event_at,       -- last event (UTC)
    last_polled_at       -- last request that got an answer (UTC)
from staged
where order_stage is null or (event_stage is not null and event_stage <> order_stage)
    or (event_stage is null and order_stage in ('delivered', 'under_way'))
