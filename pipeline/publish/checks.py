"""What makes a run a failure although everything it has is published."""

import dagster as dg

from pipeline.tracking.assets import TROUBLE


@dg.asset_check(
    asset="exports",
    blocking=True,
    additional_deps=["tracking_responses"],
    description="The polling of this run ended because it was done, not because of trouble with the API or the disk.",
)
def polling_ended_without_trouble(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Last of all, so that what was fetched before the trouble is published and the run still tells the truth."""
    event = context.instance.get_latest_materialization_event(dg.AssetKey("tracking_responses"))
    materialization = event.asset_materialization if event and event.run_id == context.run.run_id else None
    trouble = materialization.metadata[TROUBLE].value if materialization else None
    return dg.AssetCheckResult(
        passed=not trouble, metadata={TROUBLE: trouble or "none"}, description=str(trouble or "")
    )


publish_checks = [polling_ended_without_trouble]
