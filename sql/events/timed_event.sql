-- One row per listed event with its courier's clock read: local time, explicit offset if any, how precise it is.
-- Formats: ISO with and without T, zone, seconds or blank ("2018-03-0420:47:15" is real), slashes, Chinese dates,
-- 12-hour English dates, epoch seconds and milliseconds. What can't be read keeps its text and has no time.
-- Text and place go on as the ids of what was found about each distinct one.
with split as (
    select
        event.*,
        meaning.meaning_id,
        place.place_id,
        regexp_extract(event_time_raw, ':[0-9]{2}(?:[.][0-9]+)? ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$', 1) as zone_text
    from listed_event as event
    join response using (answer_rank)
    left join event_meaning as meaning
        on response.courier is not distinct from meaning.courier
        and event.code is not distinct from meaning.code
        and event.message is not distinct from meaning.original
    left join event_place as place
        on event.location is not distinct from place.location
        and (case when event.location is null then event.message end) is not distinct from place.message
        and response.courier is not distinct from place.courier
        and response.destination_country is not distinct from place.destination_country
),

cleaned as (
    select
        *,
        replace(
            trim(case when zone_text = '' then event_time_raw
                      else left(event_time_raw, length(event_time_raw) - length(zone_text)) end),
            '/', '-'
        ) as clock_text,
        case
            when zone_text = '' then null
            when zone_text in ('Z', 'UTC', 'GMT') then 0
            else cast(left(zone_text, 1) || '1' as integer)
                * (cast(substr(zone_text, 2, 2) as integer) * 60 + cast(right(zone_text, 2) as integer))
        end as offset_minutes
    from split
),

timed as (
    select
        *,
        coalesce(
            try_cast(clock_text as timestamp),
            try_strptime(clock_text, [
                '%Y-%m-%d%H:%M:%S', '%Y-%m-%d%H:%M', '%Y%m%d%H%M%S', '%Y年%m月%d日 %H:%M:%S', '%Y年%m月%d日 %H:%M',
                '%Y年%m月%d日', '%B %d, %Y, %I:%M %p', '%B %d, %Y %I:%M %p', '%B %d, %Y', '%d %b %Y %H:%M:%S',
                '%d %b %Y %H:%M', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p', '%m-%d-%Y %I:%M %p',
                '%d-%m-%Y %H:%M:%S', '%d.%m.%Y %H:%M', '%a, %d %b %Y %H:%M:%S'
            ]),
            case when regexp_full_match(clock_text, '[0-9]{13}') then make_timestamp(cast(clock_text as bigint) * 1000)
                 when regexp_full_match(clock_text, '1[0-9]{9}') then make_timestamp(cast(clock_text as bigint) * 1000000)
            end
        ) as event_at_local,
        regexp_full_match(clock_text, '1[0-9]{9}|[0-9]{13}') as is_epoch
    from cleaned
)

select
    answer_rank,
    position,
    listed_key,
    meaning_id,
    place_id,
    code,
    location,
    event_time_raw,
    message,
    event_at_local,
    case when is_epoch then 0 else offset_minutes end as offset_minutes,
    -- Midnight to the second is how couriers write a day without a time.
    case
        when event_at_local is null then 'none'
        when event_at_local = date_trunc('day', event_at_local) then 'date'
        when regexp_matches(clock_text, ':[0-9]{2}:[0-9]{2}') or is_epoch
            or regexp_full_match(clock_text, '[0-9]{14}') then 'second'
        else 'minute'
    end as time_precision
from timed
