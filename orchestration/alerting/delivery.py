"""Handing one message to a mail server or a webhook, within a time. What is said of a failure never holds a secret."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from orchestration.alert_settings import AlertSettings, Secret, check_webhook
from orchestration.alerting.messages import AlertMessage
from orchestration.errors import TollhouseError

#: For one message by one channel, from the first byte to the last, however slow the server is.
DELIVERY_SECONDS = 15.0


def deliver(channel: str, settings: AlertSettings, message: AlertMessage, seconds: float = DELIVERY_SECONDS) -> None:
    """Send a message. Raises TollhouseError saying which server did not take it and why."""
    send = {"email": _send_mail, "webhook": _send_to_webhook}[channel]
    _within(
        seconds,
        lambda: send(settings, message, seconds),
        f"{_address(channel, settings)}: no answer within {seconds:g} s",
    )


def _send_mail(settings: AlertSettings, message: AlertMessage, seconds: float) -> None:
    server = settings.smtp
    assert server is not None and settings.email_from is not None, "checked where the settings were read"
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = settings.email_from
    mail["To"] = ", ".join(settings.email_to)
    mail["Date"] = formatdate()
    # The same for every try: a mail that did arrive is known by it.
    mail["Message-ID"] = f"<{message.message_id}@{settings.email_from.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{message.text_zh}\n\n{message.text_en}\n")
    try:
        with _connected(settings, seconds) as smtp:
            smtp.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        raise TollhouseError(f"{_address('email', settings)}: {_smtp_fault(error)}") from None


def _connected(settings: AlertSettings, seconds: float) -> smtplib.SMTP:
    server = settings.smtp
    assert server is not None
    name = socket.gethostname() or "localhost"
    smtp: smtplib.SMTP
    if server.security == "tls":
        smtp = smtplib.SMTP_SSL(server.host, server.port, name, timeout=seconds, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(server.host, server.port, name, timeout=seconds)
    try:
        if server.security == "starttls":
            smtp.starttls(context=ssl.create_default_context())
        if settings.smtp_user is not None and settings.smtp_password is not None:
            smtp.login(settings.smtp_user, settings.smtp_password.reveal())
    except BaseException:
        smtp.close()
        raise
    return smtp


def _smtp_fault(error: Exception) -> str:
    """In our words: a server may repeat in its own what it was sent."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses user and password (code {error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"takes mail for none of {', '.join(error.recipients)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "does not offer what TOLLHOUSE_ALERT_SMTP_SECURITY or TOLLHOUSE_ALERT_SMTP_USER asks for"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refuses the mail (code {error.smtp_code})"
    if isinstance(error, smtplib.SMTPException):
        return f"ends the connection or does not speak SMTP ({type(error).__name__})"
    return _network_fault(error)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are not followed: the address is a secret, and the content is not for another receiver."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _send_to_webhook(settings: AlertSettings, message: AlertMessage, seconds: float) -> None:
    assert settings.webhook is not None, "only a channel that is set is used"
    url = settings.webhook.reveal()
    check_webhook(url)
    content = {
        "source": "tollhouse",
        "id": message.message_id,
        "kind": message.kind,
        "subject": message.subject,
        "text": f"{message.subject}\n\n{message.text_zh}\n\n{message.text_en}",
        "text_zh": message.text_zh,
        "text_en": message.text_en,
        "since": message.since,
        "items": list(message.items),
    }
    request = urllib.request.Request(  # noqa: S310  the settings let http and https through only
        url,
        json.dumps(content, ensure_ascii=False).encode(),
        {"Content-Type": "application/json; charset=utf-8", "User-Agent": "tollhouse"},
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
            answer.read(1024)
    except urllib.error.HTTPError as error:
        error.close()
        raise TollhouseError(f"{_address('webhook', settings)}: answers with HTTP status {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise TollhouseError(f"{_address('webhook', settings)}: {_network_fault(error)}") from None


def _network_fault(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted ({cause.verify_message})"
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, ConnectionRefusedError):
        return "nobody listens there"
    if isinstance(cause, socket.gaierror):
        return "its name is not known"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return f"the connection failed ({type(cause).__name__})"  # the text of others may hold the address


def _address(channel: str, settings: AlertSettings) -> str:
    """Which server, without what is secret in its address."""
    if channel == "email":
        return f"the mail server {settings.smtp}"
    secret: Secret | None = settings.webhook
    try:
        parts = urlsplit(secret.reveal() if secret is not None else "")
        return f"the webhook at {parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except (TollhouseError, ValueError):
        return "the webhook"


def _within(seconds: float, send: Callable[[], None], late: str) -> None:
    """Call it in a thread of its own and leave it behind where it is late: a server that sends a byte now and then renews
    every time-out of a socket. Raises TollhouseError(late) then, and otherwise what it raised."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            send()
        except BaseException as error:  # noqa: BLE001 - passed on to the thread that waits
            raised.append(error)

    thread = threading.Thread(target=work, name="alert", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TollhouseError(late)
    if raised:
        raise raised[0]
