-- One row per order status text that the API has used.
-- Answers what the API's own words for an order mean; a text without status is new to us.
-- Source: the texts in fact_poll, looked up in sql/reference/order_status.csv.
with used as (
    select
        order_status,
        cast(count(*) as bigint) as answers,
        max(requested_at) as last_seen_at
    from fact_poll
    where order_status is not null
    group by order_status
)
select
    used.order_status, -- as the API wrote it
    known.status,      -- our status; null where the text is not in sql/reference/order_status.csv
    known.substatus,   -- our substatus
    used.answers,      -- answers that used it
    used.last_seen_at  -- last of them (UTC)
from used
left join reference.order_status as known on known.text = fold_text(used.order_status)
