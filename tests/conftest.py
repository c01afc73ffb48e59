"""What several test files share: a data folder of their own, a clean environment, an emulated API."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.emulator.process import RunningEmulator, running_emulator
from pipeline.warehouse import DataFolder


def clean_environment(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A developer's own .env and PARCELS_ variables must not decide what a test does."""
    for name in [name for name in os.environ if name.startswith("PARCELS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.chdir(home)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean_environment(monkeypatch, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest.fixture
def emulator() -> Iterator[RunningEmulator]:
    with running_emulator(orders=30, limits="100000/minute") as running:
        yield running
