"""May I send a request now? A sliding log of sends per account that never oversteps any window.

The API allows so many requests a window and does not say how its windows run, so we count the strictest way: in
*any* span of a window's length, and a bit, at most its limit. A request is in flight from when it takes its slot;
once answered, it counts at the moment of the answer, since the server counted it no later than that. The log lies
in SQLite in the data folder, so a restart and a second process share it. What the server says of the budget can
only make us slower (see rate_headers.py).

The log is numbered without gaps and its moments never fall: the N-th latest request is one look-up by its number,
however long the log.
"""

import asyncio
import os
import socket
import sqlite3
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pipeline.errors import WarehouseError
from pipeline.settings import RateLimit
from pipeline.tracking.rate_headers import PAD_SECONDS, Claim, Word, read_claim, read_wait, window_of

# How long after taking its slot a request can still reach the server: the longest time-outs of a request.
FLIGHT_SECONDS = 90.0
# How long another process may keep the file to itself; a transaction takes 0.1 ms.
BUSY_SECONDS = 30.0
# The longest nap while an answer is awaited, which may free a slot earlier than the log says now; and while none is.
_NAP_SECONDS = 1.0
_LONG_NAP_SECONDS = 60.0
# When to look again if only an answer can tell more.
_LOOK_AGAIN_SECONDS = 0.05
# Kept for limits that are set higher later; more only where a limit is higher.
_KEPT = 10_000

_SCHEMA = """
create table if not exists account (
    name text primary key, taken integer, counted integer, seen_at real, held_until real, held_seconds real,
    "limit" integer, remaining integer, until real, answered integer, others integer, shared_until real,
    accepted integer, bound integer, bound_until real, probe integer, belief integer, believed_until real
) without rowid;
create table if not exists in_flight (
    account text, slot integer, taken_at real, sender text, primary key (account, slot)
) without rowid;
create table if not exists sent (
    account text, number integer, counted_at real, primary key (account, number)
) without rowid;
"""


@dataclass
class _Books:
    """What is known of an account besides its log: its row in `account`, column by column."""

    taken: int = 0
    counted: int = 0
    seen_at: float = 0.0
    # After a 429, until a request that was sent later is answered otherwise.
    held_until: float = 0.0
    held_seconds: float = 0.0
    word: Word = field(default_factory=Word)

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        taken, counted, seen_at, held_until, held_seconds, *word = row
        return cls(taken, counted, seen_at, held_until, held_seconds, Word(*word))

    def row(self) -> tuple[float, ...]:
        return (self.taken, self.counted, self.seen_at, self.held_until, self.held_seconds, *vars(self.word).values())


class Budget:
    """The request budget of one account, shared by all processes that use the same data folder.

    `clock` gives epoch seconds and `sleep` waits; both are passed in so that a day can be tested in a second.
    Raises WarehouseError when its file can't be used.
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
        self._path = path
        self._clock = clock
        self._sleep = sleep
        self._sender = f"{socket.gethostname()} {os.getpid()}"
        # First come, first served; and one task a process that looks for the next slot, not all of them.
        self._turn = asyncio.Lock()
        with self._usable_file():
            self._store = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            with self._usable_file():
                _prepare(self._store)
            self._land_the_dead()
        except BaseException:
            self._store.close()
            raise

    def close(self) -> None:
        """Whatever is still in flight was broken off: it counts as of now."""
        # What can't be written down now is found by the next one to open the file.
        with suppress(WarehouseError), self._books() as books:
            self._land(books, "sender = ?", self._sender)
        self._store.close()

    async def slot(self, deadline: float) -> int | None:
        """Wait for the next free slot and take it; None when there is none before `deadline` (epoch seconds)."""
        async with self._turn:
            while True:
                slot, free_at, longest_nap = self._take()
                if slot is not None:
                    return slot
                if free_at > deadline:
                    return None
                nap = min(max(free_at - self._clock(), 0.001), longest_nap)
                self.waited_seconds += nap
                await self._sleep(nap)

    def settle(self, slot: int | None, headers: Mapping[str, str], *, rejected: bool = False) -> None:
        """The answer is here: the server has counted the request by now. `rejected`: it was a 429.

        Without an answer (a time-out, say), `headers` are empty.
        """
        with self._books() as books:
            now, word = books.seen_at, books.word
            flown = self._store.execute(
                "delete from in_flight where account = ? and slot = ? returning taken_at", (self.account, slot)
            ).fetchone()
            # A request that was given up as lost, and whose answer comes after all, counts twice: so be it.
            if slot is not None:
                self._count(books, 1)
            claim = read_claim(headers, self.limits, now)
            if slot is not None and (claim or rejected):
                word.judge(slot, rejected, now)
            if claim:
                flying, _ = self._flying(books)
                word.hear(claim, books.counted, flying, self._others(books, claim, flying), now)
            elif now >= word.until:
                word.forget()
            was_trial = flown is not None and flown[0] >= books.held_until
            if rejected:
                self._hold(books, headers, longer=was_trial)
            elif was_trial:
                books.held_until = books.held_seconds = 0.0

    def used(self) -> list[tuple[RateLimit, int]]:
        """How many requests count in each window at this moment, those of others included as far as known."""
        with self._books() as books:
            now, word = books.seen_at, books.word
            flying, _ = self._flying(books)
            told = window_of(word.limit, self.limits) if now < word.until and word.belief >= 0 else None
            theirs = word.limit - word.remaining + books.counted - word.answered
            return [
                (window, max(self._ours(books, window, flying), theirs if window is told else 0))
                for window in self.limits
            ]

    def _take(self) -> tuple[int | None, float, float]:
        """Take a slot if there is one; else say when to look again, and how long a nap may be until then."""
        with self._books() as books:
            now = books.seen_at
            flying, reopened = self._flying(books)
            free_at = max(
                now,
                self._free_by_server(books, flying, reopened),
                *(self._free_in(books, window, flying) for window in self.limits),
            )
            if free_at > now:
                return None, free_at, _NAP_SECONDS if flying else _LONG_NAP_SECONDS
            books.taken += 1
            self._store.execute(
                "insert into in_flight values (?, ?, ?, ?)", (self.account, books.taken, now, self._sender)
            )
            return books.taken, now, 0.0

    def _free_in(self, books: _Books, window: RateLimit, flying: int) -> float:
        """When the request leaves the window that must do so before another may enter it."""
        return self._nth_latest(books, window.requests, flying) + _span(window)

    def _free_by_server(self, books: _Books, flying: int, reopened: int) -> float:
        """When the server lets us go on: after a 429, or after it said that nothing remains.

        Then one goes first: its answer tells how many may follow. `reopened` are in flight since.
        """
        now, word = books.seen_at, books.word
        look_again = now + _LOOK_AGAIN_SECONDS
        if now < books.held_until:
            return books.held_until
        if books.held_until and reopened:
            return look_again
        if word.belief < 0 or not word.until or word.left(books.counted, flying, now) > 0:
            return now
        if now >= word.until:
            if now >= word.shared_until:
                return now
            return look_again if reopened else max(now, self._free_beside_others(books, flying))
        if flying:
            return look_again
        if word.belief == 0:
            word.probe = books.taken + 1
            return now
        return word.until

    def _hold(self, books: _Books, headers: Mapping[str, str], *, longer: bool) -> None:
        """Nobody sends before the `Retry-After` or `Reset` of a 429 has passed.

        `longer`: the last wait was not enough. Some servers count what they turn away, and never empty else.
        """
        wait = read_wait(headers, self.limits, books.seen_at)
        if longer:
            longest = max((window.seconds for window in self.limits), default=60)
            wait = min(max(wait, 2 * books.held_seconds), longest + PAD_SECONDS)
        if books.seen_at + wait > books.held_until:
            books.held_until, books.held_seconds = books.seen_at + wait, wait

    def _free_beside_others(self, books: _Books, flying: int) -> float:
        """When the window has room if others send as much as before; a little later, it is tried even so."""
        word = books.word
        window = window_of(word.limit, self.limits)
        if window is None:
            return word.until
        room = window.requests - word.others - word.margin(books.seen_at)
        patience = word.until + window.seconds / 8
        return min(self._nth_latest(books, room, flying) + _span(window), patience) if room > 0 else patience

    def _others(self, books: _Books, claim: Claim, flying: int) -> int:
        """How many requests the server counted that are not ours, by its claim."""
        window = window_of(claim.limit, self.limits)
        theirs = claim.limit - claim.remaining
        # Mostly there are none, which one look-up tells.
        if window is None or self._nth_latest(books, theirs, flying) > books.seen_at - _span(window):
            return 0
        return theirs - self._ours(books, window, flying)

    def _ours(self, books: _Books, window: RateLimit, flying: int) -> int:
        """How many of our requests count in the window."""
        since = books.seen_at - _span(window)
        nths = range(1, min(books.counted, window.requests) + 1)
        return flying + bisect_left(nths, True, key=lambda nth: self._counted_at(books, nth) <= since)

    def _nth_latest(self, books: _Books, nth: int, flying: int) -> float:
        """When the n-th latest request was counted; those in flight are the latest, and count as of now."""
        return books.seen_at if nth <= flying else self._counted_at(books, nth - flying)

    def _counted_at(self, books: _Books, nth: int) -> float:
        """When the n-th latest answered request was counted; long ago if it isn't known."""
        row = self._store.execute(
            "select counted_at from sent where account = ? and number = ?", (self.account, books.counted - nth + 1)
        ).fetchone()
        return float(row[0]) if row else 0.0

    def _flying(self, books: _Books) -> tuple[int, int]:
        """How many requests are in flight, and how many of them since the server let us go on."""
        since = books.held_until or books.word.until
        flying, reopened, oldest = self._store.execute(
            "select count(*), total(taken_at >= ?), min(taken_at) from in_flight where account = ?",
            (since, self.account),
        ).fetchone()
        if oldest is not None and oldest <= books.seen_at - FLIGHT_SECONDS:
            self._land(books, "taken_at <= ?", books.seen_at - FLIGHT_SECONDS)
            return self._flying(books)
        return int(flying), int(reopened)

    def _land_the_dead(self) -> None:
        """Requests of processes that were killed: the server counted them no later than now."""
        with self._books() as books:
            rows = self._store.execute("select distinct sender from in_flight where account = ?", (self.account,))
            for (sender,) in rows.fetchall():
                host, _, process = sender.partition(" ")
                if sender == self._sender or (host == socket.gethostname() and not _is_alive(int(process))):
                    self._land(books, "sender = ?", sender)

    def _land(self, books: _Books, which: str, value: str | float) -> None:
        landed = self._store.execute(f"delete from in_flight where account = ? and {which}", (self.account, value))
        self._count(books, landed.rowcount)

    def _count(self, books: _Books, requests: int) -> None:
        """Enter requests into the log, as of now; drop what is too old to matter to any window."""
        first = books.counted + 1
        books.counted += requests
        self._store.executemany(
            "insert into sent values (?, ?, ?)",
            [(self.account, number, books.seen_at) for number in range(first, books.counted + 1)],
        )
        kept = max(_KEPT, *(window.requests for window in self.limits)) if self.limits else _KEPT
        self._store.execute("delete from sent where account = ? and number <= ?", (self.account, books.counted - kept))

    @contextmanager
    def _books(self) -> Iterator[_Books]:
        """One transaction: nobody else reads or writes the file meanwhile. Its moment is `seen_at`."""
        with self._usable_file():
            self._store.execute("begin immediate")
            try:
                row = self._store.execute("select * from account where name = ?", (self.account,)).fetchone()
                books = _Books.of(row[1:]) if row else _Books()
                self._see(books, self._clock())
                yield books
                values = (self.account, *books.row())
                marks = ", ".join("?" * len(values))
                self._store.execute(f"insert or replace into account values ({marks})", values)
                self._store.execute("commit")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._store.execute("rollback")
                raise

    def _see(self, books: _Books, now: float) -> None:
        """Read the clock. Where it was set back, all moments move with it: what was the latest is now."""
        back = books.seen_at - now
        if back > PAD_SECONDS:
            books.held_until = max(books.held_until - back, 0.0)
            books.word.shift(back)
            self._store.execute("update sent set counted_at = counted_at - ? where account = ?", (back, self.account))
            self._store.execute("update in_flight set taken_at = taken_at - ? where account = ?", (back, self.account))
        books.seen_at = now if back > PAD_SECONDS else max(now, books.seen_at)

    @contextmanager
    def _usable_file(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise WarehouseError(
                f"The budget file {self._path} can't be used ({error}): check that the folder is writable and that no"
                " stopped process holds the file; if it is damaged, delete it and wait an hour before the next run."
            ) from error


def _prepare(store: sqlite3.Connection) -> None:
    """Readers and writers do not block each other in this mode. SQLite refuses the change while others open the file
    at the same time, without waiting: it is asked again."""
    give_up_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            store.execute("pragma journal_mode = wal")
            break
        except sqlite3.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
    store.execute("pragma synchronous = normal")
    store.executescript(_SCHEMA)


def _span(window: RateLimit) -> float:
    """A window's length, padded by a second, or by a sixtieth of it if that is less."""
    return window.seconds + min(PAD_SECONDS, window.seconds / 60)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # Alive, and somebody else's.
        pass
    return True
