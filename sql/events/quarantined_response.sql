-- One row per answer with status 200 that could not be read in full, and why; the body lies in its raw file.
with judged as (
    select
        response.*,
        json_array_length(case when json_type(event_list) = 'ARRAY' then event_list end) as listed,
        (select count(*) from listed_event as event where event.answer_rank = response.answer_rank) as readable
    from response
    where http_status = 200
)

select
    response_id,
    account,
    order_id,
    tracking_number,
    requested_at,
    case
        when not has_data then 'unreadable_body'
        when listed is null then 'unreadable_event_list'
        else 'unreadable_event'
    end as reason,
    case
        when not has_data then coalesce(reason, 'the body holds no data object')
        when listed is null then 'tracking_msg_list is neither a list nor empty, but ' || lower(json_type(event_list))
        else (listed - readable) || ' of ' || listed || ' elements of the list are not events'
    end as detail,
    raw_file
from judged
where not coalesce(has_data, false)
    or (event_list is not null and listed is null and json_type(event_list) != 'NULL'
        and coalesce(event_list ->> '$', '') != '')
    or listed > readable
