"""What does the server say about our budget, and may we believe it?

Every answer claims that so many requests remain until a moment. It knows of senders that we do not, so a claim can
only lower our own count. But headers can be wrong, and a wrong one must not starve us. So a claim that stops us is
put to the test once: one request goes in spite of it. Turned away, claims are believed for a day; answered, they
are not until the server has turned away as many again as it takes to make up for it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pipeline.settings import RateLimit

PAD_SECONDS = 1.0
# How long it is remembered that claims proved true, and that others send too.
REMEMBERED_SECONDS = 86400.0
# So many right predictions make up for a wrong one.
_PENALTY = -3
# A `Date` has no fractions and the answer took its time: close to a claim's end, neither side is proven wrong.
_UNSURE_SECONDS = 3.0
# Two ends of one window can look so far apart, for the same reason.
_SAME_SECONDS = 1.5
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
# Later than any date in seconds, earlier than any since 1973 in milliseconds.
_MILLISECONDS_FROM = 1e11


class Claim(NamedTuple):
    """`remaining` more requests until `until`, of `limit` a window."""

    limit: int
    remaining: int
    until: float


@dataclass
class Word:
    """The server's newest claim and how far its claims are believed."""

    limit: int = 0
    remaining: int = 0
    until: float = 0.0
    # How many requests had been answered when the claim came.
    answered: int = 0
    # So many requests that the server counted were not ours. Whoever sent them will send more.
    others: int = 0
    shared_until: float = 0.0
    # Answers with claims, 429s apart; and how many there can be before `bound_until` if the claims are true.
    accepted: int = 0
    bound: int = 0
    bound_until: float = 0.0
    # The request that goes in spite of the claim.
    probe: int = 0
    # Below 0: disbelieved. 0: not tested yet. 1: believed until `believed_until`.
    belief: int = 0
    believed_until: float = 0.0

    def left(self, answered: int, flying: int, now: float) -> int:
        """How many more requests may go. Where others send too, a fiftieth is left to them.

        A request in flight may be counted in the claim or not; taking it for not is right once it is answered.
        """
        return self.remaining - self.margin(now) - (answered - self.answered) - flying

    def margin(self, now: float) -> int:
        return self.limit // 50 if now < self.shared_until else 0

    def judge(self, slot: int, rejected: bool, now: float) -> None:
        """Hold the claims against what the server did with a request."""
        if self.belief > 0 and now >= self.believed_until:
            self.belief = 0
        if not rejected:
            self.accepted += 1
            if self.accepted > self.bound and now < self.bound_until:
                self.belief, self.bound_until = _PENALTY, 0.0
        elif self.belief < 0:
            self.belief += self.remaining == 0 and now < self.until
        elif slot == self.probe:
            self.belief, self.believed_until = 1, now + REMEMBERED_SECONDS

    def hear(self, claim: Claim, answered: int, flying: int, others: int, now: float) -> None:
        """Take note of a claim. Answers overtake each other: of one window, the lowest number is the newest."""
        bound = self.accepted + flying + claim.remaining
        if now >= self.bound_until or bound < self.bound:
            self.bound, self.bound_until = bound, claim.until - _UNSURE_SECONDS
        until, remaining = claim.until, claim.remaining
        if now < self.until:
            if claim.limit != self.limit:
                if remaining > self.remaining - (answered - self.answered):
                    return
            elif until < self.until - _SAME_SECONDS:
                return
            elif until <= self.until + _SAME_SECONDS:
                until, remaining = self.until, min(remaining, self.remaining)
        self.limit, self.remaining, self.until = claim.limit, remaining, until
        self.answered, self.others = answered, others
        if others > 0:
            self.shared_until = now + REMEMBERED_SECONDS

    def forget(self) -> None:
        """The claim's time is over."""
        self.limit = self.remaining = 0
        self.until = 0.0

    def shift(self, seconds: float) -> None:
        """The clock was set back."""
        self.until = max(self.until - seconds, 0.0)
        self.shared_until -= seconds
        self.bound_until -= seconds
        self.believed_until -= seconds


def read_claim(headers: Mapping[str, str], limits: Sequence[RateLimit], now: float) -> Claim | None:
    """The claim of an answer; None when there is none, or none that makes sense.

    A claim lasts no longer than its window, whatever its `Reset` says.
    """
    limit, remaining = _number(headers, "x-ratelimit-limit"), _number(headers, "x-ratelimit-remaining")
    if limit is None or remaining is None or not 0 <= remaining <= limit or limit < 1:
        return None
    window = window_of(int(limit), limits)
    longest = window.seconds if window else _longest(limits)
    wait = _seconds_to_reset(headers, now)
    if wait is not None and wait <= 0:
        return None
    until = now + min(longest if wait is None else wait, longest) + PAD_SECONDS
    return Claim(int(limit), int(remaining), until)


def read_wait(headers: Mapping[str, str], limits: Sequence[RateLimit], now: float) -> float:
    """The seconds to wait after a 429: `Retry-After` (seconds or a date), else `Reset`, else the shortest window.

    Clamped to the longest window, so that a wrong header can't stop us for a day; padded, since headers have no
    fractions of a second.
    """
    wait = _number(headers, "retry-after")
    if wait is None:
        later = _moment(headers, "retry-after")
        wait = later - _server_now(headers, now) if later is not None else _seconds_to_reset(headers, now)
    # A moment that is over when the 429 is made can't be what we are to wait for.
    if wait is None or wait < -PAD_SECONDS:
        wait = min((window.seconds for window in limits), default=60)
    return min(max(wait, 0.0), _longest(limits)) + PAD_SECONDS


def window_of(limit: int, limits: Sequence[RateLimit]) -> RateLimit | None:
    """The window that a claim is about: the headers do not name it, its limit does."""
    return next((window for window in limits if window.requests == limit), None)


def _longest(limits: Sequence[RateLimit]) -> float:
    return max((window.seconds for window in limits), default=60)


def _seconds_to_reset(headers: Mapping[str, str], now: float) -> float | None:
    reset = _number(headers, "x-ratelimit-reset")
    if reset is None:
        return None
    return (reset / 1000 if reset > _MILLISECONDS_FROM else reset) - _server_now(headers, now)


def _server_now(headers: Mapping[str, str], now: float) -> float:
    """The server's own clock where it tells it: its moments are to be read on that one."""
    moment = _moment(headers, "date")
    return now if moment is None else moment


def _number(headers: Mapping[str, str], name: str) -> float | None:
    text = headers.get(name, "").strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _moment(headers: Mapping[str, str], name: str) -> float | None:
    """Epoch seconds of an HTTP date; None for anything else."""
    try:
        moment = parsedate_to_datetime(headers.get(name, ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
