-- One row per event whose time is wrong or doubtful.
-- Answers which events are left out of their parcel's history for their clock, and why.
-- Rules: an event can't be read, or lies more than a day after the answer that listed it, more than 30 days before the
-- first listed event, alone more than 120 days before all others, or alone more than 30 days after the last listed
-- one. Hours after the answer are a zone that was guessed wrong: such an event counts.
-- Source: real histories hold a row of another year, and 3 of 19 rows hours later than their fetch.
with event as (
    select
        order_parcel.shipment_id,
        e.event_id, e.event_at, e.sequence,
        secs_between(e.first_seen_at, e.event_at) as seconds_ahead
    from fact_tracking_event as e
    inner join order_parcel
        on order_parcel.account = e.account
        and order_parcel.order_id is not distinct from e.order_id
        and order_parcel.tracking_number is not distinct from upper(e.tracking_number)
),
long_history as (
    select shipment_id
    from event
    where seconds_ahead <= 86400
    group by shipment_id
    having secs_between(min(event_at), max(event_at)) > 30 * 86400
),
placed as (
    select
        event.event_id, event.event_at,
        first_value(event.event_at) over (
            partition by event.shipment_id order by event.sequence asc nulls last, event.event_at asc, event.event_id asc
        ) as first_listed_at,
        first_value(event.event_at) over (
            partition by event.shipment_id order by event.sequence desc nulls last, event.event_at desc, event.event_id desc
        ) as last_listed_at,
        lag(event.event_at) over by_time as earlier_at,
        lead(event.event_at) over by_time as later_at
    from event
    inner join long_history on long_history.shipment_id = event.shipment_id
    where event.seconds_ahead <= 86400
    window by_time as (partition by event.shipment_id order by event.event_at asc, event.event_id asc)
),
judged as (
    select
        event.shipment_id, event.event_id,
        case
            when event.event_at is null then 'no time'
            when event.seconds_ahead > 86400 then 'after fetch'
            when secs_between(placed.event_at, placed.first_listed_at) > 30 * 86400 then 'before the rest'
            when placed.earlier_at is null and secs_between(placed.event_at, placed.later_at) > 120 * 86400 then 'before the rest'
            when placed.later_at is null and secs_between(placed.last_listed_at, placed.event_at) > 30 * 86400
                and secs_between(placed.earlier_at, placed.event_at) > 30 * 86400 then 'after the rest'
            when event.seconds_ahead > 0 then 'hours after fetch'
        end as reason
    from event
    left join placed on placed.event_id = event.event_id
)
select
    event_id,    -- event (see fact_tracking_event)
    shipment_id, -- parcel (see fact_shipment)
    reason,      -- no time, after fetch, before the rest, after the rest, or hours after fetch
    reason <> 'hours after fetch' as is_left_out -- sets no state and no time of its parcel
from judged
where reason is not null
