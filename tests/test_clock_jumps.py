"""A day that ends in mid-run and a clock that is set back: every parcel is asked once and counted once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.demo import demo_settings
from pipeline.run import run_job
from tests.shop import open_shop

ORDERS = 60
ZONE = ZoneInfo("Asia/Hong_Kong")


def test_a_day_that_ends_in_mid_run_and_a_clock_set_back_change_nothing(tmp_path: Path) -> None:
    # Today's, since Dagster knows no partition of a day to come.
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    with open_shop(tmp_path, ORDERS) as shop:
        settings = demo_settings(shop.folder, shop.emulator.url, tmp_path / "orders.sqlite")

        def jumping() -> datetime:
            """A second before midnight, then an hour after it, then two hours before it."""
            answered = shop.answered()
            hours = 0 if answered < ORDERS / 3 else 1 if answered < ORDERS * 2 / 3 else -2
            return midnight + timedelta(hours=hours, seconds=-1)

        report = run_job("daily", settings, now=jumping, say=None)
        assert report.success, report.sentence
        kept = shop.kept()
        assert len(kept) >= ORDERS
        assert sorted(kept.values()) == sorted(shop.asked()), "everyone was asked, and nobody twice"
        yesterday, today = midnight - timedelta(days=1), midnight
        days = sorted(path.name for path in shop.folder.responses.iterdir())
        assert days == [f"polled_on={day.astimezone(ZONE):%Y-%m-%d}" for day in (yesterday, today)]
        assert shop.ask("select count(*), count(distinct response_id) from fact_poll") == [(len(kept),) * 2]
