-- One row: how far our knowledge reaches.
-- Answers "as of when are these numbers?" and stands in for the clock everywhere, so that a rebuild gives the same
-- tables.
-- Source: the requests in fact_poll; an answered request is one with outcome ok or no_events.
select
    max(requested_at) filter (where outcome in ('ok', 'no_events')) as as_of,        -- the last answered request (UTC): "now" for every model
    min(requested_at) filter (where outcome in ('ok', 'no_events')) as first_poll_at, -- the first answered request (UTC): older history is only what couriers still listed then
    cast(count(*) as bigint) as polls,                                               -- requests sent
    cast(count(*) filter (where outcome in ('ok', 'no_events')) as bigint) as answered_polls, -- requests answered
    cast(count(distinct run_id) as bigint) as runs                                   -- runs that sent requests
from fact_poll
