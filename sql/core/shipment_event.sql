-- One row per event of a parcel, put in its place in the parcel's history.
-- Answers what state an event brought about, and why a row was left out of the history.
-- Order: event time, then an ending after what shares its second, then the courier's own list order. A date-only
-- ending counts as the end of that day. A label made once somebody has the parcel is paperwork and sets no state.
with event as (
    select
        order_parcel.shipment_id,
        e.event_id, e.courier, e.event_at, e.event_at_local, e.time_precision, e.status, e.substatus, e.sequence, e.location,
        e.time_zone, e.time_zone_source, e.first_seen_at,
        coalesce(nullif(trim(e.location), ''), replace_all(e.message, '[0-9]+', '#'), '') as place,
        case when e.time_precision = 'date' and dim_status.is_terminal then end_of_day(e.event_at) else e.event_at end as sort_at,
        case when e.status = 'return' or e.substatus in ('redirected', 'handed_to_partner') then nullif(nullif(
            regexp_extract(upper(e.message), '(SF[0-9]{12,15}|[A-Z]{2}[0-9]{9}[A-Z]{2})', 1), ''), order_parcel.tracking_number)
        end as next_tracking_number,
        suspect_event.reason as left_out,
        coalesce(dim_status.is_terminal, false) as is_terminal,
        coalesce(dim_status.is_exception, false) as is_exception,
        coalesce(dim_status.is_physical, false) as is_physical,
        coalesce(dim_status.is_state_bearing, false) as is_state_bearing
    from fact_tracking_event as e
    inner join order_parcel
        on order_parcel.account = e.account
        and order_parcel.order_id is not distinct from e.order_id
        and order_parcel.tracking_number is not distinct from upper(e.tracking_number)
    left join dim_status on dim_status.status = e.status and dim_status.substatus = e.substatus
    left join suspect_event on suspect_event.event_id = e.event_id and suspect_event.is_left_out
),
stepped as (
    select
        *,
        left_out is null and is_state_bearing as is_step,
        row_number() over by_step as number,
        max(case when status = 'return' then 1 else 0 end) over by_step = 1 as is_returning,
        max(case when status in ('out_for_delivery', 'available_for_pickup', 'failed_attempt', 'delivered') then 1 else 0 end)
            over by_step = 1 as is_offered,
        max(case when is_physical then 1 else 0 end) over by_step = 1 as is_handled,
        min(case when status = 'out_for_delivery' or substatus in ('departed_facility', 'linehaul', 'arrived_destination') then event_at end)
            over by_step as left_at,
        max(case when is_terminal then sort_at end) over by_step as ended_at,
        max(case when is_terminal then sequence end) over by_step as ended_sequence,
        max(case when status = 'delivered' then 1 else 0 end) over by_step = 1 as is_delivered
    from event
    window by_step as (
        partition by shipment_id, left_out is null and is_state_bearing
        order by sort_at asc nulls last, is_terminal asc, sequence asc nulls last, event_id asc
        rows between unbounded preceding and current row
    )
),
waking as (
    select
        *,
        -- A scan stamped after the ending but listed before it is the same handover: booked late, or in a zone guessed wrong.
        -- Nor is a delivered parcel picked up: such a row is booked late, or the number's next parcel (see suspect_event).
        is_physical and not is_terminal and not (status = 'picked_up' and is_delivered)
            and not (coalesce(sequence < ended_sequence, false) and secs_between(ended_at, sort_at) < 12 * 3600) as can_reopen
    from stepped
),
guarded as (
    select
        *,
        coalesce(max(case when is_terminal then number end) over before, 0)
            > coalesce(max(case when can_reopen then number end) over before, 0) as is_after_end,
        coalesce(max(case when is_terminal and is_physical then number end) over before, 0) > 0 as was_handed_over
    from waking
    window before as (
        partition by shipment_id, is_step order by number asc rows between unbounded preceding and 1 preceding
    )
),
resolved as (
    select
        *,
        is_step
            and not (is_after_end and not can_reopen and not (is_terminal and is_physical))
            and not (status = 'pending' and substatus <> 'pickup_failed' and is_handled) as sets_state,
        case
            when is_returning and status = 'delivered' then 'completed'
            when is_returning and not is_exception then 'in_progress'
        end as return_substatus
    from guarded
)
select
    shipment_id,    -- parcel (see fact_shipment)
    event_id,       -- event (see fact_tracking_event)
    courier,        -- who scanned it
    case when is_step then number end as step, -- 1, 2, 3 … through the history; null for rows without effect and rows left out
    event_at,       -- UTC; null where the time could not be read
    event_at_local, -- wall clock where it happened
    time_precision, -- second, minute, date or none
    time_zone,      -- zone of event_at_local: a name or an offset
    time_zone_source, -- how it is known: explicit, location, courier, neighbour or assumed
    first_seen_at,  -- first answer that listed the event (UTC)
    status,         -- of this event alone
    substatus,      -- of this event alone
    location,       -- as the courier wrote it
    place,          -- location, else the courier's words with digits blanked: what tells a new scan from a daily repeat
    is_exception and coalesce(left_out not in ('rewritten', 'earlier parcel'), true) as is_exception, -- this event is an exception of this parcel
    is_physical,    -- somebody handled the parcel
    is_step and is_returning as is_returning, -- happened on or after a return event
    is_step and is_offered as is_offered, -- happened on or after the first van to the recipient, deposit, attempt or delivery
    is_step and status = 'picked_up' and coalesce(secs_between(left_at, event_at) <= 86400, true) as is_pickup, -- taken over from the sender: a pickup more than a day after the parcel first left a facility is the next courier's
    next_tracking_number, -- waybill under which the parcel goes on, as the words of a return, redirection or handover name it
    sets_state,     -- became the parcel's state
    case when return_substatus is null then status else 'return' end as state, -- status of the parcel once this happened, if it set the state
    coalesce(return_substatus, substatus) as substate, -- its substatus
    is_step and is_after_end and (can_reopen or (is_terminal and is_physical and not was_handed_over)) as is_reopening, -- undid an ending: under way again, or handed over though it was lost or cancelled
    left_out        -- why it does not count: no time, after fetch, earlier parcel, before the rest, after the rest or rewritten (see suspect_event); null where it does
from resolved
