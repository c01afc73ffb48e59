-- One row per request in the raw files: what was asked and what the answer says of the parcel, list still as JSON.
-- `data` and the list may be objects or strings that hold their JSON; both are unwrapped. What is written in any other
-- way is marked odd, to be read with more care, and found in `odd_body` afterwards. An answer that says it failed,
-- whatever its status, is no history.
with answer as (
    select
        raw.* exclude (headers, body),
        coalesce(raw.http_status between 200 and 299, false)
            and raw.outcome in ('ok', 'no_events', 'malformed', 'timeout', 'network_error') as is_history,
        is_history and raw.body is not null as has_body,
        odd.flaw,
        try_cast(coalesce(odd.document, case when has_body then try(decode(raw.body)) end) as json) as document
    from raw_response as raw
    left join odd_body as odd using (response_id)
),

opened as (
    select
        * exclude (document),
        document is not null as is_json,
        unwrap_json(json_transform(document, '{"data": "JSON"}').data) as data
    from answer
),

read as (
    select
        * exclude (data),
        coalesce(json_type(data) = 'OBJECT', false) as has_data,
        json_transform(
            data,
            '{"tracking_number": "VARCHAR", "order_id": "VARCHAR", "order_status": "VARCHAR",
              "export_country": "VARCHAR", "destination_country": "VARCHAR", "courier_name": "VARCHAR",
              "shipping_provider": "VARCHAR", "tracking_msg_list": "JSON"}'
        ) as data
    from opened
),

listed as (
    select
        *,
        unwrap_json(data.tracking_msg_list) as event_list,
        coalesce(json_type(event_list), 'NULL') as list_type
    from read
)

select
    * exclude (data, is_json, list_type),
    has_body and (
        outcome = 'malformed'
        or not is_json
        or not has_data
        or list_type not in ('ARRAY', 'NULL', 'VARCHAR')
        or (list_type = 'VARCHAR' and coalesce(trim(event_list ->> '$'), '') != '')
        or (list_type != 'ARRAY' and outcome = 'ok')
        or coalesce(json_type(event_list, '$[0]') = 'VARCHAR', false)
    ) as is_odd,
    row_number() over (order by requested_at, response_id) as answer_rank,
    blank_to_null(data.order_id) as answered_order_id,
    upper(blank_to_null(data.tracking_number)) as answered_tracking_number,
    blank_to_null(data.order_status) as order_status,
    blank_to_null(data.export_country) as export_country,
    blank_to_null(data.destination_country) as destination_country,
    coalesce(blank_to_null(data.courier_name), blank_to_null(data.shipping_provider)) as courier_name
from listed
