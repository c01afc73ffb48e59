"""The emulator as a command and as a child process."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.emulator.clock import WorldClock, parse_instant
from pipeline.emulator.process import running_emulator

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def start(*flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.emulator", "--port", "0", "--orders", "5", *flags],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_one_line_says_where_it_listens_and_it_stops_when_its_starter_goes_away() -> None:
    child = start("--until-stdin-closes")
    assert child.stdin and child.stdout
    assert child.stdout.readline().startswith("listening on http://127.0.0.1:")
    child.stdin.close()
    assert child.wait(timeout=10) == 0
    assert child.stdout.read() == ""
    child.stdout.close()


@pytest.mark.parametrize(
    "flags",
    [
        ("--host", "0.0.0.0"),
        ("--host", "example.com"),
        ("--limits", "many"),
        ("--faults", "flood=1"),
        ("--orders", "0"),
        ("--now", "soon"),
        ("--window", "bay"),
    ],
)
def test_a_flag_that_makes_no_sense_is_named(flags: tuple[str, str]) -> None:
    child = start(*flags)
    _, words = child.communicate(timeout=10)
    assert child.returncode == 2
    assert "Traceback" not in words
    assert flags[1].partition("=")[0] in words.splitlines()[-1]


def test_a_child_that_does_not_start_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="before it was ready"), running_emulator(orders=0):
        pass


def test_time_stands_still_when_given_and_runs_when_told_to() -> None:
    with running_emulator(orders=1, now=NOON) as emulator:
        assert emulator.control("clock") == {"now": "2026-11-24T12:00:00+00:00", "speed": 0.0}
        moved = emulator.control("clock", {"now": "2026-11-25T12:00:00Z", "speed": 3600})
        assert moved["speed"] == 3600
        assert parse_instant(emulator.control("clock")["now"]) >= NOON + timedelta(days=1)


def test_a_clock_runs_at_its_speed() -> None:
    seconds = iter([0.0, 2.0, 10.0, 11.0])
    clock = WorldClock(NOON, speed=60, seconds=lambda: next(seconds))
    assert clock() == NOON + timedelta(minutes=2)
    clock.set(NOON, speed=1)
    assert clock() == NOON + timedelta(seconds=1)
