-- One row per distinct event of the answers being loaded, joined with what the warehouse already knows of it.
-- A clock that runs in UTC is no wall clock: where the place is known, its own is shown. Of the places told by the
-- answers, a named one stands before none; of the zones borrowed where none tells (see neighbour_zone), that of the
-- latest scan; of those assumed, the one that the latest answer's countries give.
with dated as (
    select *, utc_of(event_at_local, offset_minutes, place_zone) as event_at from incoming_event
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
),

met as (
    select
        new,
        known,
        known.last_seen_at > new.last_seen_at as is_known_later,
        case
            when (known.location is null) != (new.location is null) then new.location is null
            when new.place_zone_source not in ('assumed', 'neighbour') then false
            when known.neighbour_at = new.neighbour_at then known.time_zone > new.time_zone
            when known.neighbour_at is null and new.neighbour_at is null then is_known_later
            else coalesce(known.neighbour_at > new.neighbour_at, new.neighbour_at is null)
        end as is_known_place_kept
    from clocked as new
    left join known_event as known using (event_id)
)

select
    new.event_id,
    new.account,
    if(is_known_later, known.order_id, new.order_id) as order_id,
    new.tracking_number,
    new.courier,
    new.code,
    coalesce(new.location, known.location) as location,
    if(is_known_later, known.message, new.message) as message,
    if(is_known_later, known.contact_key, new.contact_key) as contact_key,
    if(is_known_place_kept, known.event_at, new.event_at) as event_at,
    if(is_known_place_kept, known.event_at_local, new.event_at_local) as event_at_local,
    new.event_time_raw,
    if(is_known_place_kept, known.time_zone, new.time_zone) as time_zone,
    if(is_known_place_kept, known.time_zone_source, new.time_zone_source) as time_zone_source,
    if(is_known_place_kept, known.neighbour_at, new.neighbour_at) as neighbour_at,
    new.time_precision,
    new.status,
    new.substatus,
    new.rule_id,
    new.classified_by,
    if(is_known_later, known.sequence, new.sequence) as sequence,
    least(new.first_seen_at, known.first_seen_at) as first_seen_at,
    greatest(new.last_seen_at, known.last_seen_at) as last_seen_at,
    if(known.first_seen_at <= new.first_seen_at, known.first_response_id, new.first_response_id) as first_response_id,
    if(is_known_later, known.last_response_id, new.last_response_id) as last_response_id
from met
