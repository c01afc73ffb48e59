"""The exports are whole, always: whoever reads `current` reads one version to its end."""

from datetime import UTC, datetime

import orjson
import pytest

from pipeline.errors import WarehouseError
from pipeline.publish.exports import publish_exports
from pipeline.publish.snapshot import KEPT_VERSIONS, prune
from pipeline.warehouse import DataFolder, open_work
from tests.shop import limited_files

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def export(folder: DataFolder, version: str, rows: int = 10) -> None:
    with open_work(folder) as connection:
        connection.execute("create or replace table as_of as select timestamp '2026-11-24 04:00:00' as as_of")
        connection.execute(
            f"create or replace table answer as select hash(range) % 1000000007 as number from range({rows})"
        )
        publish_exports(folder, connection, version, run_id="run", published_at=NOON)


def exported_rows(folder: DataFolder) -> int:
    manifest = orjson.loads((folder.exports / "current" / "manifest.json").read_bytes())
    return next(table["rows"] for table in manifest["tables"] if table["name"] == "answer")


def test_the_same_version_exported_again_leaves_the_first_to_its_readers(folder: DataFolder) -> None:
    export(folder, "1", rows=10)
    first = (folder.exports / "current").resolve()
    export(folder, "1", rows=20)
    assert exported_rows(folder) == 20
    assert (first / "manifest.json").exists()


def test_a_full_disk_leaves_the_last_exports_in_place(folder: DataFolder) -> None:
    export(folder, "1")
    with limited_files(10_000), pytest.raises(WarehouseError, match=f"make room in {folder.root}"):
        export(folder, "2", rows=20_000)
    assert exported_rows(folder) == 10
    assert [path.name for path in (folder.exports / "versions").iterdir()] == ["1"]


def test_old_exports_go_and_what_a_dying_clean_up_left_counts_for_nothing(folder: DataFolder) -> None:
    for version in range(KEPT_VERSIONS + 2):
        export(folder, f"{version:03d}")
    versions = folder.exports / "versions"
    assert sorted(path.name for path in versions.iterdir()) == ["002", "003", "004"]
    (versions / "001.partial").mkdir()
    prune(versions, "*", keep=versions / "004")
    assert {"002", "003", "004"} <= {path.name for path in versions.iterdir()}
