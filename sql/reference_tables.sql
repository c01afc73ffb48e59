-- The tables of sql/reference/*.csv: what they hold and of what type each column is. Columns that are not named here
-- are text.

-- One row per country and span of years of which its public holidays are known.
create table if not exists business_calendar (
    country varchar,           -- ISO 3166 two-letter code
    first_day date,            -- first day whose holidays are known
    last_day date,             -- last day whose holidays are known
    rest_days varchar,         -- weekdays without work as digits, 1 Monday to 7 Sunday: 67 is Saturday and Sunday
    latest_time_zone varchar,  -- IANA zone of the country in which a day ends last
    source varchar             -- where the holidays are from
);

-- One row per spelling of a country.
create table if not exists country (
    alias varchar,    -- name or code as sources and the API write it, in capitals
    country varchar,  -- ISO 3166 two-letter code
    name varchar      -- as people write it
);

-- One row per courier that we know.
create table if not exists courier (
    courier varchar,       -- the short name used in every table
    name varchar,          -- as people write it
    kind varchar,          -- express, parcel, post or forwarder
    home_country varchar,  -- ISO 3166 two-letter code
    time_zone varchar,     -- IANA zone of its scans; null where it scans in many
    clock varchar          -- local where it sends local time with the mark of UTC, else null
);

-- One row per spelling of a courier's name.
create table if not exists courier_alias (
    alias varchar,     -- as sources and the API write it: lower case, Simplified characters, single blanks
    priority integer,  -- where two rows fit, the lowest number decides
    courier varchar,   -- the courier's short name
    source varchar,    -- where the spelling is from
    owner varchar      -- parcels for our rows, user for those of the user's own files
);

-- One row per rule on a courier's own code.
create table if not exists event_code (
    rule_id varchar,    -- name of the rule, kept in fact_tracking_event
    priority integer,   -- the lowest number is tried first, and the first rule that fits decides
    courier varchar,    -- courier whose code it is
    code varchar,       -- the code
    pattern varchar,    -- regular expression on the folded text; null where the code alone decides
    status varchar,     -- one of 13 statuses, see dim_status
    substatus varchar,  -- one of 46 substatuses, see dim_status
    source varchar,     -- where the meaning is from
    owner varchar       -- parcels for our rows, user for those of the user's own files
);

-- One row per country and day that is a public holiday, or a weekend day worked in a holiday's stead.
create table if not exists holiday (
    country varchar,          -- ISO 3166 two-letter code
    date_day date,            -- the day
    is_business_day boolean,  -- false for a holiday, true for a weekend day that is worked
    name varchar,             -- name of the holiday
    source varchar            -- where it is from
);

-- One row per words in a courier text that a person's name stands behind: such names are masked.
create table if not exists name_cue (
    cue varchar,      -- the words, in lower case
    kind varchar,     -- what the person does: signs, reaches or carries; or title, as in Mr.
    language varchar  -- ISO 639 two-letter code
);

-- One row per word that is no person's name though it stands where names do.
create table if not exists name_word (
    word varchar,  -- the word, in lower case
    kind varchar   -- role (a neighbour), organisation (a hotel) or other
);

-- One row per text or code that the API uses for the status of an order.
create table if not exists order_status (
    text varchar,       -- as the API writes it: lower case, Simplified characters, single blanks
    priority integer,   -- where two rows fit, the lowest number decides
    status varchar,     -- one of 13 statuses, see dim_status
    substatus varchar,  -- one of 46 substatuses, see dim_status
    source varchar,     -- where the meaning is from
    owner varchar       -- parcels for our rows, user for those of the user's own files
);

-- One row per way in which the place of a scan tells its time zone; the first that fits decides.
create table if not exists place_zone (
    pattern varchar,    -- regular expression on the folded place
    time_zone varchar,  -- IANA zone
    country varchar     -- ISO 3166 two-letter code
);

-- One row per courier, service and route of which we know the agreed delivery time; null fits any.
create table if not exists service_level (
    courier varchar,              -- courier
    service varchar,              -- service level as the merchant's table writes it
    origin_country varchar,       -- ISO 3166 two-letter code
    destination_country varchar,  -- ISO 3166 two-letter code
    business_days integer,        -- business days agreed
    cutoff_hour integer,          -- hour of the day at the origin from which a pickup counts for the next business day; null for none
    source varchar                -- where the agreement is from
);

-- One row per kind of lane, or of courier: how long silence is normal. A row of the courier's kind goes before one of
-- the lane's.
create table if not exists silence_limit (
    lane_kind varchar,           -- hong_kong, domestic, mainland or cross_border, see dim_lane; unknown where the lane is
    courier_kind varchar,        -- express, parcel, post or forwarder, see dim_courier
    stalled_after_days integer,  -- days without movement after which a parcel is stalled
    lost_after_days integer,     -- days without any event after which a parcel is suspected lost
    waiting_after_days integer,  -- days at a locker or pickup point after which somebody should remind the recipient
    source varchar               -- where the limits are from
);

-- One row per substatus of the taxonomy.
create table if not exists status (
    status varchar,           -- one of 13 statuses
    substatus varchar,        -- what exactly, within the status
    is_terminal boolean,      -- the parcel's story has ended
    is_exception boolean,     -- something is wrong
    responsible varchar,      -- whose move it is: carrier, shipper, recipient, customs or external
    action_required boolean,  -- somebody has to do something for the parcel to go on
    description varchar       -- in words
);

-- One row per rule on the words of a message, for events whose code decides nothing.
create table if not exists text_rule (
    rule_id varchar,    -- name of the rule, kept in fact_tracking_event
    priority integer,   -- the lowest number is tried first, and the first rule that fits decides
    pattern varchar,    -- regular expression on the folded text
    unless varchar,     -- regular expression that keeps the rule from deciding
    status varchar,     -- one of 13 statuses, see dim_status
    substatus varchar,  -- one of 46 substatuses, see dim_status
    source varchar,     -- where the meaning is from
    owner varchar       -- parcels for our rows, user for those of the user's own files
);
