-- One row per courier, way in which the zone is known, and reason to doubt an event.
-- Answers whose clocks to distrust, how much is told anew, and how much of the history that costs.
-- Formula: the events of suspect_event / all events of the courier. Many "hours after fetch" mean a wrong zone: where
-- the place is known, mend place_zone.csv; where it is explicit, see clock in sql/reference/courier.csv.
with event as (
    select
        coalesce(e.courier, 'unknown') as courier,
        e.event_id, e.time_zone_source, e.event_time_raw, e.last_seen_at,
        suspect_event.shipment_id, suspect_event.reason, suspect_event.is_left_out
    from fact_tracking_event as e
    left join suspect_event on suspect_event.event_id = e.event_id
),
total as (
    select courier, count(*) as events from event group by courier
)
select
    event.courier,          -- courier (see dim_courier), or unknown
    event.time_zone_source, -- how the zone is known: explicit, location, courier, neighbour or assumed
    event.reason,           -- no time, after fetch, rewritten, earlier parcel, before the rest, after the rest, or hours after fetch (see suspect_event)
    event.is_left_out,      -- the events set no state and no time
    cast(count(*) as bigint) as n, -- events
    cast(count(distinct event.shipment_id) as bigint) as n_parcels, -- parcels that have one
    cast(count(*) as double) / max(total.events) as share_of_events, -- n / all events of the courier
    min_by(coalesce(event.event_time_raw, ''), event.event_id) as sample_time_raw, -- one of the times as the courier wrote it
    min(event.event_id) as sample_event_id, -- its event
    max(event.last_seen_at) as last_seen_at -- last answer that listed one (UTC)
from event
inner join total on total.courier = event.courier
where event.reason is not null
group by event.courier, event.time_zone_source, event.reason, event.is_left_out
