"""The graph as Dagster sees it."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipeline.definitions import defs
from pipeline.models.by_parcel import BY_PARCEL
from pipeline.models.sql_file import load_models
from pipeline.settings import REPOSITORY, SQL_FOLDER
from pipeline.warehouse import base_tables


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    return defs.get_repository_def()


def test_every_asset_has_a_group_a_description_and_an_owner() -> None:
    for asset in defs.resolve_all_asset_specs():
        assert asset.group_name not in {None, "default"}, asset.key
        assert asset.description, asset.key
        assert asset.owners, asset.key


def test_groups_are_the_folders_of_the_flow() -> None:
    groups = {asset.group_name for asset in defs.resolve_all_asset_specs()}
    assert groups == {
        "orders", "polling", "tracking", "reference", "events", "core", "delivery", "exceptions", "quality", "publish",
    }  # fmt: skip


def test_the_daily_schedule_is_on_and_the_hourly_one_is_off(repository: dg.RepositoryDefinition) -> None:
    status = {schedule.name: schedule.default_status for schedule in repository.schedule_defs}
    assert status == {
        "daily_schedule": dg.DefaultScheduleStatus.RUNNING,
        "hourly_schedule": dg.DefaultScheduleStatus.STOPPED,
    }


def test_responses_and_events_are_partitioned_by_poll_day() -> None:
    partitioned = {
        asset.key.to_user_string() for asset in defs.resolve_all_asset_specs() if asset.partitions_def is not None
    }
    assert partitioned == {"tracking_responses", "fact_poll", "fact_tracking_event", "quarantined_response"}


def test_what_is_fetched_and_what_is_published_grows_stale_after_a_missed_morning() -> None:
    policies = {asset.key.to_user_string(): asset.freshness_policy for asset in defs.resolve_all_asset_specs()}
    daily = dg.FreshnessPolicy.time_window(warn_window=timedelta(hours=26), fail_window=timedelta(hours=50))
    assert {name for name, policy in policies.items() if policy == daily} == {
        "tracking_responses", "fact_poll", "fact_tracking_event", "quarantined_response", "warehouse", "exports",
    }  # fmt: skip


def test_the_daemon_watches_freshness_in_the_shipped_settings(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text((REPOSITORY / "dagster_home" / "dagster.yaml").read_text(encoding="utf-8"))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert "FRESHNESS_DAEMON" in instance.get_required_daemon_types()


def test_the_graph_loads_without_a_warning() -> None:
    loading = [sys.executable, "-c", "import pipeline.definitions"]
    result = subprocess.run(loading, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_rebuild_sends_no_request(repository: dg.RepositoryDefinition) -> None:
    selected = {key.to_user_string() for key in repository.get_job("rebuild").asset_layer.executable_asset_keys}
    assert not {"due_shipment", "tracking_responses"} & selected
    assert {"fact_tracking_event", "fact_shipment", "exports"} <= selected


def test_every_model_is_an_asset_that_depends_on_what_its_sql_reads() -> None:
    reference = {f"reference.{path.stem}" for path in (SQL_FOLDER / "reference").glob("*.csv")}
    models = load_models(SQL_FOLDER, {*base_tables(), *reference})
    specs = {asset.key.to_user_string(): asset for asset in defs.resolve_all_asset_specs()}
    for model in models:
        read = {table.partition(".")[0] for table in model.dependencies}
        read |= {"parcel_digest"} if model.name in BY_PARCEL else set()
        assert {dep.asset_key.to_user_string() for dep in specs[model.name].deps} == read, model.name


@pytest.mark.parametrize(
    "check",
    [
        ("tracking_responses", "every_request_has_its_response"),
        ("fact_tracking_event", "event_ids_are_unique"),
        ("fact_shipment", "every_event_has_a_known_parcel"),
        ("fact_shipment", "deliveries_follow_pickups"),
        ("exports", "polling_ended_without_trouble"),
    ],
)
def test_the_checks_that_guard_the_numbers_block(check: tuple[str, str], repository: dg.RepositoryDefinition) -> None:
    asset, name = check
    spec = repository.asset_graph.get_check_spec(dg.AssetCheckKey(dg.AssetKey(asset), name))
    assert spec.blocking


@pytest.mark.parametrize(
    "check",
    [
        ("courier_drift", "unknown_events_stay_few"),
        ("courier_drift", "no_courier_falls_silent"),
        ("daily_volume", "volume_is_as_usual"),
    ],
)
def test_the_checks_that_look_for_drift_only_warn(check: tuple[str, str], repository: dg.RepositoryDefinition) -> None:
    asset, name = check
    spec = repository.asset_graph.get_check_spec(dg.AssetCheckKey(dg.AssetKey(asset), name))
    assert not spec.blocking
    assert re.search("[0-9]", spec.description or "")
