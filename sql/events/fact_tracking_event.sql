-- One row per distinct event of the answers being loaded, joined with what the warehouse already knows of it.
-- Explicit offsets win over inferred zones. A clock that runs in UTC is no wall clock: where the place is known, its
-- own is shown. Zones that have been UTC+8 all year for decades skip the zone library, which costs a microsecond a row.
with dated as (
    select
        *,
        case
            when offset_minutes is not null then event_at_local - to_minutes(offset_minutes)
            when place_zone in ('Asia/Hong_Kong', 'Asia/Shanghai', 'Asia/Macau', 'Asia/Taipei', 'Asia/Singapore')
                then event_at_local - interval 8 hours
            else timezone('UTC', timezone(place_zone, event_at_local))
        end as event_at
    from incoming_event
),

clocked as (
    select
        * replace (
            case
                when offset_minutes = 0 and place_zone_source != 'assumed' and time_precision != 'date'
                    then timezone(place_zone, timezone('UTC', event_at))
                else event_at_local
            end as event_at_local
        ),
        case
            when offset_minutes is not null then format(
                '{}{:02d}:{:02d}', case when offset_minutes < 0 then '-' else '+' end,
                abs(offset_minutes) // 60, abs(offset_minutes) % 60
            )
            else place_zone
        end as time_zone,
        case when offset_minutes is not null then 'explicit' else place_zone_source end as time_zone_source
    from dated
)

select
    new.event_id,
    new.account,
    case when known.last_seen_at > new.last_seen_at then known.order_id else new.order_id end as order_id,
    new.tracking_number,
    new.courier,
    new.code,
    coalesce(new.location, known.location) as location,
    case when known.last_seen_at > new.last_seen_at then known.message else new.message end as message,
    case when known.last_seen_at > new.last_seen_at then known.contact_key else new.contact_key end as contact_key,
    case when new.location is null and known.location is not null then known.event_at else new.event_at end as event_at,
    case when new.location is null and known.location is not null then known.event_at_local else new.event_at_local
        end as event_at_local,
    new.event_time_raw,
    case when new.location is null and known.location is not null then known.time_zone else new.time_zone
        end as time_zone,
    case when new.location is null and known.location is not null then known.time_zone_source
        else new.time_zone_source end as time_zone_source,
    new.time_precision,
    new.status,
    new.substatus,
    new.rule_id,
    new.classified_by,
    case when known.last_seen_at > new.last_seen_at then known.sequence else new.sequence end as sequence,
    least(new.first_seen_at, known.first_seen_at) as first_seen_at,
    greatest(new.last_seen_at, known.last_seen_at) as last_seen_at,
    case when known.first_seen_at <= new.first_seen_at then known.first_response_id else new.first_response_id
        end as first_response_id,
    case when known.last_seen_at > new.last_seen_at then known.last_response_id else new.last_response_id
        end as last_response_id
from clocked as new
left join known_event as known using (event_id)
