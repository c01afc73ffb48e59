-- One row per courier and lane.
-- Answers how couriers compare over the last quarter, each on the same kind of journey.
-- Formula: parcels picked up 14 to 104 days before as_of, so that nearly all have ended; younger and older ones are
-- n_excluded. Percentiles are of delivered parcels.
with aged as (
    select
        f.*,
        coalesce(f.courier, 'unknown') as courier_name,
        coalesce(f.lane, 'unknown') as lane_name,
        secs_between(f.picked_up_at, as_of.as_of) between 14 * 86400 and 104 * 86400 as is_in_quarter
    from fact_shipment as f
    cross join as_of
    where f.picked_up_at is not null
),
summed as (
    select
        courier_name, lane_name,
        cast(count(*) filter (where is_in_quarter) as bigint) as n,
        cast(count(*) filter (where not is_in_quarter) as bigint) as n_excluded,
        cast(count(*) filter (where is_in_quarter and not is_terminal) as bigint) as n_open,
        percentile_cont(0.5) within group (order by case when is_in_quarter then transit_hours end) as transit_hours_p50,
        percentile_cont(0.9) within group (order by case when is_in_quarter then transit_hours end) as transit_hours_p90,
        count(*) filter (where is_in_quarter and first_attempt_outcome = 'delivered') as first_delivered,
        count(*) filter (where is_in_quarter and first_attempt_outcome in ('delivered', 'failed')) as first_tried,
        count(*) filter (where is_in_quarter and is_on_time) as on_time,
        cast(count(is_on_time) filter (where is_in_quarter) as bigint) as n_promised,
        count(*) filter (where is_in_quarter and has_exception) as troubled,
        count(*) filter (where is_in_quarter and status = 'return') as returned,
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
    transit_hours_p50,       -- median, delivered parcels only
    transit_hours_p90,       -- 90th percentile, delivered parcels only
    cast(first_delivered as double) / nullif(first_tried, 0) as first_attempt_rate, -- first attempt delivered / delivered or failed
    n_promised,              -- parcels whose promise can be judged
    cast(on_time as double) / nullif(n_promised, 0) as on_time_rate, -- promises kept / n_promised
    cast(troubled as double) / nullif(n, 0) as exception_rate, -- with an exception / n
    cast(returned as double) / nullif(n, 0) as return_rate, -- going or gone back / n
    cast(lost as double) / nullif(n, 0) as lost_rate -- declared lost or disposed / n
from summed
