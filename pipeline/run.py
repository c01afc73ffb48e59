"""Run a job of the graph from the command line: in this process, on the user's Dagster instance, told in sentences."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline import errors
from pipeline.settings import REPOSITORY, Settings

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
    """Run `daily`, `hourly` or `rebuild` for today, so that it shows in Dagster's pages like a scheduled run."""
    os.environ["DAGSTER_HOME"] = dagster_home()
    # Importing Dagster takes a second: only here, where it is needed.
    import dagster as dg

    from pipeline.definitions import defs
    from pipeline.partitions import poll_day
    from pipeline.resources import parcels_resource
    from pipeline.warehouse import DataFolder, run_lock

    # Said before a run is on the books: someone else has the folder.
    with run_lock(DataFolder(settings.data_dir)):
        pass
    with dg.DagsterInstance.get() as instance:
        result = defs.resolve_job_def(name).execute_in_process(
            instance=instance,
            partition_key=poll_day(now()),
            resources={"parcels": parcels_resource(settings, now, say)},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={"dagster/from_ui": "false"},
            raise_on_error=False,
        )
        sentence = None if result.success else _sentence(result.all_events)
    return RunReport(result.run_id, result.success, sentence)


def _sentence(events: "Sequence[dg.DagsterEvent]") -> str:
    """The one sentence of the first failure: a check's, our own where the error is ours, else the error's words."""
    for event in events:
        data = event.event_specific_data
        if event.event_type_value == "ASSET_CHECK_EVALUATION" and not event.asset_check_evaluation_data.passed:
            check = event.asset_check_evaluation_data
            numbers = ", ".join(f"{name} {value.value}" for name, value in check.metadata.items())
            name = check.check_name.replace("_", " ")
            return check.description or f"The check '{name}' of {check.asset_key.to_user_string()} failed: {numbers}."
        error = getattr(data, "error", None)
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            words: str = error.message.strip()
            name, _, rest = words.partition(": ")
            return rest if hasattr(errors, name.rpartition(".")[2]) else words
    return "The run failed."
