"""The machine's clock, where it enters the program: everything else is given the time by its caller."""

from datetime import UTC, datetime


def system_now() -> datetime:
    return datetime.now(UTC)
