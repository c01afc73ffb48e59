"""Run a job of the graph from the command line: in this process, on the user's Dagster instance, told in sentences."""

import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import errors
from pipeline.errors import WarehouseError
from pipeline.settings import REPOSITORY, Settings
from pipeline.stopping import Stopped, noted_stop

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class RunReport:
    """How a run ended; `sentence` says what went wrong, for a person."""

    run_id: str
    success: bool
    sentence: str | None


def dagster_home() -> str:
    """Where Dagster keeps its books: DAGSTER_HOME, else the folder of this checkout."""
    return os.environ.get("DAGSTER_HOME") or str(REPOSITORY / "dagster_home")


def run_job(
    name: str, settings: Settings, *, now: Callable[[], datetime], say: Callable[[str], None] | None
) -> RunReport:
    """Run `daily`, `hourly` or `rebuild` for today, so that it shows in Dagster's pages like a scheduled run.

    Raises WarehouseError when another run has the folder, and Stopped when a signal ended the run.
    """
    home = dagster_home()
    os.environ["DAGSTER_HOME"] = home
    # Importing Dagster takes a second: only here, where it is needed.
    import dagster as dg
    import sqlalchemy as sa

    from pipeline.definitions import defs
    from pipeline.partitions import poll_day
    from pipeline.resources import open_parcels
    from pipeline.stale_runs import mark_dead_runs, run_tags

    run_id = str(uuid.uuid4())
    try:
        with noted_stop() as which_stop, dg.DagsterInstance.get() as instance:
            mark_dead_runs(instance)
            with open_parcels(settings, now, run_id, say) as parcels:
                job, day = defs.resolve_job_def(name), poll_day(parcels.started_at)
                assert job.partitioned_config is not None
                # A config given to a run stands in for the job's own, so that has to be in it.
                config = job.partitioned_config.get_run_config_for_partition_key(day)
                result = job.execute_in_process(
                    instance=instance,
                    run_id=run_id,
                    partition_key=day,
                    resources={"parcels": parcels},
                    run_config={**config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                    tags={"dagster/from_ui": "false", **run_tags(parcels.folder)},
                    raise_on_error=False,
                )
            signum = which_stop()
    except sa.exc.DBAPIError as error:
        raise WarehouseError(
            f"Dagster cannot keep its books in {home} ({error.orig}): make room there, or set DAGSTER_HOME to a folder"
            " of your own; what was fetched is kept, and the next run goes on from there."
        ) from error
    if say:
        for event in result.all_events:
            if warning := _failed_check(event, "WARN"):
                say(f"Worth a look: {warning.description}")
    if result.success:
        return RunReport(run_id, True, None)
    if signum is not None:
        raise Stopped(signum)
    return RunReport(run_id, False, _sentence(result.all_events))


def _sentence(events: "Sequence[dg.DagsterEvent]") -> str:
    """The one sentence of the first failure: a check's, our own where the error is ours, else the error's words."""
    for event in events:
        data = event.event_specific_data
        if check := _failed_check(event, "ERROR"):
            numbers = ", ".join(f"{name} {value.value}" for name, value in check.metadata.items())
            name = check.check_name.replace("_", " ")
            return check.description or f"The check '{name}' of {check.asset_key.to_user_string()} failed: {numbers}."
        error = getattr(data, "error", None)
        while error is not None:
            words: str = error.message.strip()
            name, _, rest = words.partition(": ")
            if hasattr(errors, name.rpartition(".")[2]):
                return rest
            if error.cause is None:
                return words
            error = error.cause
    return "The run failed."


def _failed_check(event: "dg.DagsterEvent", severity: str) -> "dg.AssetCheckEvaluation | None":
    """The check that this event says has failed; checks of severity WARN fail without failing the run."""
    if event.event_type_value != "ASSET_CHECK_EVALUATION":
        return None
    check = event.asset_check_evaluation_data
    return check if not check.passed and check.severity.value == severity else None
