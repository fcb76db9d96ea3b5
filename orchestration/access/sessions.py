"""What a session holds, when it ends, and the secret that its cookie is signed with. The cookie itself is Starlette's."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

from orchestration.access.accounts import Account, AccountsFile
from orchestration.errors import TollhouseError
from orchestration.settings import Settings

Session = MutableMapping[str, Any]
Clock = Callable[[], float]

#: However busy it is, a session ends after so long.
LONGEST_SECONDS = 12 * 3600
#: How exactly a session knows when it was last used: the cookie is not written for every request.
_SEEN_EVERY_SECONDS = 60
#: A clock that was set back by more than this ends the sessions of later times.
_CLOCK_SLACK_SECONDS = 120


class Sessions:
    """Begins, checks and ends sessions. A session is a signed cookie: account, stamp, when it began and was last used.

    Sessions that were ended are remembered here as long as their cookie could be good, so that a copy of it is worth nothing.
    """

    def __init__(self, accounts: AccountsFile, idle_minutes: int, clock: Clock) -> None:
        self._accounts = accounts
        self._idle_seconds = idle_minutes * 60
        self._clock = clock
        self._ended: dict[str, float] = {}

    def begin(self, session: Session, account: Account) -> None:
        """Make the session one of the account. Nothing of what it held before stays."""
        self.end(session)
        now = int(self._clock())
        session.update(
            id=secrets.token_urlsafe(16),
            name=account.name,
            stamp=account.stamp,
            begun=now,
            seen=now,
            token=secrets.token_urlsafe(32),
        )

    def account(self, session: Session) -> Account | None:
        """Whose session it is, and note that it is used; None where it is nobody's or has ended."""
        if not self._is_open(session):
            return None
        account = self._accounts.usable(session["name"])
        if account is None or not secrets.compare_digest(account.stamp, session["stamp"]):
            return None
        now = int(self._clock())
        if now - session["seen"] >= _SEEN_EVERY_SECONDS:
            session["seen"] = now
        return account

    def end(self, session: Session) -> None:
        """End the session and forget what it holds."""
        now = self._clock()
        self._ended = {one: until for one, until in self._ended.items() if until > now}
        if "id" in session:
            self._ended[session["id"]] = now + LONGEST_SECONDS
        session.clear()

    def _is_open(self, session: Session) -> bool:
        if "id" not in session or session["id"] in self._ended:
            return False
        now = self._clock()
        return bool(
            now - session["begun"] < LONGEST_SECONDS
            and now - session["seen"] < self._idle_seconds
            and session["seen"] <= now + _CLOCK_SLACK_SECONDS
        )


def form_token(session: Session) -> str:
    """The token that a form of this session must bring back."""
    if "token" not in session:
        session["token"] = secrets.token_urlsafe(32)
    return str(session["token"])


def is_own_form(session: Session, token: str) -> bool:
    """Whether a form was made for this session."""
    return "token" in session and secrets.compare_digest(session["token"].encode(), token.encode())


def session_secret(settings: Settings) -> str:
    """The secret that sessions are signed with, made where there is none yet.

    Raises TollhouseError where it cannot be read or made, is too short, or others may read it.
    """
    path = settings.session_secret_path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_secret(path)
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise TollhouseError(
            f"{error.filename or path}: the secret of the sessions cannot be kept: {error.strerror}"
        ) from error
    except UnicodeDecodeError:
        mode, text = 0, ""
    again = f"remove it, and `tollhouse serve` makes another one: `rm {path}`. Everybody has to sign in again"
    if mode & 0o077:
        raise TollhouseError(f"{path}: others may have read the secret of the sessions; {again}")
    if len(text) < 32:
        raise TollhouseError(f"{path}: the secret of the sessions is damaged; {again}")
    return text


def _make_secret(path: Path) -> None:
    """Make a secret under another name first, so that nobody reads half of one; two servers get the same."""
    if path.exists():
        return
    building = path.with_name(f".{path.name}.{os.getpid()}.building")
    descriptor = os.open(building, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(building, path)
    except FileExistsError:
        pass  # another server was first
    except OSError:  # a file system without links
        building.replace(path)
    building.unlink(missing_ok=True)
