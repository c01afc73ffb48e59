-- One row per answer with events: whether its courier lists the newest first, and whether the list itself says so.
-- Most neighbours decide, so that one wrong date does not turn a list round; where they are even, the two ends do;
-- where all is of one time, a beginning at the end of the list does.
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

counted as (
    select
        answer_rank,
        max(position) as positions,
        count(*) filter (event_at_local < listed_before) as falls,
        count(*) filter (event_at_local > listed_before) as rises,
        arg_min(event_at_local, position) > arg_max(event_at_local, position) as ends_before_it_begins,
        min(event_at_local) = max(event_at_local)
            and arg_max(is_beginning, position) and not arg_min(is_beginning, position) as ends_with_a_beginning
    from pace
    group by answer_rank
)

select
    answer_rank,
    positions,
    falls > rises or coalesce(falls = rises and ends_before_it_begins, false) or ends_with_a_beginning
        as is_newest_first,
    falls != rises as is_certain
from counted
