-- One row per request of the raw files being loaded: what was asked, what came of it, what the answer said.
select
    response.response_id,
    response.account,
    response.order_id,
    response.tracking_number,
    response.asked_by,
    response.requested_at,
    response.elapsed_ms,
    response.http_status,
    response.outcome,
    response.attempts,
    response.reason,
    response.answered_order_id,
    response.answered_tracking_number,
    response.order_status,
    response.export_country,
    response.destination_country,
    response.courier,
    response.courier_name,
    cast(count(event.position) as integer) as event_count,
    response.run_id,
    response.raw_file
from response
left join listed_event as event using (answer_rank)
group by all
