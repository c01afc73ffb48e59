-- One row per request in the raw files: what was asked and what the answer says of the parcel, list still as JSON.
-- `data` and the list may be objects or strings that hold their JSON; both are unwrapped. A body that DuckDB can't
-- read as UTF-8 or JSON is marked broken, unless `repaired_body` has it mended.
with answer as (
    select
        raw.* exclude (headers, body),
        raw.http_status = 200 and raw.body is not null as has_body,
        try_cast(case when raw.http_status = 200 then coalesce(repaired.document, try(decode(raw.body))) end as json)
            as document
    from raw_response as raw
    left join repaired_body as repaired using (response_id)
),

opened as (
    select
        * exclude (document),
        has_body and document is null as is_broken,
        unwrap_json(json_transform(document, '{"data": "JSON"}').data) as data
    from answer
),

read as (
    select
        * exclude (data),
        data is not null and json_type(data) = 'OBJECT' as has_data,
        json_transform(
            data,
            '{"tracking_number": "VARCHAR", "order_id": "VARCHAR", "order_status": "VARCHAR",
              "export_country": "VARCHAR", "destination_country": "VARCHAR", "courier_name": "VARCHAR",
              "shipping_provider": "VARCHAR", "tracking_msg_list": "JSON"}'
        ) as data
    from opened
)

select
    * exclude (data, has_data),
    has_data,
    row_number() over (order by requested_at, response_id) as answer_rank,
    blank_to_null(data.order_id) as answered_order_id,
    upper(blank_to_null(data.tracking_number)) as answered_tracking_number,
    blank_to_null(data.order_status) as order_status,
    blank_to_null(data.export_country) as export_country,
    blank_to_null(data.destination_country) as destination_country,
    coalesce(blank_to_null(data.courier_name), blank_to_null(data.shipping_provider)) as courier_name,
    unwrap_json(data.tracking_msg_list) as event_list
from read
