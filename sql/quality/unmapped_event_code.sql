-- One row per courier and code that no rule knows; where the courier or the code is not told, per wording with its digits
-- blanked.
-- Answers which rule to write next, in the rules folder beside the data: the first rows are worth most.
-- Source: events classified as unknown.
with shaped as (
    select
        coalesce(courier, 'unknown') as courier,
        case when courier is not null then code end as code,
        case when courier is null or code is null then replace_all(message, '[0-9]+', '#') end as wording,
        message, account, tracking_number, order_id, event_id, first_seen_at
    from fact_tracking_event
    where status = 'unknown'
),
counted as (
    select
        courier, code, wording,
        min(message) as sample_message,
        cast(count(*) as bigint) as events,
        cast(count(distinct concat_ws('|', account, coalesce(tracking_number, order_id))) as bigint) as parcels,
        min(first_seen_at) as first_seen_at,
        max(first_seen_at) as last_seen_at
    from shaped
    group by courier, code, wording
),
-- What differs between parcels may be anything: sites, names, numbers, marks; and courtesy at the end is not matched.
patterned as (
    select
        *,
        replace_all(
            replace_all(
                fold_text(sample_message),
                '(如果?有|如未|若有|感谢|谢谢|期待).*|【[^】]*】|[^ ]?[*][*]+|[a-z]{0,4}[0-9]{5,}',
                '.*'
            ),
            '[^a-zà-ÿ一-鿿ぁ-ヿ ]+',
            '.*'
        ) as pattern
    from counted
)
select
    cast(row_number() over (order by events desc, courier asc, code asc nulls last, wording asc nulls last) as bigint) as rank, -- 1 is the most frequent
    courier,        -- courier (see dim_courier), or unknown
    code,           -- the courier's code; null where it gives none
    sample_message, -- one message, masked
    events,         -- events
    parcels,        -- parcels that have it
    first_seen_at,  -- first fetched (UTC)
    last_seen_at,   -- last new one fetched (UTC)
    case when code is null then 'text_rule.csv' else 'event_code.csv' end as rule_file, -- file of the rules folder that would tell its meaning
    case
        when code is null and replace_all(pattern, '[.* ]', '') <> ''
            then concat('my-', substr(md5(pattern), 1, 8), ',10,', pattern, ',,STATUS,SUBSTATUS,SOURCE')
        when code is not null
            then concat('my-', courier, '-', replace_all(code, '[",]', '-'), ',10,', courier, ',"', replace_all(code, '"', '""'), '",,STATUS,SUBSTATUS,SOURCE')
    end as rule_row -- row to put there, with its last three words filled in; null where the text has no words
from patterned
