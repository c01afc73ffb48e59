"""The warehouse as it was known at a moment: what a report could have said then, and nothing that came later."""

import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.errors import SettingsError, WarehouseError
from pipeline.events.flatten import load, raw_files
from pipeline.events.privacy import contact_secret
from pipeline.events.reading import Reading
from pipeline.models.reference import load_reference
from pipeline.models.sql_file import build, load_models, run_prelude
from pipeline.settings import SQL_FOLDER
from pipeline.warehouse import HALF_MADE, DataFolder, base_tables, connect, open_work


def moment_of(text: str, zone: str) -> datetime:
    """The moment (UTC) that a user means: a day alone is meant to its end, a time without offset in the business zone.

    Raises SettingsError for what is neither.
    """
    try:
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) - timedelta(microseconds=1)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"'{text}' is no moment; write a day, 2026-11-20, or a time, 2026-11-20T18:00.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def write_as_of(folder: DataFolder, moment: datetime, zone: str) -> Path:
    """Write a DuckDB file of every table from the answers until `moment`, by today's rules; returns its path.

    Orders are the rows of today that were read by then; of promises, only those made by then. Raises WarehouseError
    when no answer is that old.
    """
    with connect(folder.published, read_only=True) as published:
        orders = published.execute(_ORDERS, {"moment": moment.replace(tzinfo=None)}).to_arrow_table()
    target = folder.as_of / f"{moment:%Y-%m-%dT%H%M%SZ}.duckdb"
    files = [name for name in raw_files(folder) if _polled_on(name) <= moment.date() + timedelta(days=1)]
    secret = contact_secret(folder.private(folder.state) / "contact.key")
    scratch = DataFolder(folder.private(target.with_suffix(HALF_MADE)))
    try:
        with open_work(scratch) as connection:
            reading = Reading.load(user_folder=folder.rules, secret=secret)
            loaded = load(connection, folder, files, reading, run_id="as of", now=moment, until=moment)
            if not loaded.responses:
                raise WarehouseError(f"No answer had come by {moment:%Y-%m-%d %H:%M} UTC: {folder.responses} has none.")
            connection.register("orders", orders)
            connection.execute("insert into source_order by name from orders")
            connection.unregister("orders")
            references = load_reference(connection, SQL_FOLDER / "reference", folder.rules)
            run_prelude(connection, SQL_FOLDER, zone)
            for model in load_models(SQL_FOLDER, {*base_tables(), *references}):
                build(connection, model)
        scratch.work.chmod(0o444)
        scratch.work.replace(target)
    finally:
        shutil.rmtree(scratch.root, ignore_errors=True)
    return target


# What the merchant's table said then is not kept, but the first promise is, and when it was first read.
_ORDERS = """
select
    * replace (
        if(original_promise_seen_at <= $moment, original_promised_at, null) as original_promised_at,
        if(original_promise_seen_at <= $moment, original_promised_on, null) as original_promised_on,
        if(original_promise_seen_at <= $moment, original_promise_seen_at, null) as original_promise_seen_at,
        if(last_changed_at <= $moment, promised_at, if(original_promise_seen_at <= $moment, original_promised_at, null))
            as promised_at,
        if(last_changed_at <= $moment, promised_on, if(original_promise_seen_at <= $moment, original_promised_on, null))
            as promised_on
    )
from source_order
where first_seen_at <= $moment
"""


def _polled_on(raw_file: str) -> date:
    return date.fromisoformat(raw_file.removeprefix("polled_on=").partition("/")[0])
