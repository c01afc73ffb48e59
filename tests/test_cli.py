"""The command as users start it: a real process, its output and its exit code."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.settings import REPOSITORY


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Dagster home of its own, with the settings that the repository ships."""
    (tmp_path / "dagster.yaml").write_text((REPOSITORY / "dagster_home" / "dagster.yaml").read_text())
    return tmp_path


def parcels(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(REPOSITORY), "DAGSTER_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_needs_no_dagster() -> None:
    script = "import sys; from pipeline.cli import app; sys.exit('dagster' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=False).returncode == 0


def imported(process: subprocess.CompletedProcess[str]) -> set[str]:
    """The modules that a process imported; it must have been started with PYTHONPROFILEIMPORTTIME."""
    modules = set(re.findall(r"^import time:.*\| +([A-Za-z_0-9.]+)$", process.stderr, re.MULTILINE))
    assert "pipeline.cli" in modules
    return modules


def test_a_look_at_the_installation_needs_no_dagster(home: Path) -> None:
    (home / "orders.csv").write_text("order_id\n1\n")
    doctor = parcels(home, "doctor", PARCELS_ORDERS_URL="orders.csv", PYTHONPROFILEIMPORTTIME="1")
    assert "orders source: columns order_id; without tracking_number, account, courier" in doctor.stdout
    assert "dagster" not in imported(doctor)


def test_a_run_without_orders_says_so_before_it_begins(home: Path) -> None:
    run = parcels(home, "run", PYTHONPROFILEIMPORTTIME="1")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("parcels: PARCELS_ORDERS_URL is not set")
    assert "dagster" not in imported(run)


def test_the_doctor_reads_the_users_own_rules(home: Path) -> None:
    (home / "orders.csv").write_text("order_id\n1\n")
    rules = home / "data" / "rules"
    assert f"your rules: none in {rules}" in parcels(home, "doctor", PARCELS_ORDERS_URL="orders.csv").stdout
    rules.mkdir(parents=True)
    file = rules / "courier_alias.csv"
    file.write_text("alias,priority,courier,source\nAcme Parcels,10,acme,our contract\n")
    assert "your rules: 1 in courier_alias.csv" in parcels(home, "doctor", PARCELS_ORDERS_URL="orders.csv").stdout
    file.write_text("alias,courier\nAcme Parcels,acme\n")
    doctor = parcels(home, "doctor", PARCELS_ORDERS_URL="orders.csv")
    assert doctor.returncode == 1
    assert f"fix   your rules: {file}, line 1: the columns must be alias,priority,courier,source" in doctor.stdout


def test_the_demo_runs_moves_on_and_answers_queries(home: Path) -> None:
    first = parcels(home, "demo")
    assert first.returncode == 0, first.stderr
    for words in (
        "Run 1",
        "Parcels by status",
        "Transit time",
        "Open exceptions",
        "warehouse.duckdb",
        "raised",
        "Next:",
    ):
        assert words in first.stdout
    assert "Traceback" not in first.stderr
    assert "Warning" not in first.stderr

    second = parcels(home, "demo")
    assert second.returncode == 0, second.stderr
    assert "Run 2" in second.stdout

    count = parcels(home, "query", "select count(*) as parcels from fact_shipment where event_count > 0")
    assert count.stdout.startswith("parcels\n")
    assert int(count.stdout.split()[1]) > 300

    mixed = parcels(home, "run", PARCELS_ORDERS_URL="orders.csv", PARCELS_ACCESS_TOKEN="sk-1")
    assert mixed.returncode == 1
    assert "PARCELS_DATA_DIR" in mixed.stderr

    status = parcels(home, "status", PYTHONPROFILEIMPORTTIME="1")
    assert status.returncode == 0
    assert "data as of" in status.stdout
    last_run = r"^last polling run +[0-9a-f]{8}: [0-9,]+ requests until 20..-..-.. ..:.. UTC *$"
    assert re.search(last_run, status.stdout, re.MULTILINE)
    assert not imported(status) & {"dagster", "pandas"}, "status starts in half a second only without them"


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("run",), {}, "PARCELS_ORDERS_URL"),
        (("run",), {"PARCELS_TIMEZONE": "Mars/Olympus"}, "PARCELS_TIMEZONE"),
        (("run",), {"PARCELS_ORDERS_URL": "nowhere.csv", "PARCELS_ACCESS_TOKEN": "sk-1"}, "nowhere.csv"),
        (("query", "select 1"), {}, "parcels run"),
        (("doctor",), {}, ""),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_1(
    arguments: tuple[str, ...], environment: dict[str, str], words: str, home: Path
) -> None:
    result = parcels(home, *arguments, **environment)
    assert result.returncode == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 1


@pytest.fixture
def other_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the data folder's lock."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom pipeline.warehouse import DataFolder, run_lock\n"
        "with run_lock(DataFolder(Path(sys.argv[1])), 'r1'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home / "data")],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_holds_the_folder(home: Path, other_process: subprocess.Popen[str]) -> None:
    (home / "orders.csv").write_text("order_id\n1\n")
    result = parcels(home, "run", PARCELS_ORDERS_URL="orders.csv", PARCELS_ACCESS_TOKEN="sk-1")
    assert result.returncode == 1
    assert f"process {other_process.pid}" in result.stderr
