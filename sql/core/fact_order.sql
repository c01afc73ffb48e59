-- One row per order of the merchant that has parcels.
-- Answers whether the whole order has arrived: an order is delivered when every parcel is.
-- Source: order_parcel and fact_shipment; a parcel shared by two orders counts for both, one without an order is not
-- here.
with pair as (
    select distinct account, order_id, shipment_id from order_parcel where order_id is not null
),
summed as (
    select
        pair.account,
        pair.order_id,
        cast(count(*) as bigint) as parcels,
        cast(count(*) filter (where status = 'delivered') as bigint) as delivered_parcels,
        cast(count(*) filter (where not is_terminal) as bigint) as open_parcels,
        cast(count(distinct status) as bigint) as statuses,
        min(status) as one_status,
        min(ordered_at) as ordered_at,
        min(promised_on) as promised_on,
        min(picked_up_at) as first_picked_up_at,
        min(first_delivered_at) as first_delivered_at,
        max(last_delivered_at) as last_delivered_at,
        bool_and(is_on_time) as is_every_known_on_time,
        cast(count(is_on_time) as bigint) as judged_parcels,
        bool_or(has_exception) as has_exception
    from pair
    inner join fact_shipment on fact_shipment.shipment_id = pair.shipment_id
    group by pair.account, pair.order_id
)
select
    account,           -- merchant account
    order_id,          -- merchant's order
    parcels,           -- parcels of the order
    delivered_parcels, -- of which delivered
    open_parcels,      -- of which still under way
    case
        when statuses = 1 then one_status
        when delivered_parcels > 0 then 'partly_delivered'
        else 'mixed'
    end as status,     -- status shared by all parcels, else partly_delivered or mixed
    ordered_at,        -- when the customer ordered (UTC)
    promised_on,       -- promised day
    first_picked_up_at, -- first pickup of a parcel (UTC)
    first_delivered_at, -- first parcel delivered (UTC)
    case when delivered_parcels = parcels then last_delivered_at end as completed_at, -- last parcel delivered (UTC); null until all are
    case
        when delivered_parcels = parcels and secs_between(ordered_at, last_delivered_at) >= 0
            then secs_between(ordered_at, last_delivered_at) / 3600
    end as order_to_delivery_hours, -- ordered_at until completed_at
    case
        when not is_every_known_on_time then false
        when judged_parcels = parcels then true
    end as is_on_time, -- every parcel on time; late as soon as one is; null until all can be judged
    has_exception      -- at least one parcel had an exception
from summed
