"""May I send a request now? A sliding log of sends per account that never oversteps any window.

The API allows so many requests a window and does not say how its windows run, so we count the strictest way: in
*any* span of a window's length, padded by a second, at most its limit. A request counts from the moment it takes
its slot; once answered, it counts at the moment of the answer, since the server counted it no later than that. The
log lies in SQLite in the data folder, so a restart and a second process share it.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from pipeline.settings import RateLimit

PAD_SECONDS = 1.0
# How long after taking its slot a request can still reach the server: the longest time-out of a request.
FLIGHT_SECONDS = 90.0

_SCHEMA = """
create table if not exists request_log (account text not null, counted_at real not null);
create index if not exists request_log_by_time on request_log (account, counted_at);
create table if not exists hold (account text primary key, until real not null);
"""


class Budget:
    """The request budget of one account, shared by all processes that use the same data folder.

    `clock` gives epoch seconds and `sleep` waits; both are passed in so that a day can be tested in a second.
    """

    def __init__(
        self,
        path: Path,
        account: str,
        limits: Sequence[RateLimit],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.account = account
        self.limits = tuple(limits)
        self.waited_seconds = 0.0
        self._clock = clock
        self._sleep = sleep
        self._store = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._store.execute("pragma journal_mode = wal")
        self._store.execute("pragma synchronous = normal")
        self._store.executescript(_SCHEMA)

    def close(self) -> None:
        self._store.close()

    async def slot(self, deadline: float) -> int | None:
        """Wait for the next free slot and take it; None when there is none before `deadline` (epoch seconds)."""
        while True:
            slot, free_at = self._take()
            if slot is not None:
                return slot
            now = self._clock()
            if free_at > deadline:
                return None
            # Short naps: an answer that comes in meanwhile may free a slot earlier than the log says now.
            nap = min(max(free_at - now, 0.001), 1.0)
            self.waited_seconds += nap
            await self._sleep(nap)

    def settle(self, slot: int | None, headers: Mapping[str, str]) -> None:
        """The answer is here: the server has counted the request by now. Its headers may know of other senders."""
        now = self._clock()
        self._store.execute("update request_log set counted_at = ? where rowid = ?", (now, slot))
        limit, remaining = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
        window = next((window for window in self.limits if window.requests == limit), None)
        if window is None or remaining is None:
            return
        others = window.requests - int(remaining) - self._used(window, now)
        if 0 < others <= window.requests:
            self._store.executemany(
                "insert into request_log (account, counted_at) values (?, ?)", [(self.account, now)] * others
            )

    def hold(self, headers: Mapping[str, str]) -> float:
        """A 429 came: nobody sends before its `Retry-After` or `Reset` has passed. Returns the seconds to wait.

        Both are read on the server's own clock (its `Date` header) where it is given, and clamped to the longest
        window, so that a wrong header can't stop us for a day. Without either, the shortest window passes.
        """
        now = self._clock()
        server_now = _moment(headers.get("date")) or now
        retry_after, reset = headers.get("retry-after"), _number(headers, "x-ratelimit-reset")
        wait: float | None = None
        if retry_after is not None:
            later = _moment(retry_after)
            wait = later - server_now if later is not None else _number(headers, "retry-after")
        if wait is None and reset is not None:
            wait = reset - server_now
        windows = [window.seconds for window in self.limits] or [60]
        if wait is None:
            wait = min(windows)
        wait = min(max(wait, 0.0), max(windows)) + PAD_SECONDS
        self._store.execute(
            "insert into hold values (?, ?) on conflict (account) do update set until = max(until, excluded.until)",
            (self.account, now + wait),
        )
        return wait

    def used(self) -> list[tuple[RateLimit, int]]:
        """How many requests count in each window at this moment."""
        now = self._clock()
        return [(window, self._used(window, now)) for window in self.limits]

    def _used(self, window: RateLimit, now: float) -> int:
        row = self._store.execute(
            "select count(*) from request_log where account = ? and counted_at > ?",
            (self.account, now - window.seconds - PAD_SECONDS),
        ).fetchone()
        return int(row[0])

    def _take(self) -> tuple[int | None, float]:
        """Take a slot if every window has room; else say when the first one may come free."""
        self._store.execute("begin immediate")
        try:
            now = self._clock()
            free_at = self._free_at(now)
            if free_at > now:
                return None, free_at
            cursor = self._store.execute(
                "insert into request_log (account, counted_at) values (?, ?)", (self.account, now + FLIGHT_SECONDS)
            )
            return cursor.lastrowid, now
        finally:
            self._store.execute("commit")

    def _free_at(self, now: float) -> float:
        held = self._store.execute("select until from hold where account = ?", (self.account,)).fetchone()
        free_at = float(held[0]) if held else now
        for window in self.limits:
            span = window.seconds + PAD_SECONDS
            # The request that must leave the window before another may enter it.
            blocking = self._store.execute(
                "select counted_at from request_log where account = ? and counted_at > ?"
                " order by counted_at desc limit 1 offset ?",
                (self.account, now - span, window.requests - 1),
            ).fetchone()
            if blocking:
                free_at = max(free_at, float(blocking[0]) + span)
        longest = max((window.seconds for window in self.limits), default=0) + PAD_SECONDS
        self._store.execute(
            "delete from request_log where account = ? and counted_at <= ?", (self.account, now - longest)
        )
        return free_at


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "").strip()
    return float(text) if text.isdecimal() else None


def _moment(text: str | None) -> float | None:
    """Epoch seconds of an HTTP date; None for anything else."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment.timestamp() if isinstance(moment, datetime) else None
