-- One row per courier.
-- Answers how couriers list a history: how many of its rows are repeats, and how many are out of order.
-- Formula: over the newest answer for each parcel: rows listed - distinct events in it; and events stamped before the
-- event listed before them, among those with a time of day.
with answer as (
    select
        response_id, event_count,
        coalesce(courier, 'unknown') as courier,
        row_number() over (
            partition by account, answered_order_id, answered_tracking_number, courier order by requested_at desc, response_id desc
        ) as newness
    from fact_poll
    where event_count > 0
),
shown as (
    select
        answer.response_id, answer.courier, answer.event_count,
        e.clock_at,
        lag(e.clock_at) over (partition by answer.response_id order by e.sequence asc nulls last, e.event_id asc) as listed_before
    from answer
    inner join (
        select
            last_response_id, event_id, sequence,
            case when time_precision <> 'date' then event_at end as clock_at
        from fact_tracking_event
    ) as e on e.last_response_id = answer.response_id
    where answer.newness = 1
),
counted as (
    select
        courier,
        event_count - count(*) as repeated,
        event_count,
        count(case when clock_at is not null then listed_before end) as followers,
        count(*) filter (where clock_at < listed_before) as out_of_order
    from shown
    group by response_id, courier, event_count
),
summed as (
    select
        courier,
        cast(count(*) as bigint) as n,
        cast(sum(event_count) as bigint) as n_rows,
        cast(sum(greatest(repeated, 0)) as bigint) as n_repeated,
        cast(sum(followers) as bigint) as n_followers,
        cast(sum(out_of_order) as bigint) as n_out_of_order
    from counted
    group by courier
)
select
    courier,        -- courier (see dim_courier), or unknown
    n,              -- parcels with a history: the newest answer for each
    n_rows,         -- rows in these answers
    n_repeated,     -- rows that repeat another row of the same answer
    cast(n_repeated as double) / nullif(n_rows, 0) as share_repeated, -- n_repeated / n_rows
    n_followers,    -- events with a time of day behind another one
    n_out_of_order, -- of which stamped before the event listed before them
    cast(n_out_of_order as double) / nullif(n_followers, 0) as share_out_of_order -- n_out_of_order / n_followers
from summed
