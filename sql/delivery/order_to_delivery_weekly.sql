-- One row per account, lane and week of the order.
-- Answers how long customers wait from the click to the door, and how much of it is ours: handling ends with the
-- pickup, the rest is the courier's.
-- Formula: order until the last parcel is delivered, completed orders only; they look too good until is_mature. The
-- medians of the parts do not add up to the median of the whole. Orders without an order time are in the rows without
-- a week.
with ordered as (
    select
        *,
        coalesce(lane, 'unknown') as lane_name,
        business_week(ordered_at) as order_week,
        completed_at is null and open_parcels > 0 as is_open
    from fact_order
),
summed as (
    select
        account, lane_name, order_week,
        cast(count(*) as bigint) as n,
        cast(count(completed_at) as bigint) as n_completed,
        cast(count(*) filter (where is_open) as bigint) as n_open,
        cast(count(*) filter (where completed_at is null and not is_open) as bigint) as n_other_end,
        cast(count(*) filter (where completed_at is not null and order_to_delivery_hours is null) as bigint) as n_excluded,
        percentile_cont(0.5) within group (order by order_to_delivery_hours) as order_to_delivery_hours_p50,
        percentile_cont(0.9) within group (order by order_to_delivery_hours) as order_to_delivery_hours_p90,
        cast(count(handling_hours) as bigint) as n_handled,
        percentile_cont(0.5) within group (order by handling_hours) as handling_hours_p50,
        percentile_cont(0.9) within group (order by handling_hours) as handling_hours_p90,
        percentile_cont(0.5) within group (order by handling_hours_to_last) as handling_hours_to_last_p50,
        percentile_cont(0.5) within group (order by cast(handling_business_days as double)) as handling_business_days_p50,
        percentile_cont(0.5) within group (order by transit_hours) as under_way_hours_p50
    from ordered
    group by account, lane_name, order_week
)
select
    account,                     -- merchant account
    lane_name as lane,           -- lane of the order's parcels, mixed where they differ, or unknown
    order_week,                  -- Monday of the order's week in the business zone; null where the order time is not known
    n,                           -- orders
    n_completed,                 -- of which every parcel is delivered
    n_open,                      -- of which a parcel is still under way
    n_other_end,                 -- of which ended otherwise: cancelled, returned, lost
    n_excluded,                  -- completed, but without an order time before the delivery, or with only the day of a delivery known
    cast(n_open as double) / n as share_open, -- n_open / n
    cast(n_open as double) / n <= 0.05 as is_mature, -- at least 95 % have ended
    order_to_delivery_hours_p50, -- median hours from order to last delivery, completed orders only
    order_to_delivery_hours_p90, -- 90th percentile
    n_handled,                   -- orders whose handling time is known
    handling_hours_p50,          -- median hours from order to first pickup
    handling_hours_p90,          -- 90th percentile
    handling_hours_to_last_p50,  -- median hours from order until every parcel is picked up
    handling_business_days_p50,  -- median business days from order to first pickup, at the origin
    under_way_hours_p50          -- median hours from first pickup to last delivery, completed orders only
from summed
