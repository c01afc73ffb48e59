-- One row per country and day of which that country's holidays are known.
-- Answers how many business days lie between two days: subtract their numbers. A day that is not here is unknown, not
-- a working day.
-- Source: sql/reference/business_calendar.csv (which days are known, which weekdays are rest days) and holiday.csv
-- (holidays, and weekend days worked in their stead). A day lost to a typhoon is a row more in holiday.csv; where
-- couriers deliver on Saturdays, rest_days is 7.
with day as (
    select
        calendar.country,
        dim_date.date_day,
        holiday.name as holiday,
        coalesce(
            holiday.is_business_day,
            coalesce(calendar.rest_days, '') not like concat('%', cast(dim_date.iso_weekday as string), '%')
        ) as is_business_day
    from reference.business_calendar as calendar
    inner join dim_date on dim_date.date_day between calendar.first_day and calendar.last_day
    left join reference.holiday as holiday
        on holiday.country = calendar.country and holiday.date_day = dim_date.date_day
)
select
    country,         -- ISO 3166 two-letter code
    date_day,        -- the day there
    is_business_day, -- neither a rest day nor a holiday, or a rest day that is worked
    holiday,         -- holiday, or why a rest day is worked; null on other days
    cast(sum(case when is_business_day then 1 else 0 end) over (
        partition by country order by date_day asc rows between unbounded preceding and current row
    ) as bigint) as business_day_number, -- business days of the country up to and with this one
    min(case when is_business_day then date_day end) over (
        partition by country order by date_day asc rows between 1 following and unbounded following
    ) as next_business_day -- first business day after this one; null at the end of what is known
from day
