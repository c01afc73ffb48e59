"""What every asset is given: the settings, the data folder, the clock, and the lock that makes a run the only one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from pipeline.settings import Settings, load_settings
from pipeline.warehouse import DataFolder, run_lock


def system_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Parcels:
    """One installation as a run sees it."""

    settings: Settings
    folder: DataFolder
    now: Callable[[], datetime]
    # A run belongs to the day it began on, even when it ends on the next.
    started_at: datetime
    # Where lines of progress go instead of the run's log: a terminal.
    say: Callable[[str], None] | None = None


def parcels_resource(
    settings: Settings | None = None,
    now: Callable[[], datetime] = system_now,
    say: Callable[[str], None] | None = None,
) -> dg.ResourceDefinition:
    """The resource `parcels`: holds the data folder's lock for the whole run. Settings are read when the run starts."""

    @dg.resource(description="Settings, data folder and clock; one run at a time.")
    def parcels(_: dg.InitResourceContext) -> Iterator[Parcels]:
        current = settings or load_settings()
        folder = DataFolder(current.data_dir)
        with run_lock(folder):
            yield Parcels(current, folder, now, now(), say)

    return parcels
