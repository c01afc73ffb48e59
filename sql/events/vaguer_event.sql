-- One row per event that another event of the same parcel tells in full, among those being loaded and those known. A
-- vaguer event comes from an answer that missed a field (code, time, text, courier, parcel) or had a damaged character
-- in its text, for which the replacement character stands. A person would see one event in the two: the full one stays.
with touched as (
    select event_id, account, order_id, tracking_number, courier, code, event_time_raw, message from incoming_event
    union
    select event_id, account, order_id, tracking_number, courier, code, event_time_raw, message
    from fact_tracking_event
    semi join (select distinct account, tracking_number from incoming_event) as parcel using (account, tracking_number)
    union
    select event_id, account, order_id, tracking_number, courier, code, event_time_raw, message
    from fact_tracking_event
    semi join (select distinct account, order_id from incoming_event) as parcel using (account, order_id)
),

told as (
    select
        * exclude (message),
        coalesce(message, '') as message,
        contains(coalesce(message, ''), chr(65533)) as is_damaged,
        (code is not null)::integer + (event_time_raw is not null)::integer + (message is not null)::integer
            + (courier is not null)::integer + (tracking_number is not null)::integer as fields
    from touched
),

vague as (
    select
        *,
        replace(replace(replace(replace(message, '\', '\\'), '%', '\%'), '_', '\_'), chr(65533), '%') as pattern
    from told
    where is_damaged or fields < 5
),

by_parcel as (
    select vague.event_id as vague_id, told.event_id as full_id
    from vague
    join told on vague.account = told.account and vague.tracking_number = told.tracking_number
    union all
    select vague.event_id, told.event_id
    from vague
    join told on vague.account = told.account and vague.order_id = told.order_id
    where vague.tracking_number is null
)

select distinct vague.event_id
from by_parcel
join vague on by_parcel.vague_id = vague.event_id
join told on by_parcel.full_id = told.event_id
where vague.event_id != told.event_id
    and (vague.code is null or vague.code = told.code)
    and (vague.event_time_raw is null or vague.event_time_raw = told.event_time_raw)
    and (vague.courier is null or vague.courier = told.courier)
    and (vague.message = '' or vague.message = told.message
        or (vague.is_damaged and told.message like vague.pattern escape '\'))
    and told.fields >= vague.fields
    and (told.fields > vague.fields or (vague.is_damaged and not told.is_damaged))
