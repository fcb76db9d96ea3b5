"""The accounts file: what is damaged is an error, two writers lose nothing, and hashes tell nothing by their form."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestration.access.accounts import AccountsFile
from orchestration.access.roles import Role, Scope
from orchestration.errors import TollhouseError
from tests.access.conftest import PASSWORD, Door


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 2},
        {"accounts": None},
        {"accounts": [{}]},
        {"accounts": ["li"]},
        {"role": "boss"},
        {"role": "agent"},  # names no agents
        {"name": ""},
        {"name": "li wei"},
        {"is_disabled": "no"},
        {"is_disabled": None},
        {"units": "BU01"},
        {"units": [1]},
        {"stamp": ""},
        {"password_hash": 1},
    ],
)
def test_a_damaged_file_is_an_error(door: Door, damage: dict[str, Any]) -> None:
    door.add("li")
    path = door.settings.accounts_path
    content = json.loads(path.read_text())
    assert AccountsFile(door.settings).usable("li") is not None
    (content if set(damage) <= {"version", "accounts"} else content["accounts"][0]).update(damage)
    path.write_text(json.dumps(content))
    with pytest.raises(TollhouseError, match=r"accounts\.json: the accounts file is damaged .*tollhouse users add"):
        AccountsFile(door.settings).accounts()


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "{", "\x00" * 100, "\ud800"])
def test_what_is_no_accounts_file_is_an_error(door: Door, text: str) -> None:
    door.home.mkdir()
    door.settings.accounts_path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(TollhouseError, match="damaged"):
        AccountsFile(door.settings).accounts()


def test_an_account_that_stands_twice_is_an_error(door: Door) -> None:
    door.add("li")
    path = door.settings.accounts_path
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"accounts": content["accounts"] * 2}))
    with pytest.raises(TollhouseError, match="'li' stands twice"):
        AccountsFile(door.settings).accounts()


def test_a_folder_or_a_file_that_may_not_be_read_is_an_error(door: Door) -> None:
    door.settings.accounts_path.mkdir(parents=True)
    with pytest.raises(TollhouseError, match=r"accounts\.json: the accounts cannot be read: Is a directory"):
        AccountsFile(door.settings).accounts()


def test_many_writers_lose_nothing(door: Door) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda number: AccountsFile(door.settings).add(f"u{number}", Role.ADMIN, Scope(), None), range(40))
        )
    assert sorted(door.accounts.accounts()) == sorted(f"u{number}" for number in range(40))


def test_a_change_shows_at_once(door: Door) -> None:
    door.add("li")
    reading = door.accounts
    assert reading.usable("li") is not None
    AccountsFile(door.settings).set_disabled("li", True)
    assert reading.usable("li") is None and reading.accounts()["li"].is_disabled


def test_a_killed_writer_leaves_the_old_file(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.add("li")
    before = door.settings.accounts_path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            door.add("wang")
    assert door.settings.accounts_path.read_bytes() == before
    door.add("wang")
    assert sorted(door.accounts.accounts()) == ["li", "wang"]


def test_rehashing_does_not_undo_a_change(door: Door) -> None:
    """A password that is changed while someone signs in with the old one stays changed."""
    door.add("li")
    seen = door.accounts.named("li")
    changed = door.accounts.set_password("li", door.passwords.hash("another horse battery"))
    door.accounts.rehash(seen, door.passwords.hash(PASSWORD))
    assert door.accounts.named("li") == changed


def test_one_password_has_two_hashes_and_two_spellings(door: Door) -> None:
    first, second = door.passwords.hash("café au lait, très"), door.passwords.hash("cafe\u0301 au lait, tre\u0300s")
    assert first != second
    assert door.passwords.is_right(first, "cafe\u0301 au lait, tre\u0300s")
    assert door.passwords.is_right(second, "café au lait, très")
    assert not door.passwords.is_right(first, "cafe au lait, tres")


def test_a_hash_that_is_none_lets_nobody_in(door: Door) -> None:
    for kept in (None, "", "x", "$argon2id$", PASSWORD):
        assert not door.passwords.is_right(kept, PASSWORD)
        assert not door.passwords.is_right(kept, "")
