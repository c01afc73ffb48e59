-- One row per calendar day from 2015-01-01 to 2034-12-31.
-- Answers which week a day belongs to and whether people work on it; weekly tables join it to show weeks without
-- parcels. Other countries' working days are in business_day.
-- Source: sql/reference/business_calendar.csv and holiday.csv. Where a year's holidays are not known yet the flags are
-- null, not false.
with digit as (
    select n from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as t(n)
),
day as (
    select cast('2015-01-01' as date) + cast(a.n + 10 * b.n + 100 * c.n + 1000 * d.n as integer) as date_day
    from digit as a
    cross join digit as b
    cross join digit as c
    cross join digit as d
),
holiday as (
    select
        calendar.country, day.date_day,
        coalesce(not holiday.is_business_day, false) as is_holiday,
        coalesce(holiday.is_business_day, false) as is_makeup_workday
    from reference.business_calendar as calendar
    inner join day on day.date_day between calendar.first_day and calendar.last_day
    left join reference.holiday as holiday on holiday.country = calendar.country and holiday.date_day = day.date_day
)
select
    day.date_day,                                            -- the day
    cast(date_trunc('week', day.date_day) as date) as week,  -- Monday of its week
    cast(date_trunc('month', day.date_day) as date) as month, -- first day of its month
    iso_dow(day.date_day) as iso_weekday,                    -- 1 Monday to 7 Sunday
    iso_dow(day.date_day) >= 6 as is_weekend,                -- Saturday or Sunday
    hong_kong.is_holiday as is_holiday_hk,                   -- general holiday in Hong Kong; null where not known
    mainland.is_holiday as is_holiday_cn,                    -- public holiday in mainland China; null where not known
    mainland.is_makeup_workday as is_makeup_workday_cn       -- weekend day worked in mainland China for a longer holiday; null where not known
from day
left join holiday as hong_kong on hong_kong.country = 'HK' and hong_kong.date_day = day.date_day
left join holiday as mainland on mainland.country = 'CN' and mainland.date_day = day.date_day
where day.date_day <= cast('2034-12-31' as date)
