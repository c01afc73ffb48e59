-- One row per courier that was asked about or heard of in the newest day or the seven before it.
-- Answers whether a courier has begun to speak otherwise: it uses new codes or texts, or it has fallen silent.
-- Formula: days are those of daily_volume. Days on which no request about the courier was answered say nothing about it
-- and are left out of usual and quietest.
with volume as (
    select
        courier,
        cast(coalesce(sum(new_events) filter (where days_ago = 0), 0) as bigint) as new_events,
        cast(count(*) filter (where days_ago > 0 and answered_requests > 0) as bigint) as days_before,
        percentile_cont(0.5) within group (order by new_events)
            filter (where days_ago > 0 and answered_requests > 0) as usual_new_events,
        min(new_events) filter (where days_ago > 0 and answered_requests > 0) as quietest_new_events,
        cast(coalesce(sum(new_events) filter (where days_ago < 7), 0) as bigint) as week_events,
        cast(coalesce(sum(new_unknown_events) filter (where days_ago < 7), 0) as bigint) as week_unknown_events
    from daily_volume
    where days_ago <= 7
    group by courier
),
watched as (
    select coalesce(fact_shipment.courier, 'unknown') as courier, cast(count(*) as bigint) as open_parcels
    from fact_shipment
    cross join as_of
    where not fact_shipment.is_terminal and secs_between(fact_shipment.last_polled_at, as_of.as_of) < 86400
    group by coalesce(fact_shipment.courier, 'unknown')
)
select
    volume.courier,             -- courier that the answers name (see dim_courier), or unknown
    coalesce(watched.open_parcels, 0) as open_parcels, -- parcels under way with an answer in the last 24 hours
    volume.new_events,          -- events first seen in the newest day
    volume.days_before,         -- of the seven days before it, those with an answer about the courier
    volume.usual_new_events,    -- median of new events in those days
    volume.quietest_new_events, -- fewest new events in one of those days
    volume.week_events,         -- events first seen in the newest seven days
    volume.week_unknown_events, -- of which no rule knows what they mean
    cast(volume.week_unknown_events as double) / nullif(volume.week_events, 0) as share_unknown_events -- week_unknown_events / week_events
from volume
left join watched on watched.courier = volume.courier
