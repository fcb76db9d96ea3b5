"""`tollhouse backup`, `restore`, `prune` and `rebuild`. What they do is in orchestration.upkeep."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestration.branch_clock import shown_time
from orchestration.cli.context import Answer, Context, print_table
from orchestration.cli.parsing import add_command, count, path
from orchestration.cli.progress import progress
from orchestration.cli.runs import run_answer
from orchestration.printable import size_text

if TYPE_CHECKING:
    from rich.console import Console


_MOST_SAID = 5


def add_commands(commands: Any) -> None:
    """Add backup, restore, prune and rebuild."""
    backup = add_command(commands, "backup", "copy the whole state into a folder, between runs, with hashes", _backup)
    backup.add_argument("folder", type=path, metavar="DIR", help="an empty folder, or one that is not there yet")
    restore = add_command(commands, "restore", "put the state of a backup into TOLLHOUSE_HOME", _restore)
    restore.add_argument("folder", type=path, metavar="DIR", help="the folder of the backup")
    restore.add_argument(
        "--replace", action="store_true", help="where the home holds a state already: set that aside, in the home"
    )
    prune = add_command(
        commands, "prune", "make room: remove old editions and leftovers, pack old landed files", _prune
    )
    prune.add_argument("--dry-run", action="store_true", help="list what would go, with sizes, and change nothing")
    prune.add_argument(
        "--keep",
        type=count,
        metavar="N",
        help="how many of the newest editions stay in any case (TOLLHOUSE_PRUNE_KEEP)",
    )
    rebuild = add_command(
        commands,
        "rebuild",
        "compute the state again from landed files, ledger and closed figures, and publish",
        _rebuild,
    )
    rebuild.add_argument(
        "--raw", action="store_true", help="only the raw zone (with --warehouse: both, as without either)"
    )
    rebuild.add_argument("--warehouse", action="store_true", help="only the warehouse")


def _backup(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.upkeep.backup import make_backup, some_of

    with progress(context) as reporter:
        backup = make_backup(context.settings, arguments.folder, reporter)
    data = {
        "backup": backup.folder,
        "made_at": backup.made_at,
        "edition": backup.edition,
        "files": len(backup.files),
        "size_bytes": backup.size_bytes,
        "damage": list(backup.damage),
    }

    def show(console: Console) -> None:
        edition = f", edition {backup.edition}" if backup.edition else ""
        size = size_text(backup.size_bytes)
        console.print(
            f"{backup.folder} holds the state{edition}: {len(backup.files)} files, {size}, each with its hash."
        )
        console.print("Save the reference book, the sources file and the settings too: they are not in it.")

    if not backup.damage:
        return Answer(data, show)
    failure = (
        f"the state is damaged: {'; '.join(some_of(list(backup.damage), _MOST_SAID))}. The backup has the same damage, and its "
        "manifest says so: keep the one before it. See `tollhouse doctor --deep` for what to do"
    )
    return Answer(data, show, 1, failure)


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
        "damage": list(restored.damage),
    }

    def show(console: Console) -> None:
        made_at = shown_time(restored.made_at, settings.time_zone)
        edition = f", edition {restored.edition}" if restored.edition else ""
        console.print(f"{settings.home} has the state of {made_at}{edition}, each file as it was backed up.")
        if restored.aside is not None:
            console.print(f"What was there is in {restored.aside}; remove it when you need it no more.")
        console.print("Look at it with `tollhouse doctor`, then `tollhouse run` takes in what came since.")

    return Answer(data, show)


def _prune(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.upkeep.prune import Pruned, plan_prune, prune

    settings = context.settings
    if arguments.keep is not None:
        settings = replace(settings, prune_keep=arguments.keep)
    if arguments.dry_run:
        pruned = Pruned(plan_prune(settings), 0, 0)
    else:
        with progress(context) as reporter:
            pruned = prune(settings, reporter)
    plan = pruned.plan
    doomed = [
        (kind, one.path.relative_to(settings.home), one.size_bytes)
        for kind, listed in (
            ("edition", plan.editions),
            ("blocked run", plan.blocked),
            ("leftover", plan.leftovers),
            ("log of a run", plan.old_logs),
        )
        for one in listed
    ]
    to_pack_bytes = sum(entry.size_bytes for entry in plan.to_pack)
    data = {
        "dry_run": arguments.dry_run,
        "removed": [{"kind": kind, "path": path, "size_bytes": size} for kind, path, size in doomed],
        "freed_bytes": plan.freed_bytes,
        "to_pack": [entry.landing_path for entry in plan.to_pack],
        "to_pack_bytes": to_pack_bytes,
        "packed_files": pruned.packed_files,
        "packing_saved_bytes": pruned.packed_bytes,
        "kept": plan.kept,
        "unreadable": plan.unreadable,
    }

    def show(console: Console) -> None:
        if doomed:
            print_table(
                console, ["what", "path", "frees"], [(*one[:2], size_text(one[2])) for one in doomed], ["frees"]
            )
            console.print()
        would = "would be" if arguments.dry_run else "are"
        console.print(f"{len(doomed)} {would} removed, which frees {size_text(plan.freed_bytes)}.")
        if plan.kept:
            console.print(
                f"{len(plan.kept)} older editions stay, because something refers to them: {', '.join(plan.kept)}."
            )
        if plan.unreadable:
            names = ", ".join(path.name for path in plan.unreadable)
            console.print(f"Not touched, because their manifest cannot be read: {names}; see `tollhouse doctor`.")
        if arguments.dry_run:
            console.print(
                f"{len(plan.to_pack)} landed files of {size_text(to_pack_bytes)} would be packed. Nothing was changed."
            )
        else:
            saved = size_text(pruned.packed_bytes)
            console.print(f"{pruned.packed_files} landed files are packed, which frees {saved}.")

    return Answer(data, show)


def _rebuild(arguments: argparse.Namespace, context: Context) -> Answer:
    from orchestration.alerting.sending import alerts_around_run
    from orchestration.runtime.run_lock import run_lock
    from orchestration.state.places import refuse_unfit_places, set_aside_no_warehouse
    from orchestration.upkeep.rebuild import rebuild

    settings = context.settings
    raw, warehouse = (chosen or arguments.raw == arguments.warehouse for chosen in (arguments.raw, arguments.warehouse))
    with progress(context) as reporter, alerts_around_run(settings, reporter.warn, context.was_stopped):
        refuse_unfit_places(settings, {settings.warehouse_path.name} if warehouse else ())
        if warehouse and os.path.lexists(settings.warehouse_path) and not settings.warehouse_path.is_file():
            with run_lock(settings):
                aside = set_aside_no_warehouse(settings)
            reporter.warn(f"{settings.warehouse_path} was no file: it is now {aside}")
        rebuilt = rebuild(settings, reporter, raw=raw, warehouse=warehouse)
    answer = run_answer(rebuilt.run, reporter.warnings)
    data = {
        "decoded_files": rebuilt.decoded_files,
        "restored_periods": list(rebuilt.closed_periods),
        "set_aside": rebuilt.aside,
        **answer.data,
    }

    def show(console: Console) -> None:
        if rebuilt.decoded_files is not None:
            console.print(f"{rebuilt.decoded_files} landed files are decoded again.")
        if rebuilt.closed_periods:
            console.print(f"Closed periods are as they were closed: {', '.join(rebuilt.closed_periods)}.")
        answer.show(console)

    failure = answer.failure
    if failure is not None and rebuilt.aside is not None:
        failure += f"\nwhat was there before is in {rebuilt.aside}"
    return Answer(data, show, answer.exit_code, failure)
