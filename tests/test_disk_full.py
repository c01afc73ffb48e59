"""A full disk ends a run with one sentence that names the folder; with room again, the next run goes on."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.tracking.fetch import WORKERS
from tests.shop import Shop, open_shop

ORDERS = 100
KB = 2**10

Run = Callable[[int | None], tuple[int, str]]


@contextmanager
def small_files(shop: Shop) -> Iterator[Run]:
    """Runs that may write so many kB to a file, and are then refused: it needs no right to mount anything."""

    def run(size: int | None) -> tuple[int, str]:
        limit = resource.RLIM_INFINITY if size is None else size * KB
        return shop.run(before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))

    yield run


@contextmanager
def small_disk(shop: Shop) -> Iterator[Run]:
    """Runs whose data folder is a disk of so many kB."""
    root = str(shop.folder.root)
    shop.folder.root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", root], check=True)

    def run(size: int | None) -> tuple[int, str]:
        subprocess.run(["mount", "-o", f"remount,size={size or 100_000}k", root], check=True)
        return shop.run()

    try:
        yield run
    finally:
        subprocess.run(["umount", root], check=True)


def may_mount() -> bool:
    """Whether this machine lets us have a small disk; limits on files show much the same everywhere."""
    unshare = shutil.which("unshare")
    return unshare is not None and not subprocess.run([unshare, "--mount", "true"], capture_output=True).returncode


# Too little for Dagster's books, for what the polling writes; on a disk of its own: for the tables.
SIZES = {small_files: (100, 1000), **({small_disk: (9000,)} if may_mount() else {})}


@pytest.mark.parametrize("disk", SIZES, ids=lambda disk: disk.__name__)
def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(
    disk: Callable[[Shop], "contextmanager[Run]"], tmp_path: Path
) -> None:
    with open_shop(tmp_path, ORDERS, has_books=False) as shop, disk(shop) as run:
        for size in SIZES[disk]:
            code, said = run(size)
            assert code == 1
            assert "Traceback" not in said
            assert said.splitlines()[-1].startswith("parcels: ")
            assert "make room in" in said or "make room there" in said
            assert str(tmp_path) in said
            assert not shop.folder.published.exists()

        code, said = run(None)
        assert code == 0, said
        kept = shop.kept()
        assert set(kept.values()) == set(shop.asked())
        assert shop.answered() - len(kept) <= WORKERS * len(SIZES[disk])
        ((polls,), (parcels,)) = shop.ask("select count(*) from fact_poll union all select count(*) from fact_shipment")
        assert polls == len(kept)
        assert parcels >= ORDERS
