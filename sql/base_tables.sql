-- One row per parcel that the merchant's own table knows: an order with several parcels has several rows.
create table if not exists source_order (
    account varchar,              -- merchant account of the API
    order_id varchar,             -- merchant's order id, as text
    tracking_number varchar,      -- parcel number, null until the merchant knows one
    courier varchar,              -- courier as the source writes it
    service varchar,              -- service level as the source writes it
    destination_country varchar,  -- destination as the source writes it
    ordered_at timestamp,         -- when the customer ordered (UTC)
    promised_at timestamp,        -- when delivery was promised for (UTC; the end of the day where only a day is given)
    promised_on date,             -- the promised day in the business time zone
    original_promised_at timestamp, -- the first promise we ever read for it (UTC): what on-time is measured against
    original_promised_on date,    -- its day in the business time zone
    original_promise_seen_at timestamp, -- when we first read that promise (UTC)
    updated_at timestamp,         -- when the source last changed the row (UTC), where it says so
    first_seen_at timestamp,      -- when we first read the row (UTC)
    last_changed_at timestamp     -- when we last saw the row change (UTC)
);

-- One row per row of the source that could not be used in full, and why.
create table if not exists quarantined_order (
    account varchar,     -- merchant account of the API
    source_row bigint,   -- place of the row in the source, from 1
    reason varchar,      -- what is wrong with it
    row_json varchar,    -- the row as it was read
    seen_at timestamp    -- when it was read (UTC)
);

-- One row per raw file whose answers are in the tables.
create table if not exists loaded_response_file (
    raw_file varchar,      -- path below raw/tracking_responses
    responses bigint,      -- answers in it
    loaded_at timestamp,   -- when it was loaded (UTC)
    run_id varchar         -- the run that loaded it
);

-- At most one row: by which rules the answers in the tables were read.
create table if not exists reading_state (
    rules_fingerprint varchar   -- sha256 over the rule files
);

-- One row per request sent to the tracking API: what was asked, what came of it, what the answer said of the parcel.
create table if not exists fact_poll (
    response_id varchar,               -- identity of the request, found again in its raw file
    account varchar,                   -- merchant account that asked
    order_id varchar,                  -- order asked about
    tracking_number varchar,           -- parcel asked about, where the source names one
    asked_by varchar,                  -- which of the two went into the URL: order_id or tracking_number
    requested_at timestamp,            -- when the request was sent (UTC)
    elapsed_ms double,                 -- milliseconds until the whole answer was here
    http_status integer,               -- status of the answer, null where none came
    outcome varchar,                   -- ok, no_events, not_found, forbidden, bad_request, unauthorized, rate_limited, server_error, timeout, network_error or malformed
    attempts integer,                  -- which attempt at this parcel it was, from 1
    reason varchar,                    -- what the API or the network said went wrong
    answered_order_id varchar,         -- order the answer names
    answered_tracking_number varchar,  -- parcel the answer names
    order_status varchar,              -- the API's own status text, a second source beside the events
    export_country varchar,            -- origin as answered
    destination_country varchar,       -- destination as answered
    courier varchar,                   -- courier by our name, from reference.courier_alias
    courier_name varchar,              -- courier as answered
    event_count integer,               -- readable events in the answer
    run_id varchar,                    -- the run that asked
    raw_file varchar                   -- where the whole answer lies, below raw/tracking_responses
);

-- One row per distinct tracking event of a parcel, on two clocks: what the courier says and since when we know.
create table if not exists fact_tracking_event (
    event_id varchar,           -- md5 over account, parcel, courier, code, time as written and folded masked text
    account varchar,            -- merchant account that may see the parcel
    order_id varchar,           -- merchant's order
    tracking_number varchar,    -- parcel, in capitals; null where nobody ever named one
    courier varchar,            -- courier by our name, from reference.courier_alias
    code varchar,               -- the courier's own code
    location varchar,           -- place as the courier writes it, names and phone numbers masked
    message varchar,            -- the courier's text, names and phone numbers masked
    contact_key varchar,        -- the same for the same person, by the mobile or first phone number in the text, else its first name; null where it has none
    event_at timestamp,         -- when it happened (UTC); null where the time can't be read
    event_at_local timestamp,   -- the same on the wall clock of the place
    event_time_raw varchar,     -- the time as the courier writes it
    time_zone varchar,          -- zone by which event_at was derived: a name or an offset
    time_zone_source varchar,   -- how the zone is known: explicit, location, courier, neighbour (an earlier scan of the same list) or assumed
    neighbour_at timestamp,     -- the earlier scan whose zone is taken as no place is told (UTC); null where none is
    time_precision varchar,     -- second, minute, date, or none where the time can't be read
    status varchar,             -- one of 13 statuses, see dim_status
    substatus varchar,          -- one of 47 substatuses, see dim_status
    rule_id varchar,            -- rule of sql/reference that decided; null where none did
    classified_by varchar,      -- courier_code_text, courier_code, text or none
    sequence integer,           -- place in the courier's own list, oldest first; breaks ties of event_at
    first_seen_at timestamp,    -- first answer that listed it (UTC)
    last_seen_at timestamp,     -- last answer that listed it (UTC); older than the last poll: no longer listed
    first_response_id varchar,  -- that first answer, see fact_poll
    last_response_id varchar    -- that last answer, see fact_poll
);

-- One row per answer with a history that could not be read in full, and why; the body lies in its raw file. What could
-- be read of it is in the facts all the same.
create table if not exists quarantined_response (
    response_id varchar,       -- the answer, see fact_poll
    account varchar,           -- merchant account that asked
    order_id varchar,          -- order asked about
    tracking_number varchar,   -- parcel asked about
    requested_at timestamp,    -- when it was asked (UTC)
    reason varchar,            -- truncated_body, damaged_text, unreadable_body, unreadable_event_list, unreadable_event or shortened_text
    detail varchar,            -- the reason in words
    raw_file varchar           -- where the body lies, below raw/tracking_responses
);

-- One row per parcel that has or had events: what they are, and when that last changed.
create table if not exists parcel_digest (
    shipment_id varchar,       -- parcel (see fact_shipment)
    digest ubigint,            -- over all that is known of its events but when they were last listed; null once it has none
    revision bigint            -- counts up with each run that brought a change
);

-- One row per model that is made parcel by parcel: how far it has come.
create table if not exists model_state (
    model varchar,             -- the model's table
    fingerprint varchar,       -- sha256 over its text and what it reads beside the parcels' events
    revision bigint            -- it knows the changes up to this one, see parcel_digest
);
