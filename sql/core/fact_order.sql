-- One row per order of the merchant that has parcels.
-- Answers whether the whole order has arrived: it has when every parcel is delivered; cancelled parcels do not count
-- unless all are. A day without a time gives no hours.
-- Source: order_parcel and fact_shipment; a parcel shared by two orders counts for both, one without an order is not
-- here.
with pair as (
    select distinct account, order_id, shipment_id from order_parcel where order_id is not null
),
parcel_now as (
    select *, case when is_called_off then 'cancelled' else status end as state from fact_shipment
),
summed as (
    select
        pair.account,
        pair.order_id,
        cast(count(*) as bigint) as parcels,
        cast(count(*) filter (where f.state = 'cancelled') as bigint) as cancelled_parcels,
        cast(count(*) filter (where f.state = 'delivered') as bigint) as delivered_parcels,
        cast(count(*) filter (where not f.is_terminal and f.state <> 'cancelled') as bigint) as open_parcels,
        cast(count(*) filter (where f.state <> 'cancelled' and f.picked_up_at is null) as bigint) as waiting_parcels,
        cast(count(distinct case when f.state <> 'cancelled' then f.state end) as bigint) as statuses,
        min(case when f.state <> 'cancelled' then f.state end) as one_status,
        case when min(coalesce(f.lane, 'unknown')) = max(coalesce(f.lane, 'unknown')) then min(f.lane) else 'mixed' end as lane,
        min(f.ordered_at) as ordered_at,
        min(f.promised_on) as promised_on,
        min(f.original_promised_on) as original_promised_on,
        min(f.picked_up_at) as first_picked_up_at,
        max(f.picked_up_at) as last_picked_up_at,
        min(f.first_delivered_at) as first_delivered_at,
        max(case when f.state = 'delivered' then f.last_delivered_at end) as last_delivered_at,
        bool_and(f.is_on_time) as is_every_known_on_time,
        cast(count(*) filter (where f.state <> 'cancelled' and f.is_on_time is null) as bigint) as unjudged_parcels,
        cast(count(f.is_on_time) as bigint) as judged_parcels,
        bool_or(f.has_exception) as has_exception,
        coalesce(bool_or(m.pickup_precision = 'date'), false) as is_pickup_a_day,
        coalesce(bool_or(f.state = 'delivered' and m.delivered_precision = 'date'), false) as is_delivery_a_day,
        min(days.handling_business_days) as handling_business_days
    from pair
    inner join parcel_now as f on f.shipment_id = pair.shipment_id
    left join shipment_milestone as m on m.shipment_id = pair.shipment_id
    left join shipment_business_days as days on days.shipment_id = pair.shipment_id
    group by pair.account, pair.order_id
),
known as (
    select
        *,
        case when delivered_parcels > 0 and delivered_parcels + cancelled_parcels = parcels then last_delivered_at end as completed_at,
        case when waiting_parcels = 0 then last_picked_up_at end as all_picked_up_at
    from summed
),
span as (
    select
        *,
        case when not is_delivery_a_day then secs_between(ordered_at, completed_at) / 3600 end as order_to_delivery,
        case when not is_pickup_a_day then secs_between(ordered_at, first_picked_up_at) / 3600 end as handling,
        case when not is_pickup_a_day then secs_between(ordered_at, all_picked_up_at) / 3600 end as handling_to_last,
        case when not is_pickup_a_day and not is_delivery_a_day then secs_between(first_picked_up_at, completed_at) / 3600 end as transit
    from known
)
select
    account,           -- merchant account
    order_id,          -- merchant's order
    lane,              -- lane of its parcels, mixed where they differ; null where unknown
    parcels,           -- parcels of the order
    delivered_parcels, -- of which delivered
    cancelled_parcels, -- of which cancelled, by an event or, where nothing was scanned, by the API's order status
    open_parcels,      -- of which still under way
    case
        when statuses = 0 then 'cancelled'
        when statuses = 1 then one_status
        when delivered_parcels > 0 then 'partly_delivered'
        else 'mixed'
    end as status,     -- status shared by all parcels that are not cancelled, else partly_delivered or mixed
    ordered_at,        -- when the customer ordered (UTC)
    promised_on,       -- promised day, as the merchant's table has it now
    original_promised_on, -- day promised first: what on-time is measured against
    first_picked_up_at, -- first pickup of a parcel (UTC)
    all_picked_up_at,  -- last pickup of a parcel (UTC); null until all are picked up
    first_delivered_at, -- first parcel delivered (UTC)
    completed_at,      -- last parcel delivered (UTC); null until all are
    case when order_to_delivery >= 0 then order_to_delivery end as order_to_delivery_hours, -- ordered_at until completed_at; null when negative, and where only the day of a delivery is known
    case when handling >= 0 then handling end as handling_hours, -- ordered_at until first_picked_up_at; null when negative, and where only the day of a pickup is known
    case when handling_to_last >= 0 then handling_to_last end as handling_hours_to_last, -- ordered_at until all_picked_up_at; null likewise
    case when transit >= 0 then transit end as transit_hours, -- first_picked_up_at until completed_at; null likewise
    handling_business_days, -- the same until the first pickup, in business days at the origin (see shipment_business_days)
    case
        when not is_every_known_on_time then false
        when judged_parcels > 0 and unjudged_parcels = 0 then true
    end as is_on_time, -- every parcel on time; late as soon as one is; null until all can be judged
    has_exception      -- at least one parcel had an exception
from span
