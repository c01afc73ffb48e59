"""The calendar of the graph: one partition per poll day in the business time zone, today included."""

import warnings
from datetime import datetime

import dagster as dg

from pipeline.settings import load_settings

# Backfill policies are marked beta; what we use of them is pinned with the version and tested.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

POLL_DAYS = dg.DailyPartitionsDefinition(start_date="2025-01-01", timezone=load_settings().timezone, end_offset=1)


def poll_day(moment: datetime) -> str:
    """The partition that a moment belongs to."""
    return POLL_DAYS.get_partition_key_for_timestamp(moment.timestamp())
