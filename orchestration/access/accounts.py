"""The accounts file `$TOLLHOUSE_HOME/accounts.json`: reading, checking and changing it. How a person proves to be one is elsewhere."""

from __future__ import annotations

import fcntl
import json
import re
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from orchestration.access.roles import SCOPED_ROLES, Role, Scope, Viewer
from orchestration.errors import TollhouseError, UsageError
from orchestration.reference_book.reading import ReferenceBook
from orchestration.settings import Settings
from orchestration.storage.durable import as_json, replace_text

_VERSION = 1
#: Letters of any script, digits, and what e-mail addresses have.
_NAME = re.compile(r"[\w.@+-]{1,64}")
#: Where the reference book lists the ids of a scope: table and column.
_KNOWN_BY = {
    "units": ("business_units", "business_unit_id"),
    "outlets": ("outlets", "outlet_id"),
    "agents": ("agents", "agent_id"),
}
_OPTIONS = {"units": "--unit", "outlets": "--outlet", "agents": "--agent"}


@dataclass(frozen=True)
class Account:
    """A person who may sign in. `stamp` changes with everything that ends open sessions: password, role, scope, being disabled."""

    name: str
    role: Role
    scope: Scope
    password_hash: str | None  # None: known by the proxy or the provider alone
    is_disabled: bool
    stamp: str
    created_at: str
    changed_at: str

    @property
    def viewer(self) -> Viewer:
        """The person as pages are drawn for."""
        return Viewer(self.role, self.scope, self.name)


class AccountsFile:
    """The accounts of a home. A file that is not there has none; one that cannot be read is an error, never no accounts."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.accounts_path
        self._signature: tuple[int, int, int] | None = None
        self._accounts: Mapping[str, Account] = {}

    def accounts(self) -> Mapping[str, Account]:
        """All accounts by name, read again where the file has changed.

        Raises TollhouseError naming the file where it is damaged or cannot be read.
        """
        try:
            status = self.path.stat()
            signature = (status.st_ino, status.st_mtime_ns, status.st_size)
            if signature != self._signature:
                self._accounts = _parsed(self.path.read_text(encoding="utf-8"))
                self._signature = signature
        except FileNotFoundError:
            self._accounts, self._signature = {}, None
        except OSError as error:
            raise TollhouseError(f"{self.path}: the accounts cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise TollhouseError(
                f"{self.path}: the accounts file is damaged ({error}). Put it back from a backup: copy state/{self.path.name} of the "
                f"backup's folder to {self.path}. Or move it aside and add the accounts again with `tollhouse users add`"
            ) from error
        return self._accounts

    def usable(self, name: str) -> Account | None:
        """The account of exactly this name that is not disabled; None where there is none."""
        account = self.accounts().get(name)
        return None if account is None or account.is_disabled else account

    def add(self, name: str, role: Role, scope: Scope, password_hash: str | None) -> Account:
        """Add an account. Raises UsageError where the name is taken or unfit, or the role needs a scope."""
        refuse_lacking_scope(role, scope)
        with self._changing() as accounts:
            name = self.refuse_name(name)
            now = _now()
            account = Account(name, role, scope, password_hash, False, _new_stamp(), now, now)
            accounts[name] = account
        return account

    def refuse_name(self, name: str) -> str:
        """The name as it would be kept. Raises UsageError where it is taken, by whatever case, or unfit."""
        name = unicodedata.normalize("NFC", name)
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"'{name}' is not a name of an account; use up to 64 letters, digits and . _ - @ +, like li.wei or li@example.com"
            )
        taken = next((other for other in self.accounts() if other.casefold() == name.casefold()), None)
        if taken is not None:
            raise UsageError(
                f"there is an account '{taken}' already; `tollhouse users password`, `change` or `enable` changes it"
            )
        return name

    def set_password(self, name: str, password_hash: str) -> Account:
        """Give an account another password; its sessions end. Raises UsageError where there is no such account."""
        return self._changed(name, password_hash=password_hash)

    def set_disabled(self, name: str, is_disabled: bool) -> Account:
        """Let an account in no more, or again; its sessions end. Raises UsageError where there is no such account."""
        return self._changed(name, is_disabled=is_disabled)

    def set_role(self, name: str, role: Role, scope: Scope) -> Account:
        """Give an account another role and scope; its sessions end. Raises UsageError where there is no such account."""
        refuse_lacking_scope(role, scope)
        return self._changed(name, role=role, scope=scope)

    def rehash(self, account: Account, password_hash: str) -> None:
        """Keep a newer hash of the same password; sessions stay. Nothing is done where the account has changed meanwhile."""
        with self._changing() as accounts:
            if accounts.get(account.name) == account:
                accounts[account.name] = replace(account, password_hash=password_hash)

    def named(self, name: str) -> Account:
        """The account of a name as people type it. Raises UsageError where there is none."""
        account = self.accounts().get(unicodedata.normalize("NFC", name))
        if account is None:
            raise UsageError(f"there is no account '{name}'; `tollhouse users list` lists them")
        return account

    def _changed(self, name: str, **values: Any) -> Account:
        with self._changing() as accounts:
            account = self.named(name)
            account = replace(account, **values, stamp=_new_stamp(), changed_at=_now())
            accounts[account.name] = account
        return account

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Account]]:
        """The accounts to change, which are kept afterwards; one process at a time."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name("accounts.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                accounts = dict(self.accounts())
                yield accounts
                entries = [_entry(accounts[name]) for name in sorted(accounts)]
                # Hashes are for the owner alone, whoever else may read the state.
                replace_text(self.path, as_json({"version": _VERSION, "accounts": entries}), mode=0o600)
        except OSError as error:
            raise TollhouseError(
                f"{error.filename or self.path}: the accounts cannot be changed: {error.strerror}"
            ) from error


def refuse_lacking_scope(role: Role, scope: Scope) -> None:
    """Raise UsageError where a role is nothing without a scope and the scope does not name what it is for."""
    needed = SCOPED_ROLES.get(role)
    if needed is not None and not getattr(scope, needed):
        raise UsageError(f"an account of the role {role.value} needs {_OPTIONS[needed]} ID: it sees nothing without")


def refuse_unknown_ids(scope: Scope, book: ReferenceBook) -> None:
    """Raise UsageError where the reference book does not list an id of the scope."""
    for part, (table, column) in _KNOWN_BY.items():
        known = {row[column] for row in book.tables[table]}
        unknown = sorted(getattr(scope, part) - known)
        if unknown:
            raise UsageError(
                f"{_OPTIONS[part]} {unknown[0]}: {book.folder / f'{table}.csv'} has no such {column}; it has "
                f"{', '.join(sorted(known)[:10]) or 'no rows'}{' and others' if len(known) > 10 else ''}"
            )


def _parsed(text: str) -> dict[str, Account]:
    content = json.loads(text)
    if content["version"] != _VERSION:
        raise ValueError(f"its version is {content['version']}, this tollhouse reads {_VERSION}")
    accounts: dict[str, Account] = {}
    for entry in content["accounts"]:
        account = _account(entry)
        if account.name in accounts:
            raise ValueError(f"the account '{account.name}' stands twice")
        accounts[account.name] = account
    return accounts


def _account(entry: Mapping[str, Any]) -> Account:
    name = _text(entry, "name")
    if not _NAME.fullmatch(name):
        raise ValueError(f"'{name}' is not a name of an account")
    if not isinstance(entry["is_disabled"], bool):
        raise TypeError(f"is_disabled of '{name}' is neither true nor false")
    account = Account(
        name=name,
        role=Role(entry["role"]),
        scope=Scope(*(_ids(entry, part) for part in _KNOWN_BY)),
        password_hash=None if entry["password_hash"] is None else _text(entry, "password_hash"),
        is_disabled=entry["is_disabled"],
        stamp=_text(entry, "stamp"),
        created_at=_text(entry, "created_at"),
        changed_at=_text(entry, "changed_at"),
    )
    needed = SCOPED_ROLES.get(account.role)
    if needed is not None and not getattr(account.scope, needed):
        raise ValueError(f"'{name}' has the role {account.role.value} and names no {needed}")
    return account


def _text(entry: Mapping[str, Any], field: str) -> str:
    value = entry[field]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{field} of an account is not a text")
    return value


def _ids(entry: Mapping[str, Any], part: str) -> frozenset[str]:
    value = entry[part]
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise TypeError(f"{part} of an account is not a list of ids")
    return frozenset(value)


def _entry(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "role": account.role.value,
        **{part: sorted(getattr(account.scope, part)) for part in _KNOWN_BY},
        "password_hash": account.password_hash,
        "is_disabled": account.is_disabled,
        "stamp": account.stamp,
        "created_at": account.created_at,
        "changed_at": account.changed_at,
    }


def _new_stamp() -> str:
    return secrets.token_hex(16)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
