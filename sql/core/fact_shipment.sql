-- One row per parcel: account and tracking number, or account and order where no number is known yet.
-- Answers where each parcel is, what happened to it and how long it took, as of our last request for it.
-- Formulas: the current state is that of the last event that bears one; endings stick until a later scan of the
-- parcel itself; after a return event a delivery is the sender's. Unknown is null, never zero.
with attempt as (
    select
        shipment_id,
        cast(count(*) as bigint) as attempts,
        cast(count(*) filter (where outcome = 'failed') as bigint) as failed_attempts,
        min(started_at) as first_attempt_at,
        min(started_at_local) as first_attempt_local,
        max(case when attempt = 1 then outcome end) as first_outcome
    from shipment_attempt
    group by shipment_id
),
trouble as (
    select shipment_id, cast(count(*) as bigint) as exception_episodes from fact_exception group by shipment_id
),
span as (
    select
        shipment_id,
        coalesce(pickup_scan_at, first_physical_scan_at) as picked_up_at,
        secs_between(coalesce(pickup_scan_at, first_physical_scan_at), last_delivered_at) / 3600 as hours,
        coalesce(pickup_precision = 'date', false) or coalesce(delivered_precision = 'date', false) as is_date_only
    from shipment_milestone
),
known as (
    select
        parcel.*,
        coalesce(parcel.answered_courier, m.event_courier, parcel.ordered_courier) as courier,
        origin.country as origin_iso2,
        destination.country as destination_iso2,
        coalesce(m.status, 'unknown') as status,
        coalesce(m.substatus, 'unclassified') as substatus,
        coalesce(dim_status.is_terminal, false) or coalesce(m.status = 'return', false) as is_settled,
        as_of.first_poll_at,
        business_date(case when dim_status.is_terminal then as_of.as_of else parcel.last_polled_at end) as known_until
    from parcel
    cross join as_of
    left join shipment_milestone as m on m.shipment_id = parcel.shipment_id
    left join dim_status on dim_status.status = m.status and dim_status.substatus = m.substatus
    left join reference.country as origin on origin.alias = upper(trim(parcel.export_country))
    left join reference.country as destination on destination.alias = upper(trim(parcel.destination_country))
)
select
    known.shipment_id,                        -- md5 of account and tracking number (or order id)
    known.account,                            -- merchant account
    known.order_id,                           -- merchant's order; null where only the tracking number is known
    known.tracking_number,                    -- in capitals; null until somebody names one
    known.courier,                            -- courier (see dim_courier): as answered, else as the merchant wrote it; null where neither is known
    known.service,                            -- service level as the merchant wrote it
    known.origin_iso2 as origin_country,      -- ISO 3166 two-letter code; null where unknown
    known.destination_iso2 as destination_country, -- ISO 3166 two-letter code; null where unknown
    known.origin_iso2 || '-' || known.destination_iso2 as lane, -- origin and destination, HK-CN; null where either is unknown
    known.status,                             -- current status; unknown where no event tells one
    known.substatus,                          -- current substatus; unclassified where no event tells one
    m.status_since,                           -- when the current status began (UTC)
    coalesce(dim_status.is_terminal, false) as is_terminal, -- the parcel's story has ended
    m.state_event_id,                         -- event that brought the current state
    said.status as order_status_status,       -- the API's order status in our words: a second opinion, never mixed in
    said.substatus as order_status_substatus, -- its substatus
    known.order_status,                       -- the API's order status text
    span.picked_up_at,                        -- first pickup scan, else first physical scan (UTC)
    case
        when m.pickup_scan_at is not null then 'scan'
        when m.first_physical_scan_at is not null then 'first_physical_scan'
        when said.status not in ('pending', 'cancelled', 'info', 'unknown') then 'order_status'
        else 'none'
    end as pickup_source,                     -- how the pickup is known: scan, first_physical_scan, order_status (no time) or none
    business_week(span.picked_up_at) as pickup_week, -- Monday of the pickup's week in the business zone: the cohort
    m.first_out_for_delivery_at,              -- first van on the road to the recipient (UTC)
    coalesce(attempt.attempts, 0) as attempts, -- delivery attempts seen
    coalesce(attempt.failed_attempts, 0) as failed_attempts, -- of which failed
    case
        when attempt.first_attempt_at <= coalesce(m.first_delivered_at, attempt.first_attempt_at) then attempt.first_outcome
        when m.available_at < m.first_delivered_at or (m.available_at is not null and m.first_delivered_at is null)
            then 'available_for_pickup'
        when m.first_delivered_at is not null then 'delivered'
    end as first_attempt_outcome,             -- delivered, failed, available_for_pickup or none yet; null before any attempt
    m.available_at,                           -- first at a locker or pickup point (UTC)
    m.pickup_point_kind,                      -- locker or pickup_point
    m.pickup_point_location,                  -- where, as the courier wrote it
    case
        when m.last_delivered_at >= m.last_available_at and coalesce(m.last_out_for_delivery_at < m.last_available_at, true)
            then m.last_delivered_at
    end as collected_at,                      -- fetched from the locker or pickup point (UTC)
    m.first_delivered_at,                     -- first delivery to the recipient (UTC)
    m.last_delivered_at,                      -- last delivery to the recipient (UTC)
    m.delivered_substatus,                    -- who took the last delivery: recipient, safe_place, third_party, collected
    m.returned_at,                            -- back with the sender (UTC)
    coalesce(m.is_reopened, false) as is_reopened, -- an ending was undone by a later scan
    coalesce(m.has_exception, false) as has_exception, -- at least one exception event
    coalesce(m.exception_event_count, 0) as exception_event_count, -- exception events
    coalesce(trouble.exception_episodes, 0) as exception_episodes, -- exception episodes (see fact_exception)
    coalesce(m.has_customs, false) as has_customs, -- at least one customs event
    m.first_event_at,                         -- first event (UTC)
    m.last_event_at,                          -- last event (UTC)
    m.last_movement_at,                       -- last new pair of substatus and place: daily repeats do not count (UTC)
    coalesce(m.event_count, 0) as event_count, -- events
    coalesce(m.unknown_event_count, 0) as unknown_event_count, -- events that no rule knows
    coalesce(m.excluded_event_count, 0) as excluded_event_count, -- events left out of all times for their clock
    known.last_polled_at,                     -- last request that got an answer (UTC): what we know is as of then
    coalesce(m.first_status not in ('pending', 'picked_up') and m.first_event_at < known.first_poll_at, false) as left_truncated, -- already under way when polling began, its beginning unseen
    known.is_in_source,                       -- the merchant's table knows it; otherwise only an answer named it
    known.ordered_at,                         -- when the customer ordered (UTC)
    known.promised_at,                        -- promised instant (UTC)
    known.promised_on,                        -- promised day
    case
        when known.promised_on is null or known.status = 'cancelled' then null
        when least(attempt.first_attempt_local, m.available_local, m.first_delivered_local) is not null
            then cast(least(attempt.first_attempt_local, m.available_local, m.first_delivered_local) as date) <= known.promised_on
        when known.known_until > known.promised_on then false
    end as is_on_time,                        -- first attempt, deposit or delivery on or before the promised day there; late once the day is past without one; null without promise, before the day, or cancelled
    case
        when known.promised_on is null or known.status = 'cancelled' then null
        when m.first_delivered_local is not null then cast(m.first_delivered_local as date) <= known.promised_on
        when known.known_until > known.promised_on then false
    end as is_delivered_on_time,              -- the same for the first delivery alone
    case
        when known.is_settled and not span.is_date_only and span.hours >= 0 and span.hours <= 120 * 24 then span.hours
    end as transit_hours,                     -- picked_up_at until last_delivered_at; null unless delivered and plausible (see transit_excluded)
    case
        when span.hours is null then null
        when not known.is_settled then 'reopened'
        when span.hours < 0 then 'negative'
        when span.hours > 120 * 24 then 'over 120 days'
        when span.is_date_only then 'date only'
    end as transit_excluded,                  -- why a delivery gives no transit_hours: reopened (under way again), negative, over 120 days, date only
    days_between(cast(m.pickup_local as date), cast(m.last_delivered_local as date)) as transit_days, -- the same in local calendar days
    case
        when known.is_settled and secs_between(known.ordered_at, m.last_delivered_at) >= 0 then secs_between(known.ordered_at, m.last_delivered_at) / 3600
    end as order_to_delivery_hours,           -- ordered_at until last_delivered_at; null when negative
    case
        when secs_between(known.ordered_at, span.picked_up_at) >= 0 then secs_between(known.ordered_at, span.picked_up_at) / 3600
    end as handling_hours                     -- ordered_at until picked_up_at; null when negative
from known
left join shipment_milestone as m on m.shipment_id = known.shipment_id
left join span on span.shipment_id = known.shipment_id
left join attempt on attempt.shipment_id = known.shipment_id
left join trouble on trouble.shipment_id = known.shipment_id
left join dim_status on dim_status.status = known.status and dim_status.substatus = known.substatus
left join dim_order_status as said on said.order_status = known.order_status
