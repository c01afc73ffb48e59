"""Every file under sql/ as an asset: the stem is the key and the table, the folder is the group."""

import dagster as dg

from pipeline.metadata import column_schema, table_metadata
from pipeline.models.by_parcel import BY_PARCEL, build_by_parcel, update_digests
from pipeline.models.sql_file import SqlModel, build, load_models, run_prelude
from pipeline.resources import Parcels
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import base_tables, open_work

_REFERENCE = tuple(f"reference.{path.stem}" for path in sorted((SQL_FOLDER / "reference").glob("*.csv")))


def model_assets() -> list[dg.AssetsDefinition]:
    """One asset per model, its dependencies as DuckDB's parser finds them, and the digests that spare them work."""
    return [parcel_digest, *(_asset(model) for model in load_models(SQL_FOLDER, {*base_tables(), *_REFERENCE}))]


@dg.asset(
    group_name="core",
    deps=["fact_tracking_event", "order_parcel"],
    kinds={"duckdb"},
    owners=["team:logistics"],
    pool="warehouse",
)
def parcel_digest(parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
    """Which parcels changed since the last run: the largest models are made again for these alone."""
    with open_work(parcels.folder) as connection:
        return dg.MaterializeResult(metadata={"parcels_changed": update_digests(connection)})


def _asset(model: SqlModel) -> dg.AssetsDefinition:
    by_parcel = model.name in BY_PARCEL
    dependencies = sorted(
        {table.split(".")[0] for table in model.dependencies} | ({"parcel_digest"} if by_parcel else set())
    )

    @dg.asset(
        name=model.name,
        group_name=model.group,
        deps=dependencies,
        description=f"{model.description}\n\n```sql\n{_without_header(model.sql)}\n```",
        kinds={"duckdb", "sql"},
        owners=["team:logistics"],
        pool="warehouse",
    )
    def built(parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
        with open_work(parcels.folder) as connection:
            run_prelude(connection, SQL_FOLDER, parcels.settings.timezone)
            made = build_by_parcel(connection, model) if by_parcel else build(connection, model)
            return dg.MaterializeResult(
                metadata={
                    **table_metadata(connection, model.name),
                    "dagster/column_schema": column_schema(made.columns),
                    "parcels_made_again": "all" if made.parcels is None else made.parcels,
                }
            )

    return built


def _without_header(sql: str) -> str:
    lines = sql.splitlines()
    start = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[start:])
