"""The last assets: what analysts and BI tools read."""

import dagster as dg

from pipeline.metadata import DAILY
from pipeline.publish.exports import publish_exports
from pipeline.publish.snapshot import publish_snapshot
from pipeline.resources import Parcels
from pipeline.warehouse import connect, open_work


def publish_assets(tables: list[str]) -> list[dg.AssetsDefinition]:
    """The published file and the exports, after every table in `tables`."""

    @dg.asset(
        group_name="publish",
        deps=tables,
        kinds={"duckdb"},
        owners=["team:logistics"],
        pool="warehouse",
        freshness_policy=DAILY,
    )
    def warehouse(context: dg.AssetExecutionContext, parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
        """The published database `warehouse.duckdb`: complete, read-only, replaced in one step."""
        with open_work(parcels.folder) as connection:
            connection.execute("checkpoint")
        version = f"{parcels.now():%Y%m%dT%H%M%S}-{context.run.run_id[:8]}"
        path = publish_snapshot(parcels.folder, version)
        return dg.MaterializeResult(
            metadata={"path": dg.MetadataValue.path(parcels.folder.published), "bytes": path.stat().st_size}
        )

    @dg.asset(
        group_name="publish",
        deps=[warehouse],
        kinds={"parquet"},
        owners=["team:logistics"],
        pool="warehouse",
        freshness_policy=DAILY,
    )
    def exports(context: dg.AssetExecutionContext, parcels: dg.ResourceParam[Parcels]) -> dg.MaterializeResult:
        """The Parquet exports `exports/current`: one file a table, and a manifest of tables, columns and checksums."""
        version = parcels.folder.published.resolve().stem.removeprefix("warehouse-")
        with connect(parcels.folder.published, read_only=True) as connection:
            manifest = publish_exports(
                parcels.folder, connection, version, run_id=context.run.run_id, published_at=parcels.now()
            )
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(parcels.folder.exports / "current"),
                "tables": len(manifest["tables"]),
                "rows": sum(table["rows"] for table in manifest["tables"]),
                "data_as_of": manifest["data_as_of"] or "no answer yet",
            }
        )

    return [warehouse, exports]
