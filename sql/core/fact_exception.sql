-- One row per exception episode of a parcel: something went wrong and, perhaps, right again.
-- Answers what goes wrong, whose fault it is and how long it takes to mend.
-- Formula: an episode is a run of exception events; the next physical scan without trouble (or a customs release)
-- ends it, unless trouble is back within 24 hours. Notices after the parcel's end begin none.
with history as (
    select
        e.shipment_id, e.event_id, e.step, e.event_at, e.time_precision, e.state as status, e.substate as substatus,
        coalesce(dim_status.is_exception, false) and not (e.state = 'return' and e.substate = 'completed') as is_trouble,
        not coalesce(dim_status.is_exception, false)
            and (e.is_physical or (e.status = 'customs' and e.substatus = 'cleared')) as is_cure
    from shipment_event as e
    inner join shipment_state on shipment_state.shipment_id = e.shipment_id and shipment_state.exception_event_count > 0
    left join dim_status on dim_status.status = e.state and dim_status.substatus = e.substate
    where e.sets_state
),
marked as (
    select
        *,
        max(case when is_trouble then step end) over before as earlier_trouble,
        max(case when is_trouble then event_at end) over before as earlier_trouble_at,
        max(case when is_cure then step end) over before as earlier_cure
    from history
    window before as (partition by shipment_id order by step asc rows between unbounded preceding and 1 preceding)
),
numbered as (
    select
        *,
        sum(case
            when not is_trouble then 0
            when earlier_trouble is null then 1
            when coalesce(earlier_cure > earlier_trouble, false) and secs_between(earlier_trouble_at, event_at) >= 86400 then 1
            else 0
        end) over (partition by shipment_id order by step asc rows between unbounded preceding and current row) as episode
    from marked
),
episode as (
    select
        shipment_id, episode,
        min(case when is_trouble then step end) as first_step,
        max(case when is_trouble then step end) as last_step,
        cast(count(*) filter (where is_trouble) as bigint) as event_count
    from numbered
    where episode > 0
    group by shipment_id, episode
),
ending as (
    select
        episode.shipment_id, episode.episode,
        min_by(numbered.event_at, numbered.step) filter (where numbered.is_cure) as resolved_at,
        min_by(numbered.time_precision, numbered.step) filter (where numbered.is_cure) as resolved_precision
    from episode
    inner join numbered on numbered.shipment_id = episode.shipment_id and numbered.episode = episode.episode
    where numbered.step >= episode.last_step
    group by episode.shipment_id, episode.episode
)
select
    md5(concat_ws('|', episode.shipment_id, cast(episode.episode as string))) as exception_id, -- md5 of parcel and episode
    episode.shipment_id,                      -- parcel (see fact_shipment)
    cast(episode.episode as integer) as episode, -- 1 for the parcel's first
    began.event_at as started_at,             -- first exception event (UTC)
    latest.event_at as last_exception_at,     -- last exception event (UTC)
    ending.resolved_at,                       -- first sound physical scan, or customs release, after it (UTC); null while open or where the parcel ended badly
    began.status as first_status,             -- status of the first exception
    began.substatus as first_reason,          -- its substatus
    latest.status as last_status,             -- status of the last exception
    latest.substatus as last_reason,          -- its substatus
    latest.event_id as last_event_id,         -- its event
    dim_status.responsible,                   -- who owns the first reason: carrier, shipper, recipient, customs or external
    episode.event_count,                      -- exception events in it
    case
        when ending.resolved_at is not null then 'resolved'
        when present.is_terminal then 'ended'
        else 'open'
    end as outcome,                           -- resolved, ended (with the parcel: returned, lost, disposed, cancelled) or open
    case
        when began.time_precision <> 'date' and ending.resolved_precision <> 'date'
            then secs_between(began.event_at, ending.resolved_at) / 3600
    end as resolution_hours                   -- start until resolved; null unless resolved, and where only the day of either is known
from episode
inner join ending on ending.shipment_id = episode.shipment_id and ending.episode = episode.episode
inner join history as began on began.shipment_id = episode.shipment_id and began.step = episode.first_step
inner join history as latest on latest.shipment_id = episode.shipment_id and latest.step = episode.last_step
inner join shipment_state as parcel_now on parcel_now.shipment_id = episode.shipment_id
left join dim_status as present on present.status = parcel_now.status and present.substatus = parcel_now.substatus
left join dim_status on dim_status.status = began.status and dim_status.substatus = began.substatus
