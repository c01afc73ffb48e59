-- One row per courier, service, lane and pickup week.
-- Answers how long delivery took, for everything picked up in a week.
-- Formula: exact percentiles of transit_hours over delivered parcels; they look too good while share_open is high, so
-- trust weeks with is_mature and read the Kaplan-Meier columns for the rest. Never average percentiles across rows.
with cohort as (
    select
        coalesce(courier, 'unknown') as courier,
        coalesce(service, 'not given') as service,
        coalesce(lane, 'unknown') as lane,
        pickup_week, status, is_terminal, pickup_source, transit_hours, transit_excluded, order_to_delivery_hours
    from fact_shipment
    where pickup_week is not null
),
summed as (
    select
        courier, service, lane, pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where status = 'delivered') as bigint) as n_delivered,
        cast(count(*) filter (where is_terminal and status <> 'delivered') as bigint) as n_other_end,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open,
        cast(count(transit_excluded) as bigint) as n_excluded,
        cast(count(*) filter (where pickup_source = 'first_physical_scan') as bigint) as n_without_pickup_scan,
        avg(transit_hours) as transit_hours_mean,
        percentile_cont(0.5) within group (order by transit_hours) as transit_hours_p50,
        percentile_cont(0.85) within group (order by transit_hours) as transit_hours_p85,
        percentile_cont(0.9) within group (order by transit_hours) as transit_hours_p90,
        percentile_cont(0.95) within group (order by transit_hours) as transit_hours_p95,
        percentile_cont(0.5) within group (order by order_to_delivery_hours) as order_to_delivery_hours_p50
    from cohort
    group by courier, service, lane, pickup_week
)
select
    summed.courier,               -- courier (see dim_courier), or unknown
    summed.service,               -- service level as the merchant wrote it, or not given
    summed.lane,                  -- origin and destination, or unknown
    summed.pickup_week,           -- Monday of the pickup's week in the business zone
    summed.n,                     -- parcels picked up
    summed.n_delivered,           -- of which delivered by now
    summed.n_other_end,           -- of which returned, lost, disposed or cancelled
    summed.n_open,                -- of which still under way
    summed.n_excluded,            -- deliveries whose time is unusable: negative, over 120 days, date only, reopened
    summed.n_without_pickup_scan, -- timed from the first physical scan, so a little too short
    cast(summed.n_open as double) / summed.n as share_open, -- n_open / n
    cast(summed.n_open as double) / summed.n <= 0.05 as is_mature, -- at least 95 % have ended: percentiles of the week are final enough
    summed.transit_hours_p50,     -- median, delivered parcels only
    summed.transit_hours_p85,     -- 85th percentile, delivered parcels only
    summed.transit_hours_p90,     -- 90th percentile, delivered parcels only
    summed.transit_hours_p95,     -- 95th percentile, delivered parcels only
    summed.transit_hours_mean,    -- mean of delivered parcels only: too low while parcels are open (survivorship); do not compare recent weeks by it
    survival.transit_hours_km_p50, -- Kaplan-Meier median, open parcels counted: fair for recent weeks
    survival.transit_hours_km_p90, -- Kaplan-Meier 90th percentile; null while fewer than 90 % can be read off
    summed.order_to_delivery_hours_p50 -- median from order to delivery, delivered parcels with a known order time only
from summed
left join delivery_time_survival as survival
    on survival.courier = summed.courier and survival.service = summed.service
    and survival.lane = summed.lane and survival.pickup_week = summed.pickup_week
