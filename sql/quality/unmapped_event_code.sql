-- One row per courier and code that no rule knows; where a courier gives no code, per wording with its digits
-- blanked.
-- Answers which rule to write next in sql/reference: the first rows are worth most.
-- Source: events classified as unknown.
with shaped as (
    select
        coalesce(courier, 'unknown') as courier,
        code,
        case when code is null then replace_all(message, '[0-9]+', '#') end as wording,
        message, account, tracking_number, order_id, event_id, first_seen_at
    from fact_tracking_event
    where status = 'unknown'
),
counted as (
    select
        courier, code, wording,
        min(message) as sample_message,
        cast(count(*) as bigint) as events,
        cast(count(distinct concat_ws('|', account, coalesce(tracking_number, order_id))) as bigint) as parcels,
        min(first_seen_at) as first_seen_at,
        max(first_seen_at) as last_seen_at
    from shaped
    group by courier, code, wording
)
select
    cast(row_number() over (order by events desc, courier asc, code asc nulls last, wording asc nulls last) as bigint) as rank, -- 1 is the most frequent
    courier,        -- courier (see dim_courier), or unknown
    code,           -- the courier's code; null where it gives none
    sample_message, -- one message, masked
    events,         -- events
    parcels,        -- parcels that have it
    first_seen_at,  -- first fetched (UTC)
    last_seen_at    -- last new one fetched (UTC)
from counted
