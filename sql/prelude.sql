-- The few functions that DuckDB and Spark SQL spell differently, run once per connection. The models use these names
-- and nothing else that the two engines disagree on. On Spark the same names are defined by the right-hand spelling.

-- Seconds from a to b.                                      Spark: (unix_micros(b) - unix_micros(a)) / 1000000.0D
create or replace temp macro secs_between(a, b) as (epoch_us(b) - epoch_us(a)) / cast(1000000 as double);

-- Calendar days from date a to date b.                      Spark: cast(datediff(b, a) as bigint)
create or replace temp macro days_between(a, b) as date_diff('day', a, b);

-- Monday is 1, Sunday is 7.                                 Spark: weekday(d) + 1
create or replace temp macro iso_dow(d) as cast(isodow(d) as integer);

-- The wall clock in zone z at the UTC instant t.            Spark: built in
create or replace temp macro from_utc_timestamp(t, z) as timezone(z, timezone('UTC', t));

-- Every match of pattern p in s becomes r.                  Spark: regexp_replace(s, p, r)
create or replace temp macro replace_all(s, p, r) as regexp_replace(s, p, r, 'g');

-- The last second of the day that begins at t.              Spark: timestampadd(SECOND, 86399, t)
create or replace temp macro end_of_day(t) as t + interval 86399 seconds;

-- The next three have the same bodies on Spark, with the variables written out.
-- The day at t where the business is: `set variable business_zone = 'Europe/London'` before this file moves it.
create or replace temp macro business_date(t) as
    cast(from_utc_timestamp(t, coalesce(getvariable('business_zone'), 'Asia/Hong_Kong')) as date);

-- The Monday of the week of t where the business is.
create or replace temp macro business_week(t) as cast(date_trunc('week', business_date(t)) as date);

-- A text as reference data spells it: Simplified characters, lower case, single blanks. Slow: use it on distinct texts.
create or replace temp macro fold_text(s) as
    trim(replace_all(lower(translate(s, getvariable('traditional'), getvariable('simplified'))), '[ ]+', ' '));
