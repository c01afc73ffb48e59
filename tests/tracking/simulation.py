"""A day of polling in a few seconds: an event loop whose time jumps to the next timer, and the server's side of it."""

import asyncio
import random
import selectors
from bisect import bisect_right
from collections.abc import Callable, Coroutine, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

from pipeline.emulator.limits import WINDOW_MODES, Limit, Limiter, Verdict
from pipeline.settings import RateLimit
from pipeline.tracking.auth import Credentials
from pipeline.tracking.budget import Budget

START = 1_700_000_017.3
WORKERS = 16
Headers = Callable[[Verdict, float], dict[str, str]]


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """Nobody waits: whenever all tasks sleep, the time is that of the first to wake."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_simulated(day: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(day)


def clock() -> float:
    """Epoch seconds in the simulation."""
    return START + asyncio.get_running_loop().time()


def open_budget(path: Path, limits: Sequence[RateLimit]) -> Budget:
    return Budget(path / "budget.sqlite", "shop", limits, clock=clock, sleep=asyncio.sleep)


def true_headers(verdict: Verdict, now: float) -> dict[str, str]:
    return {
        "date": formatdate(now, usegmt=True),
        "x-ratelimit-limit": str(verdict.limit),
        "x-ratelimit-remaining": str(verdict.remaining),
        "x-ratelimit-reset": str(verdict.reset),
    }


class EveryMode:
    """A limiter that counts in every mode at once: each has to accept a request, the strictest answers."""

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._limiters = [Limiter(limits, mode, count_rejected=True) for mode in WINDOW_MODES]

    def ask(self, account: str, now: float) -> Verdict:
        verdicts = [limiter.ask(account, now) for limiter in self._limiters]
        return min(verdicts, key=lambda verdict: (verdict.allowed, verdict.remaining))


class Server:
    """Answers with a limiter's verdict; keeps when it accepted and when it turned away."""

    def __init__(
        self, limiter: Limiter | EveryMode, headers: Headers = true_headers, *, ahead: float = 0.0, latency: float = 0.4
    ) -> None:
        self._limiter = limiter
        self._headers = headers
        self._ahead = ahead
        self._latency = latency
        self._dice = random.Random(7)
        self.accepted: list[float] = []
        self.rejected: list[float] = []
        self.others = 0

    async def answer(self) -> tuple[bool, dict[str, str]]:
        """Counted when half the way is done; may be overtaken."""
        await asyncio.sleep(self._latency * self._dice.uniform(0.1, 0.9))
        now = clock()
        verdict = self._limiter.ask("shop", now + self._ahead)
        (self.accepted if verdict.allowed else self.rejected).append(now)
        await asyncio.sleep(self._latency * self._dice.uniform(0.1, 0.9))
        return verdict.allowed, self._headers(verdict, now + self._ahead)

    async def let_another_send(self, an_hour: float) -> None:
        """Another program with the same token, at its own pace; what it is refused, it does not miss."""
        while True:
            await asyncio.sleep(self._dice.expovariate(an_hour / 3600))
            self.others += self._limiter.ask("shop", clock() + self._ahead).allowed

    def busiest(self, seconds: float) -> int:
        """The most requests accepted in any span of so many seconds."""
        sent = self.accepted
        return max((bisect_right(sent, at + seconds - 1e-6) - i for i, at in enumerate(sent)), default=0)


async def poll(budget: Budget, server: Server, hours: float, credentials: Credentials | None = None) -> None:
    """What the poller does with the budget, with endless parcels; with a token for each request if told so."""
    deadline = START + hours * 3600

    async def work() -> None:
        while True:
            if credentials and not await credentials.token(deadline):
                return
            if (slot := await budget.slot(deadline)) is None:
                return
            if credentials:
                await credentials.token(deadline)
            allowed, headers = await server.answer()
            budget.settle(slot, headers, rejected=not allowed)

    async with asyncio.TaskGroup() as workers:
        for _ in range(WORKERS):
            workers.create_task(work())
