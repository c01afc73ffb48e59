"""Every file under sql/ as an asset: the stem is the key and the table, the folder is the group.

A folder is one step of a run: a step of its own for each of fifty tables costs Dagster more than building them.
"""

from collections.abc import Iterator
from itertools import groupby

import dagster as dg

from pipeline.metadata import column_schema, table_metadata
from pipeline.models.by_parcel import BY_PARCEL, build_by_parcel, update_digests
from pipeline.models.sql_file import GROUPS, SqlModel, build, load_models, run_prelude
from pipeline.resources import Parcels
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import base_tables, open_work

_REFERENCE = tuple(f"reference.{path.stem}" for path in sorted((SQL_FOLDER / "reference").glob("*.csv")))
_DIGEST = dg.AssetSpec(
    "parcel_digest",
    deps=["fact_tracking_event", "order_parcel"],
    description="Which parcels changed since the last run: the largest models are made again for these alone.",
    group_name="core",
    kinds={"duckdb"},
    owners=["team:logistics"],
    skippable=True,
)


def model_assets() -> list[dg.AssetsDefinition]:
    """One step a folder, one asset a model, its dependencies as DuckDB's parser finds them."""
    models = load_models(SQL_FOLDER, {*base_tables(), *_REFERENCE})
    by_group = sorted(models, key=lambda model: GROUPS.index(model.group))
    return [_assets(group, list(theirs)) for group, theirs in groupby(by_group, key=lambda model: model.group)]


def _assets(group: str, models: list[SqlModel]) -> dg.AssetsDefinition:
    """`models` in an order in which each can be built after what it reads."""
    digest = [_DIGEST] if BY_PARCEL & {model.name for model in models} else []

    @dg.multi_asset(name=f"{group}_models", specs=[*digest, *map(_spec, models)], can_subset=True, pool="warehouse")
    def built(context: dg.AssetExecutionContext, parcels: dg.ResourceParam[Parcels]) -> Iterator[dg.MaterializeResult]:
        wanted = {key.to_user_string() for key in context.selected_asset_keys}
        with open_work(parcels.folder) as connection:
            run_prelude(connection, SQL_FOLDER, parcels.settings.timezone)
            for model in models:
                if model.name in BY_PARCEL and "parcel_digest" in wanted:
                    wanted.remove("parcel_digest")
                    changed = update_digests(connection)
                    yield dg.MaterializeResult(asset_key="parcel_digest", metadata={"parcels_changed": changed})
                if model.name not in wanted:
                    continue
                made = build_by_parcel(connection, model) if model.name in BY_PARCEL else build(connection, model)
                yield dg.MaterializeResult(
                    asset_key=model.name,
                    metadata={
                        **table_metadata(connection, model.name),
                        "dagster/column_schema": column_schema(made.columns),
                        "parcels_made_again": "all" if made.parcels is None else made.parcels,
                    },
                )

    return built


def _spec(model: SqlModel) -> dg.AssetSpec:
    dependencies = {table.split(".")[0] for table in model.dependencies}
    if model.name in BY_PARCEL:
        dependencies.add("parcel_digest")
    return dg.AssetSpec(
        model.name,
        deps=sorted(dependencies),
        description=f"{model.description}\n\n```sql\n{_without_header(model.sql)}\n```",
        group_name=model.group,
        kinds={"duckdb", "sql"},
        owners=["team:logistics"],
        skippable=True,
    )


def _without_header(sql: str) -> str:
    lines = sql.splitlines()
    start = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[start:])
