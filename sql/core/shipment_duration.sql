-- One row per parcel that has events.
-- Answers how long it took, leg by leg.
-- Formulas: handling runs from the order to the pickup, transit from the pickup to the last delivery. Transit is given
-- once the parcel has come to rest, where both clocks are known to the minute and the span is between 0 and 120 days;
-- else transit_excluded says why not. Hours are between instants in UTC, days between the dates at the two places: they
-- are there for couriers that give the date alone, too.
with known as (
    select
        m.shipment_id, parcel.ordered_at, m.last_delivered_at, m.pickup_local, m.last_delivered_local,
        coalesce(m.pickup_scan_at, m.first_physical_scan_at) as picked_up_at,
        least(m.available_at, m.first_delivered_at) as handed_over_at,
        coalesce(case
            when m.available_at <= coalesce(m.first_delivered_at, m.available_at) then m.available_precision
            else m.first_delivered_precision
        end = 'date', false) as is_handover_a_day,
        coalesce(m.pickup_precision = 'date', false) as is_pickup_a_day,
        coalesce(m.delivered_precision = 'date', false) as is_delivery_a_day,
        coalesce(dim_status.is_terminal or m.status = 'return', false) as is_settled
    from shipment_milestone as m
    inner join parcel on parcel.shipment_id = m.shipment_id
    left join dim_status on dim_status.status = m.status and dim_status.substatus = m.substatus
),
span as (
    select
        *,
        secs_between(picked_up_at, last_delivered_at) / 3600 as transit,
        secs_between(picked_up_at, handed_over_at) / 3600 as to_available,
        secs_between(ordered_at, last_delivered_at) / 3600 as order_to_delivery,
        secs_between(ordered_at, picked_up_at) / 3600 as handling,
        days_between(cast(pickup_local as date), cast(last_delivered_local as date)) as days
    from known
),
judged as (
    select
        *,
        case
            when transit is null then null
            when not is_settled then 'reopened'
            when transit > 120 * 24 then 'over 120 days'
            when (is_pickup_a_day or is_delivery_a_day) and days >= 0 then 'date only'
            when transit < 0 then 'negative'
        end as transit_excluded
    from span
)
select
    shipment_id,      -- parcel (see fact_shipment)
    picked_up_at,     -- first pickup scan, else first physical scan (UTC)
    case when transit_excluded is null then transit end as transit_hours, -- picked_up_at until the last delivery; null unless delivered and plausible
    transit_excluded, -- why a delivery gives no transit_hours: reopened (under way again), negative, over 120 days, date only
    case when not is_pickup_a_day and not is_handover_a_day and to_available between 0 and 120 * 24 then to_available end as transit_to_available_hours, -- picked_up_at until first at a locker or pickup point or first delivered; null where only the day of either is known
    case when transit_excluded is null or transit_excluded = 'date only' then days end as transit_days, -- transit in calendar days by the date at each place
    case when is_settled and not is_delivery_a_day and order_to_delivery >= 0 then order_to_delivery end as order_to_delivery_hours, -- order until the last delivery; null when negative, and where only its day is known
    case when not is_pickup_a_day and handling >= 0 then handling end as handling_hours -- order until picked_up_at; null when negative, and where only its day is known
from judged
