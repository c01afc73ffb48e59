-- One row per pair of order and tracking number that somebody named; one side is null where nobody named it.
-- Answers which parcels belong to an order, and which orders share a parcel.
-- Source: the merchant's table, the API's answers and the events. An order without a number stands for itself until
-- one is named, then for the first of its numbers.
with answered as (
    select
        account,
        coalesce(order_id, answered_order_id) as order_id,
        upper(coalesce(answered_tracking_number, tracking_number)) as tracking_number
    from fact_poll
    where outcome in ('ok', 'no_events')
),
named as (
    select account, order_id, upper(tracking_number) as tracking_number, 1 as trust from source_order
    union all
    select distinct account, order_id, tracking_number, 2 as trust from answered
    union all
    select distinct account, order_id, upper(tracking_number) as tracking_number, 3 as trust from fact_tracking_event
),
pair as (
    select account, order_id, tracking_number, min(trust) as trust
    from named
    where order_id is not null or tracking_number is not null
    group by account, order_id, tracking_number
),
numbered as (
    select
        *,
        case when order_id is not null then min(tracking_number) over (partition by account, order_id) end as first_number
    from pair
)
select
    account,         -- merchant account
    order_id,        -- merchant's order
    tracking_number, -- tracking number, in capitals
    first_number,    -- the order's first number: where rows go that name the order alone
    md5(concat_ws('|', account,
        case when coalesce(tracking_number, first_number) is null then 'order' else 'number' end,
        coalesce(tracking_number, first_number, order_id))) as shipment_id, -- parcel (see fact_shipment)
    case trust when 1 then 'source' when 2 then 'answer' else 'event' end as named_by -- source (the merchant's table), answer or event
from numbered
