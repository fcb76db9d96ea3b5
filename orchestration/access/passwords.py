"""Passwords: which are good enough, their hashes (Argon2id), and a check that takes as long for accounts that do not exist."""

from __future__ import annotations

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from orchestration.errors import UsageError

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 256


def refuse_weak_password(name: str, password: str) -> None:
    """Raise UsageError where a new password of the account is too short, too long, its name, or one character again and again."""
    if len(password) < LEAST_CHARACTERS:
        raise UsageError(
            f"the password has {len(password)} characters; use {LEAST_CHARACTERS} or more, for example four words"
        )
    if len(password) > MOST_CHARACTERS:
        raise UsageError(f"the password has {len(password)} characters; use {MOST_CHARACTERS} or fewer")
    if name.casefold() in password.casefold() and len(password) - len(name) < LEAST_CHARACTERS // 2:
        raise UsageError("the password is the name of the account; choose another one")
    if len(set(password)) < LEAST_CHARACTERS // 3:
        raise UsageError("the password is a few characters again and again; choose another one")


class Passwords:
    """Makes and checks hashes. `hasher` has the parameters; hashes of others are checked and are to be made again."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # What a password of nobody is held against, so that the time tells nothing.
        self._of_nobody = self._hasher.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """The hash to keep, with its parameters and salt."""
        return self._hasher.hash(_normalised(password))

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one of a hash. Without a hash it never is, after the same time."""
        if len(password) > MOST_CHARACTERS:
            password = ""
        try:
            self._hasher.verify(kept or self._of_nobody, _normalised(password))
        except (Argon2Error, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)


def _normalised(password: str) -> str:
    """One form for characters that keyboards write in two ways."""
    return unicodedata.normalize("NFKC", password)
