"""What the tests of crashes share: a shop with an emulated API, whose runs are real processes that can be killed."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import duckdb
import orjson
import pyarrow.parquet as pq

from pipeline.demo import write_orders
from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.emulator.tokens import Credentials
from pipeline.emulator.world import World
from pipeline.settings import REPOSITORY
from pipeline.warehouse import DataFolder

NO_LIMIT = "1000000/minute"
DAGSTER_SETTINGS = REPOSITORY / "dagster_home" / "dagster.yaml"
# Far above what anything here takes, so that a hanging test ends with words.
PATIENCE_SECONDS = 120.0


@dataclass
class Shop:
    """One merchant in a folder of its own: an orders table, the API, a data folder and a Dagster home."""

    home: Path
    emulator: RunningEmulator
    orders: int
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> DataFolder:
        return DataFolder(self.home / "data")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "DAGSTER_HOME": str(self.home),
            "PARCELS_DATA_DIR": str(self.folder.root),
            "PARCELS_API_URL": self.emulator.url,
            "PARCELS_ACCESS_TOKEN": Credentials().token,
            "PARCELS_RATE_LIMITS": NO_LIMIT,
            "PARCELS_ORDERS_URL": f"sqlite:///{self.home / 'orders.sqlite'}",
            **self.settings,
        }

    def start(self, command: str = "run", *, before: Callable[[], None] | None = None) -> subprocess.Popen[str]:
        """Start a command; `before` is done in its process first."""
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline", command],
            cwd=self.home,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=before,
        )

    def run(self, command: str = "run", *, before: Callable[[], None] | None = None) -> tuple[int, str]:
        """Run a command to its end; its exit code and what it said on stderr."""
        process = self.start(command, before=before)
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
        return process.returncode, said

    def kill_when(self, has_come: Callable[[], bool], command: str = "run") -> None:
        """Start a command and SIGKILL it at the moment that `has_come` tells."""
        with self.start(command) as process:
            wait_for(has_come, process)
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def answered(self) -> int:
        """How many requests the API has answered so far."""
        return sum(self.asked().values())

    def asked(self) -> Counter[str]:
        return Counter(self.emulator.stats()["asked"])

    def kept(self) -> dict[str, str]:
        """What is asked about in every kept answer, by response id: Parquet, and whole lines of landing files."""
        files = sorted(self.folder.responses.glob("polled_on=*/*.parquet"))
        rows = [row for path in files for row in pq.read_table(path, partitioning=None).to_pylist()]
        assert len({row["response_id"] for row in rows}) == len(rows), "an answer is there twice"
        for path in self.folder.landing.glob("*.jsonl"):
            rows += [orjson.loads(line) for line in path.read_bytes().splitlines(keepends=True) if _is_whole(line)]
        return {row["response_id"]: row[row["asked_by"]] for row in rows}

    def ask(self, sql: str, path: Path | None = None) -> list[tuple[object, ...]]:
        with duckdb.connect(path or self.folder.published, read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()


@contextmanager
def open_shop(home: Path, orders: int, *, has_books: bool = True, **emulator: float | str) -> Iterator[Shop]:
    """A shop of about so many orders, all of them due; without books the first run has to make Dagster's."""
    now = datetime.now(UTC).replace(microsecond=0)
    starts_at = now - timedelta(days=45)
    shutil.copy(DAGSTER_SETTINGS, home)
    if has_books:
        give_books(home)
    write_orders(home / "orders.sqlite", World(7, orders, starts_at), now)
    with running_emulator(orders=orders, starts_at=starts_at, limits=NO_LIMIT, **emulator) as api:
        yield Shop(home, api, orders)


def give_books(home: Path) -> None:
    """Make a Dagster home as a run finds it that is not the first: making the books anew takes half a second."""
    shutil.copytree(_books().name, home, dirs_exist_ok=True)


@cache
def _books() -> "TemporaryDirectory[str]":
    folder = TemporaryDirectory(prefix="dagster-home-")
    shutil.copy(DAGSTER_SETTINGS, folder.name)
    with dg.DagsterInstance.from_config(folder.name) as instance:
        assert instance.get_runs() == []
    return folder


@contextmanager
def limited_files(size: int) -> Iterator[None]:
    """What a full disk is to this process: no file may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def wait_for(has_come: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Until `has_come`; an error when the process ends before, or patience does."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not has_come():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.002)
            raise AssertionError(f"the process ended with {process.returncode}: {process.communicate()}")
        assert time.monotonic() < give_up_at


def _is_whole(line: bytes) -> bool:
    return line.endswith(b"\n") and line != b"\n"
