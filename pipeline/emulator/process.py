"""The emulator as a child process, for the demo and for tests: gone when its starter is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

_READY = "listening on "
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class RunningEmulator:
    """A served world and its levers."""

    url: str
    _client: httpx.Client

    def control(self, name: str, body: dict[str, Any] | None = None) -> Any:
        """GET one of the controls (stats, world, clock), or POST to one (clock, faults, tokens)."""
        path = f"/_control/{name}"
        response = self._client.get(path) if body is None else self._client.post(path, json=body)
        response.raise_for_status()
        return response.json()

    def set_clock(self, now: datetime) -> None:
        self.control("clock", {"now": now.isoformat()})

    def set_faults(self, faults: str) -> None:
        self.control("faults", {"faults": faults})

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.control("stats")
        return stats


@contextmanager
def running_emulator(**options: str | float | datetime | None) -> Iterator[RunningEmulator]:
    """Serve a world on a free port; options are the command's flags: `orders=50, retry_after=True`."""
    flags = [flag for name, value in options.items() for flag in _flag(name, value)]
    command = [sys.executable, "-m", "pipeline.emulator", "--port", "0", "--until-stdin-closes", *flags]
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert child.stdin and child.stdout
    try:
        line = child.stdout.readline().strip()
        if not line.startswith(_READY):
            raise RuntimeError(f"the emulator ended with code {child.wait()} before it was ready: see stderr")
        url = line.removeprefix(_READY)
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            yield RunningEmulator(url, client)
    finally:
        child.stdin.close()
        child.terminate()
        child.wait()
        child.stdout.close()


def _flag(name: str, value: str | float | datetime | None) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    return [f"{flag}={value.isoformat() if isinstance(value, datetime) else value}"]
