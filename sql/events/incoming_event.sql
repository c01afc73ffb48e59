-- One row per distinct event in the answers being loaded, in the columns of fact_tracking_event.
-- Identity: parcel, courier, code, time as written and text (spaces and case folded). A code alone is not unique,
-- nor is parcel and time: a hub's arrival and departure can share one second, and three of four rows are repeats.
with direction as (
    -- Couriers list oldest first or newest first; ties of time keep the order that the courier meant.
    select
        response_id,
        max(position) as positions,
        coalesce(
            arg_min(event_at_local, position) > arg_max(event_at_local, position), false
        ) as is_newest_first
    from timed_event
    group by response_id
),

described as (
    select
        response.account,
        coalesce(response.answered_order_id, response.order_id) as order_id,
        coalesce(response.answered_tracking_number, upper(response.tracking_number)) as tracking_number,
        courier.courier,
        event.code,
        event.location,
        event.event_time_raw,
        event.event_at_local,
        event.offset_minutes,
        event.time_precision,
        meaning.message,
        meaning.status,
        meaning.substatus,
        meaning.rule_id,
        meaning.classified_by,
        place.time_zone as place_zone,
        place.time_zone_source as place_zone_source,
        cast(case when direction.is_newest_first then direction.positions - event.position + 1
                  else event.position end as integer) as sequence,
        response.requested_at,
        response.response_id,
        response.answer_rank,
        md5(concat_ws(
            '|', response.account,
            coalesce(response.answered_tracking_number, upper(response.tracking_number), 'order ' || response.order_id),
            coalesce(courier.courier, ''), coalesce(event.code, ''), coalesce(event.event_time_raw, ''),
            regexp_replace(lower(coalesce(event.message, '')), '\s+', ' ', 'g')
        )) as event_id
    from timed_event as event
    join response using (response_id)
    join direction using (response_id)
    left join courier_named as courier on response.courier_name = courier.courier_name
    left join event_meaning as meaning
        on courier.courier is not distinct from meaning.courier
        and event.code is not distinct from meaning.code
        and event.message is not distinct from meaning.original
    left join event_place as place
        on event.location is not distinct from place.location
        and (case when event.location is null then event.message end) is not distinct from place.message
        and courier.courier is not distinct from place.courier
        and response.destination_country is not distinct from place.destination_country
)

-- What the identity does not fix comes from the latest answer; a place once named stays.
select
    event_id,
    any_value(account) as account,
    arg_max(order_id, answer_rank) as order_id,
    any_value(tracking_number) as tracking_number,
    any_value(courier) as courier,
    any_value(code) as code,
    arg_max(location, answer_rank) filter (location is not null) as location,
    max(message) as message,
    any_value(event_at_local) as event_at_local,
    any_value(event_time_raw) as event_time_raw,
    any_value(offset_minutes) as offset_minutes,
    any_value(time_precision) as time_precision,
    coalesce(
        arg_max(place_zone, answer_rank) filter (location is not null), arg_max(place_zone, answer_rank)
    ) as place_zone,
    coalesce(
        arg_max(place_zone_source, answer_rank) filter (location is not null),
        arg_max(place_zone_source, answer_rank)
    ) as place_zone_source,
    any_value(status) as status,
    any_value(substatus) as substatus,
    any_value(rule_id) as rule_id,
    any_value(classified_by) as classified_by,
    arg_max(sequence, answer_rank) as sequence,
    min(requested_at) as first_seen_at,
    max(requested_at) as last_seen_at,
    arg_min(response_id, answer_rank) as first_response_id,
    arg_max(response_id, answer_rank) as last_response_id
from described
group by event_id
