-- One row per courier, service, lane and pickup week.
-- Answers how long delivery took, for everything picked up in a week.
-- Formula: exact percentiles of transit_hours over delivered parcels; they look too good while share_open is high, so
-- trust weeks with is_mature and read the Kaplan-Meier columns for the rest. With n_timed below 10 read the share
-- within N days instead (delivery_time_distribution). Never average percentiles across rows.
with cohort as (
    select
        coalesce(f.courier, 'unknown') as courier,
        coalesce(f.service, 'not given') as service,
        coalesce(f.lane, 'unknown') as lane,
        f.pickup_week, f.status, f.is_terminal, f.pickup_source, f.transit_hours, f.transit_excluded,
        f.transit_to_available_hours, f.order_to_delivery_hours,
        cast(f.transit_days as double) as transit_days,
        cast(days.transit_business_days as double) as transit_business_days
    from fact_shipment as f
    left join shipment_business_days as days on days.shipment_id = f.shipment_id
    where f.pickup_week is not null
),
summed as (
    select
        courier, service, lane, pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where status = 'delivered') as bigint) as n_delivered,
        cast(count(*) filter (where is_terminal and status <> 'delivered') as bigint) as n_other_end,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open,
        cast(count(transit_hours) as bigint) as n_timed,
        cast(count(transit_excluded) as bigint) as n_excluded,
        cast(count(*) filter (where pickup_source = 'first_physical_scan') as bigint) as n_without_pickup_scan,
        -- Of whole seconds: a sum of fractions would depend on the order of the rows.
        cast(sum(cast(round(transit_hours * 3600) as bigint)) as double) / nullif(count(transit_hours), 0) / 3600
            as transit_hours_mean,
        percentile_cont(0.5) within group (order by transit_hours) as transit_hours_p50,
        percentile_cont(0.85) within group (order by transit_hours) as transit_hours_p85,
        percentile_cont(0.9) within group (order by transit_hours) as transit_hours_p90,
        percentile_cont(0.95) within group (order by transit_hours) as transit_hours_p95,
        percentile_cont(0.5) within group (order by transit_to_available_hours) as transit_to_available_hours_p50,
        cast(count(transit_days) as bigint) as n_dated,
        percentile_cont(0.5) within group (order by transit_days) as transit_days_p50,
        percentile_cont(0.9) within group (order by transit_days) as transit_days_p90,
        cast(count(transit_business_days) as bigint) as n_business_dated,
        percentile_cont(0.5) within group (order by transit_business_days) as transit_business_days_p50,
        percentile_cont(0.9) within group (order by transit_business_days) as transit_business_days_p90,
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
    summed.n_timed,               -- deliveries behind the percentiles of transit_hours
    summed.n_excluded,            -- deliveries whose time is unusable: negative, over 120 days, date only, reopened
    summed.n_without_pickup_scan, -- timed from the first physical scan, so a little too short
    cast(summed.n_open as double) / summed.n as share_open, -- n_open / n
    cast(summed.n_open as double) / summed.n <= 0.05 or cohort_age.is_aged as is_mature, -- at least 95 % have ended, or the week is older than the lane's P95 (see pickup_cohort): its percentiles are final enough
    summed.transit_hours_p50,     -- median, delivered parcels only
    summed.transit_hours_p85,     -- 85th percentile, delivered parcels only
    summed.transit_hours_p90,     -- 90th percentile, delivered parcels only
    summed.transit_hours_p95,     -- 95th percentile, delivered parcels only
    summed.transit_hours_mean,    -- mean of delivered parcels only: too low while parcels are open (survivorship); do not compare recent weeks by it
    survival.transit_hours_km_p50, -- Kaplan-Meier median, open parcels counted: fair for recent weeks
    survival.transit_hours_km_p90, -- Kaplan-Meier 90th percentile; null while fewer than 90 % can be read off
    summed.transit_to_available_hours_p50, -- median until at a locker or pickup point, else delivered
    summed.n_dated,               -- deliveries behind the percentiles of days: couriers that give the date alone are in
    summed.transit_days_p50,      -- median in calendar days by the date at each place, delivered parcels only
    summed.transit_days_p90,      -- 90th percentile in calendar days
    summed.n_business_dated,      -- of n_dated, those whose destination's holidays are known for the days
    summed.transit_business_days_p50, -- median in business days of the destination (see shipment_business_days), delivered parcels only
    summed.transit_business_days_p90, -- 90th percentile in business days
    summed.order_to_delivery_hours_p50 -- median from order to delivery, delivered parcels with a known order time only
from summed
inner join pickup_cohort as cohort_age
    on cohort_age.courier = summed.courier and cohort_age.lane = summed.lane and cohort_age.pickup_week = summed.pickup_week
left join delivery_time_survival as survival
    on survival.courier = summed.courier and survival.service = summed.service
    and survival.lane = summed.lane and survival.pickup_week = summed.pickup_week
