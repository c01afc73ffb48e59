"""A day that ends in mid-run and a clock that is set back: every parcel is asked once and counted once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.demo import demo_settings
from pipeline.run import run_job
from tests.shop import open_shop

ORDERS = 60
ZONE = ZoneInfo("Asia/Hong_Kong")


def test_a_day_that_ends_in_mid_run_and_a_clock_set_back_change_nothing(tmp_path: Path) -> None:
    with open_shop(tmp_path, ORDERS) as shop:
        settings = demo_settings(shop.folder, shop.emulator.url, tmp_path / "orders.sqlite")

        def jumping_after(requests: int, begin: datetime, jump: timedelta) -> Callable[[], datetime]:
            """A clock that jumps once the API has answered so many requests."""
            target = shop.answered() + requests

            return lambda: begin + (jump if shop.answered() >= target else timedelta())

        # Today's, since Dagster knows no partition of a day to come.
        midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        before_midnight = midnight - timedelta(seconds=1)
        past_midnight = jumping_after(ORDERS // 2, before_midnight, timedelta(seconds=2))
        report = run_job("daily", settings, now=past_midnight, say=None)
        assert report.success, report.sentence
        first = shop.kept()
        assert sorted(first.values()) == sorted(shop.asked())
        days = sorted(path.name for path in shop.folder.responses.iterdir())
        assert days == [f"polled_on={moment.astimezone(ZONE):%Y-%m-%d}" for moment in (before_midnight, midnight)]
        assert shop.ask("select count(*) from fact_poll") == [(len(first),)]

        later = midnight + timedelta(hours=2)
        set_back = jumping_after(3, later, -timedelta(hours=3))
        report = run_job("daily", settings, now=set_back, say=None)
        assert report.success, report.sentence
        second = shop.kept()
        assert len(second) > len(first) + 3
        assert max(shop.asked().values()) == 2, "nobody was asked twice in one run"
        assert shop.ask("select count(*), count(distinct response_id) from fact_poll") == [(len(second),) * 2]
