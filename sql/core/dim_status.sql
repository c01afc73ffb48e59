-- One row per substatus of the taxonomy.
-- Answers what a status means, who owns it, and how it behaves in a parcel's history.
-- Source: sql/reference/status.csv; is_physical is ours: only a parcel that was handled can undo an ending.
select
    status,             -- the status that the substatus belongs to
    substatus,          -- unique together with status
    is_terminal,        -- nothing more is expected after it
    is_exception,       -- something went wrong
    status not in ('info', 'unknown') as is_state_bearing, -- can become the state of a parcel; info and unknown rows never do
    coalesce(
        status in ('picked_up', 'out_for_delivery', 'delivered', 'return')
        or (status = 'in_transit' and substatus not in ('delivery_scheduled', 'redirected'))
        or (status = 'available_for_pickup' and substatus <> 'overdue')
        or (status = 'failed_attempt' and substatus <> 'rescheduled')
        or (status = 'exception' and substatus in ('on_hold', 'misrouted', 'address_issue', 'prohibited', 'disposed', 'other')),
        false
    ) as is_physical,   -- somebody handled the parcel: reopens an ended history, unlike paperwork, notices and forecasts
    responsible,        -- who owns it: carrier, shipper, recipient, customs or external
    action_required,    -- somebody outside the courier should act
    description         -- in words
from reference.status
