-- One row per listed event with its courier's clock read: local time, explicit offset if any, how precise it is.
-- Formats: ISO with and without T, zone, seconds or blank ("2018-03-0420:47:15" is real), slashes, Chinese dates,
-- 12-hour English dates, epoch seconds and milliseconds; the name of the weekday before them says nothing new.
-- What can't be read keeps its text and has no time.
-- A zone's letters mean several zones the world over (EST, CST, IST): the place knows better, and they speak only
-- where no place does. A Z of a courier whose clock courier.csv calls local says nothing.
-- Text and place go on as the ids of what was found about each distinct one.
with split as (
    select
        event.*,
        meaning.meaning_id,
        place.place_id,
        place.clock is not null as is_z_local,
        place.time_zone_source = 'assumed' as is_zone_assumed,
        regexp_extract(
            event_time_raw,
            ':[0-9]{2}(?:[.][0-9]+)?(?: ?[AaPp][Mm])? ?'
            || '(Z|[A-Z]{3,4}|[ECMP]T|(?:UTC|GMT)?[+-](?:0?[0-9]|1[0-4])(?::?[0-9]{2})?)$',
            1
        ) as zone_text
    from listed_event as event
    join response using (answer_rank)
    left join event_meaning as meaning
        on response.courier is not distinct from meaning.courier
        and event.code is not distinct from meaning.code
        and event.message is not distinct from meaning.original
    left join event_place as place
        on event.location is not distinct from place.location
        and (case when event.location is null then event.message end) is not distinct from place.message
        and meaning.leg is not distinct from place.leg
        and response.courier is not distinct from place.courier
        and response.export_country is not distinct from place.export_country
        and response.destination_country is not distinct from place.destination_country
),

cleaned as (
    select
        *,
        regexp_replace(
            regexp_replace(
                replace(
                    trim(case when zone_text = '' then event_time_raw
                              else left(event_time_raw, length(event_time_raw) - length(zone_text)) end),
                    '/', '-'
                ),
                '([AaPp])[.]([Mm])[.]$', '\1\2'
            ),
            '^\pL+[.]?, ', ''
        ) as clock_text,
        case
            when zone_text = 'Z' and is_z_local then null
            when regexp_matches(zone_text, '[0-9]') then
                cast(regexp_extract(zone_text, '[+-]') || '1' as integer) * (
                    cast(regexp_extract(zone_text, '[+-]([0-9]{1,2})', 1) as integer) * 60
                    + cast('0' || regexp_extract(zone_text, '[+-][0-9]{1,2}:?([0-9]{2})$', 1) as integer)
                )
            when zone_text in ('Z', 'UTC', 'GMT') then 0
            when is_zone_assumed then map {
                'HKT': 480, 'SGT': 480, 'JST': 540, 'KST': 540, 'AEST': 600, 'AEDT': 660, 'CET': 60, 'CEST': 120,
                'EST': -300, 'EDT': -240, 'CDT': -300, 'MDT': -360, 'MST': -420, 'PDT': -420, 'PST': -480
            }[zone_text]
        end as offset_minutes
    from split
),

timed as (
    select
        *,
        coalesce(
            try_cast(clock_text as timestamp),
            try_strptime(clock_text, [
                '%Y-%m-%d%H:%M:%S', '%Y-%m-%d%H:%M', '%Y%m%d%H%M%S', '%Y%m%d %H%M%S', '%Y%m%d %H:%M:%S', '%Y%m%d',
                '%Y年%m月%d日 %H:%M:%S', '%Y年%m月%d日 %H:%M', '%Y年%m月%d日',
                '%B %d, %Y, %I:%M %p', '%B %d, %Y %I:%M %p', '%B %d, %Y',
                '%b %d, %Y, %I:%M %p', '%b %d, %Y %I:%M %p', '%b %d, %Y', '%d %b %Y %H:%M:%S', '%d %b %Y %H:%M',
                '%d %b %Y, %I:%M:%S %p', '%d %b %Y, %I:%M %p', '%d %b %Y %I:%M:%S %p', '%d %b %Y %I:%M %p',
                '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p', '%m-%d-%Y %I:%M %p',
                '%d-%m-%Y %H:%M:%S', '%d-%m-%Y %H:%M', '%d.%m.%y %H:%M', '%d.%m.%Y %H:%M:%S', '%d.%m.%Y %H:%M',
                '%Y.%m.%d %H:%M:%S', '%Y.%m.%d %H:%M',
                '%d-%b-%Y %H:%M:%S', '%d-%b-%Y %H:%M', '%m-%d-%Y %I:%M:%S %p'
            ]),
            case when regexp_full_match(clock_text, '[0-9]{13}') then make_timestamp(cast(clock_text as bigint) * 1000)
                 when regexp_full_match(clock_text, '1[0-9]{9}')
                     then make_timestamp(cast(clock_text as bigint) * 1000000)
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
            or regexp_full_match(clock_text, '[0-9]{8} ?[0-9]{6}') then 'second'
        else 'minute'
    end as time_precision
from timed
