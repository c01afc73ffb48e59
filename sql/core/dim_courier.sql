-- One row per courier that we know.
-- Answers who a courier is and which clock it scans by.
-- Source: sql/reference/courier.csv.
select
    courier,      -- the short name used in every table
    name,         -- as people write it
    kind,         -- express, parcel, post or forwarder
    home_country, -- ISO 3166 two-letter code
    time_zone,    -- IANA zone of its scans; null where it scans in many
    clock         -- local where a Z behind its times says nothing: it sends its local time as if it were UTC
from reference.courier
