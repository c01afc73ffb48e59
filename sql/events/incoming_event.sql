-- One row per distinct event in the answers being loaded, as its latest answer tells it; a place once named stays.
-- Identity: parcel, courier, code, time as written and masked text (blanks and case folded). A code alone is not
-- unique, nor is parcel and time: a hub's arrival and departure can share one second, and three of four rows are
-- repeats. Of the unmasked text even a hash would tell: the digits missing beside it are soon found by trying.
with pace as (
    select
        answer_rank,
        position,
        event_at_local,
        lag(event_at_local) over (partition by answer_rank order by position) as listed_before,
        coalesce(status in ('pending', 'picked_up'), false) as is_beginning
    from timed_event
    left join event_meaning using (meaning_id)
),

direction as (
    -- Couriers list oldest first or newest first; ties of time keep the order that the courier meant. Most neighbours
    -- decide, so that one wrong date does not; where they are even, the two ends do; where all is of one time, a
    -- beginning at the end of the list does.
    select
        answer_rank,
        max(position) as positions,
        count(*) filter (event_at_local < listed_before) as falls,
        count(*) filter (event_at_local > listed_before) as rises,
        falls > rises or coalesce(
            falls = rises and arg_min(event_at_local, position) > arg_max(event_at_local, position), false
        ) or (
            min(event_at_local) = max(event_at_local)
            and arg_max(is_beginning, position) and not arg_min(is_beginning, position)
        ) as is_newest_first
    from pace
    group by answer_rank
),

identified as (
    select
        event.listed_key,
        event.answer_rank,
        event.location is not null as has_location,
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
),

distinct_event as (
    -- Keys are in the order of the answers, so the greatest key is the latest answer.
    select
        event_id,
        max(listed_key) as last_key,
        max(listed_key) filter (has_location) as located_key,
        min(answer_rank) as first_rank
    from identified
    group by event_id
),

placed as (
    select
        distinct_event.*,
        place.masked_location as location,
        located.offset_minutes,
        place.time_zone as place_zone,
        place.time_zone_source as place_zone_source
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
join direction on event.answer_rank = direction.answer_rank
left join event_meaning as meaning on event.meaning_id = meaning.meaning_id
