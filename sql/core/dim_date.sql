-- One row per calendar day from 2015-01-01 to 2034-12-31.
-- Answers which week a day belongs to and whether people work on it; weekly tables join it to show weeks without
-- parcels.
-- Holidays are not known yet: is_weekend is Saturday and Sunday alone.
with digit as (
    select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as t(n)
),
day as (
    select cast('2015-01-01' as date) + cast(a.n + 10 * b.n + 100 * c.n + 1000 * d.n as integer) as date_day
    from digit as a
    cross join digit as b
    cross join digit as c
    cross join digit as d
)
select
    date_day,                                            -- the day
    cast(date_trunc('week', date_day) as date) as week,  -- Monday of its week
    cast(date_trunc('month', date_day) as date) as month, -- first day of its month
    iso_dow(date_day) as iso_weekday,                    -- 1 Monday to 7 Sunday
    iso_dow(date_day) >= 6 as is_weekend                 -- Saturday or Sunday
from day
where date_day <= cast('2034-12-31' as date)
