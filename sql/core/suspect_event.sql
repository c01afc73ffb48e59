-- One row per event whose time is wrong or doubtful, or that no longer tells the story of its parcel.
-- Answers which events are left out of their parcel's history, and why.
-- Rules: an event can't be read, or lies more than a day after the answer that listed it, more than 30 days before the
-- first listed event, alone more than 120 days before all others, or alone more than 30 days after the last listed
-- one. Hours after the answer are a zone that was guessed wrong: such an event counts. Couriers use numbers again: what
-- began and ended more than 120 days before a new label or pickup was another parcel. Of one scan told in other words
-- later (the same time, code and place in the list) the latest words count, the others are rewritten.
-- Source: real histories hold a row of another year, and 3 of 19 rows hours later than their fetch.
with event as (
    select
        order_parcel.shipment_id,
        e.event_id, e.code, e.event_at, e.time_precision, e.sequence, e.first_seen_at,
        e.status in ('pending', 'picked_up') as is_beginning,
        coalesce(dim_status.is_terminal, false) as is_end,
        secs_between(e.first_seen_at, e.event_at) as seconds_ahead
    from fact_tracking_event as e
    inner join order_parcel
        on order_parcel.account = e.account
        and order_parcel.order_id is not distinct from e.order_id
        and order_parcel.tracking_number is not distinct from upper(e.tracking_number)
    left join dim_status on dim_status.status = e.status and dim_status.substatus = e.substatus
),
long_history as (
    select shipment_id
    from event
    where seconds_ahead <= 86400
    group by shipment_id
    having secs_between(min(event_at), max(event_at)) > 30 * 86400
),
timed as (
    select
        event.*,
        lag(event.event_at) over by_time as earlier_at,
        lead(event.event_at) over by_time as later_at,
        -- Listed behind a whole parcel, or seen later than all of it: not one row with a wrong year.
        max(case when event.is_beginning then 1 else 0 end) over before = 1
            and max(case when event.is_end then 1 else 0 end) over before = 1
            and (event.sequence > max(event.sequence) over before or event.first_seen_at > max(event.first_seen_at) over before)
            as is_after_a_parcel
    from event
    inner join long_history on long_history.shipment_id = event.shipment_id
    where event.seconds_ahead <= 86400
    window by_time as (partition by event.shipment_id order by event.event_at asc, event.event_id asc),
        before as (
            partition by event.shipment_id order by event.event_at asc, event.event_id asc
            rows between unbounded preceding and 1 preceding
        )
),
placed as (
    select
        event_id, event_at, earlier_at, later_at,
        -- A row that stands alone weeks after all others is no measure for them.
        first_value(event_at) over (
            partition by shipment_id
            order by case when later_at is null and secs_between(earlier_at, event_at) > 30 * 86400 then 1 else 0 end asc,
                sequence asc nulls last, event_at asc, event_id asc
        ) as first_listed_at,
        first_value(event_at) over (
            partition by shipment_id order by sequence desc nulls last, event_at desc, event_id desc
        ) as last_listed_at,
        max(case when is_beginning and is_after_a_parcel and secs_between(earlier_at, event_at) > 120 * 86400 then event_at end)
            over (partition by shipment_id) as used_again_at
    from timed
),
place_told_twice as (
    select shipment_id, event_at, sequence
    from event
    where time_precision in ('second', 'minute')
    group by shipment_id, event_at, sequence
    having count(*) > 1
),
told as (
    select
        event.event_id,
        row_number() over (
            partition by event.shipment_id, event.event_at, event.sequence, event.code
            order by event.first_seen_at desc, event.event_id asc
        ) as newness
    from event
    inner join place_told_twice as twice
        on twice.shipment_id = event.shipment_id and twice.event_at = event.event_at and twice.sequence = event.sequence
),
judged as (
    select
        event.shipment_id, event.event_id,
        case
            when event.event_at is null then 'no time'
            when event.seconds_ahead > 86400 then 'after fetch'
            when told.newness > 1 then 'rewritten'
            when placed.event_at < placed.used_again_at then 'earlier parcel'
            when secs_between(placed.event_at, placed.first_listed_at) > 30 * 86400 then 'before the rest'
            when placed.earlier_at is null and secs_between(placed.event_at, placed.later_at) > 120 * 86400 then 'before the rest'
            when placed.later_at is null and placed.used_again_at is null
                and secs_between(placed.last_listed_at, placed.event_at) > 30 * 86400
                and secs_between(placed.earlier_at, placed.event_at) > 30 * 86400 then 'after the rest'
            when event.seconds_ahead > 0 then 'hours after fetch'
        end as reason
    from event
    left join placed on placed.event_id = event.event_id
    left join told on told.event_id = event.event_id
)
select
    event_id,    -- event (see fact_tracking_event)
    shipment_id, -- parcel (see fact_shipment)
    reason,      -- no time, after fetch, rewritten, earlier parcel, before the rest, after the rest, or hours after fetch
    reason <> 'hours after fetch' as is_left_out -- sets no state and no time of its parcel
from judged
where reason is not null
