-- One row per parcel to ask about now, best first: never asked, then the longest unasked.
-- Unfinished parcels are due an hour after the last request, finished ones once more 48 hours after they finished, since
-- deliveries are undone; where that look brought no usable answer, hourly until a week after they finished.
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
        end as asked_by
    from source_order
),

asked as (
    select
        account,
        asked_by,
        case when asked_by = 'order_id' then order_id else tracking_number end as asked_for,
        max(requested_at) filter (requested_at <= $now + interval 1 hour) as last_asked_at,
        max(requested_at) filter (
            requested_at <= $now + interval 1 hour
                and outcome in ('ok', 'no_events', 'not_found', 'forbidden', 'bad_request')
        ) as last_answered_at
    from poll_log
    group by all
),

finished as (
    select account, order_id, tracking_number, is_terminal, ended_at
    from fact_shipment
    where event_count > 0
),

finished_order as (
    select account, order_id, bool_and(is_terminal) as is_finished, max(ended_at) as finished_at
    from finished
    where order_id is not null
    group by all
),

finished_parcel as (
    select account, tracking_number, bool_and(is_terminal) as is_finished, max(ended_at) as finished_at
    from finished
    where tracking_number is not null
    group by all
),

state as (
    select
        sourced.*,
        asked.last_asked_at,
        asked.last_answered_at,
        coalesce(by_order.is_finished, by_parcel.is_finished, false) as is_finished,
        coalesce(by_order.finished_at, by_parcel.finished_at) as finished_at
    from sourced
    left join asked
        on sourced.account = asked.account
        and sourced.asked_by = asked.asked_by
        and (case when sourced.asked_by = 'order_id' then sourced.order_id else sourced.tracking_number end)
            = asked.asked_for
    left join finished_order as by_order
        on sourced.asked_by = 'order_id'
        and sourced.account = by_order.account and sourced.order_id = by_order.order_id
    left join finished_parcel as by_parcel
        on sourced.asked_by = 'tracking_number'
        and sourced.account = by_parcel.account
        and upper(sourced.tracking_number) = by_parcel.tracking_number
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
