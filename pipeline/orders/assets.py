"""The asset that knows the merchant's parcels."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from pipeline.metadata import column_schema, table_metadata
from pipeline.orders.merge import refresh_orders
from pipeline.orders.source import orders_source
from pipeline.resources import Parcels
from pipeline.warehouse import base_tables, open_work


def _table(name: str) -> dg.AssetSpec:
    table = base_tables()[name]
    return dg.AssetSpec(
        name,
        description=table.description,
        group_name="orders",
        kinds={"pandas", "duckdb"},
        owners=["team:logistics"],
        metadata={"dagster/column_schema": column_schema(table.columns)},
    )


class OrdersConfig(dg.Config):
    """`only_if_missing` leaves the orders that are there as they are: a rebuild reads the source only without any."""

    only_if_missing: bool = False


@dg.multi_asset(specs=[_table("source_order"), _table("quarantined_order")], pool="warehouse")
def orders(
    context: dg.AssetExecutionContext, config: OrdersConfig, parcels: dg.ResourceParam[Parcels]
) -> Iterator[dg.MaterializeResult]:
    """Read what is new or changed in the merchant's table and merge it; what can't be used is set aside and counted."""
    with open_work(parcels.folder) as connection:
        has_orders = connection.execute("select 1 from source_order limit 1").fetchone() is not None
        summary = {}
        if not (config.only_if_missing and has_orders):
            read = refresh_orders(connection, orders_source(parcels.settings), seen_at=parcels.now())
            summary = asdict(read)
            if read.rejected or read.noted:
                say = parcels.say or context.log.warning
                say(
                    f"Orders: {read.rejected:,} of {read.rows_read:,} rows cannot be used, and {read.noted:,} are used"
                    " without a value that cannot be read: quarantined_order holds each with the reason."
                )
        for table in sorted(context.op_execution_context.selected_output_names):
            yield dg.MaterializeResult(asset_key=table, metadata={**table_metadata(connection, table), **summary})
