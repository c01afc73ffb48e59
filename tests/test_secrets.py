"""No token or secret in anything that a failing run writes, though the API does all it can to have it written down."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow.parquet as pq

from pipeline.settings import REPOSITORY

READY_TOKEN = "sk-ready/Token+0123456789=="
FETCHED_TOKEN = "sk-fetched-9876543210-abcdef"
CLIENT_SECRET = "client-secret-0a1b2c3d4e5f"
SECRETS = (READY_TOKEN, FETCHED_TOKEN, CLIENT_SECRET)
ORDERS = 40


class Elsewhere(BaseHTTPRequestHandler):
    """Another host: nobody should come here."""

    visits: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.visits.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Gossip(BaseHTTPRequestHandler):
    """An API that quotes the token wherever it can and, after a while, refuses it."""

    elsewhere: ClassVar[str]
    asked: ClassVar[Counter[str]] = Counter()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(200, {"data": {"access_token": FETCHED_TOKEN, "token_type": "Bearer", "expires_in": 3600}})

    def do_GET(self) -> None:
        token = self.headers["authorization"].removeprefix("Bearer ")
        self.asked[token] += 1
        event = {"code": "50", "location": token, "date": "2025-12-09 17:37:09", "message": f"已收件 {token}"}
        data = {"tracking_number": f"SF{self.asked.total()}", "courier_name": token, "tracking_msg_list": [event]}
        if self.asked[token] > 12:
            self._answer(401, {"error": {"code": "401000", "message": f"{token} is not valid"}})
            return
        match self.asked[token] % 6:
            case 0:
                self._answer(500, {"error": {"code": "500999", "code_reason": f"no member of {token}"}})
            case 1:
                self._answer(302, {"message": token}, location=f"{self.elsewhere}/login?token={token}")
            case 2:
                self._answer(200, {"data": data})
            case 3:
                self._answer(200, {"data": json.dumps(data)}, slash="\\/")
            case 4:
                self._answer(400, {"error": json.dumps({"message": f"bad header Bearer {token}"})})
            case 5:
                self._answer(200, f"<html>{token}</html>")

    def _answer(self, status: int, body: object, *, location: str | None = None, slash: str = "/") -> None:
        content = (body if isinstance(body, str) else json.dumps(body)).replace("/", slash).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.send_header("x-request-id", self.headers.get("authorization", ""))
        if location:
            self.send_header("location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run_two_accounts(home: Path, url: str) -> subprocess.CompletedProcess[str]:
    """One account with a ready token, one with client credentials, and twenty orders for each."""
    (home / "dagster.yaml").write_text((REPOSITORY / "dagster_home" / "dagster.yaml").read_text())
    (home / "parcels.toml").write_text(
        f'[accounts.ready]\naccess_token = "{READY_TOKEN}"\n'
        f'[accounts.fetched]\nclient_id = "me"\nclient_secret = "{CLIENT_SECRET}"\n'
    )
    rows = [f"{number},{('ready', 'fetched')[number % 2]}" for number in range(ORDERS)]
    (home / "orders.csv").write_text("\n".join(["order_id,account", *rows]))
    return subprocess.run(
        [sys.executable, "-m", "pipeline", "run"],
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "DAGSTER_HOME": str(home),
            "PARCELS_API_URL": url,
            "PARCELS_ORDERS_URL": "orders.csv",
            "PARCELS_RATE_LIMITS": "100000/minute",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def readable(path: Path) -> str:
    """All that a file says, unpacked where its format packs text."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path, partitioning=None).to_pylist())
    if path.suffix == ".duckdb":
        with duckdb.connect(path, read_only=True) as database:
            tables = database.execute("select schema_name, table_name from duckdb_tables()").fetchall()
            return str([database.execute(f'from "{schema}"."{table}"').fetchall() for schema, table in tables])
    content = path.read_bytes()
    if content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(path)) as database:
            return "\n".join(database.iterdump())
    return content.decode("latin-1")


def test_a_failing_run_writes_no_token_anywhere_and_sends_it_nowhere_else(tmp_path: Path) -> None:
    with served(Elsewhere) as Gossip.elsewhere, served(Gossip) as url:
        result = run_two_accounts(tmp_path, url)
    assert result.returncode == 1, result.stdout
    assert "access_token of [accounts.ready]" in result.stderr
    assert "client_id of [accounts.fetched]" in result.stderr
    assert min(Gossip.asked[READY_TOKEN], Gossip.asked[FETCHED_TOKEN]) > 12
    assert Elsewhere.visits == []

    # The user's own file, and the token that is kept for the next run, for nobody else to read.
    allowed = {tmp_path / "parcels.toml", tmp_path / "data" / "state" / "token-fetched.json"}
    assert (tmp_path / "data" / "state" / "token-fetched.json").stat().st_mode & 0o077 == 0
    texts = {path: readable(path) for path in tmp_path.rglob("*") if path.is_file() and path not in allowed}
    texts[Path("stdout")], texts[Path("stderr")] = result.stdout, result.stderr
    kept = [path for path in texts if path.suffix == ".parquet" and "raw" in path.parts]
    assert kept and all("***" in texts[path] for path in kept)
    for path, text in texts.items():
        for secret in SECRETS:
            assert secret not in text, path
            assert secret.replace("/", "\\/") not in text, path
