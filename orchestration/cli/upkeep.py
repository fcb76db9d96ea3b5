"""`tollhouse backup` and `restore`. What they do is in orchestration.upkeep."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.branch_clock import shown_time
from orchestration.cli.context import Answer, Context
from orchestration.cli.parsing import add_command
from orchestration.cli.progress import progress
from orchestration.ingestion.bounds import size_text

if TYPE_CHECKING:
    from rich.console import Console


def add_commands(commands: Any) -> None:
    """Add backup and restore."""
    backup = add_command(commands, "backup", "copy the whole state into a folder, between runs, with hashes", _backup)
    backup.add_argument("folder", type=Path, metavar="DIR", help="an empty folder, or one that is not there yet")
    restore = add_command(commands, "restore", "put the state of a backup into TOLLHOUSE_HOME", _restore)
    restore.add_argument("folder", type=Path, metavar="DIR", help="the folder of the backup")
    restore.add_argument(
        "--replace", action="store_true", help="where the home holds a state already: set that aside, in the home"
    )


def _backup(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.upkeep.backup import make_backup

    with progress(context) as reporter:
        backup = make_backup(context.settings, arguments.folder, reporter)
    data = {
        "backup": backup.folder,
        "made_at": backup.made_at,
        "edition": backup.edition,
        "files": len(backup.files),
        "size_bytes": backup.size_bytes,
    }

    def show(console: Console) -> None:
        edition = f", edition {backup.edition}" if backup.edition else ""
        size = size_text(backup.size_bytes)
        console.print(
            f"{backup.folder} holds the state{edition}: {len(backup.files)} files, {size}, each with its hash."
        )
        console.print("Save the reference book, the sources file and the settings too: they are not in it.")

    return Answer(data, show)


def _restore(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.upkeep.restore import restore

    settings = context.settings_of_any_home
    with progress(context) as reporter:
        restored = restore(settings, arguments.folder, reporter, replace=arguments.replace)
    data = {
        "backup": restored.folder,
        "made_at": restored.made_at,
        "edition": restored.edition,
        "replaced": restored.aside,
    }

    def show(console: Console) -> None:
        made_at = shown_time(restored.made_at, settings.time_zone)
        edition = f", edition {restored.edition}" if restored.edition else ""
        console.print(f"{settings.home} has the state of {made_at}{edition}, each file as it was backed up.")
        if restored.aside is not None:
            console.print(f"What was there is in {restored.aside}; remove it when you need it no more.")
        console.print("Look at it with `tollhouse doctor`, then `tollhouse run` takes in what came since.")

    return Answer(data, show)
