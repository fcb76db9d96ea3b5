"""`tollhouse users`: the accounts of those who may sign in at `tollhouse serve`. What an account may see is in orchestration.access."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING, Any

from orchestration.access.roles import Role, Scope
from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command
from orchestration.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from orchestration.access.accounts import Account

_MOST_STDIN_CHARACTERS = 4096


def add_commands(commands: Any) -> None:
    """Add users with list, add, change, password, disable and enable."""
    users = add_command(commands, "users", "accounts of those who may sign in at `tollhouse serve`", _no_action)
    actions = users.add_subparsers(metavar="ACTION")
    add_command(actions, "list", "list the accounts", _list)
    add = _on_account(actions, "add", "add an account; asks for its password", _add)
    _scope_options(add)
    _password_options(add)
    add.add_argument(
        "--no-password",
        action="store_true",
        help="an account without a password, for one that a proxy or a provider (OpenID Connect) signs in",
    )
    change = _on_account(
        actions, "change", "give an account another role and scope, which replace the earlier ones", _change
    )
    _scope_options(change)
    password = _on_account(actions, "password", "give an account another password", _password)
    _password_options(password)
    _on_account(actions, "disable", "let an account in no more; its open sessions end", _disable)
    _on_account(actions, "enable", "let a disabled account in again", _enable)


def _on_account(actions: Any, name: str, summary: str, command: Any) -> argparse.ArgumentParser:
    parser = add_command(actions, name, summary, command)
    parser.add_argument("name", metavar="NAME", help="the name to sign in with")
    return parser


def _scope_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role", required=True, type=_role, metavar="ROLE", help=f"what the person does: {', '.join(Role)}"
    )
    for option, meaning in (("unit", "business unit"), ("outlet", "outlet"), ("agent", "agent")):
        parser.add_argument(
            f"--{option}",
            action="append",
            default=[],
            metavar="ID",
            help=f"only the rows of this {meaning} of the reference book, and of others named so; may be repeated",
        )


def _password_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input, one line, and ask nothing"
    )


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a role; use {', '.join(Role)}") from None


def _no_action(arguments: argparse.Namespace, context: Context) -> Answer:
    raise UsageError("name what to do; see `tollhouse users --help`")


def _list(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.access.accounts import AccountsFile

    accounts = [one for _, one in sorted(AccountsFile(context.settings).accounts().items())]

    def show(console: Console) -> None:
        if not accounts:
            console.print("There are no accounts. `tollhouse users add NAME --role ROLE` adds one.")
            return
        columns = ("name", "role", "scope", "state", "password", "changed")
        print_table(console, columns, [_row(one) for one in accounts])

    return Answer({"accounts": [_shown(one) for one in accounts]}, show)


def _add(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.access.accounts import AccountsFile, refuse_lacking_scope
    from orchestration.access.passwords import Passwords

    if arguments.no_password and arguments.password_stdin:
        raise UsageError("--no-password and --password-stdin: use one of them")
    file = AccountsFile(context.settings)
    is_first = not file.accounts()
    scope = _scope(arguments, context)
    file.refuse_name(arguments.name)  # before anybody types a password
    refuse_lacking_scope(arguments.role, scope)
    kept = None if arguments.no_password else Passwords().hash(_new_password(arguments))
    account = file.add(arguments.name, arguments.role, scope, kept)
    first = " `tollhouse serve` asks everybody to sign in from now on." if is_first else ""
    return _answer(account, f"The account '{account.name}' ({_sees(account)}) is added.{first}")


def _change(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.access.accounts import AccountsFile

    account = AccountsFile(context.settings).set_role(arguments.name, arguments.role, _scope(arguments, context))
    return _answer(account, f"The account '{account.name}' is changed ({_sees(account)}); its open sessions end.")


def _password(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.access.accounts import AccountsFile
    from orchestration.access.passwords import Passwords

    file = AccountsFile(context.settings)
    account = file.named(arguments.name)
    account = file.set_password(account.name, Passwords().hash(_new_password(arguments)))
    return _answer(account, f"The account '{account.name}' has another password; its open sessions end.")


def _disable(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.access.accounts import AccountsFile

    account = AccountsFile(context.settings).set_disabled(arguments.name, True)
    return _answer(account, f"The account '{account.name}' is disabled; its open sessions end.")


def _enable(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.access.accounts import AccountsFile

    account = AccountsFile(context.settings).set_disabled(arguments.name, False)
    return _answer(account, f"The account '{account.name}' may sign in again.")


def _scope(arguments: argparse.Namespace, context: Context) -> Scope:
    """The scope that is named. Raises UsageError where the reference book does not list an id."""
    from orchestration.access.accounts import refuse_unknown_ids
    from orchestration.reference_book.reading import read_reference_book

    scope = Scope(frozenset(arguments.unit), frozenset(arguments.outlet), frozenset(arguments.agent))
    if not scope.is_whole_branch:
        refuse_unknown_ids(scope, read_reference_book(context.settings.reference))
    return scope


def _new_password(arguments: argparse.Namespace) -> str:
    """The password that is typed twice, or given on standard input. Raises UsageError where it is not good enough."""
    from orchestration.access.passwords import refuse_weak_password

    if arguments.password_stdin:
        password = sys.stdin.readline(_MOST_STDIN_CHARACTERS).rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask for the password: use --password-stdin")
    else:
        password = getpass.getpass(f"Password of {arguments.name}: ")
        if getpass.getpass("The same again: ") != password:
            raise UsageError("the two passwords differ; nothing is changed")
    refuse_weak_password(arguments.name, password)
    return password


def _answer(account: Account, message: str) -> Answer:
    return Answer(_shown(account), lambda console: console.print(message))


def _shown(account: Account) -> dict[str, Any]:
    """The account without its hash and stamp."""
    return {
        "name": account.name,
        "role": account.role.value,
        "units": sorted(account.scope.units),
        "outlets": sorted(account.scope.outlets),
        "agents": sorted(account.scope.agents),
        "is_disabled": account.is_disabled,
        "has_password": account.password_hash is not None,
        "created_at": account.created_at,
        "changed_at": account.changed_at,
    }


def _row(account: Account) -> tuple[str, ...]:
    state = "disabled" if account.is_disabled else "active"
    password = "none" if account.password_hash is None else "set"
    return account.name, account.role.value, _scope_text(account.scope), state, password, account.changed_at


def _sees(account: Account) -> str:
    return f"{account.role.value}, {_scope_text(account.scope)}"


def _scope_text(scope: Scope) -> str:
    return "the whole branch" if scope.is_whole_branch else scope.key.replace(";", " ")
