-- One row per readable element of an answer's event list, in the list's own order, as text.
-- An element with neither code nor message says nothing of what happened: it is no event. A text of any length may
-- come: what a person would not read to its end is shortened, and lies whole in the raw file.
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
    answer_rank * 10000000 + position as listed_key,
    left(blank_to_null(item.code), 100) as code,
    left(blank_to_null(item.location), 500) as location,
    left(blank_to_null(item.date), 100) as event_time_raw,
    left(blank_to_null(item.message), 4000) as message,
    greatest(
        length(item.code) - 100, length(item.location) - 500, length(item.date) - 100, length(item.message) - 4000
    ) > 0 as is_shortened
from listed
where coalesce(blank_to_null(item.code), blank_to_null(item.message)) is not null
