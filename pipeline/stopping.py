"""What Ctrl-C and SIGTERM do: the work at hand is made safe first, then the process ends within seconds.

Dagster takes the handlers of both signals over while a run is on, and raises in the middle of whatever runs. These
helpers go in front of it, in the main thread only: elsewhere signals are not ours to take.
"""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], Any]


class Stopped(BaseException):
    """Somebody asked this process to stop; `signum` says how."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class PutOff:
    """A wish to stop that waits; `tell` is called when it comes."""

    def __init__(self) -> None:
        self.signum: int | None = None
        self.tell: Callable[[], object] | None = None


@contextmanager
def raise_stopped() -> Iterator[None]:
    """A stop signal raises Stopped, so that both signals end the process the same way."""

    def handler(signum: int, _: FrameType | None) -> None:
        raise Stopped(signum)

    with _handled_by(handler):
        yield


@contextmanager
def put_off_stop() -> Iterator[PutOff]:
    """A stop signal is noted and told; when this ends, it goes on to whoever handled it before."""
    put_off = PutOff()

    def handler(signum: int, _: FrameType | None) -> None:
        if put_off.signum is None:
            put_off.signum = signum
            if put_off.tell:
                put_off.tell()

    try:
        with _handled_by(handler):
            yield put_off
    finally:
        if put_off.signum is not None:
            signal.raise_signal(put_off.signum)


@contextmanager
def before_stopping(action: Callable[[], None]) -> Iterator[None]:
    """A stop signal does `action`, then what it did before."""
    before = {signum: signal.getsignal(signum) for signum in STOP_SIGNALS}

    def handler(signum: int, frame: FrameType | None) -> None:
        action()
        previous = before[signal.Signals(signum)]
        if callable(previous):
            previous(signum, frame)
        else:
            signal.signal(signum, previous or signal.SIG_DFL)
            signal.raise_signal(signum)

    with _handled_by(handler):
        yield


@contextmanager
def noted_stop() -> Iterator[Callable[[], int | None]]:
    """Tells which stop signal came, whoever handles it: Dagster does not say which of the two it was."""
    if not _in_main_thread():
        yield lambda: None
        return
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

        def which() -> int | None:
            try:
                return next((number for number in reader.recv(4096) if number in STOP_SIGNALS), None)
            except BlockingIOError:
                return None

        try:
            yield which
        finally:
            signal.set_wakeup_fd(before)


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    if not _in_main_thread():
        yield
        return
    before = {signum: signal.signal(signum, handler) for signum in STOP_SIGNALS}
    try:
        yield
    finally:
        for signum, previous in before.items():
            signal.signal(signum, previous or signal.SIG_DFL)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
