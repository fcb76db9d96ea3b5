"""`tollhouse alert`, and what doctor says of the settings of alerts."""

from __future__ import annotations

import pytest

from orchestration.settings import Settings
from tests.alerting.conftest import TOKEN, held_files
from tests.alerting.servers import Webhook, webhook
from tests.cli.conftest import Tollhouse


@pytest.mark.parametrize("action", ["test", "send"])
def test_without_an_address_it_says_what_to_set(tollhouse: Tollhouse, action: str) -> None:
    called = tollhouse("alert", action)
    assert called.exit_code == 2 and "set TOLLHOUSE_ALERT_WEBHOOK" in called.err


def test_without_an_action_it_is_wrong_usage(tollhouse: Tollhouse) -> None:
    assert tollhouse("alert").exit_code == 2


def test_a_test_that_arrives_and_one_that_does_not(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook(Webhook()) as hook:
        monkeypatch.setenv("TOLLHOUSE_ALERT_WEBHOOK", f"http://127.0.0.1:{hook.port}/{TOKEN}")
        called = tollhouse("alert", "test")
        assert (called.exit_code, called.out) == (0, "webhook   taken\n")
        assert hook.messages[0]["kind"] == "test"
        hook.status = 403
        called = tollhouse("alert", "test", "--json")
        fault = f"the webhook at 127.0.0.1:{hook.port}: answers with HTTP status 403"
        assert (called.exit_code, called.json["channels"]) == (1, {"webhook": fault})


def test_what_waits_is_sent_at_once(tollhouse: Tollhouse, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    held_files(settings, "a.txt")
    with webhook(Webhook(status=500)) as hook:
        monkeypatch.setenv("TOLLHOUSE_ALERT_WEBHOOK", f"http://127.0.0.1:{hook.port}/{TOKEN}")
        called = tollhouse("alert", "send")
        assert called.exit_code == 1 and "answers with HTTP status 500" in called.err and TOKEN not in called.err
        hook.status = 200
        called = tollhouse("alert", "send")
        assert (called.exit_code, called.out) == (0, "All alerts are sent by webhook.\n")
        assert [message["kind"] for message in hook.messages] == ["file_held"]


def test_doctor_lists_the_settings_and_shows_no_secret(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "EMAIL_TO": "li@billing.example,wang@billing.example",
        "EMAIL_FROM": "t@billing.example",
        "SMTP": "mail.example",
        "SMTP_USER": "li",
        "SMTP_PASSWORD": TOKEN,
        "WEBHOOK": f"https://hooks.example/{TOKEN}",
    }.items():
        monkeypatch.setenv(f"TOLLHOUSE_ALERT_{name}", value)
    out = tollhouse("doctor").out
    assert TOKEN not in out and "is not a setting" not in out
    assert "TOLLHOUSE_ALERT_EMAIL_TO = li@billing.example, wang@billing.example (from the environment)" in out
    assert "TOLLHOUSE_ALERT_SMTP = mail.example:587 (from the environment)" in out
    assert "TOLLHOUSE_ALERT_WEBHOOK = set, and not shown (from the environment)" in out
    assert "TOLLHOUSE_ALERT_WEBHOOK_FILE = not set (default)" in out
    assert "TOLLHOUSE_LOG = text (default)" in out and "TOLLHOUSE_ALLOWED_HOSTS = not set (default)" in out
