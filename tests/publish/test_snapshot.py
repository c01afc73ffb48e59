"""Readers see a complete version, always; what they do to it does not reach the next one."""

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.publish.snapshot import KEPT_VERSIONS, publish_snapshot
from pipeline.warehouse import DataFolder, open_work
from tests.shop import limited_files


def publish(folder: DataFolder, version: int) -> None:
    with open_work(folder) as connection:
        connection.execute("create or replace table answer as select ? as version", [version])
        connection.execute("checkpoint")
    publish_snapshot(folder, f"{version:03d}")


def read(folder: DataFolder) -> int:
    with duckdb.connect(folder.published, read_only=True) as reader:
        return int(reader.execute("select version from answer").fetchall()[0][0])


def test_a_reader_keeps_its_version_while_a_new_one_appears(folder: DataFolder) -> None:
    publish(folder, 1)
    with duckdb.connect(folder.published, read_only=True) as analyst:
        publish(folder, 2)
        assert analyst.execute("select version from answer").fetchall() == [(1,)]
    assert read(folder) == 2


def test_a_reader_who_opens_for_writing_does_not_spoil_the_next_version(folder: DataFolder) -> None:
    publish(folder, 1)
    mine = folder.published.resolve()
    mine.chmod(0o644)
    with duckdb.connect(mine) as analyst:
        analyst.execute("insert into answer values (99)")
        publish(folder, 2)
    assert read(folder) == 2
    publish(folder, 3)
    assert read(folder) == 3


def test_only_the_newest_versions_are_kept(folder: DataFolder) -> None:
    for version in range(1, KEPT_VERSIONS + 3):
        publish(folder, version)
    assert len(list(folder.versions.iterdir())) == KEPT_VERSIONS
    assert read(folder) == KEPT_VERSIONS + 2


def test_the_published_file_is_read_only_and_the_work_file_private(folder: DataFolder) -> None:
    publish(folder, 1)
    assert folder.published.stat().st_mode & 0o777 == 0o444
    assert folder.work.stat().st_mode & 0o777 == 0o600


def test_the_file_opens_in_every_duckdb_since_1_4(folder: DataFolder) -> None:
    publish(folder, 1)
    with duckdb.connect(folder.published, read_only=True) as reader:
        tags = reader.execute("select tags from duckdb_databases() where path like '%warehouse%'").fetchall()
    assert tags[0][0]["storage_version"].startswith("v1.4.0"), tags


@pytest.mark.parametrize("table", ["fact_tracking_event", "fact_poll", "source_order", "quarantined_response"])
def test_base_tables_and_their_columns_are_described_in_the_database(table: str, folder: DataFolder) -> None:
    with open_work(folder) as connection:
        words = connection.execute(
            "select comment from duckdb_tables() where table_name = $1 union all"
            " select comment from duckdb_columns() where table_name = $1",
            [table],
        ).fetchall()
    assert len(words) > 3
    assert all(text for (text,) in words)


def test_a_full_disk_leaves_the_last_version_in_place(folder: DataFolder) -> None:
    publish(folder, 1)
    with limited_files(100_000), pytest.raises(WarehouseError, match=f"make room in {folder.root}"):
        publish_snapshot(folder, "002")
    assert read(folder) == 1
    assert [path.name for path in folder.versions.iterdir()] == ["warehouse-001.duckdb"]


def test_a_publish_that_died_before_the_swap_does_not_stop_the_next(folder: DataFolder) -> None:
    publish(folder, 1)
    (folder.root / ".warehouse.duckdb.new").symlink_to("versions/warehouse-000.duckdb")
    (folder.versions / "warehouse-002.partial").write_bytes(b"half")
    publish(folder, 2)
    assert read(folder) == 2
    assert not (folder.root / ".warehouse.duckdb.new").is_symlink()
