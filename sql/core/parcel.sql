-- One row per parcel: account and tracking number, or account and order where no number is known yet.
-- Answers who a parcel is: its order, its promise, its courier and route as told, and what the API last said of the
-- order.
-- Parcels are the source's rows and whatever answers named for them; a row without a number takes the numbers its
-- order got.
with answer as (
    select
        account,
        coalesce(order_id, answered_order_id) as order_id,
        upper(coalesce(answered_tracking_number, tracking_number)) as tracking_number,
        requested_at, response_id, order_status, export_country, destination_country, courier
    from fact_poll
    where outcome in ('ok', 'no_events')
),
identity as (
    select
        *,
        row_number() over (
            partition by shipment_id
            order by case when tracking_number is null then 1 else 0 end asc, case when order_id is null then 1 else 0 end asc,
                case named_by when 'source' then 1 when 'answer' then 2 else 3 end asc, order_id asc nulls last
        ) as place
    from order_parcel
),
told as (
    select order_parcel.shipment_id, source_order.*, 1 as nearness
    from order_parcel
    inner join source_order
        on source_order.account = order_parcel.account and upper(source_order.tracking_number) = order_parcel.tracking_number
    union all
    select order_parcel.shipment_id, source_order.*, 2 as nearness
    from order_parcel
    inner join source_order
        on source_order.account = order_parcel.account and source_order.order_id = order_parcel.order_id
),
merchant as (
    select
        *,
        row_number() over (
            partition by shipment_id
            order by nearness asc, last_changed_at desc nulls last, order_id asc nulls last, tracking_number asc nulls last,
                ordered_at asc nulls last, promised_at asc nulls last, promised_on asc nulls last,
                courier asc nulls last, service asc nulls last, destination_country asc nulls last
        ) as place
    from told
),
reply as (
    select
        answer.*,
        order_parcel.shipment_id
    from answer
    inner join order_parcel
        on order_parcel.account = answer.account
        and order_parcel.order_id is not distinct from answer.order_id
        and order_parcel.tracking_number is not distinct from answer.tracking_number
),
alias as (
    select written.courier as courier_as_written, courier_alias.courier
    from (select distinct courier from source_order) as written
    inner join reference.courier_alias on courier_alias.alias = fold_text(written.courier)
),
latest as (
    select
        *,
        max(requested_at) over (partition by shipment_id) as last_polled_at,
        min(requested_at) over (partition by shipment_id) as polling_began_at,
        row_number() over (
            partition by shipment_id
            order by case when order_status is null then 1 else 0 end asc, requested_at desc, response_id desc
        ) as place
    from reply
)
select
    identity.shipment_id,     -- md5 of account and tracking number (or order id)
    identity.account,         -- merchant account
    identity.order_id,        -- merchant's order; null where only the number is known
    identity.tracking_number, -- in capitals; null until somebody names one
    latest.courier as answered_courier,           -- courier that the API named
    alias.courier as ordered_courier,             -- courier that the merchant's table names; null where we do not know the name
    merchant.courier as courier_as_written,       -- the same as the merchant's table writes it
    merchant.service,                             -- service level as the merchant's table writes it
    latest.export_country,                        -- origin as the API wrote it
    coalesce(latest.destination_country, merchant.destination_country) as destination_country, -- destination as the API wrote it, else the merchant's table
    merchant.ordered_at,                          -- when the customer ordered (UTC)
    merchant.promised_at,                         -- promised instant (UTC)
    coalesce(merchant.promised_on, business_date(merchant.promised_at)) as promised_on, -- promised day
    merchant.original_promised_at,                -- first promise we read (UTC)
    coalesce(merchant.original_promised_on, business_date(merchant.original_promised_at)) as original_promised_on, -- its day
    case
        when merchant.original_promise_seen_at > merchant.first_seen_at then merchant.original_promise_seen_at
    end as promise_added_at,                      -- when a promise appeared for an order read without one before (UTC); null where it was there from the start
    latest.order_status,                          -- the API's own order status text, newest that was given
    latest.last_polled_at,                        -- last answered request (UTC); null if never
    latest.polling_began_at,                      -- first answered request (UTC): older history is only what the courier still listed then
    merchant.shipment_id is not null as is_in_source -- the merchant's table knows it; otherwise only an answer named it
from identity
left join merchant on merchant.shipment_id = identity.shipment_id and merchant.place = 1
left join alias on alias.courier_as_written = merchant.courier
left join latest on latest.shipment_id = identity.shipment_id and latest.place = 1
where identity.place = 1
