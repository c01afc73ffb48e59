-- One row per parcel that has been picked up.
-- Answers how long handling and transit took in working days, weekends and holidays left out.
-- Formula: business days after the first day, up to and with the last one: handling by the origin's calendar from the
-- order's day in the business zone, transit by the destination's calendar, each by the date where it happened. Null
-- where a country's holidays are not known for those days (see business_day), or where days run backwards.
with day as (
    select
        f.shipment_id, f.origin_country, f.destination_country,
        business_date(f.ordered_at) as ordered_on,
        cast(m.pickup_local as date) as picked_up_on,
        case when f.transit_days is not null then cast(m.last_delivered_local as date) end as delivered_on
    from fact_shipment as f
    inner join shipment_milestone as m on m.shipment_id = f.shipment_id
    where f.picked_up_at is not null
)
select
    day.shipment_id,  -- parcel (see fact_shipment)
    day.ordered_on,   -- day of the order in the business zone
    day.picked_up_on, -- day of the pickup, there
    day.delivered_on, -- day of the last delivery, there; null unless delivered and plausible
    case
        when day.picked_up_on >= day.ordered_on then handed.business_day_number - ordered.business_day_number
    end as handling_business_days, -- ordered_on until picked_up_on in the origin country
    case
        when day.delivered_on >= day.picked_up_on then delivered.business_day_number - began.business_day_number
    end as transit_business_days   -- picked_up_on until delivered_on in the destination country
from day
left join business_day as ordered on ordered.country = day.origin_country and ordered.date_day = day.ordered_on
left join business_day as handed on handed.country = day.origin_country and handed.date_day = day.picked_up_on
left join business_day as began on began.country = day.destination_country and began.date_day = day.picked_up_on
left join business_day as delivered on delivered.country = day.destination_country and delivered.date_day = day.delivered_on
