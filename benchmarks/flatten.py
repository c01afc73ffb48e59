"""Load every raw file of a data folder into the facts, as the asset does: what `measure flatten` times."""

import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from pipeline.events.flatten import load, raw_files
from pipeline.events.reading import Reading
from pipeline.warehouse import DataFolder, open_work


def main() -> None:
    folder = DataFolder(Path(sys.argv[1]))
    started = time.perf_counter()
    with open_work(folder) as connection:
        loaded = load(connection, folder, raw_files(folder), Reading.load(), run_id="b", now=datetime.now(UTC))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{loaded} in {time.perf_counter() - started:.2f} s, peak {peak:,.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
