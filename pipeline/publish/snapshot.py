"""The published warehouse: a complete, read-only copy that readers reach through one symlink.

Readers keep the version they opened; a new one appears by swapping the link. Replacing the file itself would be a
trap: a reader who opened it for writing leaves a `.wal` beside it that the next version would replay.
"""

import shutil
from pathlib import Path

from pipeline.errors import WarehouseError
from pipeline.tracking.landing import fsync
from pipeline.warehouse import HALF_MADE, DataFolder

KEPT_VERSIONS = 3


def publish_snapshot(folder: DataFolder, version: str) -> Path:
    """Publish the closed work database as `version`; returns the new file. Raises WarehouseError on a full disk."""
    target = folder.versions / f"warehouse-{version}.duckdb"
    temporary = target.with_suffix(HALF_MADE)
    try:
        folder.versions.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder.work, temporary)
        temporary.chmod(0o444)
        fsync(temporary)
        temporary.replace(target)
        fsync(folder.versions)
        point(folder.published, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WarehouseError(
            f"The warehouse could not be published ({error.strerror}): make room in {folder.root};"
            " the last published version stays in place."
        ) from error
    prune(folder.versions, "warehouse-*.duckdb", keep=target)
    return target


def point(link: Path, target: Path) -> None:
    """Make `link` lead to `target` in one step: readers see the old or the new, never neither."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target.relative_to(link.parent))
    fresh.replace(link)
    fsync(link.parent)


def prune(versions: Path, pattern: str, *, keep: Path) -> None:
    """Remove all but the newest versions; someone who has an old one open may read on."""
    whole = [path for path in versions.glob(pattern) if path.suffix != HALF_MADE]
    for path in sorted(whole, key=lambda path: (path == keep, path.stat().st_mtime_ns))[:-KEPT_VERSIONS]:
        if path.is_dir():
            # What is left of it, should we die on the way, is no version any more.
            shutil.rmtree(path.rename(path.with_name(path.name + HALF_MADE)))
        else:
            path.unlink()
            path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
