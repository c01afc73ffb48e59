-- One row per stop of a parcel: a stretch of its history in one status at one place.
-- Answers where the time goes: at which hub, customs office or pickup point parcels lie.
-- Formula: a stop lasts until the next event in another status or at another place, so the way to the next place is in
-- it. Rows without status and daily repeats do not split it; where no place is named, new words do. A day without a
-- time gives no hours.
with placed as (
    select
        shipment_id, step, event_at, time_precision, location, state,
        concat_ws('|', state, place) as stop_key,
        lag(concat_ws('|', state, place)) over (partition by shipment_id order by step asc) as earlier_key,
        lag(event_at) over (partition by shipment_id order by step asc) as earlier_at
    from shipment_event
    where sets_state
),
stop as (
    select
        *,
        row_number() over (partition by shipment_id order by step asc) as stop,
        lead(event_at) over (partition by shipment_id order by step asc) as left_at,
        lead(earlier_at) over (partition by shipment_id order by step asc) as last_scan_at,
        lead(time_precision) over (partition by shipment_id order by step asc) as left_precision
    from placed
    where stop_key is distinct from earlier_key
)
select
    shipment_id,                    -- parcel (see fact_shipment)
    cast(stop as integer) as stop,  -- 1, 2, 3 … through the history
    state as status,                -- status of the stop
    location,                       -- where, as the courier wrote it; null where it names no place
    event_at as entered_at,         -- first event of the stop (UTC)
    last_scan_at,                   -- last event of the stop (UTC); null for the stop that the parcel is at
    left_at,                        -- first event of the next stop (UTC); null for the stop that the parcel is at
    case
        when time_precision <> 'date' and left_precision <> 'date' then secs_between(event_at, left_at) / 3600
    end as dwell_hours              -- entered_at until left_at; null for the last stop, and where only the day of either is known
from stop
