-- One row per stage of a parcel: a stretch of its history in one status.
-- Answers how long parcels dwell in each stage.
-- Formula: a stage lasts until the next event of another status; rows without status and daily repeats do not split
-- it. The last stage is open unless the parcel has ended. A day without a time gives no hours.
with change as (
    select
        shipment_id, step, event_at, time_precision, location, state, substate,
        lag(state) over (partition by shipment_id order by step asc) as earlier_state
    from shipment_event
    where sets_state
),
stage as (
    select
        *,
        row_number() over (partition by shipment_id order by step asc) as stage,
        lead(event_at) over (partition by shipment_id order by step asc) as left_at,
        lead(time_precision) over (partition by shipment_id order by step asc) as left_precision
    from change
    where state is distinct from earlier_state
)
select
    stage.shipment_id,                       -- parcel (see fact_shipment)
    cast(stage.stage as integer) as stage,   -- 1, 2, 3 … through the history
    stage.state as status,                   -- status of the stage
    stage.substate as first_substatus,       -- how it began
    stage.location as first_location,        -- where it began, as the courier wrote it
    stage.event_at as entered_at,            -- first event of the stage (UTC)
    stage.left_at,                           -- first event of the next stage (UTC); null for the last
    stage.left_at is null and not coalesce(dim_status.is_terminal, false) as is_open, -- the parcel is in this stage now
    case
        when stage.time_precision <> 'date' and stage.left_precision <> 'date' then secs_between(stage.event_at, stage.left_at) / 3600
    end as dwell_hours                       -- entered_at until left_at; null for the last stage, and where only the day of either is known
from stage
inner join shipment_state as present on present.shipment_id = stage.shipment_id
left join dim_status on dim_status.status = present.status and dim_status.substatus = present.substatus
