-- One row per distinct event in the answers being loaded, as its latest answer tells it; a place once named stays.
-- Of the zones borrowed for it the one of the latest scan stands: the fullest list knew it.
-- Identity: parcel, courier, code, time as written and masked text (blanks and case folded). A code alone is not
-- unique, nor is parcel and time: a hub's arrival and departure can share one second, and three of four rows are
-- repeats. Of the unmasked text even a hash would tell: the digits missing beside it are soon found by trying.
with identified as (
    select
        event.listed_key,
        event.answer_rank,
        event.location is not null as has_location,
        neighbour.neighbour_at,
        neighbour.time_zone,
        -- No text holds the character 0, so no two keys run into each other.
        md5(concat_ws(
            chr(0), response.account,
            coalesce(response.answered_tracking_number, upper(response.tracking_number), 'order ' || response.order_id),
            coalesce(response.courier, ''), coalesce(event.code, ''), coalesce(event.event_time_raw, ''),
            regexp_replace(lower(coalesce(meaning.message, '')), '\s+', ' ', 'g')
        )) as event_id
    from timed_event as event
    join response using (answer_rank)
    left join event_meaning as meaning using (meaning_id)
    left join neighbour_zone as neighbour using (listed_key)
),

distinct_event as (
    -- Keys are in the order of the answers, so the greatest key is the latest answer.
    select
        event_id,
        max(listed_key) as last_key,
        max(listed_key) filter (has_location) as located_key,
        max({'has_location': has_location, 'seen_at': neighbour_at, 'time_zone': time_zone})
            filter (neighbour_at is not null) as neighbour,
        min(answer_rank) as first_rank
    from identified
    group by event_id
),

placed as (
    select
        distinct_event.*,
        place.masked_location as location,
        located.offset_minutes,
        place.time_zone_source = 'assumed' and neighbour.has_location = (located_key is not null) as is_borrowed,
        if(is_borrowed, neighbour.seen_at, null) as neighbour_at,
        if(is_borrowed, neighbour.time_zone, place.time_zone) as place_zone,
        if(is_borrowed, 'neighbour', place.time_zone_source) as place_zone_source
    from distinct_event
    join timed_event as located on coalesce(located_key, last_key) = located.listed_key
    left join event_place as place using (place_id)
)

select
    placed.event_id,
    last.account,
    coalesce(last.answered_order_id, last.order_id) as order_id,
    coalesce(last.answered_tracking_number, upper(last.tracking_number)) as tracking_number,
    last.courier,
    event.code,
    placed.location,
    meaning.message,
    meaning.contact_key,
    event.event_at_local,
    event.event_time_raw,
    placed.offset_minutes,
    event.time_precision,
    placed.place_zone,
    placed.place_zone_source,
    placed.neighbour_at,
    meaning.status,
    meaning.substatus,
    meaning.rule_id,
    meaning.classified_by,
    cast(case when direction.is_newest_first then direction.positions - event.position + 1
              else event.position end as integer) as sequence,
    first.requested_at as first_seen_at,
    last.requested_at as last_seen_at,
    first.response_id as first_response_id,
    last.response_id as last_response_id
from placed
join timed_event as event on placed.last_key = event.listed_key
join response as last on event.answer_rank = last.answer_rank
join response as first on placed.first_rank = first.answer_rank
join list_direction as direction on event.answer_rank = direction.answer_rank
left join event_meaning as meaning on event.meaning_id = meaning.meaning_id
