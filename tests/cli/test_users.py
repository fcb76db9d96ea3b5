"""`tollhouse users`: accounts are added and changed with a password that is never a word of the command."""

from __future__ import annotations

import io
import json

import pytest

from orchestration.access.accounts import AccountsFile
from orchestration.access.passwords import Passwords
from orchestration.settings import Settings
from tests.cli.conftest import Called, Tollhouse

PASSWORD = "correct horse battery"


class Typing:
    """What a person types: on the terminal, or into a pipe."""

    def __init__(self, tollhouse: Tollhouse, patch: pytest.MonkeyPatch) -> None:
        self._tollhouse, self._patch = tollhouse, patch

    def piped(self, text: str, *words: str) -> Called:
        self._patch.setattr("sys.stdin", io.StringIO(text))
        return self._tollhouse("users", *words, "--password-stdin")

    def at_terminal(self, typed: list[str], *words: str) -> Called:
        stdin = io.StringIO()
        self._patch.setattr(stdin, "isatty", lambda: True)
        self._patch.setattr("sys.stdin", stdin)
        self._patch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
        return self._tollhouse("users", *words)


@pytest.fixture
def typing(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> Typing:
    return Typing(tollhouse, monkeypatch)


def is_right(settings: Settings, name: str, password: str) -> bool:
    return Passwords().is_right(AccountsFile(settings).named(name).password_hash, password)


def test_the_life_of_an_account(typing: Typing, tollhouse: Tollhouse, settings: Settings) -> None:
    called = typing.piped(f"{PASSWORD}\n", "add", "li", "--role", "outlet", "--outlet", "OU01", "--outlet", "OU02")
    assert called.exit_code == 0, called.err
    assert called.out == (
        "The account 'li' (outlet, outlets=OU01,OU02) is added. `tollhouse serve` asks everybody to sign in from now on.\n"
    )
    assert settings.accounts_path.stat().st_mode & 0o777 == 0o600
    assert is_right(settings, "li", PASSWORD) and not is_right(settings, "li", PASSWORD + " ")
    stamps = [AccountsFile(settings).named("li").stamp]
    assert typing.at_terminal(["another horse battery"] * 2, "password", "li").exit_code == 0
    stamps.append(AccountsFile(settings).named("li").stamp)
    for words in (["disable", "li"], ["enable", "li"], ["change", "li", "--role", "finance", "--unit", "BU02"]):
        called = tollhouse("users", *words)
        assert called.exit_code == 0, called.err
        stamps.append(AccountsFile(settings).named("li").stamp)
    assert len(set(stamps)) == 5  # each ends open sessions
    assert is_right(settings, "li", "another horse battery")
    (account,) = tollhouse("users", "list", "--json").json["accounts"]
    assert (account["role"], account["units"], account["outlets"], account["is_disabled"]) == (
        "finance",
        ["BU02"],
        [],
        False,
    )
    tollhouse("users", "disable", "li")
    listed = tollhouse("users", "list").out.splitlines()[1].split()
    assert listed[:5] == ["li", "finance", "units=BU02", "disabled", "set"]


def test_an_account_without_a_password(tollhouse: Tollhouse, settings: Settings) -> None:
    assert tollhouse("users", "add", "li@branch.example", "--role", "admin", "--no-password").exit_code == 0
    assert not is_right(settings, "li@branch.example", "")
    assert "none" in tollhouse("users", "list").out
    called = tollhouse("users", "add", "wang", "--role", "admin", "--no-password", "--password-stdin")
    assert called.exit_code == 2


def test_no_hash_is_shown(typing: Typing, tollhouse: Tollhouse, settings: Settings) -> None:
    shown = typing.piped(PASSWORD, "add", "li", "--role", "admin", "--json")
    assert shown.json["has_password"] is True
    stamp = AccountsFile(settings).named("li").stamp
    for text in (shown.out, tollhouse("users", "list").out, tollhouse("users", "list", "--json").out):
        assert "argon2" not in text and stamp not in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["li", "--role", "boss"], "'boss' is not a role; use management, finance"),
        (["li"], "--role"),
        (["li", "--role", "outlet"], "the role outlet needs --outlet ID"),
        (["li", "--role", "outlet", "--unit", "BU01"], "the role outlet needs --outlet ID"),
        (["li", "--role", "agent"], "the role agent needs --agent ID"),
        (["li", "--role", "agent", "--agent", "AG99"], "--agent AG99: "),
        (["li", "--role", "finance", "--unit", "OU01"], "has no such business_unit_id; it has BU01, BU02, BU03, BU04"),
        (["li", "--role", "finance", "--outlet", ""], "--outlet : "),
        (["li wei", "--role", "finance"], "'li wei' is not a name of an account"),
        (["li\nwei", "--role", "finance"], "is not a name of an account"),
        (["", "--role", "finance"], "is not a name of an account"),
        (["x" * 65, "--role", "finance"], "is not a name of an account"),
    ],
)
def test_what_cannot_be_added(typing: Typing, settings: Settings, words: list[str], says: str) -> None:
    called = typing.piped(PASSWORD, "add", *words)
    assert called.exit_code == 2 and says in called.err
    assert not settings.accounts_path.exists()


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "has 5 characters; use 12 or more"),
        ("", "has 0 characters"),
        ("x" * 257, "has 257 characters; use 256 or fewer"),
        ("aabbaabbaabbaabb", "a few characters again and again"),
        ("Li.Wei.of.branch!", "is the name of the account"),
    ],
)
def test_weak_passwords(typing: Typing, settings: Settings, password: str, says: str) -> None:
    called = typing.piped(f"{password}\n", "add", "li.wei.of.branch", "--role", "admin")
    assert called.exit_code == 2 and says in called.err
    assert not password or password not in called.err
    assert not settings.accounts_path.exists()


def test_two_different_passwords_and_no_terminal(typing: Typing, tollhouse: Tollhouse, settings: Settings) -> None:
    called = typing.at_terminal([PASSWORD, PASSWORD + "x"], "add", "li", "--role", "admin")
    assert called.exit_code == 2 and "the two passwords differ" in called.err
    typing.piped("", "list")
    called = tollhouse("users", "add", "li", "--role", "admin")
    assert called.exit_code == 2 and "use --password-stdin" in called.err
    assert not settings.accounts_path.exists()


def test_a_name_is_taken_in_any_case(typing: Typing) -> None:
    typing.piped(PASSWORD, "add", "li", "--role", "admin")
    called = typing.piped(PASSWORD, "add", "LI", "--role", "admin")
    assert called.exit_code == 2 and "there is an account 'li' already" in called.err


@pytest.mark.parametrize("words", [["disable", "wang"], ["enable", "wang"], ["change", "wang", "--role", "admin"]])
def test_an_account_that_is_not_there(tollhouse: Tollhouse, words: list[str]) -> None:
    called = tollhouse("users", *words)
    assert called.exit_code == 2 and "there is no account 'wang'; `tollhouse users list` lists them" in called.err


def test_without_an_action_it_is_wrong_usage(tollhouse: Tollhouse) -> None:
    assert tollhouse("users").exit_code == 2
    assert "There are no accounts" in tollhouse("users", "list").out


def test_a_damaged_file_is_named_and_kept(typing: Typing, tollhouse: Tollhouse, settings: Settings) -> None:
    typing.piped(PASSWORD, "add", "li", "--role", "admin")
    damaged = settings.accounts_path.read_text()[:-30]
    settings.accounts_path.write_text(damaged)
    for called in (tollhouse("users", "list"), typing.piped(PASSWORD, "add", "wang", "--role", "admin")):
        assert called.exit_code == 1
        assert f"{settings.accounts_path}: the accounts file is damaged" in called.err and "from a backup" in called.err
    assert settings.accounts_path.read_text() == damaged
    found = {one["check"]: one for one in json.loads(tollhouse("doctor", "--json").out)["findings"]}
    assert found["accounts"]["level"] == "error" and "is damaged" in found["accounts"]["found"]


def test_doctor_names_accounts_whose_scope_is_gone(typing: Typing, tollhouse: Tollhouse, settings: Settings) -> None:
    assert "asks nobody to sign in" in tollhouse("doctor").out
    typing.piped(PASSWORD, "add", "li", "--role", "agent", "--agent", "AG01")
    assert "accounts: 1, 0 of them disabled" in tollhouse("doctor").out
    text = settings.accounts_path.read_text()
    settings.accounts_path.write_text(text.replace("AG01", "AG77"))
    out = tollhouse("doctor").out
    assert "accounts: the account 'li': --agent AG77: " in out and "`tollhouse users change li`" in out
