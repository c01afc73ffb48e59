-- One row per day and courier that was asked about or heard of.
-- Answers how many requests and new events each day brought; courier_drift compares the newest day with the days before.
-- A day here ends 55 minutes after the last polling run began: it holds one daily run or 24 hourly ones, and all of each
-- where a run polls for 50 minutes at most, as is the default.
-- Source: fact_poll by requested_at, fact_tracking_event by first_seen_at.
with last_run as (
    select min(requested_at) as began_at
    from fact_poll
    where run_id = (select max_by(run_id, requested_at) from fact_poll)
),
happening as (
    select
        coalesce(courier, 'unknown') as courier, requested_at as happened_at, 1 as requests,
        case when outcome in ('ok', 'no_events') then 1 else 0 end as answered, 0 as new_events, 0 as unknown_events
    from fact_poll
    union all
    select
        coalesce(courier, 'unknown') as courier, first_seen_at as happened_at, 0 as requests, 0 as answered,
        1 as new_events, case when status = 'unknown' then 1 else 0 end as unknown_events
    from fact_tracking_event
),
dated as (
    select
        happening.*,
        business_date(last_run.began_at) as last_day,
        cast(greatest(floor((secs_between(happening.happened_at, last_run.began_at) + 3300) / 86400), 0) as integer) as days_ago
    from happening
    cross join last_run
)
select
    last_day - days_ago as day,                            -- day of the last polling run in the business zone, and those before it
    days_ago,                                              -- days before the newest one, which is 0
    courier,                                               -- courier that the answers name (see dim_courier), or unknown
    cast(sum(requests) as bigint) as requests,             -- requests sent
    cast(sum(answered) as bigint) as answered_requests,    -- of which answered
    cast(sum(new_events) as bigint) as new_events,         -- events first seen
    cast(sum(unknown_events) as bigint) as new_unknown_events -- of which no rule knows what they mean
from dated
group by last_day, days_ago, courier
