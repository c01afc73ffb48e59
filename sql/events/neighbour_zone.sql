-- One row per listed event that tells no place, with the zone of the latest scan that the same answer lists before it:
-- a parcel stays where it last was. Not borrowed: another country's zone where the country is known, a clock a day
-- ahead, and anything where the list does not say which end is the newer. Papers travel apart from the parcel: customs
-- at the destination file them before its flight leaves, so they do not tell where it is.
with placeless as (
    select event.answer_rank, event.listed_key, event.position, event.event_at_local, place.country_zones
    from timed_event as event
    join event_place as place using (place_id)
    where place.time_zone_source = 'assumed' and event.event_at_local is not null
),

seen as (
    select
        event.answer_rank,
        event.position,
        event.event_at_local,
        place.time_zone,
        utc_of(event.event_at_local, event.offset_minutes, place.time_zone) as event_at
    from timed_event as event
    semi join placeless using (answer_rank)
    join event_place as place using (place_id)
    left join event_meaning as meaning using (meaning_id)
    where (place.time_zone_source = 'location' or place.country_zones = place.time_zone)
        and event.event_at_local is not null
        and meaning.status not in ('pending', 'customs', 'info')
)

select
    placeless.listed_key,
    max(seen.event_at) as neighbour_at,
    arg_max(seen.time_zone, (seen.event_at, seen.time_zone)) as time_zone
from placeless
join list_direction using (answer_rank)
join seen using (answer_rank)
where list_direction.is_certain
    and if(list_direction.is_newest_first, seen.position > placeless.position, seen.position < placeless.position)
    and seen.event_at_local < placeless.event_at_local + interval 1 day
    and (placeless.country_zones is null or list_contains(string_split(placeless.country_zones, ' '), seen.time_zone))
group by placeless.listed_key
