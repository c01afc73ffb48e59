-- One row per courier, lane, pickup week and exception reason that occurred.
-- Answers what goes wrong how often, and whose it is.
-- Formula: parcels with the reason at least once / parcels picked up; parcels are counted, not events, and one parcel
-- may have several reasons, so do not add the rates.
with cohort as (
    select
        shipment_id,
        coalesce(courier, 'unknown') as courier,
        coalesce(lane, 'unknown') as lane,
        pickup_week, is_terminal, has_exception
    from fact_shipment
    where pickup_week is not null
),
size as (
    select
        courier, lane, pickup_week,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where has_exception) as bigint) as n_with_any_exception,
        cast(count(*) filter (where not is_terminal) as bigint) as n_open
    from cohort
    group by courier, lane, pickup_week
),
reason as (
    select
        cohort.courier, cohort.lane, cohort.pickup_week, e.status, e.substatus,
        cast(count(distinct e.shipment_id) as bigint) as n_with_exception
    from shipment_event as e
    inner join cohort on cohort.shipment_id = e.shipment_id
    where e.is_exception
    group by cohort.courier, cohort.lane, cohort.pickup_week, e.status, e.substatus
)
select
    reason.courier,            -- courier (see dim_courier), or unknown
    reason.lane,               -- origin and destination, or unknown
    reason.pickup_week,        -- Monday of the pickup's week in the business zone
    reason.status,             -- status of the reason
    reason.substatus,          -- the reason
    dim_status.responsible,    -- who owns it: carrier, shipper, recipient, customs or external
    size.n,                    -- parcels picked up
    reason.n_with_exception,   -- of which had this reason at least once
    cast(reason.n_with_exception as double) / size.n as exception_rate, -- n_with_exception / n
    size.n_with_any_exception, -- of which had any exception (the same on every row of the week)
    cast(size.n_open as double) / size.n as share_open -- parcels still under way, so that more may come / n
from reason
inner join size
    on size.courier = reason.courier and size.lane = reason.lane and size.pickup_week = reason.pickup_week
left join dim_status on dim_status.status = reason.status and dim_status.substatus = reason.substatus
