"""Two runs at once: one works, the other says who holds the folder. Runs that died are not taken for living ones."""

import socket
from pathlib import Path

import dagster as dg
import pytest

from pipeline.clock import system_now
from pipeline.definitions import defs
from pipeline.partitions import poll_day
from pipeline.stale_runs import mark_dead_runs, run_tags
from pipeline.warehouse import DataFolder, is_running, run_lock
from tests.shop import give_books, open_shop, wait_for

HERE = socket.gethostname()


@pytest.fixture(autouse=True)
def books(tmp_path: Path) -> None:
    give_books(tmp_path)


@dg.job
def any_job() -> None:
    pass


def start(instance: dg.DagsterInstance, tags: dict[str, str], status: dg.DagsterRunStatus) -> str:
    """A run as its process left it in Dagster's books."""
    run = instance.create_run_for_job(any_job, status=status, tags=tags)
    return run.run_id


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_the_second_of_two_runs_says_who_holds_the_folder_and_sends_nothing(tmp_path: Path) -> None:
    with open_shop(tmp_path, 100, latency_ms=50) as shop, shop.start() as first:
        wait_for(lambda: shop.answered() > 0, first)
        code, said = shop.run()
        assert code == 1
        assert said.startswith(f"parcels: Another run is using {shop.folder.root} (process {first.pid} on {HERE}, run ")
        assert said.count("\n") == 1
        _, said = first.communicate()
        assert first.returncode == 0, said
        assert set(shop.asked().values()) == {1}
    with dg.DagsterInstance.get() as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS], "refused before it began"


def test_a_run_that_dagster_starts_fails_with_the_same_sentence(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCELS_DATA_DIR", str(folder.root))
    with run_lock(folder, "first"), dg.DagsterInstance.get() as instance:
        result = defs.resolve_job_def("daily").execute_in_process(
            instance=instance, partition_key=poll_day(system_now()), raise_on_error=False
        )
        assert not result.success
        errors = [event.event_specific_data for event in result.all_events if event.is_failure]
        assert f"Another run is using {folder.root}" in str(errors)
        assert status_of(instance, result.run_id) is dg.DagsterRunStatus.FAILURE


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_a_run_whose_process_is_gone_is_marked_as_failed(status: str, folder: DataFolder) -> None:
    with dg.DagsterInstance.get() as instance:
        run_id = start(instance, run_tags(folder), dg.DagsterRunStatus[status])
        assert mark_dead_runs(instance) == 1
        assert status_of(instance, run_id) is dg.DagsterRunStatus.FAILURE
        assert mark_dead_runs(instance) == 0


def test_a_run_that_holds_its_folder_is_left_alone(folder: DataFolder) -> None:
    with dg.DagsterInstance.get() as instance, run_lock(folder, "alive"):
        run_id = start(instance, run_tags(folder), dg.DagsterRunStatus.STARTED)
        assert mark_dead_runs(instance) == 0
        assert status_of(instance, run_id) is dg.DagsterRunStatus.STARTED


def test_a_run_of_another_machine_is_dead_only_if_the_lock_here_was_its_own(folder: DataFolder) -> None:
    elsewhere = {**run_tags(folder), "parcels/host": f"not-{HERE}"}
    with dg.DagsterInstance.get() as instance:
        in_a_container, far_away = (start(instance, elsewhere, dg.DagsterRunStatus.STARTED) for _ in range(2))
        with run_lock(folder, in_a_container):
            assert mark_dead_runs(instance) == 0
        assert mark_dead_runs(instance) == 1
        assert status_of(instance, in_a_container) is dg.DagsterRunStatus.FAILURE
        assert status_of(instance, far_away) is dg.DagsterRunStatus.STARTED


def test_runs_that_are_not_ours_and_runs_that_ended_are_left_alone(folder: DataFolder) -> None:
    with dg.DagsterInstance.get() as instance:
        start(instance, {}, dg.DagsterRunStatus.STARTED)
        start(instance, run_tags(folder), dg.DagsterRunStatus.SUCCESS)
        assert mark_dead_runs(instance) == 0


def test_the_sensor_marks_dead_runs_without_waiting_for_a_run(folder: DataFolder) -> None:
    sensor = defs.get_repository_def().get_sensor_def("dead_runs")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    with dg.DagsterInstance.get() as instance:
        run_id = start(instance, run_tags(folder), dg.DagsterRunStatus.STARTED)
        sensor(dg.build_sensor_context(instance=instance))
        assert status_of(instance, run_id) is dg.DagsterRunStatus.FAILURE


def test_whoever_takes_the_folder_removes_what_the_dead_left_half_made(folder: DataFolder) -> None:
    half_made = [
        folder.responses / "polled_on=2026-11-24" / "2026-11-24_1_00001.partial",
        folder.versions / "warehouse-1.partial",
        folder.work.parent / "warehouse.partial.wal",
        folder.work.parent / "spill" / "duckdb_temp_storage-0.tmp",
        folder.exports / "versions" / "1.partial" / "fact_poll.parquet",
    ]
    whole = [
        folder.responses / "polled_on=2026-11-24" / "2026-11-24_1_00001.parquet",
        folder.versions / "warehouse-1.duckdb",
        folder.exports / "versions" / "1" / "fact_poll.parquet",
    ]
    for path in half_made + whole:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with run_lock(folder, "next"):
        assert not any(path.exists() for path in half_made)
        assert all(path.exists() for path in whole)
        assert is_running(folder)
    assert not is_running(folder)
    assert list(folder.root.rglob("*.partial*")) == []
