-- One row per courier, service, lane and pickup week.
-- Answers how long delivery takes when parcels still under way are counted too: use it for recent weeks.
-- Formula: Kaplan-Meier. A delivery is the event; an open parcel is watched until its last request; one that turned
-- back, was lost or cancelled until it did. Read the hour at which half (or a tenth) is left; null where the curve never
-- falls that far. The other endings are left out of the curve, not of the table: read share_other_end with it.
-- Deliveries known by their day alone are left out (n_excluded): where they are the slower ones the curve falls too
-- early, and transit_days in delivery_time_weekly, which has them, is the measure.
with span as (
    select
        coalesce(courier, 'unknown') as courier,
        coalesce(service, 'not given') as service,
        coalesce(lane, 'unknown') as lane,
        pickup_week,
        case
            when transit_hours is not null then transit_hours
            else secs_between(picked_up_at, coalesce(turned_back_at, ended_at, last_polled_at)) / 3600
        end as hours,
        case when transit_hours is not null then 1 else 0 end as is_delivery,
        case when is_terminal or turned_back_at is not null then 1 else 0 end as is_ended,
        case when transit_excluded in ('negative', 'over 120 days', 'date only') or pickup_precision = 'date' then 1 else 0 end as is_excluded
    from fact_shipment
    where pickup_week is not null
),
moment as (
    select
        courier, service, lane, pickup_week, hours,
        sum(is_delivery) as deliveries,
        count(*) as leaving
    from span
    where hours >= 0 and is_excluded = 0
    group by courier, service, lane, pickup_week, hours
),
risk as (
    select
        *,
        sum(leaving) over (
            partition by courier, service, lane, pickup_week order by hours desc rows between unbounded preceding and current row
        ) as at_risk
    from moment
),
curve as (
    select
        *,
        case
            when max(case when deliveries = at_risk then 1 else 0 end) over so_far = 1 then cast(0 as double)
            else exp(sum(case when deliveries = at_risk then cast(0 as double) else ln(1 - cast(deliveries as double) / at_risk) end) over so_far)
        end as still_open
    from risk
    window so_far as (
        partition by courier, service, lane, pickup_week order by hours asc rows between unbounded preceding and current row
    )
),
total as (
    select
        courier, service, lane, pickup_week,
        cast(count(*) as bigint) as n,
        cast(sum(case when hours >= 0 then is_excluded else 1 end) as bigint) as n_excluded,
        cast(count(*) filter (where is_delivery = 0 and is_excluded = 0 and hours >= 0) as bigint) as n_censored,
        cast(count(*) filter (where is_delivery = 0 and is_excluded = 0 and hours >= 0 and is_ended = 1) as bigint) as n_other_end
    from span
    group by courier, service, lane, pickup_week
),
crossing as (
    select
        courier, service, lane, pickup_week,
        min(hours) filter (where still_open <= 0.5 + 1e-9) as p50,
        min(hours) filter (where still_open <= 0.15 + 1e-9) as p85,
        min(hours) filter (where still_open <= 0.1 + 1e-9) as p90,
        min(hours) filter (where still_open <= 0.05 + 1e-9) as p95
    from curve
    group by courier, service, lane, pickup_week
)
select
    total.courier,                           -- courier (see dim_courier), or unknown
    total.service,                           -- service level, or not given
    total.lane,                              -- origin and destination, or unknown
    total.pickup_week,                       -- Monday of the pickup's week
    total.n,                                 -- parcels picked up
    total.n_excluded,                        -- left out: implausible or date-only clocks, or never answered
    total.n_censored,                        -- counted as under way until last seen or until they ended otherwise, not as delivered
    total.n_other_end,                       -- of which turned back, lost, disposed of or cancelled: deliveries that will not come
    cast(total.n_other_end as double) / total.n as share_other_end, -- n_other_end / n
    crossing.p50 as transit_hours_km_p50,    -- hours until half are delivered
    crossing.p85 as transit_hours_km_p85,    -- hours until 85 % are delivered
    crossing.p90 as transit_hours_km_p90,    -- hours until 90 % are delivered
    crossing.p95 as transit_hours_km_p95     -- hours until 95 % are delivered
from total
left join crossing
    on crossing.courier = total.courier and crossing.service = total.service
    and crossing.lane = total.lane and crossing.pickup_week = total.pickup_week
