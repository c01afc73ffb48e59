-- One row per parcel to ask about now, best first: never asked, then the longest unasked.
-- Unfinished parcels are due an hour after the last request, finished ones once more 48 hours after they finished, since
-- deliveries are undone; where that look brought no usable answer, hourly until a week after they finished. A parcel
-- that was called off (see fact_shipment) finished with the answer that first told so; a scan takes that back.
-- A request that lies in the future was stamped by a wrong clock: it counts for nothing.
-- An order with one parcel is asked for by its order id, a parcel of several by its own number, since the API
-- answers an order id with one parcel.
with sourced as (
    select
        account,
        order_id,
        tracking_number,
        ordered_at,
        case
            when order_id is null then 'tracking_number'
            when count(distinct tracking_number) over (partition by account, order_id) > 1
                and tracking_number is not null then 'tracking_number'
            else 'order_id'
        end as asked_by,
        if(asked_by = 'order_id', order_id, upper(tracking_number)) as asked_for
    from source_order
),

request as (
    select *, if(asked_by = 'order_id', order_id, upper(tracking_number)) as asked_for
    from poll_log
    where requested_at <= $now + interval 1 hour
),

asked as (
    select
        account,
        asked_by,
        asked_for,
        max(requested_at) as last_asked_at,
        max(requested_at) filter (
            outcome in ('ok', 'no_events', 'not_found', 'forbidden', 'bad_request')
        ) as last_answered_at
    from request
    group by all
),

shipment as (
    select account, 'order_id' as asked_by, order_id as asked_for, is_terminal, ended_at, event_count, is_called_off
    from fact_shipment
    union all
    select account, 'tracking_number', tracking_number, is_terminal, ended_at, event_count, is_called_off
    from fact_shipment
),

ended as (
    select
        account,
        asked_by,
        asked_for,
        bool_and(is_terminal or is_called_off) as is_ended,
        bool_or(is_called_off) as is_called_off,
        max(ended_at) as ended_at
    from shipment
    where asked_for is not null and (event_count > 0 or is_called_off)
    group by all
),

told as (
    select
        account,
        asked_by,
        asked_for,
        requested_at,
        order_status is distinct from lag(order_status) over (
            partition by account, asked_by, asked_for order by requested_at
        ) as is_news
    from request
    semi join (from ended where is_called_off) as called_off using (account, asked_by, asked_for)
    where order_status is not null
),

called_off as (
    select account, asked_by, asked_for, max(requested_at) as called_off_at
    from told
    where is_news
    group by all
),

state as (
    select
        sourced.*,
        asked.last_asked_at,
        asked.last_answered_at,
        coalesce(ended.is_ended and (not ended.is_called_off or called_off_at is not null), false) as is_finished,
        greatest(ended.ended_at, called_off.called_off_at) as finished_at
    from sourced
    left join asked using (account, asked_by, asked_for)
    left join ended using (account, asked_by, asked_for)
    left join called_off using (account, asked_by, asked_for)
),

due as (
    select *
    from state
    where last_asked_at is null
        or (last_asked_at <= $now - interval 1 hour and not is_finished)
        or (last_asked_at <= $now - interval 1 hour
            and $now >= finished_at + interval 48 hours
            and (last_asked_at < finished_at + interval 48 hours
                or ($now < finished_at + interval 7 days
                    and coalesce(last_answered_at < finished_at + interval 48 hours, true))))
)

select
    cast(row_number() over (
        order by last_asked_at asc nulls first, ordered_at asc nulls last, order_id, tracking_number
    ) as bigint) as place,
    account,
    order_id,
    tracking_number,
    asked_by,
    last_asked_at,
    is_finished
from due
order by place
