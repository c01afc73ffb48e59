"""Runs that died without a word: a killed process leaves its run 'started' in Dagster's books, in everyone's way.

Each run names its data folder in its tags, and itself in the folder's lock while it holds it. The system frees that
lock on any death, so a run whose lock is free is over: no process ids, which are given out again, and no guesses by
time. Runs without our tags are left to Dagster's own run monitoring.
"""

import socket
from pathlib import Path

import dagster as dg

from pipeline.warehouse import DataFolder, is_running, last_run

_FOLDER, _HOST = "parcels/data_dir", "parcels/host"
_UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
_MESSAGE = "The process of this run is gone, killed or with its machine; what it had fetched is kept."


def run_tags(folder: DataFolder) -> dict[str, str]:
    """What a run that holds the folder's lock says of itself."""
    return {_FOLDER: str(folder.root), _HOST: socket.gethostname()}


def mark_dead_runs(instance: dg.DagsterInstance) -> int:
    """Mark runs that are over as failed and free what they hold; returns how many there were."""
    dead = [run for run in instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)) if _is_dead(run)]
    for run in dead:
        instance.report_run_failed(run, _MESSAGE)
        if instance.event_log_storage.supports_global_concurrency_limits:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return len(dead)


def _is_dead(run: dg.DagsterRun) -> bool:
    """Certainly over. The folder of another machine may have the name of one here: then its lock must name the run."""
    if _FOLDER not in run.tags:
        return False
    folder = DataFolder(Path(run.tags[_FOLDER]))
    is_ours = run.tags[_HOST] == socket.gethostname() or last_run(folder) == run.run_id
    return is_ours and not is_running(folder)


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Marks runs whose process is gone as failed, so that the next one need not wait for them."""
    return dg.SkipReason(f"{mark_dead_runs(context.instance)} dead runs")
