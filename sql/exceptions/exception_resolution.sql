-- One row per courier and first reason of an exception episode.
-- Answers how long each kind of trouble takes to mend.
-- Formula: first sound physical scan (or customs release) after the episode - its first event; open episodes are not
-- in the percentiles, so read n_open with them.
with summed as (
    select
        coalesce(fact_shipment.courier, 'unknown') as courier,
        episode.first_status, episode.first_reason, episode.responsible,
        cast(count(*) as bigint) as n,
        cast(count(*) filter (where episode.outcome = 'resolved') as bigint) as n_resolved,
        cast(count(*) filter (where episode.outcome = 'resolved' and episode.resolution_hours is null) as bigint) as n_excluded,
        cast(count(*) filter (where episode.outcome = 'ended') as bigint) as n_ended,
        cast(count(*) filter (where episode.outcome = 'open') as bigint) as n_open,
        percentile_cont(0.5) within group (order by episode.resolution_hours) as resolution_hours_p50,
        percentile_cont(0.9) within group (order by episode.resolution_hours) as resolution_hours_p90
    from fact_exception as episode
    inner join fact_shipment on fact_shipment.shipment_id = episode.shipment_id
    group by coalesce(fact_shipment.courier, 'unknown'), episode.first_status, episode.first_reason, episode.responsible
)
select
    courier,              -- courier (see dim_courier), or unknown
    first_status as status, -- status of the episode's first event
    first_reason as substatus, -- its substatus: the reason
    responsible,          -- who owns it: carrier, shipper, recipient, customs or external
    n,                    -- episodes
    n_resolved,           -- of which mended
    n_excluded,           -- of those mended, with only the day known (not in the percentiles)
    n_ended,              -- of which ended with the parcel: returned, lost, disposed, cancelled
    n_open,               -- of which still open
    cast(n_open as double) / n as share_open, -- n_open / n
    resolution_hours_p50, -- median hours until mended
    resolution_hours_p90  -- 90th percentile of hours until mended
from summed
