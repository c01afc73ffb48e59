-- One row per parcel that is lost, or that we must suspect to be.
-- Answers which parcels to claim for.
-- Formula: declared lost or disposed of by the courier, or handed over, open and without any event for longer than
-- the threshold as of the last answered request. A later scan takes a parcel off the list; a label that nobody ever
-- scanned is not a loss, nor is a parcel that waits at a locker or pickup point.
-- Source: thresholds in silence_limit_by_courier.
with silent as (
    select
        f.*,
        silence.lost_after_days,
        secs_between(f.last_event_at, f.last_polled_at) / 86400 as days_silent,
        f.substatus in ('lost', 'disposed') as is_declared
    from fact_shipment as f
    left join silence_limit_by_courier as silence
        on silence.lane is not distinct from f.lane and silence.courier is not distinct from f.courier
)
select
    shipment_id,     -- parcel (see fact_shipment)
    account,         -- merchant account
    order_id,        -- merchant's order
    tracking_number, -- tracking number
    next_tracking_number, -- waybill under which it goes on, where the courier names one: ask about that first
    courier,         -- courier (see dim_courier)
    lane,            -- origin and destination
    status,          -- current status
    substatus,       -- current substatus
    case when is_declared then 'declared' else 'suspected' end as certainty, -- declared by the courier, or suspected by us
    last_event_at,   -- last event (UTC)
    days_silent,     -- last_event_at until last_polled_at
    lost_after_days, -- silence after which we suspect
    last_polled_at   -- last request that got an answer (UTC)
from silent
where is_declared
    or (picked_up_at is not null and not is_terminal and status <> 'available_for_pickup' and days_silent > lost_after_days)
