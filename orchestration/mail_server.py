"""The mail server of the settings (`TOLLHOUSE_ALERT_SMTP…`): handing it one mail, within a time, for alerts and for customers' bills.

What is said of a failure never holds a secret. What a mail says is written elsewhere.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import urllib.error
from collections.abc import Callable
from email.message import EmailMessage

from orchestration.alert_settings import AlertSettings
from orchestration.errors import TollhouseError


def server_name(settings: AlertSettings) -> str:
    """Which server, for messages."""
    return f"the mail server {settings.smtp}"


def send_mail(settings: AlertSettings, mail: EmailMessage, seconds: float) -> None:
    """Hand a mail to the server. Raises TollhouseError saying which server did not take it and why."""
    try:
        with _connected(settings, seconds) as smtp:
            smtp.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        raise TollhouseError(f"{server_name(settings)}: {_smtp_fault(error)}") from None


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
    return network_fault(error)


def network_fault(error: Exception) -> str:
    """Why a connection failed, without the address that it went to."""
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


def within(seconds: float, send: Callable[[], None], late: str) -> None:
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
