-- One row per parcel that has been picked up and whose courier and service have a service level.
-- Answers whether the courier kept it.
-- Formula: business days from the start of the clock to the first attempt, deposit or delivery <= business days agreed,
-- from sql/reference/service_level.csv. The clock starts on the pickup's day if that is a business day at the origin
-- and the pickup was before the cut-off hour there, else on the next one (a pickup known by its day alone counts as in
-- time); days are counted by the destination's calendar. Not yet offered is late once the days are used up.
with journey as (
    select distinct courier, service, origin_country, destination_country from fact_shipment where courier is not null
),
agreed as (
    select
        journey.*,
        level.business_days, level.cutoff_hour,
        row_number() over (
            partition by journey.courier, journey.service, journey.origin_country, journey.destination_country
            order by case when level.service is null then 1 else 0 end asc,
                case when level.destination_country is null then 1 else 0 end asc,
                case when level.origin_country is null then 1 else 0 end asc
        ) as place
    from journey
    inner join reference.service_level as level
        on level.courier = journey.courier
        and (level.service is null or fold_text(level.service) = fold_text(journey.service))
        and (level.origin_country is null or level.origin_country = journey.origin_country)
        and (level.destination_country is null or level.destination_country = journey.destination_country)
),
clock as (
    select
        f.shipment_id, f.status, f.destination_country, agreed.business_days as agreed_business_days, promise.offered_on, promise.known_until,
        case
            when pickup_day.is_business_day and hour(m.pickup_local) < coalesce(agreed.cutoff_hour, 24) then pickup_day.date_day
            else pickup_day.next_business_day
        end as started_on
    from fact_shipment as f
    inner join shipment_milestone as m on m.shipment_id = f.shipment_id
    inner join shipment_promise as promise on promise.shipment_id = f.shipment_id
    inner join agreed
        on agreed.place = 1
        and agreed.courier = f.courier
        and agreed.service is not distinct from f.service
        and agreed.origin_country is not distinct from f.origin_country
        and agreed.destination_country is not distinct from f.destination_country
    left join business_day as pickup_day
        on pickup_day.country = f.origin_country and pickup_day.date_day = cast(m.pickup_local as date)
    where f.picked_up_at is not null
),
counted as (
    select
        clock.*,
        latest.business_day_number - began.business_day_number as days
    from clock
    left join business_day as began on began.country = clock.destination_country and began.date_day = clock.started_on
    left join business_day as latest
        on latest.country = clock.destination_country and latest.date_day = coalesce(clock.offered_on, clock.known_until)
),
judged as (
    select
        *,
        case
            when status = 'cancelled' then 'cancelled'
            when days is null then 'holidays not known'
            when offered_on is null and days <= agreed_business_days then 'not due yet'
        end as excluded
    from counted
)
select
    shipment_id,          -- parcel (see fact_shipment)
    agreed_business_days, -- business days the courier has
    started_on,           -- day on which its clock started; null where the origin's holidays are not known
    offered_on,           -- day of the first attempt, deposit or delivery; null while there is none
    case when offered_on is null then null when days < 0 then 0 else days end as business_days, -- started_on until offered_on; 0 where it was offered before the clock started
    excluded as service_level_excluded, -- why it is not judged: cancelled, holidays not known, not due yet
    case when excluded is null then offered_on is not null and days <= agreed_business_days end as is_within_service_level -- offered in time; late once the days are used up without an offer; null where not judged
from judged
