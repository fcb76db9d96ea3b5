"""Where alerts go, by the environment (`TOLLHOUSE_ALERT_…`). Secrets are kept so that no text of them can be made by accident."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from orchestration.errors import TollhouseError, UsageError

#: How the connection to the mail server is kept private.
SECURITIES = ("starttls", "tls", "none")
_USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS = re.compile(r"[^\s@<>,;\"\x00-\x1f]+@[^\s@<>,;\"\x00-\x1f]+")
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:(?P<port>\d{1,5}))?")
_MOST_HOURS = Decimal(24 * 366)


@dataclass(frozen=True)
class Secret:
    """A password or an address with a token in it, or the file that holds it. Its text never shows it."""

    value: str | None = None
    file: Path | None = None

    def reveal(self) -> str:
        """The secret, read again from its file. Raises TollhouseError where the file cannot be read or is empty."""
        if self.file is None:
            return self.value or ""
        try:
            text = self.file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise TollhouseError(f"{self.file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
        if not text:
            raise TollhouseError(f"{self.file} is empty: it should hold the secret in one line")
        return text

    def __repr__(self) -> str:
        return f"in {self.file}" if self.file is not None else "set, and not shown"

    __str__ = __repr__


@dataclass(frozen=True)
class MailServer:
    """The server that takes the mails."""

    host: str
    port: int
    security: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class AlertSettings:
    """Where alerts go and after how long without a file one is due. Without an address and without a webhook none is sent."""

    email_to: tuple[str, ...] = ()
    email_from: str | None = None
    smtp: MailServer | None = None
    smtp_user: str | None = None
    smtp_password: Secret | None = None
    webhook: Secret | None = None
    no_file_hours: Decimal | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways that are set: email, webhook, both or none."""
        return tuple(
            name for name, is_set in (("email", bool(self.email_to)), ("webhook", self.webhook is not None)) if is_set
        )

    @property
    def smtp_security(self) -> str | None:
        """starttls, tls or none; None where no mail server is set."""
        return None if self.smtp is None else self.smtp.security

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> AlertSettings:
        """Read TOLLHOUSE_ALERT_EMAIL_TO, _EMAIL_FROM, _SMTP, _SMTP_SECURITY, _SMTP_USER, _SMTP_PASSWORD, _WEBHOOK (the last two
        also as …_FILE) and _NO_FILE_HOURS. Raises UsageError naming the variable where a value cannot be used.
        """
        security = env.get("TOLLHOUSE_ALERT_SMTP_SECURITY") or SECURITIES[0]
        if security not in SECURITIES:
            raise UsageError(
                f"TOLLHOUSE_ALERT_SMTP_SECURITY: '{security}' is not known; write {', '.join(SECURITIES[:-1])} or {SECURITIES[-1]}"
            )
        found = cls(
            email_to=_addresses(env),
            email_from=_sender(env),
            smtp=_mail_server(env, security),
            smtp_user=env.get("TOLLHOUSE_ALERT_SMTP_USER") or None,
            smtp_password=secret_setting(env, "TOLLHOUSE_ALERT_SMTP_PASSWORD"),
            webhook=secret_setting(env, "TOLLHOUSE_ALERT_WEBHOOK"),
            no_file_hours=_hours(env),
        )
        found._check()
        if found.webhook is not None and found.webhook.value is not None:
            try:
                check_webhook(found.webhook.value)
            except TollhouseError as error:
                raise UsageError(f"TOLLHOUSE_ALERT_WEBHOOK: {error}") from None
        return found

    def _check(self) -> None:
        """Check that settings that belong together are all set. Raises UsageError naming the variable that is missing."""
        needed = {
            "TOLLHOUSE_ALERT_EMAIL_TO": (self.email_to, "to whom alerts are sent"),
            "TOLLHOUSE_ALERT_EMAIL_FROM": (self.email_from, "the address that they come from"),
            "TOLLHOUSE_ALERT_SMTP": (self.smtp, "the mail server that takes them"),
        }
        if any(value for value, _ in needed.values()):
            for name, (value, meaning) in needed.items():
                if not value:
                    raise UsageError(f"{name}: not set; alerts by e-mail need {meaning}")
        if (self.smtp_user is None) != (self.smtp_password is None):
            missing = "TOLLHOUSE_ALERT_SMTP_PASSWORD" if self.smtp_user else "TOLLHOUSE_ALERT_SMTP_USER"
            raise UsageError(f"{missing}: not set; user and password of the mail server belong together")
        if self.smtp_user and self.smtp is not None and self.smtp.security == "none":
            raise UsageError(
                "TOLLHOUSE_ALERT_SMTP_SECURITY: 'none' would send the password in clear; write starttls or tls, or unset "
                "TOLLHOUSE_ALERT_SMTP_USER"
            )


def check_webhook(url: str) -> None:
    """Raise TollhouseError where an address is not one of the web. Its text is not repeated: it holds secrets."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or not url.isascii() or not url.isprintable() or " " in url:
        raise TollhouseError("the address is not one of the web; write it like https://hooks.example/alerts")


def _addresses(env: Mapping[str, str]) -> tuple[str, ...]:
    name = "TOLLHOUSE_ALERT_EMAIL_TO"
    return tuple(mail_address(name, part.strip()) for part in (env.get(name) or "").split(",") if part.strip())


def _sender(env: Mapping[str, str]) -> str | None:
    name = "TOLLHOUSE_ALERT_EMAIL_FROM"
    text = env.get(name)
    return mail_address(name, text.strip()) if text else None


def mail_address(variable: str, text: str) -> str:
    """The address, which must be one of e-mail. Raises UsageError naming the variable or option."""
    if not _ADDRESS.fullmatch(text) or not text.isascii():
        raise UsageError(f"{variable}: '{text}' is not an e-mail address; write it like billing@example.com")
    return text


def _mail_server(env: Mapping[str, str], security: str) -> MailServer | None:
    text = env.get("TOLLHOUSE_ALERT_SMTP")
    if not text:
        return None
    found = _SERVER.fullmatch(text)
    port = int(found["port"] or _USUAL_PORTS[security]) if found else 0
    if found is None or not 0 < port < 65536:
        raise UsageError(f"TOLLHOUSE_ALERT_SMTP: '{text}' is not a mail server; write it like mail.example:587")
    return MailServer(found["host"].strip("[]"), port, security)


def secret_setting(env: Mapping[str, str], name: str) -> Secret | None:
    """The secret of a variable or of the file that the variable with _FILE names. Raises UsageError where both are set."""
    value, file = env.get(name) or None, env.get(f"{name}_FILE") or None
    if value and file:
        raise UsageError(f"{name}: set together with {name}_FILE; keep one of them")
    if file:
        return Secret(file=Path(file).expanduser().absolute())
    return Secret(value=value) if value else None


def _hours(env: Mapping[str, str]) -> Decimal | None:
    text = env.get("TOLLHOUSE_ALERT_NO_FILE_HOURS")
    if not text:
        return None
    try:
        hours = Decimal(text)
    except InvalidOperation:
        hours = Decimal(0)
    if not hours.is_finite() or not 0 < hours <= _MOST_HOURS:
        raise UsageError(
            f"TOLLHOUSE_ALERT_NO_FILE_HOURS: '{text}' is not a number of hours from above 0 to {_MOST_HOURS}; write it like 26"
        )
    return hours
