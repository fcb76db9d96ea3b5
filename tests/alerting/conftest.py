"""A home with alerts set, and files in its ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from orchestration.ledger.file_ledger import FileLedger, NewFile
from orchestration.settings import Settings
from tests.alerting.servers import MailServer, Webhook, mail_server, webhook

SettingsOf = Callable[..., Settings]
TOKEN = "s3cr3t-t0ken"


@pytest.fixture
def settings_of(tmp_path: Path) -> SettingsOf:
    """Settings of one home with `ALERT_…` values of the environment."""

    def make(**alerts: str) -> Settings:
        return Settings.from_environment(
            {
                "TOLLHOUSE_HOME": str(tmp_path / "home"),
                **{f"TOLLHOUSE_ALERT_{name}": value for name, value in alerts.items()},
            }
        )

    return make


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server at work."""
    with mail_server(MailServer()) as state:
        yield state


@pytest.fixture
def hook() -> Iterator[Webhook]:
    """A webhook at work."""
    with webhook(Webhook()) as state:
        yield state


@pytest.fixture
def by_mail(settings_of: SettingsOf, mail: MailServer) -> Settings:
    """Alerts by e-mail to two people."""
    return settings_of(**mail_settings(mail))


@pytest.fixture
def by_both(settings_of: SettingsOf, mail: MailServer, hook: Webhook) -> Settings:
    """Alerts by e-mail and webhook."""
    return settings_of(**mail_settings(mail), WEBHOOK=f"http://127.0.0.1:{hook.port}/hooks/{TOKEN}")


def mail_settings(mail: MailServer) -> dict[str, str]:
    """What names a mail server without encryption."""
    return {
        "EMAIL_TO": "li@billing.example, wang@billing.example",
        "EMAIL_FROM": "tollhouse@billing.example",
        "SMTP": f"127.0.0.1:{mail.port}",
        "SMTP_SECURITY": "none",
    }


def held_files(settings: Settings, *names: str, status: str = "held", reason: str = "its totals disagree") -> list[str]:
    """Register files that are held or rejected; their ids."""
    ids = []
    with ExitStack() as stack:
        ledger = stack.enter_context(FileLedger(settings.ledger_path))
        for name in names:
            file_id = f"id-{name}"
            ledger.register(
                NewFile(file_id, "bank/ICBC", "bank", "canonical", name, name, 10, f"hash-{name}", f"landing/{name}")
            )
            ledger.set_status(file_id, status, reason)
            ids.append(file_id)
    return ids
