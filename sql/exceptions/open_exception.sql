-- One row per parcel in trouble now: its latest exception episode is open.
-- Answers which parcels need somebody today, for how long already, and who can help.
-- Source: fact_exception; hours run until the last answered request, not the clock, so a pause of ours adds nothing.
select
    f.shipment_id,                  -- parcel (see fact_shipment)
    f.account,                      -- merchant account
    f.order_id,                     -- merchant's order
    f.tracking_number,              -- tracking number
    f.courier,                      -- courier (see dim_courier)
    f.lane,                         -- origin and destination
    f.status,                       -- current status
    f.substatus,                    -- current substatus
    episode.started_at as since,    -- first event of the trouble (UTC)
    secs_between(episode.started_at, f.last_polled_at) / 3600 as hours_open, -- since until last_polled_at
    episode.first_reason,           -- what it began with
    episode.last_reason,            -- what it is now
    present.responsible,            -- who owns the present reason: carrier, shipper, recipient, customs or external
    coalesce(present.action_required, false) as action_required, -- somebody outside the courier should act
    episode.event_count,            -- exception events in the episode
    e.message as last_message,      -- the courier's latest words on it, masked
    e.location as last_location,    -- where, as the courier wrote it
    episode.last_exception_at,      -- when (UTC)
    f.last_polled_at                -- last request that got an answer (UTC)
from fact_exception as episode
inner join fact_shipment as f on f.shipment_id = episode.shipment_id
left join fact_tracking_event as e on e.event_id = episode.last_event_id
left join dim_status as present on present.status = episode.last_status and present.substatus = episode.last_reason
where episode.outcome = 'open' and not f.is_called_off
