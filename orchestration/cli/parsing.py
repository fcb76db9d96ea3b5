"""How the command line is read: errors as UsageError, --json anywhere, and the types that options share."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from orchestration.cli.context import Command
from orchestration.errors import UsageError
from orchestration.settings import LANGUAGES

_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process, so that --json holds for wrong usage too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found."""
        raise UsageError(f"{message}; see `{self.prog} --help`")


def add_command(commands: Any, name: str, summary: str, command: Command) -> Parser:
    """A subcommand with its --json; options are added to what is returned."""
    parser: Parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    json_option(parser)
    parser.set_defaults(command=command)
    return parser


def json_option(parser: argparse.ArgumentParser) -> None:
    """Accept --json here; the flag itself is looked up in the words, since errors need it before parsing is done."""
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")


def language_option(parser: argparse.ArgumentParser) -> None:
    """Accept --lang here: the language of what the command prints for people."""
    parser.add_argument(
        "--lang",
        choices=LANGUAGES,
        default=argparse.SUPPRESS,
        help="language of the answer (default: TOLLHOUSE_LANG, else en)",
    )


def day(text: str) -> date:
    """A date like 2026-05-20."""
    try:
        if len(text) != 10:  # Python also reads 20260520 and week dates
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a valid date; write it like 2026-05-20") from None


def period(text: str) -> str:
    """A billing period like 2026-05."""
    if not _PERIOD.fullmatch(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a valid billing period; write it like 2026-05")
    return text


def count(text: str) -> int:
    """A whole number from 1."""
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a valid whole number; use 1 or more")
    return int(text)


def port(text: str) -> int:
    """A TCP port; 0 takes any free one."""
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a valid port; write a whole number up to 65535")
    return int(text)


def path(text: str) -> Path:
    """A path that is not empty. An empty one, for example of a variable that is not set, would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty; name one")
    return Path(text)


def reason(text: str) -> str:
    """A text that is not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("give the reason: a decision is kept with it")
    return text.strip()
