-- One row per courier, lane and stage.
-- Answers in which stage the time goes.
-- Formula: hours from entering a stage to the next status, closed stages only; n_open of them are still running and
-- not in the percentiles.
with summed as (
    select
        coalesce(fact_shipment.courier, 'unknown') as courier,
        coalesce(fact_shipment.lane, 'unknown') as lane,
        stage.status,
        cast(count(stage.dwell_hours) as bigint) as n,
        cast(count(*) filter (where stage.is_open) as bigint) as n_open,
        cast(count(*) filter (where stage.left_at is not null and stage.dwell_hours is null) as bigint) as n_excluded,
        percentile_cont(0.5) within group (order by stage.dwell_hours) as dwell_hours_p50,
        percentile_cont(0.9) within group (order by stage.dwell_hours) as dwell_hours_p90
    from fact_shipment_stage as stage
    inner join fact_shipment on fact_shipment.shipment_id = stage.shipment_id
    where stage.left_at is not null or stage.is_open
    group by coalesce(fact_shipment.courier, 'unknown'), coalesce(fact_shipment.lane, 'unknown'), stage.status
)
select
    courier,         -- courier (see dim_courier), or unknown
    lane,            -- origin and destination, or unknown
    status,          -- the stage
    n,               -- stages that parcels have left, at a known time of day
    n_open,          -- stages that parcels are in now (not in the percentiles)
    n_excluded,      -- stages left of which only the day is known
    cast(n_open as double) / nullif(n + n_open, 0) as share_open, -- n_open / (n + n_open)
    dwell_hours_p50, -- median hours
    dwell_hours_p90  -- 90th percentile of hours
from summed
