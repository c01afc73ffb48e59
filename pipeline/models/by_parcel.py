"""Models that are made parcel by parcel: a parcel whose events are as they were keeps its rows.

`parcel_digest` holds a digest of each parcel's events and the revision in which it last changed; `model_state` holds
through which revision a model is made, and from what text. All else that a model reads is part of that fingerprint: a
new status or another text makes the whole table anew, and so do changes to many parcels, where that is quicker.
"""

import hashlib

import duckdb

from pipeline.errors import ModelError
from pipeline.models.sql_file import BuiltModel, SqlModel, build, describe, first_line

# Each row of these has a shipment_id and follows from the events of that parcel alone. All read the largest tables.
BY_PARCEL = {
    "suspect_event",
    "shipment_event",
    "shipment_attempt",
    "shipment_state",
    "shipment_milestone",
    "fact_exception",
    "fact_shipment_stage",
    "fact_shipment_stop",
}
# With 10 M events a fifth takes a third of the time of all for shipment_event, and as long as all for the others.
SHARE_BY_PARCEL = 0.2

# What a digest leaves out: it changes with every answer, and no model that is made parcel by parcel may read it.
VOLATILE = ("last_seen_at", "last_response_id")
_SAME_PARCEL = """
    order_parcel.account = e.account
    and order_parcel.order_id is not distinct from e.order_id
    and order_parcel.tracking_number is not distinct from upper(e.tracking_number)
"""
_DIGEST = f"""
create or replace temp table digest_now as
with told as (  -- few triples for many events: joined to parcels only when summed up
    select account, order_id, tracking_number, bit_xor(hash(event)) as digest
    from (select * exclude ({", ".join(VOLATILE)}) from fact_tracking_event) as event
    group by account, order_id, tracking_number
)
select order_parcel.shipment_id, bit_xor(e.digest) as digest
from told as e
inner join order_parcel on {_SAME_PARCEL}
group by order_parcel.shipment_id;

create or replace temp table digest_changed as
select coalesce(was.shipment_id, now.shipment_id) as shipment_id, now.digest
from digest_now as now
full join parcel_digest as was on was.shipment_id = now.shipment_id
where was.digest is distinct from now.digest;

drop table digest_now;
"""


def update_digests(connection: duckdb.DuckDBPyConnection) -> int:
    """Bring `parcel_digest` up to the events and parcels in the tables; the number of parcels that changed.

    A parcel that has lost its events keeps a row without digest: its rows elsewhere have to go.
    """
    connection.execute(_DIGEST)
    changed = _number(connection, "select count(*) from digest_changed")
    if changed:
        revision = _number(connection, "select coalesce(max(revision), 0) + 1 from parcel_digest")
        connection.execute("begin")
        connection.execute("delete from parcel_digest where shipment_id in (select shipment_id from digest_changed)")
        connection.execute("insert into parcel_digest select shipment_id, digest, ? from digest_changed", [revision])
        connection.execute("commit")
    connection.execute("drop table digest_changed")
    return changed


def build_by_parcel(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> BuiltModel:
    """Make the rows of the parcels that changed since the model was last built; all rows where that is due."""
    fingerprint = _fingerprint(connection, model)
    through = _through(connection, model)
    touched = _touched(connection, model, fingerprint)
    if touched is None:
        # Forgotten first: whoever dies on the way has a table that is known not to be whole.
        connection.execute("delete from model_state where model = ?", [model.name])
        built = build(connection, model)
        connection.execute("insert into model_state values (?, ?, ?)", [model.name, fingerprint, through])
    else:
        described = describe(connection, model)
        if touched:
            _rebuild_touched(connection, model)
        connection.execute("update model_state set revision = ? where model = ?", [through, model.name])
        built = BuiltModel(_number(connection, f'select count(*) from "{model.name}"'), described, touched)
    connection.execute("drop table if exists touched")
    return built


def _touched(connection: duckdb.DuckDBPyConnection, model: SqlModel, fingerprint: str) -> int | None:
    """Put the parcels that changed since the last build into `touched`; how many, or None when all are to be made."""
    row = connection.execute(
        "select revision from model_state"
        " where model = $model and fingerprint = $fingerprint"
        " and exists (from duckdb_tables() where schema_name = 'main' and table_name = $model)",
        {"model": model.name, "fingerprint": fingerprint},
    ).fetchone()
    if row is None:
        return None
    connection.execute(
        f"create or replace temp table touched as select shipment_id from parcel_digest where revision > {int(row[0])}"
    )
    touched = _number(connection, "select count(*) from touched")
    return touched if touched <= SHARE_BY_PARCEL * _number(connection, "select count(*) from parcel_digest") else None


def _rebuild_touched(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> None:
    """Run the model's text on the touched parcels alone: what it reads is hidden behind tables of their rows."""
    database = connection.execute("select current_database()").fetchone()
    assert database is not None
    main = f'"{database[0]}".main'
    inputs = [table for table in model.dependencies if table in BY_PARCEL | {"fact_tracking_event", "order_parcel"}]
    try:
        for table in inputs:
            theirs = "semi join touched using (shipment_id)"
            if table == "fact_tracking_event":
                theirs = f"semi join (select * from {main}.order_parcel {theirs}) as order_parcel on {_SAME_PARCEL}"
            connection.execute(f"create temp table {table} as select e.* from {main}.{table} as e {theirs}")
        connection.execute("begin")
        try:
            connection.execute(
                f"delete from {main}.{model.name} where shipment_id in (select shipment_id from touched)"
            )
            connection.execute(f"insert into {main}.{model.name} {model.sql}")
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
    except duckdb.Error as error:
        raise ModelError(f"{model.path} cannot be built: {first_line(error)}") from error
    finally:
        for table in inputs:
            connection.execute(f"drop table if exists temp.{table}")


def _through(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> int:
    """The revision that the model will stand for: no newer than what it reads, which may have been left unbuilt."""
    reads = [table for table in model.dependencies if table in BY_PARCEL]
    return _number(
        connection,
        "select coalesce(least(max(revision), (select min(revision) from model_state where model in $reads)), 0)"
        " from parcel_digest",
        {"reads": reads},
    )


def _fingerprint(connection: duckdb.DuckDBPyConnection, model: SqlModel) -> str:
    """Stands for the model's text, the functions it may call, and all it reads except what the digests stand for."""
    parts = [model.sql, str(connection.execute("select getvariable('prelude')").fetchone())]
    for table in model.dependencies:
        if table in BY_PARCEL:
            state = connection.execute("select fingerprint from model_state where model = ?", [table]).fetchone()
            parts.append(f"{table} {state}")
        elif table not in ("fact_tracking_event", "order_parcel"):
            rows = connection.execute(f"select sum(hash(t)) from {table} as t").fetchone()
            parts.append(f"{table} {rows}")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _number(connection: duckdb.DuckDBPyConnection, select: str, parameters: dict[str, list[str]] | None = None) -> int:
    row = connection.execute(select, parameters).fetchone()
    return int(row[0]) if row else 0
