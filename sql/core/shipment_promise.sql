-- One row per parcel.
-- Answers whether the promise to the customer was kept.
-- Formula: first failed attempt, deposit or delivery on or before the day that was promised first, by the date at the
-- place, not the clock. A promise that is moved later changes nothing; a van on the road alone is no offer. Not yet
-- offered is late once the promised day is over in all of the destination country (everywhere on earth where we do not
-- know the country's zone), as of our last request. A promise that we first read after the offer proves nothing,
-- nor does one for an order that was cancelled, by an event or, where nothing was scanned, by the API's order status.
with failure as (
    select shipment_id, min(event_at_local) as failed_local
    from shipment_event
    where step is not null and not is_returning and status = 'failed_attempt'
    group by shipment_id
),
known as (
    select
        parcel.shipment_id,
        parcel.original_promised_on as due_on,
        parcel.promise_added_at,
        coalesce(m.status = 'cancelled' or (said.status = 'cancelled' and m.first_physical_scan_at is null), false) as is_cancelled,
        m.first_attempt_at as offered_at,
        cast(least(failure.failed_local, m.available_local, m.first_delivered_local) as date) as offered_on,
        cast(m.first_delivered_local as date) as delivered_on,
        cast(from_utc_timestamp(
            case when dim_status.is_terminal then as_of.as_of else parcel.last_polled_at end,
            coalesce(calendar.latest_time_zone, 'Etc/GMT+12')
        ) as date) as known_until
    from parcel
    cross join as_of
    left join shipment_milestone as m on m.shipment_id = parcel.shipment_id
    left join failure on failure.shipment_id = parcel.shipment_id
    left join dim_order_status as said on said.order_status = parcel.order_status
    left join dim_status on dim_status.status = m.status and dim_status.substatus = m.substatus
    left join reference.country as destination on destination.alias = upper(trim(parcel.destination_country))
    left join reference.business_calendar as calendar on calendar.country = destination.country
),
judged as (
    select
        *,
        case
            when due_on is null then 'no promise'
            when is_cancelled then 'cancelled'
            when promise_added_at > offered_at then 'promised afterwards'
            when offered_on is null and coalesce(known_until <= due_on, true) then 'not due yet'
        end as excluded
    from known
)
select
    shipment_id,              -- parcel (see fact_shipment)
    offered_on,               -- day of the first failed attempt, deposit or delivery, there
    known_until,              -- day at the destination up to which we know: as of the last request, of as_of once the parcel has ended
    excluded as promise_excluded, -- why it is not judged: no promise, cancelled, promised afterwards, not due yet
    case when excluded is null then coalesce(offered_on <= due_on, false) end as is_on_time, -- offered on or before the day promised first; null where not judged
    case
        when excluded is null and (delivered_on is not null or known_until > due_on) then coalesce(delivered_on <= due_on, false)
    end as is_delivered_on_time -- the same for the first delivery alone
from judged
