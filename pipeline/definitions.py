"""The whole graph on one page: orders → polling → tracking → events → models → publish."""

import dagster as dg

from pipeline.events.assets import reference, tracking_events
from pipeline.events.checks import event_checks
from pipeline.models.assets import model_assets
from pipeline.models.checks import model_checks
from pipeline.orders.assets import orders
from pipeline.partitions import POLL_DAYS, poll_day
from pipeline.polling.assets import due_shipment
from pipeline.publish.assets import publish_assets
from pipeline.publish.checks import publish_checks
from pipeline.resources import parcels_resource
from pipeline.stale_runs import dead_runs
from pipeline.tracking.assets import tracking_responses

collected = [orders, due_shipment, tracking_responses, reference, tracking_events]
models = model_assets()
tables = sorted(key.to_user_string() for asset in [orders, tracking_events, *models] for key in asset.keys)
published = publish_assets(tables)
checks = [*event_checks, *model_checks, *publish_checks]

everything = dg.AssetSelection.all()
asked = dg.AssetSelection.assets(due_shipment, tracking_responses)

daily = dg.define_asset_job("daily", everything, description="Orders in, parcels polled, models built, all published.")
hourly = dg.define_asset_job("hourly", everything, description="The same every hour: spends the budget all day.")
rebuild = dg.define_asset_job(
    "rebuild",
    everything - asked,
    config={
        "ops": {
            "orders": {"config": {"only_if_missing": True}},
            "tracking_events": {"config": {"from_scratch": True}},
        }
    },
    description="Everything again from raw responses; no request is sent.",
)


def _schedule(job: str, cron: str, status: dg.DefaultScheduleStatus) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{job}_schedule",
        job_name=job,
        cron_schedule=cron,
        execution_timezone=POLL_DAYS.timezone,
        default_status=status,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(partition_key=poll_day(context.scheduled_execution_time))

    return schedule


defs = dg.Definitions(
    assets=[*collected, *models, *published],
    asset_checks=checks,
    jobs=[daily, hourly, rebuild],
    schedules=[
        _schedule("daily", "30 6 * * *", dg.DefaultScheduleStatus.RUNNING),
        _schedule("hourly", "5 * * * *", dg.DefaultScheduleStatus.STOPPED),
    ],
    sensors=[dead_runs],
    resources={"parcels": parcels_resource},
    executor=dg.in_process_executor,
)
