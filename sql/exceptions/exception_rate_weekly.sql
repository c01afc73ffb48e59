-- One row per courier, lane, pickup week and exception reason that occurred.
-- Answers what goes wrong how often, and whose it is.
-- Formula: parcels with the reason at least once / parcels with a scan that were picked up in the week; parcels are
-- counted, not events, and one parcel may have several reasons, so do not add the rates: n_first_reason and
-- n_last_reason do add up. Parcels whose pickup is not known are in the rows without a week.
with cohort as (
    select
        shipment_id,
        coalesce(courier, 'unknown') as courier,
        coalesce(lane, 'unknown') as lane,
        pickup_week, is_terminal, has_exception,
        event_count > 0 as is_scanned
    from fact_shipment
),
size as (
    select
        courier, lane, pickup_week,
        cast(count(*) filter (where is_scanned) as bigint) as n,
        cast(count(*) filter (where not is_scanned) as bigint) as n_excluded,
        cast(count(*) filter (where has_exception) as bigint) as n_with_any_exception,
        cast(count(*) filter (where is_scanned and not is_terminal) as bigint) as n_open
    from cohort
    group by courier, lane, pickup_week
),
trouble as (
    select shipment_id, status, substatus, min(step) as first_step, max(step) as last_step
    from shipment_event
    where is_exception
    group by shipment_id, status, substatus
),
ranked as (
    select
        *,
        row_number() over (partition by shipment_id order by first_step asc nulls last, status asc, substatus asc) as place,
        row_number() over (partition by shipment_id order by last_step desc nulls last, status desc, substatus desc) as place_from_last
    from trouble
),
reason as (
    select
        cohort.courier, cohort.lane, cohort.pickup_week, ranked.status, ranked.substatus,
        cast(count(*) as bigint) as n_with_exception,
        cast(count(*) filter (where ranked.place = 1) as bigint) as n_first_reason,
        cast(count(*) filter (where ranked.place_from_last = 1) as bigint) as n_last_reason
    from ranked
    inner join cohort on cohort.shipment_id = ranked.shipment_id
    group by cohort.courier, cohort.lane, cohort.pickup_week, ranked.status, ranked.substatus
)
select
    reason.courier,            -- courier (see dim_courier), or unknown
    reason.lane,               -- origin and destination, or unknown
    reason.pickup_week,        -- Monday of the pickup's week in the business zone; null where no pickup is known
    reason.status,             -- status of the reason
    reason.substatus,          -- the reason
    dim_status.responsible,    -- who owns it: carrier, shipper, recipient, customs or external
    size.n,                    -- parcels with at least one event
    size.n_excluded,           -- parcels without any event: only where no pickup is known
    reason.n_with_exception,   -- of which had this reason at least once
    reason.n_first_reason,     -- of which it was the first trouble
    reason.n_last_reason,      -- of which it was the latest trouble
    cast(reason.n_with_exception as double) / size.n as exception_rate, -- n_with_exception / n
    size.n_with_any_exception, -- parcels of the week with any exception (the same on every row of the week)
    cast(size.n_open as double) / size.n as share_open, -- parcels still under way, so that more may come / n
    coalesce(pickup_cohort.is_mature, false) as is_mature -- the week is old enough (see pickup_cohort)
from reason
inner join size
    on size.courier = reason.courier and size.lane = reason.lane
    and size.pickup_week is not distinct from reason.pickup_week
left join pickup_cohort
    on pickup_cohort.courier = reason.courier and pickup_cohort.lane = reason.lane
    and pickup_cohort.pickup_week = reason.pickup_week
left join dim_status on dim_status.status = reason.status and dim_status.substatus = reason.substatus
