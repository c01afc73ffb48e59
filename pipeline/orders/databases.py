"""Orders from a database: any SQLAlchemy URL, in chunks, every failure told in one sentence without secrets."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from pipeline.errors import SourceError
from pipeline.orders.names import near_names
from pipeline.orders.rows import RawChunk

CONNECT_SECONDS = 10
_WITH_CONNECT_TIMEOUT = ("psycopg", "psycopg2", "pymysql", "mysqldb")

# What to install for the module that a driver's import misses.
_PACKAGES = {
    "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary",
    "psycopg": "psycopg[binary]",
    "snowflake": "snowflake-sqlalchemy",
    "bigquery": "sqlalchemy-bigquery",
    "redshift": "sqlalchemy-redshift",
    "clickhouse": "clickhouse-sqlalchemy",
    "databricks": "databricks-sqlalchemy",
    "trino": "trino[sqlalchemy]",
    "mysql": "pymysql",
}
_SECRET_OPTION = re.compile(r"(?i)pass|pwd|token|secret|key|odbc_connect")


class DatabaseTable:
    """A table, or a query as a subquery (so that it can only read), of an open connection."""

    def __init__(self, connection: Connection, url: URL, table: str, query: str | None) -> None:
        self._connection = connection
        self._url = url
        self._setting = "PARCELS_ORDERS_QUERY" if query else "PARCELS_ORDERS_TABLE"
        schema, _, name = table.rpartition(".")
        self._schema, self._name = _unquoted(schema) or None, _unquoted(name)
        self.columns = self._columns(query)
        self._rows = _subquery(query, self.columns) if query else sa.table(self._name, schema=self._schema)

    def chunks(
        self, wanted: Sequence[str], size: int, *, since: tuple[str, datetime] | None, zone: ZoneInfo
    ) -> Iterator[RawChunk]:
        select = sa.select(*[_column(name) for name in wanted]).select_from(self._rows)
        first_row = 1
        try:
            if since is not None:
                select = select.where(self._changed(*since, zone))
            if self._url.get_driver_name() == "psycopg":
                _leave_times_as_text(self._connection)
            streaming = self._connection.execution_options(stream_results=True, max_row_buffer=size)
            with streaming.execute(select) as result:
                for rows in result.partitions(size):
                    yield RawChunk(_frame(rows, wanted, first_row))
                    first_row += len(rows)
        except SQLAlchemyError as error:
            raise SourceError(f"Reading orders from {self._setting} failed: {_words(error, self._url)}") from None

    def _columns(self, query: str | None) -> list[str]:
        rows = _subquery(query, []) if query else sa.table(self._name, schema=self._schema)
        nothing: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(rows).where(sa.false())
        try:
            names = self._connection.execute(nothing).keys()
            return [str(name) for name in names]
        except SQLAlchemyError as error:
            words = _words(error, self._url)
        self._connection.rollback()
        if query:
            raise SourceError(f"PARCELS_ORDERS_QUERY is not a SELECT that the database can run: {words}") from None
        raise SourceError(self._why_no_table(words)) from None

    def _why_no_table(self, words: str) -> str:
        asked = f"{self._schema}.{self._name}" if self._schema else self._name
        try:
            default, tables = self._all_tables()
        except SQLAlchemyError:
            return f"The table {asked} of PARCELS_ORDERS_TABLE cannot be read: {words}"
        if asked.removeprefix(f"{default}.") in tables:
            return f"The table {asked} of PARCELS_ORDERS_TABLE cannot be read: {words}"
        return f"PARCELS_ORDERS_TABLE: the database has no table {asked}{near_names(asked, tables)}."

    def _all_tables(self) -> tuple[str | None, list[str]]:
        """The schema that goes without saying, and all tables, those of other schemas as schema.table."""
        inspector = sa.inspect(self._connection)
        default = inspector.default_schema_name
        names = []
        for schema in inspector.get_schema_names():
            if schema.lower() in ("information_schema", "pg_catalog", "sys", "performance_schema"):
                continue
            here = inspector.get_table_names(schema) + inspector.get_view_names(schema)
            names += here if schema == default else [f"{schema}.{name}" for name in here]
        return default, names

    def _changed(self, column_name: str, since: datetime, zone: ZoneInfo) -> sa.ColumnElement[bool]:
        """A sieve that may let older rows through but stops no newer one; the first value tells the column's type."""
        column = _column(column_name)
        first = sa.select(column).select_from(self._rows).where(column.is_not(None)).limit(1)
        try:
            value = self._connection.execute(first).scalar()
        except SQLAlchemyError:  # a time that Python has no value for
            self._connection.rollback()
            return sa.true()
        if isinstance(value, datetime):
            bound = since if value.tzinfo else since.astimezone(zone).replace(tzinfo=None)
            newer = column >= sa.literal(bound, sa.DateTime(timezone=value.tzinfo is not None))
        elif isinstance(value, date):
            newer = column >= sa.literal(since.astimezone(zone).date(), sa.Date())
        elif isinstance(value, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            # Text sorts by day however the clock time is written; a day's slack covers every offset.
            day = (since - timedelta(days=1)).date().isoformat()
            newer = (column >= sa.literal(day)) | column.not_like("____-__-__%")
        else:
            return sa.true()
        return newer | column.is_(None)


@contextmanager
def open_database(url_text: str, table: str, query: str | None) -> Iterator[DatabaseTable]:
    """The table of PARCELS_ORDERS_URL, for as long as the block lasts."""
    url = _parse(url_text)
    engine = _engine(url)
    try:
        try:
            connection = engine.connect()
        except Exception as error:  # drivers raise what they like, from OSError to their own family
            raise SourceError(f"PARCELS_ORDERS_URL: cannot connect to {_place(url)}: {_words(error, url)}") from None
        with connection:
            yield DatabaseTable(connection, url, table, query)
    finally:
        engine.dispose()


def address_without_secrets(url_text: str) -> str:
    """The URL without password and without options that may be one."""
    url = _parse(url_text)
    options = {key: value for key, value in url.query.items() if not _SECRET_OPTION.search(key)}
    return url.set(password=None, query=options).render_as_string()


def _parse(url_text: str) -> URL:
    try:
        url = make_url(url_text.strip())
    except (ArgumentError, ValueError):
        raise SourceError(
            "PARCELS_ORDERS_URL cannot be read as an address: write dialect://user:password@host:port/database "
            "(special characters of the password as %40 and the like), or a path to a .parquet, .csv or .duckdb file."
        ) from None
    if url.host and "@" in f"{url.host}{url.database}":  # the rest of a password, which no message may show
        raise SourceError("PARCELS_ORDERS_URL has an @ too many: write an @ of the password as %40.")
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        # SQLite would create a missing file and then miss the table.
        path = url.database
        if path and path != ":memory:" and not path.startswith("file:") and not Path(path).is_file():
            raise SourceError(f"PARCELS_ORDERS_URL: there is no file {path}.")
    options: dict[str, Any] = {}
    try:
        if url.get_driver_name() in _WITH_CONNECT_TIMEOUT and "connect_timeout" not in url.query:
            options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
        return sa.create_engine(url, **options)
    except ImportError as error:
        module = (error.name or url.drivername.rpartition("+")[2]).partition(".")[0]
        raise SourceError(
            f"PARCELS_ORDERS_URL needs a driver that is not installed: pip install {_PACKAGES.get(module, module)}."
        ) from None
    except NoSuchModuleError:
        package = _PACKAGES.get(url.get_backend_name())
        advice = f"pip install {package}" if package else "check the part before ://, such as postgresql"
        raise SourceError(f"PARCELS_ORDERS_URL: SQLAlchemy knows no database {url.drivername}: {advice}.") from None
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise SourceError(f"PARCELS_ORDERS_URL cannot be used: {_words(error, url)}") from None


def _subquery(query: str, columns: Sequence[str]) -> sa.FromClause:
    # A colon in the query is the query's own (::text, '12:30'), not the name of a value to fill in.
    # The line break ends a comment in the query's last line.
    text = sa.text(query.strip().rstrip(";").replace(":", r"\:") + "\n")
    return text.columns(*[sa.column(name) for name in columns]).subquery("source_rows")


def _column(name: str) -> sa.ColumnElement[Any]:
    return sa.column(name)


def _leave_times_as_text(connection: Connection) -> None:
    """PostgreSQL knows infinity: psycopg fails the whole read for one, a text fails alone (and is quicker)."""
    from psycopg.types.string import TextLoader  # here, as it needs the driver's library

    driver: Any = connection.connection.driver_connection
    for kind in ("date", "timestamp", "timestamptz"):
        driver.adapters.register_loader(kind, TextLoader)
    connection.exec_driver_sql("set datestyle to 'ISO'")


def _unquoted(name: str) -> str:
    return name.strip().strip('"`[]')


def _frame(rows: Sequence[Any], wanted: Sequence[str], first_row: int) -> pd.DataFrame:
    # Not pandas.read_sql: beside nulls it turns integers into floats, and 19-digit ids lose their last digits.
    index = pd.RangeIndex(first_row, first_row + len(rows))
    values = zip(*rows, strict=True)
    return pd.DataFrame(
        {name: pd.Series(column, index=index, dtype=object) for name, column in zip(wanted, values, strict=True)},
        index=index,
    )


def _place(url: URL) -> str:
    host = f"{url.host or 'localhost'}:{url.port}" if url.port else url.host or ""
    return (
        f"{url.get_backend_name()} at {host}/{url.database or ''}"
        if host
        else str(url.database or url.get_backend_name())
    )


def _words(error: BaseException, url: URL) -> str:
    """What the driver said, on one line, without anything secret."""
    original = getattr(error, "orig", None) or error
    words = " ".join(str(original).split()) or type(original).__name__
    secrets = [str(url.password or "")] + [str(value) for key, value in url.query.items() if _SECRET_OPTION.search(key)]
    for secret in {*secrets, *[unquote(secret) for secret in secrets]} - {""}:
        words = words.replace(secret, "***")
    words = re.sub(r"(?i)\b(password|pwd)=[^;&\s]+", r"\1=***", words)
    return words if len(words) <= 400 else words[:400] + "…"
