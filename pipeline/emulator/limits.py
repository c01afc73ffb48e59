"""How many requests an account may still send: several windows at once, in each of the three ways APIs count.

`fixed` windows start on the full minute or hour, `first_request` ones with the first request after the last
one ended, `sliding` looks back from now. The API's pages do not say which one it uses.
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import Literal, NamedTuple, get_args

WindowMode = Literal["fixed", "sliding", "first_request"]
WINDOW_MODES: tuple[WindowMode, ...] = get_args(WindowMode)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class Limit(NamedTuple):
    requests: int
    seconds: int


class Verdict(NamedTuple):
    """What one request was told: the numbers of the window that binds most."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


@dataclass(slots=True)
class _Window:
    """One account's use of one limit."""

    limit: Limit
    start: float = 0.0
    used: int = 0
    sent: deque[float] = field(default_factory=deque)


def parse_limits(text: str) -> tuple[Limit, ...]:
    """`100/minute,1000/hour` as limits."""
    limits = []
    for part in text.split(","):
        count, _, unit = part.strip().partition("/")
        if not count.isdigit() or unit not in _SECONDS:
            raise ValueError(f"limit {part.strip()!r} is not COUNT/UNIT with a unit of {', '.join(_SECONDS)}")
        limits.append(Limit(int(count), _SECONDS[unit]))
    return tuple(limits)


class Limiter:
    """Counts every account's requests and says which one is too many."""

    def __init__(self, limits: tuple[Limit, ...], mode: WindowMode = "fixed", count_rejected: bool = False) -> None:
        self._limits = limits
        self._mode = mode
        self._count_rejected = count_rejected
        self._accounts: dict[str, list[_Window]] = {}

    def ask(self, account: str, now: float) -> Verdict:
        """Count a request of `account` sent at `now` (epoch seconds)."""
        windows = self._accounts.get(account)
        if windows is None:
            windows = self._accounts[account] = [_Window(limit) for limit in self._limits]
        for window in windows:
            self._roll(window, now)
        allowed = all(window.used < window.limit.requests for window in windows)
        if allowed or self._count_rejected:
            for window in windows:
                self._count(window, now)
        verdicts = [
            Verdict(allowed, w.limit.requests, max(0, w.limit.requests - w.used), self._reset(w, now)) for w in windows
        ]
        return min(verdicts, key=lambda verdict: (verdict.remaining, -verdict.reset))

    def _roll(self, window: _Window, now: float) -> None:
        seconds = window.limit.seconds
        if self._mode == "sliding":
            while window.sent and window.sent[0] <= now - seconds:
                window.sent.popleft()
            window.used = len(window.sent)
        elif self._mode == "fixed":
            start = now - now % seconds
            if start != window.start:
                window.start, window.used = start, 0
        elif window.used and now >= window.start + seconds:
            window.used = 0

    def _count(self, window: _Window, now: float) -> None:
        if self._mode == "sliding":
            window.sent.append(now)
        elif self._mode == "first_request" and window.used == 0:
            window.start = now
        window.used += 1

    def _reset(self, window: _Window, now: float) -> int:
        """When the window empties, or for a sliding one, when its next slot comes free."""
        if self._mode == "sliding":
            return ceil((window.sent[0] if window.sent else now) + window.limit.seconds)
        if self._mode == "first_request" and window.used == 0:
            return ceil(now + window.limit.seconds)
        return ceil(window.start + window.limit.seconds)
