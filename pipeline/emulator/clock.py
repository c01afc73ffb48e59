"""The time the emulator believes in: real, standing still, or running at any speed, and settable."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    return datetime.now(UTC)


class WorldClock:
    """Virtual time: `speed` virtual seconds pass in a real second; 0 stands still."""

    def __init__(self, now: datetime, speed: float, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self.set(now, speed)

    def __call__(self) -> datetime:
        return self._now + timedelta(seconds=(self._seconds() - self._since) * self.speed)

    def set(self, now: datetime, speed: float | None = None) -> None:
        self._now = now.astimezone(UTC)
        self._since = self._seconds()
        if speed is not None:
            self.speed = speed


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant; one without an offset is UTC."""
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
