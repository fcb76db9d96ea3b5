"""Messages at real servers on loopback: what arrives, and what is said where it does not."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from orchestration.alerting import delivery
from orchestration.alerting.delivery import deliver
from orchestration.alerting.messages import AlertMessage, compose
from orchestration.alerting.occasions import Occasion
from orchestration.errors import TollhouseError
from orchestration.settings import Settings
from tests.alerting.conftest import TOKEN, SettingsOf, mail_settings
from tests.alerting.servers import MailServer, Webhook


def message(settings: Settings) -> AlertMessage:
    """About one held file whose name tries to add a header."""
    facts = {"file_id": "f1", "file_name": "a\\u000aBcc: x", "source": "bank/ICBC", "reason": "对账不符"}
    return compose(settings, "file_held", [Occasion("file_held", "k", "2026-03-04T18:30:00+00:00", facts)], "m-1")


def test_a_mail_arrives_in_both_languages(by_mail: Settings, mail: MailServer) -> None:
    deliver("email", by_mail.alerts, message(by_mail))
    (arrived,) = mail.mails
    assert arrived["Subject"] == "[Tollhouse] 1 个文件待人工处理 · 1 file(s) held, waiting for a decision"
    assert arrived["From"] == "tollhouse@billing.example"
    assert arrived["Message-ID"] == "<m-1@billing.example>"
    assert mail.recipients == ["li@billing.example", "wang@billing.example"]
    text = arrived.get_content()
    line = "- 2026-03-05 02:30:00 +08:00 | bank/ICBC | a\\u000aBcc: x | 对账不符 | f1"
    assert text.count(line) == 2 and "tollhouse files show FILE_ID" in text and str(by_mail.home) in text


def test_a_webhook_is_given_the_same_as_json(by_both: Settings, hook: Webhook) -> None:
    deliver("webhook", by_both.alerts, message(by_both))
    (arrived,) = hook.messages
    assert (arrived["kind"], arrived["id"]) == ("file_held", "m-1")
    assert arrived["items"] == [
        {
            "since": "2026-03-04T18:30:00+00:00",
            "file_id": "f1",
            "file_name": "a\\u000aBcc: x",
            "source": "bank/ICBC",
            "reason": "对账不符",
        }
    ]
    assert "held, waiting for a decision" in arrived["text"] and "待人工处理" in arrived["text"]


def test_user_and_password_are_for_an_encrypted_server_alone(settings_of: SettingsOf, mail: MailServer) -> None:
    """A server that offers no STARTTLS is not given the password, nor the mail."""
    secured = mail_settings(mail) | {"SMTP_SECURITY": "starttls", "SMTP_USER": "li", "SMTP_PASSWORD": TOKEN}
    settings = settings_of(**secured)
    with pytest.raises(TollhouseError, match="does not offer what TOLLHOUSE_ALERT_SMTP_SECURITY"):
        deliver("email", settings.alerts, message(settings))
    assert (mail.logins, mail.mails) == ([], [])


def test_a_password_that_is_refused_is_not_repeated(
    settings_of: SettingsOf, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.password = "another"
    settings = settings_of(
        **mail_settings(mail) | {"SMTP_SECURITY": "starttls", "SMTP_USER": "li", "SMTP_PASSWORD": TOKEN}
    )
    # As if the connection were encrypted: a server with a certificate that is trusted needs one of the machine's own.
    monkeypatch.setattr("smtplib.SMTP.starttls", lambda *_, **__: (220, b"go on"))
    with pytest.raises(TollhouseError) as raised:
        deliver("email", settings.alerts, message(settings))
    assert str(raised.value) == f"the mail server 127.0.0.1:{mail.port}: refuses user and password (code 535)"
    assert mail.logins == [f"\0li\0{TOKEN}"]


def certificate_of_loopback(path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    return path


def test_a_mail_by_tls_with_user_and_password(
    settings_of: SettingsOf, mail: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password comes from its file. A certificate that nobody vouches for gets neither mail nor password."""
    mail.certificate, mail.password = certificate_of_loopback(tmp_path / "server.pem"), TOKEN
    (tmp_path / "password").write_text(f"{TOKEN}\n", encoding="utf-8")
    secured = {"SMTP_SECURITY": "tls", "SMTP_USER": "li", "SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    settings = settings_of(**mail_settings(mail) | secured)
    with pytest.raises(TollhouseError, match="its certificate cannot be trusted"):
        deliver("email", settings.alerts, message(settings))
    assert (mail.logins, mail.mails) == ([], [])
    monkeypatch.setenv("SSL_CERT_FILE", str(mail.certificate))
    deliver("email", settings.alerts, message(settings))
    assert len(mail.mails) == 1 and mail.logins == [f"\0li\0{TOKEN}"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_refuses_is_named_without_its_token(by_both: Settings, hook: Webhook, status: int) -> None:
    """And a redirect is not followed: what it leads to may be anybody's."""
    hook.status, hook.location = status, f"http://127.0.0.1:{hook.port}/elsewhere"
    with pytest.raises(TollhouseError) as raised:
        deliver("webhook", by_both.alerts, message(by_both))
    assert str(raised.value) == f"the webhook at 127.0.0.1:{hook.port}: answers with HTTP status {status}"
    assert hook.paths == [f"/hooks/{TOKEN}"]


@pytest.mark.parametrize("channel", ["email", "webhook"])
def test_nobody_listens(settings_of: SettingsOf, channel: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = settings_of(**mail_settings(MailServer(port)), WEBHOOK=f"http://127.0.0.1:{port}/{TOKEN}")
    with pytest.raises(TollhouseError, match=f"127.0.0.1:{port}: nobody listens there") as raised:
        deliver(channel, settings.alerts, message(settings))
    assert TOKEN not in str(raised.value)


def test_a_mail_server_that_dribbles_is_left(by_mail: Settings, mail: MailServer) -> None:
    """Every byte renews the time-out of a socket; the whole of it has a time as well."""
    mail.is_slow = True
    begun = time.monotonic()
    with pytest.raises(TollhouseError, match=r"no answer within 0\.5 s"):
        deliver("email", by_mail.alerts, message(by_mail), seconds=0.5)
    assert time.monotonic() - begun < 2


def test_a_webhook_that_says_nothing_is_left(settings_of: SettingsOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = settings_of(WEBHOOK=f"http://127.0.0.1:{silent.getsockname()[1]}/{TOKEN}")
        begun = time.monotonic()
        with pytest.raises(TollhouseError, match="no answer"):
            deliver("webhook", settings.alerts, message(settings), seconds=0.5)
        assert time.monotonic() - begun < 2
    assert delivery.DELIVERY_SECONDS <= 15 and threading.active_count() < 50


def test_a_secret_is_read_from_its_file_each_time(settings_of: SettingsOf, hook: Webhook, tmp_path: object) -> None:
    file = settings_of().home.parent / "webhook"
    settings = settings_of(WEBHOOK_FILE=str(file))
    with pytest.raises(TollhouseError, match="webhook cannot be read: No such file"):
        deliver("webhook", settings.alerts, message(settings))
    file.write_text(f"http://127.0.0.1:{hook.port}/{TOKEN}\n", encoding="utf-8")
    deliver("webhook", settings.alerts, message(settings))
    assert hook.paths == [f"/{TOKEN}"]
