-- One row per parcel: account and tracking number, or account and order where no number is known yet.
-- Answers where each parcel is, what happened to it and how long it took, as of our last request for it.
-- Formulas: the current state is that of the last event that bears one; endings stick until a later scan of the
-- parcel itself; after a return event a delivery is the sender's. Unknown is null, never zero.
with attempt as (
    select
        shipment_id,
        cast(count(*) as bigint) as attempts,
        cast(count(*) filter (where outcome = 'failed') as bigint) as failed_attempts,
        min(first_step) as first_step,
        coalesce(min_by(outcome, attempt) filter (where outcome <> 'none yet'), 'none yet') as first_outcome
    from shipment_attempt
    group by shipment_id
),
trouble as (
    select shipment_id, cast(count(*) as bigint) as exception_episodes from fact_exception group by shipment_id
),
known as (
    select
        parcel.*,
        coalesce(parcel.answered_courier, s.event_courier, parcel.ordered_courier) as courier,
        origin.country as origin_iso2,
        destination.country as destination_iso2,
        coalesce(s.status, 'unknown') as status,
        coalesce(s.substatus, 'unclassified') as substatus
    from parcel
    left join shipment_state as s on s.shipment_id = parcel.shipment_id
    left join reference.country as origin on origin.alias = upper(trim(parcel.export_country))
    left join reference.country as destination on destination.alias = upper(trim(parcel.destination_country))
)
select
    known.shipment_id,                        -- md5 of account and tracking number (or order id)
    known.account,                            -- merchant account
    known.order_id,                           -- merchant's order; null where only the tracking number is known
    known.tracking_number,                    -- in capitals; null until somebody names one
    s.next_tracking_number,                   -- waybill under which it goes on, mostly back to the sender, as the courier's text names it
    known.courier,                            -- courier (see dim_courier): as answered, else as the merchant wrote it; null where neither is known
    known.service,                            -- service level as the merchant wrote it
    known.origin_iso2 as origin_country,      -- ISO 3166 two-letter code; null where unknown
    known.destination_iso2 as destination_country, -- ISO 3166 two-letter code; null where unknown
    known.origin_iso2 || '-' || known.destination_iso2 as lane, -- origin and destination, HK-CN; null where either is unknown
    known.status,                             -- current status; unknown where no event tells one
    known.substatus,                          -- current substatus; unclassified where no event tells one
    s.status_since,                           -- when the current status began (UTC)
    coalesce(dim_status.is_terminal, false) as is_terminal, -- the parcel's story has ended
    s.state_event_id,                         -- event that brought the current state
    said.status as order_status_status,       -- the API's order status in our words: a second opinion, never mixed in
    said.substatus as order_status_substatus, -- its substatus
    known.order_status,                       -- the API's order status text
    coalesce(said.status = 'cancelled', false) and m.first_physical_scan_at is null and not coalesce(dim_status.is_terminal, false) as is_called_off, -- cancelled by the order status, and no scan says otherwise: nobody waits for it
    duration.picked_up_at,                    -- first pickup scan, else first physical scan (UTC)
    case
        when m.pickup_scan_at is not null then 'scan'
        when m.first_physical_scan_at is not null then 'first_physical_scan'
        when said.status not in ('pending', 'cancelled', 'info', 'unknown') then 'order_status'
        else 'none'
    end as pickup_source,                     -- how the pickup is known: scan, first_physical_scan, order_status (no time) or none
    m.pickup_precision,                       -- second, minute or date: a pickup known by its day alone gives no hours
    case
        when m.pickup_precision = 'date' then cast(date_trunc('week', cast(m.pickup_local as date)) as date)
        else business_week(duration.picked_up_at)
    end as pickup_week,                       -- Monday of the pickup's week in the business zone, of the day there where only that is known: the cohort
    m.label_created_at,                       -- first word of the parcel before anybody had it (UTC)
    m.first_physical_scan_at as first_scan_at, -- first scan of the parcel itself (UTC)
    m.departed_origin_at,                     -- first scan that it left a facility, or went to the airline or ship (UTC)
    m.arrived_destination_at,                 -- first scan in the destination country; else last arrival before the first van, deposit or delivery (UTC)
    m.customs_started_at,                     -- first customs event (UTC)
    m.customs_cleared_at,                     -- last customs release (UTC); null while customs have the parcel (again)
    m.first_out_for_delivery_at,              -- first van on the road to the recipient (UTC)
    coalesce(attempt.attempts, 0) as attempts, -- delivery attempts seen
    coalesce(attempt.failed_attempts, 0) as failed_attempts, -- of which failed
    m.first_attempt_at,                       -- first failure, deposit or delivery: the courier was there (UTC)
    case
        when attempt.first_step <= coalesce(m.first_delivered_step, attempt.first_step) then attempt.first_outcome
        when m.available_step <= coalesce(m.first_delivered_step, m.available_step) then 'available_for_pickup'
        when m.first_delivered_step is not null then 'delivered'
    end as first_attempt_outcome,             -- delivered, failed, available_for_pickup or none yet: of the first attempt that left an outcome; null before any attempt
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
    m.turned_back_at,                         -- first return event (UTC)
    m.returned_at,                            -- back with the sender (UTC)
    case when dim_status.is_terminal then s.state_event_at end as ended_at, -- when the parcel's story ended (UTC); null while it goes on
    coalesce(s.is_reopened, false) as is_reopened, -- an ending was undone by a later scan
    coalesce(s.exception_event_count > 0, false) as has_exception, -- at least one exception event
    coalesce(s.exception_event_count, 0) as exception_event_count, -- exception events
    coalesce(trouble.exception_episodes, 0) as exception_episodes, -- exception episodes (see fact_exception)
    coalesce(s.has_customs, false) as has_customs, -- at least one customs event
    s.first_event_at,                         -- first event (UTC)
    s.last_event_at,                          -- last event (UTC)
    s.last_movement_at,                       -- last new pair of substatus and place: daily repeats do not count (UTC)
    coalesce(s.event_count, 0) as event_count, -- events
    coalesce(s.unknown_event_count, 0) as unknown_event_count, -- events that no rule knows
    coalesce(s.excluded_event_count, 0) as excluded_event_count, -- events left out of all times for their clock, or rewritten since
    known.last_polled_at,                     -- last request that got an answer (UTC): what we know is as of then
    coalesce(s.first_status not in ('pending', 'picked_up') and s.first_event_at < known.polling_began_at, false) as left_truncated, -- already under way at our first answered request for it, its beginning unseen
    known.is_in_source,                       -- the merchant's table knows it; otherwise only an answer named it
    known.ordered_at,                         -- when the customer ordered (UTC)
    known.promised_at,                        -- promised instant, as the merchant's table has it now (UTC)
    known.promised_on,                        -- its day
    known.original_promised_at,               -- the instant promised first (UTC)
    known.original_promised_on,               -- its day: what on-time is measured against
    promise.promise_excluded,                 -- why the promise is not judged: no promise, cancelled, promised afterwards, not due yet
    promise.is_on_time,                       -- first attempt, deposit or delivery on or before the day promised first, there; late once the day is past without one; null where not judged
    promise.is_delivered_on_time,             -- the same for the first delivery alone
    duration.transit_hours,                   -- picked_up_at until last_delivered_at; null unless delivered and plausible (see transit_excluded)
    duration.transit_excluded,                -- why a delivery gives no transit_hours: reopened (under way again), negative, over 120 days, date only
    duration.transit_to_available_hours,      -- picked_up_at until first at a locker or pickup point or first delivered: transit without the recipient's own waiting
    duration.transit_days,                    -- transit in calendar days by the date at each place; known for couriers that give the date alone, too
    duration.order_to_delivery_hours,         -- ordered_at until last_delivered_at; null when negative, and where only its day is known
    duration.handling_hours                   -- ordered_at until picked_up_at; null when negative, and where only its day is known
from known
left join shipment_state as s on s.shipment_id = known.shipment_id
left join shipment_milestone as m on m.shipment_id = known.shipment_id
left join shipment_promise as promise on promise.shipment_id = known.shipment_id
left join shipment_duration as duration on duration.shipment_id = known.shipment_id
left join attempt on attempt.shipment_id = known.shipment_id
left join trouble on trouble.shipment_id = known.shipment_id
left join dim_status on dim_status.status = known.status and dim_status.substatus = known.substatus
left join dim_order_status as said on said.order_status = known.order_status
