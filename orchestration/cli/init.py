"""`tollhouse init`: the home of one's own branch, and what to do with it next."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context
from orchestration.cli.parsing import add_command, path

if TYPE_CHECKING:
    from rich.console import Console


def add_commands(commands: Any) -> None:
    """Add init."""
    init = add_command(
        commands, "init", "create the home of your own branch: reference book, sources, inbox and settings", _init
    )
    init.add_argument("folder", metavar="DIR", type=path, help="a new folder, or an empty one")
    init.add_argument("--sample", action="store_true", help="with the demo city's reference book, to change into yours")


def _init(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.new_branch import SETTINGS_FILE, create_branch
    from orchestration.reference_book.reading import read_reference_book

    branch = create_branch(arguments.folder.expanduser().absolute(), arguments.sample)
    book = branch.home / "reference"
    unfilled = read_reference_book(book).unfilled_tables
    steps = [
        f"set -a; . {shlex.quote(str(branch.home / SETTINGS_FILE))}; set +a",
        f"fill in {book}: " + (", ".join(f"{table}.csv" for table in unfilled) + " first" if unfilled else "it is the demo city's"),
        "tollhouse doctor",
        f"deliver files into {branch.home / 'inbox'}",
        "tollhouse run",
    ]  # fmt: skip

    def show(console: Console) -> None:
        console.print(f"{branch.home} is ready: {len(branch.files)} files and the folders of the inbox.")
        for number, step in enumerate(steps, start=1):
            console.print(f"{number}. {step}")
        console.print(f"{book / 'columns.md'} describes every column of the book.")

    data = {"home": branch.home, "settings": branch.settings, "files": branch.files, "to_fill_in": unfilled}
    return Answer({**data, "next": steps}, show)
