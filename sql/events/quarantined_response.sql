-- One row per answer with a history that could not be read in full, and why; the body lies in its raw file. What could
-- be read of it is in the facts all the same.
with counted as (
    select answer_rank, count(*) as readable, count(*) filter (where is_shortened) as shortened
    from listed_event
    group by answer_rank
),

judged as (
    select
        response.*,
        json_array_length(case when json_type(event_list) = 'ARRAY' then event_list end) as listed,
        coalesce(json_type(event_list), 'NULL') not in ('ARRAY', 'NULL') and coalesce(event_list ->> '$', '') != ''
            as is_no_list,
        coalesce(counted.readable, 0) as readable,
        coalesce(counted.shortened, 0) as shortened
    from response
    left join counted using (answer_rank)
    where is_history
)

select
    response_id,
    account,
    order_id,
    tracking_number,
    requested_at,
    case
        when flaw in ('cut short', 'body too large') then 'truncated_body'
        when flaw = 'damaged text' then 'damaged_text'
        when not has_data then 'unreadable_body'
        when is_no_list then 'unreadable_event_list'
        when listed > readable then 'unreadable_event'
        when shortened > 0 then 'shortened_text'
        else 'unreadable_body'
    end as reason,
    case
        when flaw in ('cut short', 'body too large', 'damaged text')
            then flaw || coalesce(' (' || nullif(reason, flaw) || ')', '') || ', ' || readable || ' events were read'
        when not has_data then coalesce(flaw, reason, 'the body holds no data object')
        when is_no_list then 'tracking_msg_list is neither a list nor empty, but ' || lower(json_type(event_list))
        when listed > readable then (listed - readable) || ' of ' || listed || ' elements of the list are not events'
        when shortened > 0 then shortened || ' of ' || listed || ' events have a text that is kept in part'
        else flaw
    end as detail,
    raw_file
from judged
where not has_data or flaw is not null or is_no_list or listed > readable or shortened > 0
