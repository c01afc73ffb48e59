"""Settings: read from the environment, refused in one sentence that names them."""

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import RateLimit, load_settings


def test_the_defaults_are_the_documented_ones() -> None:
    settings = load_settings()
    assert settings.data_dir.name == "data"
    assert settings.api_url == "https://api-gateway.fuuffy.com"
    assert settings.rate_limits == (RateLimit(100, 60), RateLimit(1000, 3600))
    assert (settings.orders_table, settings.timezone, settings.max_minutes) == ("orders", "Asia/Hong_Kong", 50)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELS_RATE_LIMITS", "5/second, 60/minute")
    monkeypatch.setenv("PARCELS_ORDERS_COLUMNS", "order_id=id, ordered_at = created")
    monkeypatch.setenv("PARCELS_API_URL", "https://testing-api-gateway.fuuffy.com/v1/")
    monkeypatch.setenv("PARCELS_MAX_MINUTES", "")
    settings = load_settings()
    assert settings.rate_limits == (RateLimit(5, 1), RateLimit(60, 60))
    assert settings.orders_columns == {"order_id": "id", "ordered_at": "created"}
    assert settings.api_url == "https://testing-api-gateway.fuuffy.com"
    assert settings.max_minutes == 50


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARCELS_API_URL", "http://api.example.com"),
        ("PARCELS_API_URL", "api.example.com"),
        ("PARCELS_API_URL", "https://me:pw@api.example.com"),
        ("PARCELS_RATE_LIMITS", "100 per minute"),
        ("PARCELS_ORDERS_COLUMNS", "order_id"),
        ("PARCELS_TIMEZONE", "Hong Kong"),
        ("PARCELS_MAX_MINUTES", "0"),
    ],
)
def test_a_wrong_value_is_refused_by_the_settings_name(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load_settings()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELS_ACCESS_TOKEN", "sk-secret")
    monkeypatch.setenv("PARCELS_ORDERS_URL", "postgresql://me:hunter2@db/shop")
    settings = load_settings()
    assert "sk-secret" not in repr(settings)
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("pasted", ["Bearer sk-secret", "sk-sécret", "sk-secret\nPARCELS_TIMEZONE=UTC", "“sk-secret”"])
def test_a_token_with_something_pasted_around_it_is_refused_by_name(
    pasted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCELS_ACCESS_TOKEN", pasted)
    with pytest.raises(SettingsError, match="PARCELS_ACCESS_TOKEN: must be one word") as refused:
        load_settings()
    assert "cret" not in str(refused.value)


def test_blanks_around_a_token_do_not_belong_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELS_ACCESS_TOKEN", " sk-secret\n")
    (account,) = load_settings().accounts()
    assert account.access_token is not None and account.access_token.get_secret_value() == "sk-secret"


def test_missing_credentials_are_asked_for_by_name() -> None:
    with pytest.raises(SettingsError, match="PARCELS_ACCESS_TOKEN"):
        load_settings().accounts()


def test_several_accounts_come_from_a_file_beside_env(tmp_path: Path) -> None:
    (tmp_path / "parcels.toml").write_text(
        '[accounts.hk]\naccess_token = "sk-1"\n'
        '[accounts.sg]\nclient_id = "me"\nclient_secret = "pw"\nrate_limits = "7/minute"\n'
        'api_url = "https://testing-api-gateway.fuuffy.com/v1"\n'
    )
    settings = load_settings()
    hk, sg = settings.accounts()
    assert (hk.name, hk.api_url, hk.rate_limits) == ("hk", settings.api_url, settings.rate_limits)
    assert (sg.name, sg.api_url, sg.rate_limits) == (
        "sg", "https://testing-api-gateway.fuuffy.com", (RateLimit(7, 60),)
    )  # fmt: skip
    assert settings.default_account() == "default"


def test_one_account_in_the_file_owns_orders_that_name_none(tmp_path: Path) -> None:
    (tmp_path / "parcels.toml").write_text('[accounts.hk]\naccess_token = "sk-1"\n')
    assert load_settings().default_account() == "hk"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[accounts.hk\n", "parcels.toml cannot be read"),
        ("[accounts.hk]\n", r"accounts\.hk.*needs access_token"),
        ('[accounts.hk]\naccess_token = "s"\napi_url = "http://example.com"\n', r"accounts\.hk.*api_url"),
        ('[accounts.hk]\naccess_token = "s"\ntokn = "s"\n', r"accounts\.hk.*tokn"),
        ('[accounts."h k"]\naccess_token = "s"\n', "name"),
        ("accounts = 3\n", r"\[accounts\.NAME\]"),
    ],
)
def test_a_wrong_accounts_file_is_told_by_account_and_field(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "parcels.toml").write_text(content)
    with pytest.raises(SettingsError, match=words):
        load_settings().accounts()
