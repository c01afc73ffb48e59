"""Stop signals: put off while work is made safe, in front of whoever handles them, and told apart afterwards."""

import os
import signal
import threading
import time

import pytest

from pipeline.stopping import Stopped, before_stopping, noted_stop, put_off_stop, raise_stopped
from pipeline.warehouse import DataFolder, open_work

ENDLESS = "select count(*) from range(100000000) a, range(1000) b where hash(a.range + b.range) % 7 = 0"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_raise_the_same_and_say_which_they_were(signum: signal.Signals) -> None:
    with pytest.raises(Stopped) as stopped, noted_stop() as which, raise_stopped():
        assert which() is None
        try:
            signal.raise_signal(signum)
        finally:
            assert which() == signum
    assert stopped.value.signum == signum


def test_a_stop_that_is_put_off_is_told_once_and_comes_afterwards() -> None:
    told = []
    with pytest.raises(Stopped), raise_stopped(), put_off_stop() as stop:
        stop.tell = lambda: told.append(stop.signum)
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        work_is_safe = True
    assert work_is_safe
    assert told == [signal.SIGTERM]


def test_handlers_are_given_back() -> None:
    before = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    with raise_stopped(), put_off_stop(), before_stopping(lambda: None), noted_stop():
        pass
    assert [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_long_query_is_broken_off_and_its_transaction_rolled_back_at_once(folder: DataFolder) -> None:
    stop = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
    started = time.monotonic()
    with pytest.raises(Stopped), raise_stopped(), open_work(folder) as connection:
        connection.execute("create table kept as select 1; begin; create table half_made as select 1")
        stop.start()
        try:
            connection.execute(f"insert into half_made {ENDLESS}")
        finally:
            connection.execute("rollback")
    assert time.monotonic() - started < 5
    with open_work(folder) as connection:
        tables = {name for (name,) in connection.execute("show tables").fetchall()}
    assert "kept" in tables
    assert "half_made" not in tables
