-- One row per lane that parcels took.
-- Answers what kind of journey a lane is and how long silence on it is normal.
-- Formula: without movement a parcel is stalled after 2 days within Hong Kong, 3 within one country or between Hong
-- Kong, Macau and the mainland, 7 across other borders; couriers of kind post get 14 (see stalled_shipment).
with country as (
    select country, min(name) as name from reference.country group by country
),
lane as (
    select
        lane, origin_country, destination_country,
        cast(count(*) as bigint) as parcels,
        origin_country in ('HK', 'MO', 'CN') and destination_country in ('HK', 'MO', 'CN') as is_greater_bay
    from fact_shipment
    where lane is not null
    group by lane, origin_country, destination_country
)
select
    lane.lane,                            -- origin and destination, HK-CN
    lane.origin_country,                  -- ISO 3166 two-letter code
    lane.destination_country,             -- ISO 3166 two-letter code
    origin.name as origin_name,           -- origin in English
    destination.name as destination_name, -- destination in English
    case
        when lane.origin_country = lane.destination_country then 'domestic'
        when lane.is_greater_bay then 'mainland'
        else 'cross_border'
    end as kind,                          -- domestic, mainland (between Hong Kong, Macau and the mainland) or cross_border
    cast(case
        when lane.lane = 'HK-HK' then 2
        when lane.origin_country = lane.destination_country or lane.is_greater_bay then 3
        else 7
    end as integer) as stalled_after_days, -- days without movement after which a parcel is stalled
    lane.parcels                          -- parcels on it
from lane
left join country as origin on origin.country = lane.origin_country
left join country as destination on destination.country = lane.destination_country
