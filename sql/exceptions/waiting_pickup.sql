-- One row per parcel that has waited long at a locker or pickup point.
-- Answers which recipients to remind before the parcel is sent back.
-- Formula: last_polled_at - the deposit above the threshold. A reminder does not begin the wait anew, a new deposit does.
-- Couriers often never scan the collection: where courier_share_collected is low, the parcel may be long gone.
-- Source: thresholds in silence_limit_by_courier.
with deposited as (
    select
        f.*,
        silence.waiting_after_days
    from fact_shipment as f
    left join silence_limit_by_courier as silence
        on silence.lane is not distinct from f.lane and silence.courier is not distinct from f.courier
    where f.available_at is not null
),
habit as (
    select
        deposited.courier,
        cast(count(*) as bigint) as n,
        cast(count(deposited.collected_at) as bigint) as n_collected
    from deposited
    cross join as_of
    where secs_between(deposited.available_at, as_of.as_of) / 86400 > deposited.waiting_after_days
    group by deposited.courier
),
stay as (
    select
        e.shipment_id,
        max_by(e.substatus, e.step) filter (where e.substatus <> 'overdue') as kind,
        max_by(e.location, e.step) filter (where e.substatus <> 'overdue' and e.location is not null) as location,
        cast(count(*) filter (where e.substatus = 'overdue') as bigint) as reminders
    from shipment_event as e
    inner join deposited on deposited.shipment_id = e.shipment_id
    where e.sets_state and e.state = 'available_for_pickup' and e.event_at >= deposited.status_since
    group by e.shipment_id
),
waiting as (
    select
        deposited.*,
        secs_between(deposited.status_since, deposited.last_polled_at) / 86400 as days_waiting
    from deposited
    where deposited.status = 'available_for_pickup'
)
select
    waiting.shipment_id,        -- parcel (see fact_shipment)
    waiting.account,            -- merchant account
    waiting.order_id,           -- merchant's order
    waiting.tracking_number,    -- tracking number
    waiting.courier,            -- courier (see dim_courier)
    waiting.lane,               -- origin and destination
    coalesce(stay.kind, 'overdue') as pickup_point_kind, -- locker, pickup_point, or overdue where only the reminder was seen
    stay.location as pickup_point_location, -- where, as the courier wrote it
    waiting.status_since as waiting_since, -- deposit (UTC)
    waiting.days_waiting,       -- waiting_since until last_polled_at
    waiting.waiting_after_days, -- the threshold
    stay.reminders,             -- reminders and final notices of the courier since the deposit
    habit.n as courier_n,       -- parcels of the courier that were put to a point longer ago than the threshold
    cast(habit.n_collected as double) / habit.n as courier_share_collected, -- of which a scan says that they were fetched
    waiting.last_polled_at      -- last request that got an answer (UTC)
from waiting
left join stay on stay.shipment_id = waiting.shipment_id
left join habit on habit.courier = waiting.courier
where waiting.days_waiting > waiting.waiting_after_days
