"""Handing files to the mail server of the settings, for one receiver. The server and its settings are those of the alerts."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from orchestration.alert_settings import AlertSettings, mail_address
from orchestration.errors import UsageError
from orchestration.mail_server import send_mail, server_name, within

#: For one mail, from the first byte to the last.
DELIVERY_SECONDS = 60.0
#: Mail servers refuse larger ones.
MOST_BYTES = 20 * 1024 * 1024

_TYPES = {
    ".pdf": ("application", "pdf"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".csv": ("text", "csv"),
    ".parquet": ("application", "vnd.apache.parquet"),
}


def check_sending(settings: AlertSettings, receiver: str) -> None:
    """Raise UsageError where mail cannot be sent by these settings, or not to this address."""
    mail_address("--email", receiver)
    if settings.smtp is None or settings.email_from is None:
        raise UsageError(
            "TOLLHOUSE_ALERT_SMTP: not set; to send files by e-mail set it, TOLLHOUSE_ALERT_EMAIL_FROM and TOLLHOUSE_ALERT_EMAIL_TO"
        )


def send_files(settings: AlertSettings, receiver: str, subject: str, text: str, files: Sequence[Path]) -> None:
    """Send the files in one mail. Raises TollhouseError naming the server that did not take it, and why."""
    check_sending(settings, receiver)
    size = sum(path.stat().st_size for path in files)
    if size > MOST_BYTES:
        raise UsageError(
            f"--email: the files have {size:,} bytes, and a mail takes at most {MOST_BYTES:,}; they stay where they were written"
        )
    assert settings.email_from is not None
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = settings.email_from
    mail["To"] = receiver
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain=settings.email_from.partition("@")[2])
    mail.set_content(text)
    for path in files:
        main, sub = _TYPES[path.suffix]
        mail.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)
    within(
        DELIVERY_SECONDS,
        lambda: send_mail(settings, mail, DELIVERY_SECONDS),
        f"{server_name(settings)}: no answer within {DELIVERY_SECONDS:g} s",
    )
