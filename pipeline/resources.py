"""What every asset is given: the settings, the data folder, the clock, and the lock that makes a run the only one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from pipeline.clock import system_now
from pipeline.settings import Settings, load_settings
from pipeline.stale_runs import mark_dead_runs, run_tags
from pipeline.tracking.landing import Saved, recover
from pipeline.warehouse import DataFolder, run_lock


@dataclass(frozen=True)
class Parcels:
    """One installation as a run sees it."""

    settings: Settings
    folder: DataFolder
    now: Callable[[], datetime]
    # A run belongs to the day it began on, even when it ends on the next.
    started_at: datetime
    # What runs that died had fetched.
    recovered: Saved
    # Where lines of progress go instead of the run's log: a terminal.
    say: Callable[[str], None] | None = None


@contextmanager
def open_parcels(
    settings: Settings, now: Callable[[], datetime], run_id: str, say: Callable[[str], None] | None = None
) -> Iterator[Parcels]:
    """Hold the data folder's lock for one run; what dead runs had fetched is taken in before anything is planned."""
    folder = DataFolder(settings.data_dir)
    with run_lock(folder, run_id):
        yield Parcels(settings, folder, now, now(), recover(folder), say)


@dg.resource(description="Settings, data folder and clock; one run at a time.")
def parcels_resource(context: dg.InitResourceContext) -> Iterator[Parcels]:
    """The resource `parcels` of runs that Dagster starts. Settings are read when the run starts."""
    assert context.instance is not None
    assert context.run is not None
    mark_dead_runs(context.instance)
    with open_parcels(load_settings(), system_now, context.run.run_id) as parcels:
        context.instance.add_run_tags(context.run.run_id, run_tags(parcels.folder))
        yield parcels
