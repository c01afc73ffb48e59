-- One row per readable element of an answer's event list, in the list's own order, as text.
-- An element with neither code nor message says nothing of what happened: it is no event.
with listed as (
    select
        answer_rank,
        unnest(items) as item,
        unnest(range(1, len(items) + 1)) as position
    from (
        select
            answer_rank,
            json_transform(
                event_list,
                '[{"code": "VARCHAR", "location": "VARCHAR", "date": "VARCHAR", "message": "VARCHAR"}]'
            ) as items
        from response
        where json_type(event_list) = 'ARRAY'
    )
)

select
    answer_rank,
    position,
    answer_rank * 1000000 + position as listed_key,
    blank_to_null(item.code) as code,
    blank_to_null(item.location) as location,
    blank_to_null(item.date) as event_time_raw,
    blank_to_null(item.message) as message
from listed
where coalesce(blank_to_null(item.code), blank_to_null(item.message)) is not null
