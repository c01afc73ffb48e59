-- One row per lane that parcels took.
-- Answers what kind of journey a lane is and how long silence on it is normal.
-- Source: parcels in fact_shipment; thresholds in sql/reference/silence_limit.csv, where couriers of a kind may have
-- their own (see silence_limit_by_courier).
with country as (
    select country, min(name) as name from reference.country group by country
),
lane as (
    select
        lane, origin_country, destination_country,
        cast(count(*) as bigint) as parcels,
        case
            when lane = 'HK-HK' then 'hong_kong'
            when origin_country = destination_country then 'domestic'
            when origin_country in ('HK', 'MO', 'CN') and destination_country in ('HK', 'MO', 'CN') then 'mainland'
            else 'cross_border'
        end as kind
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
    lane.kind,                            -- hong_kong (within it), domestic (within another country), mainland (between Hong Kong, Macau and the mainland) or cross_border
    silence_limit.stalled_after_days,     -- days without movement after which a parcel is stalled
    silence_limit.lost_after_days,        -- days without any event after which a parcel is suspected lost
    lane.parcels                          -- parcels on it
from lane
left join country as origin on origin.country = lane.origin_country
left join country as destination on destination.country = lane.destination_country
left join reference.silence_limit as silence_limit
    on silence_limit.lane_kind = lane.kind and silence_limit.courier_kind is null
