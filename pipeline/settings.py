"""Every setting, its default and its meaning: the only reader of the environment.

Settings come from environment variables with the prefix `PARCELS_`, or from a file `.env` in the folder the
command is started in; the environment wins. Several accounts are named in a file `parcels.toml` beside it.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import SettingsError

REPOSITORY = Path(__file__).resolve().parent.parent
SQL_FOLDER = REPOSITORY / "sql"

ACCOUNTS_FILE = "parcels.toml"
DEFAULT_ACCOUNT = "default"

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


def parse_rate_limits(text: str) -> tuple[RateLimit, ...]:
    """Read limits written as `100/minute,1000/hour`. Raises ValueError when one is written otherwise."""
    limits = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([1-9][0-9]*)\s*/\s*(second|minute|hour|day)\s*", part)
        if match is None:
            raise ValueError(f"'{part.strip()}' is not a limit; write them as 100/minute,1000/hour")
        limits.append(RateLimit(int(match[1]), _SECONDS[match[2]]))
    return tuple(limits)


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an http(s) URL")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("must start with https://, since a token is sent there")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must be a plain base URL, without user, query or fragment")
    return value.rstrip("/").removesuffix("/v1")


def _limits(value: Any) -> Any:
    return parse_rate_limits(value) if isinstance(value, str) else value


def _sendable(token: SecretStr) -> SecretStr:
    """A token goes into a header: what was pasted around it would be sent, or could not be sent at all."""
    text = token.get_secret_value().strip()
    if not re.fullmatch("[!-~]+", text):
        raise ValueError("must be one word of plain ASCII characters; something else was pasted with the token")
    return SecretStr(text)


AccessToken = Annotated[SecretStr, AfterValidator(_sendable)]
ApiUrl = Annotated[str, AfterValidator(_base_url)]
RateLimits = Annotated[tuple[RateLimit, ...], NoDecode, BeforeValidator(_limits)]


class Account(BaseModel):
    """One merchant account of the API: one set of credentials, one budget."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    api_url: ApiUrl
    access_token: AccessToken | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    rate_limits: RateLimits
    is_from_file: bool = False

    @model_validator(mode="after")
    def _has_credentials(self) -> "Account":
        if self.access_token is None and (self.client_id is None or self.client_secret is None):
            raise ValueError("needs access_token, or client_id and client_secret")
        return self

    def setting(self, name: str) -> str:
        """What a user has to look at to change `name` of this account."""
        return (
            f"{name} of [accounts.{self.name}] in {ACCOUNTS_FILE}" if self.is_from_file else f"PARCELS_{name.upper()}"
        )


class Settings(BaseSettings):
    """The settings of one installation; see `.env.example` for each in words."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    api_url: ApiUrl = "https://api-gateway.fuuffy.com"
    access_token: AccessToken | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    rate_limits: RateLimits = parse_rate_limits("100/minute,1000/hour")
    orders_url: SecretStr | None = None
    orders_table: str = "orders"
    orders_query: str | None = None
    orders_columns: Annotated[dict[str, str], NoDecode] = {}
    orders_dates: Literal["day/month/year", "month/day/year"] | None = None
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
        """The accounts to poll: that of the variables, and those of `parcels.toml` in the folder we start in.

        Raises SettingsError when there is none, or one that can't be read.
        """
        accounts = [self._account(name, is_from_file=True, **fields) for name, fields in _accounts_file().items()]
        if self.access_token or (self.client_id and self.client_secret):
            credentials = {name: getattr(self, name) for name in ("access_token", "client_id", "client_secret")}
            accounts.insert(0, self._account(DEFAULT_ACCOUNT, **credentials))
        if not accounts:
            raise SettingsError(
                "No credentials for the API: set PARCELS_ACCESS_TOKEN, or PARCELS_CLIENT_ID and PARCELS_CLIENT_SECRET."
            )
        if [account.name for account in accounts].count(DEFAULT_ACCOUNT) > 1:
            raise SettingsError(
                f"The account '{DEFAULT_ACCOUNT}' is set by PARCELS_ variables and in {ACCOUNTS_FILE}: keep one."
            )
        return tuple(accounts)

    def default_account(self) -> str:
        """The account of orders that name none: the only one there is, else the one called `default`."""
        names = list(_accounts_file())
        only_one = len(names) == 1 and not (self.access_token or self.client_id)
        return names[0] if only_one else DEFAULT_ACCOUNT

    def _account(self, name: str, **fields: Any) -> Account:
        try:
            return Account(**{"name": name, "api_url": self.api_url, "rate_limits": self.rate_limits, **fields})
        except (ValidationError, TypeError) as error:
            raise SettingsError(f"[accounts.{name}] in {ACCOUNTS_FILE}: {_first_reason(error)}.") from None


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises SettingsError naming the first setting that can't be read, never its secret."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        name, _, reason = _first_reason(error).partition(": ")
        raise SettingsError(f"{_PREFIX}{name.upper()}: {reason}.") from None


def _accounts_file() -> dict[str, dict[str, Any]]:
    path = Path(ACCOUNTS_FILE)
    try:
        accounts = tomllib.loads(path.read_text(encoding="utf-8")).get("accounts", {}) if path.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{ACCOUNTS_FILE} cannot be read: {str(error).splitlines()[0]}.") from None
    if not (isinstance(accounts, dict) and all(isinstance(fields, dict) for fields in accounts.values())):
        raise SettingsError(f"{ACCOUNTS_FILE} must hold a table [accounts.NAME] for each account.")
    return accounts


def _first_reason(error: Exception) -> str:
    """The name of the first field that is wrong, and why, without the value: it may be a secret."""
    if not isinstance(error, ValidationError):
        return "cannot be read"
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    return f"{name}: {first['msg']}".replace("Value error, ", "").removeprefix(": ")
