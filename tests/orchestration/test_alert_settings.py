"""Where alerts go by the environment: what is understood, what is refused by the name of its variable, and what is never shown."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.alert_settings import AlertSettings
from orchestration.errors import UsageError

MAIL = {"EMAIL_TO": "li@billing.example", "EMAIL_FROM": "t@billing.example", "SMTP": "mail.example"}
TOKEN = "s3cr3t-t0ken"


def read(**values: str) -> AlertSettings:
    """The settings of these variables."""
    return AlertSettings.from_environment({f"TOLLHOUSE_ALERT_{name}": value for name, value in values.items()})


def test_nothing_is_set_by_itself() -> None:
    assert read() == AlertSettings() and read().channels == ()


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({}, ("mail.example", 587, "starttls")),
        ({"SMTP_SECURITY": "tls"}, ("mail.example", 465, "tls")),
        ({"SMTP_SECURITY": "none"}, ("mail.example", 25, "none")),
        ({"SMTP": "mail.example:2525"}, ("mail.example", 2525, "starttls")),
        ({"SMTP": "[fd00::5]:25"}, ("fd00::5", 25, "starttls")),
    ],
)
def test_mail_servers(values: dict[str, str], address: tuple[str, int, str]) -> None:
    settings = read(**MAIL | values)
    assert settings.smtp is not None and settings.channels == ("email",)
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.security) == address


def test_hours_may_have_decimals() -> None:
    assert read(NO_FILE_HOURS="26.5").no_file_hours == Decimal("26.5")


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"EMAIL_TO": "li"}, "EMAIL_TO"),
        ({"EMAIL_TO": "li@billing.example"}, "EMAIL_FROM"),
        ({"EMAIL_TO": "li@billing.example", "EMAIL_FROM": "t@billing.example"}, "SMTP"),
        ({"SMTP": "mail.example"}, "EMAIL_TO"),
        (MAIL | {"EMAIL_TO": "li@billing.example\nBcc: x@evil.example"}, "EMAIL_TO"),
        (MAIL | {"EMAIL_FROM": "Li <li@billing.example>"}, "EMAIL_FROM"),
        (MAIL | {"SMTP": "smtp://mail.example"}, "SMTP"),
        (MAIL | {"SMTP": "mail.example:0"}, "SMTP"),
        (MAIL | {"SMTP_SECURITY": "ssl"}, "SMTP_SECURITY"),
        (MAIL | {"SMTP_USER": "li"}, "SMTP_PASSWORD"),
        (MAIL | {"SMTP_PASSWORD": TOKEN}, "SMTP_USER"),
        (MAIL | {"SMTP_USER": "li", "SMTP_PASSWORD": TOKEN, "SMTP_SECURITY": "none"}, "SMTP_SECURITY"),
        ({"WEBHOOK": f"ftp://hooks.example/{TOKEN}"}, "WEBHOOK"),
        ({"WEBHOOK": f"https://hooks.example/{TOKEN}\r\nX: 1"}, "WEBHOOK"),
        ({"WEBHOOK": TOKEN}, "WEBHOOK"),
        ({"WEBHOOK": f"https://hooks.example/{TOKEN}", "WEBHOOK_FILE": "/x"}, "WEBHOOK"),
        ({"NO_FILE_HOURS": "0"}, "NO_FILE_HOURS"),
        ({"NO_FILE_HOURS": "-1"}, "NO_FILE_HOURS"),
        ({"NO_FILE_HOURS": "nan"}, "NO_FILE_HOURS"),
        ({"NO_FILE_HOURS": "a day"}, "NO_FILE_HOURS"),
        ({"NO_FILE_HOURS": "1e9"}, "NO_FILE_HOURS"),
    ],
)
def test_what_cannot_be_used_names_its_variable_and_no_secret(values: dict[str, str], variable: str) -> None:
    with pytest.raises(UsageError, match=f"^TOLLHOUSE_ALERT_{variable}: ") as raised:
        read(**values)
    assert TOKEN not in str(raised.value)


def test_secrets_have_no_text(tmp_path: Path) -> None:
    settings = read(**MAIL, SMTP_USER="li", SMTP_PASSWORD=TOKEN, WEBHOOK=f"https://hooks.example/{TOKEN}")
    assert TOKEN not in f"{settings} {settings!r} {settings.webhook} {[settings.smtp_password]}"
    assert settings.smtp_password is not None and settings.smtp_password.reveal() == TOKEN
    in_file = read(WEBHOOK_FILE=str(tmp_path / "hook"))
    assert str(in_file.webhook) == f"in {tmp_path / 'hook'}"
