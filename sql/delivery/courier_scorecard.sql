-- One row per courier and lane.
-- Answers how couriers compare over the last quarter, each on the same kind of journey.
-- Formula: parcels picked up 14 to 104 days before as_of, so that nearly all have ended; younger and older ones are
-- n_excluded. Percentiles are of delivered parcels. The rates are those of first_attempt_weekly, on_time_weekly,
-- service_level_weekly, exception_rate_weekly, return_rate_cohort and lost_shipment (declared).
with aged as (
    select
        f.*,
        coalesce(f.courier, 'unknown') as courier_name,
        coalesce(f.lane, 'unknown') as lane_name,
        level.is_within_service_level,
        secs_between(f.picked_up_at, as_of.as_of) between 14 * 86400 and 104 * 86400 as is_in_quarter
    from fact_shipment as f
    left join shipment_service_level as level on level.shipment_id = f.shipment_id
    cross join as_of
    where f.picked_up_at is not null
),
summed as (
    select
        courier_name, lane_name,
        cast(count(*) filter (where is_in_quarter) as bigint) as n,
        cast(count(*) filter (where not is_in_quarter) as bigint) as n_excluded,
        cast(count(*) filter (where is_in_quarter and not is_terminal) as bigint) as n_open,
        cast(count(transit_hours) filter (where is_in_quarter) as bigint) as n_timed,
        percentile_cont(0.5) within group (order by case when is_in_quarter then transit_hours end) as transit_hours_p50,
        percentile_cont(0.9) within group (order by case when is_in_quarter then transit_hours end) as transit_hours_p90,
        count(*) filter (where is_in_quarter and first_attempt_outcome = 'delivered') as first_delivered,
        cast(count(*) filter (where is_in_quarter and first_attempt_outcome in ('delivered', 'failed')) as bigint) as n_attempted,
        count(*) filter (where is_in_quarter and is_on_time) as on_time,
        cast(count(is_on_time) filter (where is_in_quarter) as bigint) as n_promised,
        count(*) filter (where is_in_quarter and is_within_service_level) as within_level,
        cast(count(is_within_service_level) filter (where is_in_quarter) as bigint) as n_with_service_level,
        count(*) filter (where is_in_quarter and has_exception) as troubled,
        count(turned_back_at) filter (where is_in_quarter) as returned,
        count(*) filter (where is_in_quarter and substatus in ('lost', 'disposed')) as lost
    from aged
    group by courier_name, lane_name
)
select
    courier_name as courier, -- courier (see dim_courier), or unknown
    lane_name as lane,       -- origin and destination, or unknown
    n,                       -- parcels picked up 14 to 104 days before as_of
    n_excluded,              -- parcels picked up later or earlier
    cast(n_open as double) / nullif(n, 0) as share_open, -- still under way / n
    n_timed,                 -- deliveries behind the percentiles
    transit_hours_p50,       -- median, delivered parcels only
    transit_hours_p90,       -- 90th percentile, delivered parcels only
    n_attempted,             -- parcels whose first attempt was delivered or failed
    cast(first_delivered as double) / nullif(n_attempted, 0) as first_attempt_rate, -- first attempt delivered / n_attempted
    n_promised,              -- parcels whose promise can be judged
    cast(on_time as double) / nullif(n_promised, 0) as on_time_rate, -- promises kept / n_promised
    n_with_service_level,    -- parcels whose service level can be judged
    cast(within_level as double) / nullif(n_with_service_level, 0) as sla_rate, -- service level kept / n_with_service_level
    cast(troubled as double) / nullif(n, 0) as exception_rate, -- with an exception / n
    cast(returned as double) / nullif(n, 0) as return_rate, -- going or gone back / n
    cast(lost as double) / nullif(n, 0) as lost_rate -- declared lost or disposed / n
from summed
