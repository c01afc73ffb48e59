-- One row per event that another event of the same parcel tells in full, among those being loaded and those known. A
-- vaguer event comes from an answer that missed a field (code, time, text, courier, parcel) or had a damaged character
-- in its text, for which the replacement character stands. A person would see one event in the two: the full one stays.
with met as (
    -- Where they are before what they hold: joins decide on few columns and read all that they show.
    select rowid as met
    from fact_tracking_event
    semi join (select distinct account, tracking_number from incoming_event) as parcel using (account, tracking_number)
    union
    select rowid as met
    from fact_tracking_event
    semi join (select distinct account, order_id from incoming_event) as parcel using (account, order_id)
),

touched as (
    select event_id, account, order_id, tracking_number, courier, code, event_time_raw, message from incoming_event
    union
    select event_id, account, order_id, tracking_number, courier, code, event_time_raw, message
    from fact_tracking_event
    where rowid in (select met from met)
),

told as (
    -- Each way to meet has one key, which holds the account: two columns to join on, one of them the same everywhere,
    -- have led the planner to compare every event with every other.
    select
        * exclude (message),
        coalesce(message, '') as message,
        concat_ws(chr(0), account, 'parcel', tracking_number) as parcel_key,
        concat_ws(chr(0), account, 'order', order_id) as order_key,
        contains(coalesce(message, ''), chr(65533)) as is_damaged,
        (code is not null)::integer + (event_time_raw is not null)::integer + (message is not null)::integer
            + (courier is not null)::integer + (tracking_number is not null)::integer as fields
    from touched
),

vague as (
    select
        *,
        if(tracking_number is null, order_key, parcel_key) as meeting_key,
        replace(replace(replace(replace(message, '\', '\\'), '%', '\%'), '_', '\_'), chr(65533), '%') as pattern
    from told
    where is_damaged or fields < 5
),

candidate as (
    select parcel_key as meeting_key, * from told where tracking_number is not null
    union all
    select order_key, * from told
)

select distinct vague.event_id
from vague
join candidate as told using (meeting_key)
where vague.event_id != told.event_id
    and (vague.code is null or vague.code = told.code)
    and (vague.event_time_raw is null or vague.event_time_raw = told.event_time_raw)
    and (vague.courier is null or vague.courier = told.courier)
    and (vague.message = '' or vague.message = told.message
        or (vague.is_damaged and told.message like vague.pattern escape '\'))
    and told.fields >= vague.fields
    and (told.fields > vague.fields or (vague.is_damaged and not told.is_damaged))
