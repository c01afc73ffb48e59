"""Every setting, its default and its meaning: the only reader of the environment.

Settings come from environment variables with the prefix `PARCELS_`, or from a file `.env` in the folder the
command is started in; the environment wins.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent
SQL_FOLDER = REPOSITORY / "sql"

_PREFIX = "PARCELS_"
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class RateLimit:
    """At most `requests` in any window of `seconds`."""

    requests: int
    seconds: int

    def __str__(self) -> str:
        unit = next((name for name, length in _SECONDS.items() if length == self.seconds), None)
        if unit is None:
            return f"{self.requests:,} in {self.seconds} s"
        return f"{self.requests:,} {'an' if unit == 'hour' else 'a'} {unit}"


@dataclass(frozen=True)
class Account:
    """One merchant account of the API: one set of credentials, one budget."""

    name: str
    api_url: str
    access_token: SecretStr | None
    client_id: str | None
    client_secret: SecretStr | None
    rate_limits: tuple[RateLimit, ...]


def parse_rate_limits(text: str) -> tuple[RateLimit, ...]:
    """Read limits written as `100/minute,1000/hour`. Raises ValueError when one is written otherwise."""
    limits = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([1-9][0-9]*)\s*/\s*(second|minute|hour|day)\s*", part)
        if match is None:
            raise ValueError(f"'{part.strip()}' is not a limit; write them as 100/minute,1000/hour")
        limits.append(RateLimit(int(match[1]), _SECONDS[match[2]]))
    return tuple(limits)


class Settings(BaseSettings):
    """The settings of one installation; see `.env.example` for each in words."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    api_url: str = "https://api-gateway.fuuffy.com"
    access_token: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    rate_limits: Annotated[tuple[RateLimit, ...], NoDecode] = parse_rate_limits("100/minute,1000/hour")
    orders_url: SecretStr | None = None
    orders_table: str = "orders"
    orders_query: str | None = None
    orders_columns: Annotated[dict[str, str], NoDecode] = {}
    timezone: str = "Asia/Hong_Kong"
    max_minutes: float = Field(default=50, gt=0)

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any, info: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            return cls.model_fields[info.field_name].get_default()
        return value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("api_url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("is not an http(s) URL")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("must start with https://, since a token is sent there")
        if parts.username or parts.query or parts.fragment:
            raise ValueError("must be a plain base URL, without user, query or fragment")
        return value.rstrip("/").removesuffix("/v1")

    @field_validator("rate_limits", mode="before")
    @classmethod
    def _read_limits(cls, value: Any) -> Any:
        return parse_rate_limits(value) if isinstance(value, str) else value

    @field_validator("orders_columns", mode="before")
    @classmethod
    def _read_renames(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        for name, equals, column in pairs:
            if not (name.strip() and equals and column.strip()):
                raise ValueError("must be written as order_id=id,ordered_at=created")
        return {name.strip(): column.strip() for name, _, column in pairs}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{value}' is not a time zone name such as Asia/Hong_Kong") from error
        return value

    def accounts(self) -> tuple[Account, ...]:
        """The accounts to poll. Raises SettingsError when one has no credentials."""
        if self.access_token is None and (self.client_id is None or self.client_secret is None):
            raise SettingsError(
                "No credentials for the API: set PARCELS_ACCESS_TOKEN, or PARCELS_CLIENT_ID and PARCELS_CLIENT_SECRET."
            )
        account = Account(
            name="default",
            api_url=self.api_url,
            access_token=self.access_token,
            client_id=self.client_id,
            client_secret=self.client_secret,
            rate_limits=self.rate_limits,
        )
        return (account,)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises SettingsError naming the first setting that can't be read, never its secret."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = f"{_PREFIX}{first['loc'][0]}".upper() if first["loc"] else "A setting"
        reason = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {reason}.") from None
