-- One row per courier and week in which parcels were ready.
-- Answers how long parcels wait for the courier to collect them.
-- Formula: pickup - ready. Ready is the first awaiting_pickup event, else the first label_created, which many senders
-- make early: n_ready_by_label. Parcels handed in at a counter wait for nobody and are excluded; parcels not yet
-- collected are open and not in the percentiles.
with ready as (
    select
        shipment_id,
        coalesce(
            min(case when substatus = 'awaiting_pickup' then event_at end),
            min(case when substatus = 'label_created' then event_at end)
        ) as ready_at,
        cast(coalesce(
            min(case when substatus = 'awaiting_pickup' then event_at_local end),
            min(case when substatus = 'label_created' then event_at_local end)
        ) as date) as ready_on,
        max(case when substatus = 'awaiting_pickup' then 1 else 0 end) = 0 as is_by_label,
        max(case when substatus = 'dropped_off' then 1 else 0 end) = 1 as is_dropped_off,
        max(case when time_precision = 'date' then 1 else 0 end) = 1 as is_date_only,
        max(case when substatus = 'pickup_failed' then 1 else 0 end) = 1 as has_failed_pickup
    from shipment_event
    where step is not null and (status = 'pending' or is_pickup)
    group by shipment_id
),
waited as (
    select
        coalesce(f.courier, 'unknown') as courier,
        business_week(ready.ready_at) as ready_week,
        ready.is_by_label, ready.has_failed_pickup,
        f.picked_up_at is null and not f.is_terminal and not f.is_called_off as is_open,
        secs_between(ready.ready_at, as_of.as_of) / 3600 as hours_so_far,
        case
            when not ready.is_dropped_off and not ready.is_date_only and secs_between(ready.ready_at, f.picked_up_at) >= 0
                then secs_between(ready.ready_at, f.picked_up_at) / 3600
        end as hours,
        case
            when not ready.is_dropped_off and days.picked_up_on >= ready.ready_on
                then cast(handed.business_day_number - made_ready.business_day_number as double)
        end as business_days
    from ready
    inner join fact_shipment as f on f.shipment_id = ready.shipment_id
    cross join as_of
    left join shipment_business_days as days on days.shipment_id = f.shipment_id
    left join business_day as made_ready on made_ready.country = f.origin_country and made_ready.date_day = ready.ready_on
    left join business_day as handed on handed.country = f.origin_country and handed.date_day = days.picked_up_on
    where ready.ready_at is not null
)
select
    courier,                                                           -- courier (see dim_courier), or unknown
    ready_week,                                                        -- Monday of the week in the business zone
    cast(count(*) as bigint) as n,                                     -- parcels that were ready
    cast(count(hours) as bigint) as n_picked_up,                       -- of which collected, with a usable time
    cast(count(*) filter (where is_open) as bigint) as n_open,         -- of which still waiting
    cast(count(*) filter (where hours is null and not is_open) as bigint) as n_excluded, -- dropped off, cancelled before pickup, date-only, or picked up before ready
    cast(count(*) filter (where is_by_label) as bigint) as n_ready_by_label, -- ready by the label alone
    cast(count(*) filter (where has_failed_pickup) as bigint) as n_failed_pickup, -- at least one pickup failed
    cast(count(*) filter (where is_open) as double) / count(*) as share_open, -- n_open / n
    percentile_cont(0.5) within group (order by hours) as pickup_delay_hours_p50, -- median hours from ready to pickup
    percentile_cont(0.9) within group (order by hours) as pickup_delay_hours_p90, -- 90th percentile
    cast(count(business_days) as bigint) as n_dated,                   -- parcels behind the business days: couriers that give the date alone are in
    percentile_cont(0.5) within group (order by business_days) as pickup_delay_business_days_p50, -- median in business days of the origin, weekends and holidays left out
    percentile_cont(0.9) within group (order by business_days) as pickup_delay_business_days_p90, -- 90th percentile in business days
    max(case when is_open then hours_so_far end) as oldest_open_hours  -- longest wait so far of those still waiting
from waited
group by courier, ready_week
