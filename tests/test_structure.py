"""The shape of the code: who may import what."""

import ast
from pathlib import Path

PIPELINE = Path(__file__).resolve().parent.parent / "pipeline"
DAGSTER_SHELLS = {
    "assets.py", "checks.py", "definitions.py", "resources.py", "partitions.py", "metadata.py", "run.py",
    "stale_runs.py",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_only_the_shells_import_dagster() -> None:
    importers = {path.name for path in PIPELINE.rglob("*.py") if "dagster" in imported(path)}
    assert importers <= DAGSTER_SHELLS


def test_only_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(PIPELINE))
        for path in PIPELINE.rglob("*.py")
        if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")
    }
    # Dagster's own home is set for it, and the emulator's process inherits what its starter has.
    assert readers <= {"settings.py", "run.py", "emulator/process.py"}


def test_the_pipeline_does_not_reach_into_the_emulator() -> None:
    users = {
        str(path.relative_to(PIPELINE))
        for path in PIPELINE.rglob("*.py")
        if "pipeline.emulator" in path.read_text(encoding="utf-8") and "emulator" not in path.parent.parts[-1]
    }
    assert users == {"demo.py"}
