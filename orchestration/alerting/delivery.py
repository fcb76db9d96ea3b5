"""Handing one message to a mail server or a webhook, within a time. What is said of a failure never holds a secret."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from email.message import EmailMessage
from email.utils import formatdate
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from orchestration.alert_settings import AlertSettings, Secret, check_webhook
from orchestration.alerting.messages import AlertMessage
from orchestration.errors import TollhouseError
from orchestration.mail_server import network_fault, send_mail, server_name, within

#: For one message by one channel, from the first byte to the last, however slow the server is.
DELIVERY_SECONDS = 15.0


def deliver(channel: str, settings: AlertSettings, message: AlertMessage, seconds: float = DELIVERY_SECONDS) -> None:
    """Send a message. Raises TollhouseError saying which server did not take it and why."""
    send = {"email": _send_mail, "webhook": _send_to_webhook}[channel]
    within(
        seconds,
        lambda: send(settings, message, seconds),
        f"{_address(channel, settings)}: no answer within {seconds:g} s",
    )


def _send_mail(settings: AlertSettings, message: AlertMessage, seconds: float) -> None:
    assert settings.email_from is not None, "checked where the settings were read"
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = settings.email_from
    mail["To"] = ", ".join(settings.email_to)
    mail["Date"] = formatdate()
    # The same for every try: a mail that did arrive is known by it.
    mail["Message-ID"] = f"<{message.message_id}@{settings.email_from.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{message.text_zh}\n\n{message.text_en}\n")
    send_mail(settings, mail, seconds)


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
        raise TollhouseError(f"{_address('webhook', settings)}: {network_fault(error)}") from None


def _address(channel: str, settings: AlertSettings) -> str:
    """Which server, without what is secret in its address."""
    if channel == "email":
        return server_name(settings)
    secret: Secret | None = settings.webhook
    try:
        parts = urlsplit(secret.reveal() if secret is not None else "")
        return f"the webhook at {parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except (TollhouseError, ValueError):
        return "the webhook"
