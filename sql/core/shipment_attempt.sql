-- One row per delivery attempt of a parcel on its way to the recipient.
-- Answers how often the courier tried, and how each try ended.
-- An attempt is a run of out-for-delivery rows (two codes for one van are one attempt), ended by a failure, a
-- delivery or a silence of more than a day; where only days are known, the next day is another attempt. A failure
-- without a van before it is an attempt too.
with relevant as (
    select
        *,
        -- A row at a locker or pickup point neither starts nor splits an attempt: it can only be how one ended.
        lag(status) over by_step as earlier_status,
        lag(event_at) over by_step as earlier_at
    from shipment_event
    where step is not null and not is_returning
        and (status in ('out_for_delivery', 'failed_attempt', 'delivered')
            or (status = 'available_for_pickup' and substatus <> 'overdue'))
    window by_step as (partition by shipment_id, status = 'available_for_pickup' order by step asc)
),
counted as (
    select
        *,
        sum(case
            when status in ('delivered', 'available_for_pickup') then 0
            when earlier_status is null or earlier_status = 'delivered' then 1
            when earlier_status = 'failed_attempt' and status = 'out_for_delivery' then 1
            when secs_between(earlier_at, event_at) > 86400 - case when time_precision = 'date' then 1 else 0 end then 1
            else 0
        end) over (partition by shipment_id order by step asc rows between unbounded preceding and current row) as attempt
    from relevant
),
outcome as (
    select
        *,
        row_number() over (
            partition by shipment_id, attempt
            order by case status when 'failed_attempt' then 0 when 'out_for_delivery' then 2 else 1 end asc, step asc
        ) as rank
    from counted
    where attempt > 0
)
select
    shipment_id,                          -- parcel (see fact_shipment)
    cast(attempt as integer) as attempt,  -- 1 for the first
    min(step) as first_step,              -- place of its first row in the history (see shipment_event)
    min_by(event_at, step) as started_at, -- first row of the attempt (UTC)
    min_by(event_at_local, step) as started_at_local, -- the same on the wall clock there
    min(case when status = 'out_for_delivery' then event_at end) as out_for_delivery_at, -- van on the road (UTC); null where only the failure was scanned
    max(case when rank = 1 and status <> 'out_for_delivery' then event_at end) as ended_at, -- when the outcome was scanned (UTC)
    coalesce(max(case
        when rank > 1 or status = 'out_for_delivery' then null
        when status = 'failed_attempt' then 'failed'
        else status
    end), 'none yet') as outcome,         -- failed, delivered, available_for_pickup, or none yet
    max(case when rank = 1 and status = 'failed_attempt' then substatus end) as failure -- why it failed
from outcome
group by shipment_id, attempt
