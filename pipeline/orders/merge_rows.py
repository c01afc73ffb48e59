"""The rows of one read, in incoming_order, into source_order: a handful of statements, however many rows there are."""

from datetime import datetime

import duckdb


def merge_rows(connection: duckdb.DuckDBPyConnection, seen_at: datetime) -> dict[str, int]:
    """How many were new, changed, unchanged and duplicates."""
    connection.execute(_ADOPT)
    connection.execute(_LATEST)
    connection.execute(_COMPARED, {"seen_at": seen_at})
    for statement in (_UPDATE, _DELETE, _INSERT):
        connection.execute(statement)
    counts = connection.execute(_COUNT).fetchone()
    assert counts is not None
    connection.execute("drop table latest_order; drop table compared_order")
    return dict(zip(("new", "changed", "unchanged", "duplicates"), counts, strict=True))


# Rows of a version that kept no original promise: the oldest that is left is the present one, and was there at first.
_ADOPT = """
    update source_order set
        original_promised_at = promised_at,
        original_promised_on = promised_on,
        original_promise_seen_at = first_seen_at
    where original_promised_on is null and promised_on is not null
"""

# One row a parcel: of the same key the newest, else the last; and none that says only a part of a fuller row.
# Its first promise is the one of the oldest row, else of the first: a table of changes holds both.
_LATEST = """
    create or replace temp table latest_order as
    with repeated as (  -- few: ranking only these is 3x faster than ranking all
        select account, order_id, tracking_number from incoming_order
        group by account, order_id, tracking_number having count(*) > 1
    ),
    ranked as (
        select
            incoming.*,
            row_number() over (
                partition by incoming.account, incoming.order_id, incoming.tracking_number
                order by incoming.updated_at desc nulls last, incoming.read_number desc
            ) as place
        from incoming_order as incoming
        join repeated
            on repeated.account = incoming.account
            and repeated.order_id is not distinct from incoming.order_id
            and repeated.tracking_number is not distinct from incoming.tracking_number
    ),
    first_promise as (
        select
            account, order_id, tracking_number,
            max_by(promised_at, place) as promised_at,
            max_by(promised_on, place) as promised_on
        from ranked
        where promised_on is not null
        group by account, order_id, tracking_number
    ),
    full_key as (
        select account, order_id, tracking_number from incoming_order
        where order_id is not null and tracking_number is not null
        union all
        select account, order_id, tracking_number from source_order
        where order_id is not null and tracking_number is not null
    ),
    part as (
        select read_number from incoming_order as incoming
        where tracking_number is null
            and exists (
                select 1 from full_key
                where full_key.account = incoming.account and full_key.order_id = incoming.order_id
            )
        union all
        select read_number from incoming_order as incoming
        where order_id is null
            and exists (
                select 1 from full_key
                where full_key.account = incoming.account and full_key.tracking_number = incoming.tracking_number
            )
    )
    select
        incoming.*,
        coalesce(first_promise.promised_at, incoming.promised_at) as first_promised_at,
        coalesce(first_promise.promised_on, incoming.promised_on) as first_promised_on
    from incoming_order as incoming
    left join first_promise
        on first_promise.account = incoming.account
        and first_promise.order_id is not distinct from incoming.order_id
        and first_promise.tracking_number is not distinct from incoming.tracking_number
    where incoming.read_number not in (
        select read_number from ranked where place > 1
        union all
        select read_number from part
    )
"""

# Each beside the row it replaces: its own, or the one that had only its order id or only its tracking number.
# A promise once read stays the original one, however often the source moves or drops it.
_COMPARED = """
    create or replace temp table compared_order as
    select
        latest.*,
        known.rowid as known_row,
        case
            when known.rowid is null and order_only.rowid is null and parcel_only.rowid is null then 'new'
            when known.rowid is not null
                and known.courier is not distinct from latest.courier
                and known.service is not distinct from latest.service
                and known.destination_country is not distinct from latest.destination_country
                and known.ordered_at is not distinct from latest.ordered_at
                and known.promised_at is not distinct from latest.promised_at
                and known.promised_on is not distinct from latest.promised_on
                then 'unchanged'
            else 'changed'
        end as outcome,
        coalesce(
            least(known.first_seen_at, order_only.first_seen_at, parcel_only.first_seen_at), $seen_at
        ) as first_seen_at,
        coalesce(
            known.original_promised_at, order_only.original_promised_at, parcel_only.original_promised_at,
            latest.first_promised_at
        ) as original_promised_at,
        coalesce(
            known.original_promised_on, order_only.original_promised_on, parcel_only.original_promised_on,
            latest.first_promised_on
        ) as original_promised_on,
        coalesce(
            known.original_promise_seen_at, order_only.original_promise_seen_at, parcel_only.original_promise_seen_at,
            case when latest.first_promised_on is not null then $seen_at end
        ) as original_promise_seen_at,
        cast($seen_at as timestamp) as last_changed_at
    from latest_order as latest
    left join source_order as known
        on known.account = latest.account
        and known.order_id is not distinct from latest.order_id
        and known.tracking_number is not distinct from latest.tracking_number
    left join (select rowid, * from source_order where tracking_number is null) as order_only
        on latest.tracking_number is not null
        and order_only.account = latest.account
        and order_only.order_id = latest.order_id
    left join (select rowid, * from source_order where order_id is null) as parcel_only
        on latest.order_id is not null
        and parcel_only.account = latest.account
        and parcel_only.tracking_number = latest.tracking_number
"""

# A row that only had its updated_at moved has not changed for anybody who reads it.
_UPDATE = """
    update source_order set
        courier = compared.courier,
        service = compared.service,
        destination_country = compared.destination_country,
        ordered_at = compared.ordered_at,
        promised_at = compared.promised_at,
        promised_on = compared.promised_on,
        original_promised_at = compared.original_promised_at,
        original_promised_on = compared.original_promised_on,
        original_promise_seen_at = compared.original_promise_seen_at,
        updated_at = compared.updated_at,
        last_changed_at = case
            when compared.outcome = 'changed' then compared.last_changed_at else source_order.last_changed_at
        end
    from compared_order as compared
    where source_order.rowid = compared.known_row
        and (compared.outcome = 'changed' or compared.updated_at is distinct from source_order.updated_at)
"""

_DELETE = """
    delete from source_order
    where (
        tracking_number is null
        and exists (
            select 1 from compared_order as compared
            where compared.tracking_number is not null
                and compared.account = source_order.account and compared.order_id = source_order.order_id
        )
    ) or (
        order_id is null
        and exists (
            select 1 from compared_order as compared
            where compared.order_id is not null
                and compared.account = source_order.account and compared.tracking_number = source_order.tracking_number
        )
    )
"""

_INSERT = """
    insert into source_order by name
    select * exclude (read_number, first_promised_at, first_promised_on, known_row, outcome)
    from compared_order
    where known_row is null
"""

_COUNT = """
    select
        count(*) filter (where outcome = 'new'),
        count(*) filter (where outcome = 'changed'),
        count(*) filter (where outcome = 'unchanged'),
        (select count(*) from incoming_order) - count(*)
    from compared_order
"""
