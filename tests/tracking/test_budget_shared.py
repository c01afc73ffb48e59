"""Several processes share a budget by its file: on real time, killed in mid-window, all at once, and locked out."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.emulator.limits import Limit
from pipeline.errors import WarehouseError
from pipeline.settings import REPOSITORY, parse_rate_limits
from pipeline.tracking import budget as budget_module
from pipeline.tracking.budget import FLIGHT_SECONDS, Budget
from tests.tracking.simulation import EveryMode, true_headers

LIMITS = (Limit(20, 1), Limit(50, 3))
A_MINUTE = parse_rate_limits("10/minute")


class Counter:
    """The server of the senders: what it accepted and turned away, and the moment when enough was asked."""

    def __init__(self) -> None:
        self._limiter = EveryMode(LIMITS)
        self.accepted: list[float] = []
        self.rejected = 0
        self.enough = asyncio.Event()
        self.wanted = 0

    async def until(self, wanted: int) -> None:
        self.wanted = wanted
        self.enough.clear()
        await asyncio.wait_for(self.enough.wait(), 30)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            now = time.time()
            verdict = self._limiter.ask("shop", now)
            if verdict.allowed:
                self.accepted.append(now)
            else:
                self.rejected += 1
            if len(self.accepted) >= self.wanted:
                self.enough.set()
            writer.write(json.dumps({"allowed": verdict.allowed, "headers": true_headers(verdict, now)}).encode())
            writer.write(b"\n")
        writer.close()


@asynccontextmanager
async def sender(file: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    limits = ",".join(f"{limit.requests}/{limit.seconds}" for limit in LIMITS)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.tracking.sender", str(file), str(port), limits, cwd=REPOSITORY
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_two_processes_one_killed_and_started_again_in_mid_window_see_no_rejection(tmp_path: Path) -> None:
    counter = Counter()
    async with await asyncio.start_server(counter.serve, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        file = tmp_path / "budget.sqlite"
        async with sender(file, port) as doomed, sender(file, port):
            await counter.until(30)
            doomed.kill()
            await doomed.wait()
            async with sender(file, port):
                await counter.until(101)
    assert counter.rejected == 0
    # The 1st and the 101st request are two of the longer windows apart, at best.
    assert 2 * 3 / (counter.accepted[100] - counter.accepted[0]) >= 0.97


def open_budget(path: Path, now: list[float]) -> Budget:
    return Budget(path, "shop", A_MINUTE, clock=lambda: now[0], sleep=asyncio.sleep)


async def test_requests_of_a_killed_process_count_from_when_the_next_one_finds_them(tmp_path: Path) -> None:
    file, now = tmp_path / "budget.sqlite", [1_700_000_000.0]
    open_budget(file, now).close()
    # A process that is gone: its number is free again.
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    first = open_budget(file, now)
    first._sender = first._sender.rpartition(" ")[0] + f" {gone.pid}"
    for _ in range(10):
        assert await first.slot(now[0]) is not None

    now[0] += 20
    second = open_budget(file, now)
    assert await second.slot(now[0] + 60.5) is None
    now[0] += 61.1
    assert await second.slot(now[0]) is not None
    first.close()
    second.close()


async def test_requests_of_a_process_nobody_can_look_at_count_until_they_are_lost(tmp_path: Path) -> None:
    file, now = tmp_path / "budget.sqlite", [1_700_000_000.0]
    elsewhere = open_budget(file, now)
    elsewhere._sender = "another-host 1"
    for _ in range(10):
        assert await elsewhere.slot(now[0]) is not None

    here = open_budget(file, now)
    now[0] += FLIGHT_SECONDS
    assert await here.slot(now[0] + 60.5) is None
    now[0] += 61.1
    assert await here.slot(now[0]) is not None
    elsewhere.close()
    here.close()


async def test_an_answer_to_one_process_does_not_take_the_others_requests_for_strangers(tmp_path: Path) -> None:
    file, now = tmp_path / "budget.sqlite", [1_700_000_000.0]
    ours, theirs = open_budget(file, now), open_budget(file, now)
    slot = await ours.slot(now[0])
    for _ in range(5):
        await theirs.slot(now[0])
    ours.settle(slot, {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "4"})
    assert [used for _, used in ours.used()] == [6]
    ours.close()
    theirs.close()


async def test_a_hold_holds_every_process(tmp_path: Path) -> None:
    file, now = tmp_path / "budget.sqlite", [1_700_000_000.0]
    ours, theirs = open_budget(file, now), open_budget(file, now)
    ours.settle(await ours.slot(now[0]), {"retry-after": "30"}, rejected=True)
    assert await theirs.slot(now[0] + 30) is None
    now[0] += 31.1
    assert await theirs.slot(now[0]) is not None
    ours.close()
    theirs.close()


def test_many_processes_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from pipeline.tracking.budget import Budget; sys.stdin.read()\n"
        f"b = Budget(Path({str(tmp_path / 'budget.sqlite')!r}), 'shop', (), clock=time.time, sleep=None)\n"
        "for _ in range(100): b.settle(b._take()[0], {})\n"
        "b.close()"
    )
    openers = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, cwd=REPOSITORY) for _ in range(6)
    ]
    for opener in openers:
        assert opener.stdin
        opener.stdin.close()
    assert [opener.wait(timeout=30) for opener in openers] == [0] * 6
    with sqlite3.connect(tmp_path / "budget.sqlite") as store:
        assert store.execute("select taken, counted from account").fetchall() == [(600, 600)]
    store.close()


async def test_a_file_that_someone_keeps_locked_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget_module, "BUSY_SECONDS", 0.05)
    file = tmp_path / "budget.sqlite"
    budget = open_budget(file, [1_700_000_000.0])
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(WarehouseError, match=r"budget\.sqlite can't be used \(database is locked\)"):
        await budget.slot(0)
    with pytest.raises(WarehouseError, match="locked"):
        open_budget(file, [1_700_000_000.0])
    other.execute("rollback")
    assert await budget.slot(2e9) is not None
    other.close()
    budget.close()


def test_a_file_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "budget.sqlite"
    file.write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(WarehouseError, match=r"budget\.sqlite can't be used .* delete it"):
        open_budget(file, [0.0])
    with pytest.raises(WarehouseError, match=r"nowhere/budget\.sqlite can't be used"):
        open_budget(tmp_path / "nowhere" / "budget.sqlite", [0.0])
