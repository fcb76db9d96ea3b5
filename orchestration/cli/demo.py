"""`tollhouse demo`: the demo city's files into the inbox, then a run. The generator is seeds.demo_city."""

from __future__ import annotations

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context
from orchestration.cli.parsing import add_command, count
from orchestration.cli.progress import Progressing, progress
from orchestration.cli.runs import run_answer
from orchestration.errors import TollhouseError, UsageError
from orchestration.settings import IS_CHECKOUT, Settings, home_here

if TYPE_CHECKING:
    from rich.console import Console

PLANTED = "planted.json"
_BUILDING = ".building-demo"
_ELSEWHERE = "use another TOLLHOUSE_HOME" + (", or `make clean` to begin again" if IS_CHECKOUT else "")


def add_commands(commands: Any) -> None:
    """Add demo."""
    demo = add_command(commands, "demo", "make the demo city's files, run everything, and say where to look", _demo)
    demo.add_argument("--subscribers", type=count, default=2000, metavar="N", help="lines of the city (default 2000)")
    demo.add_argument("--months", type=count, default=3, metavar="M", help="months, the last one running (default 3)")
    demo.add_argument("--seed", type=count, default=7, metavar="S", help="another city with each (default 7)")
    demo.add_argument("--no-run", action="store_true", help="make the files only")


def _demo(arguments: argparse.Namespace, context: Context) -> Answer:
    if not IS_CHECKOUT and not os.environ.get("TOLLHOUSE_HOME"):
        home_here().mkdir(exist_ok=True)  # from then on it is the home of whatever is typed in this folder
    settings = context.settings
    wanted = {"subscribers": arguments.subscribers, "months": arguments.months, "seed": arguments.seed}
    if settings.sources_file is not None:
        raise UsageError("the demo's files are delivered to the default inbox: unset TOLLHOUSE_SOURCES for it")
    with progress(context) as reporter:
        city, is_new = _city(settings, wanted, reporter)
        if arguments.no_run:
            return _made(settings, city, is_new)
        from orchestration.runs import run_once

        outcome = run_once(settings, reporter=reporter)
    answer = run_answer(outcome, reporter.warnings)

    def show(console: Console) -> None:
        answer.show(console)
        if answer.exit_code == 0:
            console.print("site        tollhouse serve, then http://127.0.0.1:8600/")
            console.print("status      tollhouse status")
            console.print("lineage     tollhouse ui")
            console.print(f"planted     {settings.home / PLANTED} (every awkward case that was planted, counted)")

    return Answer({"demo": _facts(settings, city, is_new), **answer.data}, show, answer.exit_code, answer.failure)


def _city(settings: Settings, wanted: dict[str, int], reporter: Progressing) -> tuple[dict[str, Any], bool]:
    """The city's facts, and whether its files were made now."""
    from orchestration.runtime.run_lock import run_lock

    with run_lock(settings):
        shutil.rmtree(settings.home / _BUILDING, ignore_errors=True)
        there = _city_in_place(settings, wanted)
        if there is not None:
            return there, False
        reporter.step("make the demo city's files")
        return _make(settings, wanted), True


def _city_in_place(settings: Settings, wanted: dict[str, int]) -> dict[str, Any] | None:
    """The facts of the city that is in the inbox already; UsageError where something else is there."""
    if not _has_files(settings.inbox):
        return None
    path = settings.home / PLANTED
    if not path.is_file():
        raise UsageError(f"{settings.inbox} holds files that are not the demo's; {_ELSEWHERE}")
    try:
        planted = json.loads(path.read_text(encoding="utf-8"))
        found = {name: planted[name] for name in wanted}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: it does not name the demo city of the inbox ({error}); {_ELSEWHERE}") from error
    if found != wanted:
        raise UsageError(
            f"{settings.inbox} holds another demo city ({_words(found)}, not {_words(wanted)}); {_ELSEWHERE}"
        )
    assert isinstance(planted, dict)
    return planted


def _make(settings: Settings, wanted: dict[str, int]) -> dict[str, Any]:
    """Made aside and then moved into place, so that a demo that was stopped half-way can simply be started again."""
    from orchestration.reference_book.reading import read_reference_book
    from seeds.demo_city.city import make_city

    read_reference_book(settings.reference)
    building = settings.home / _BUILDING
    try:
        city = make_city(
            building / "inbox",
            subscribers=wanted["subscribers"],
            months=wanted["months"],
            seed=wanted["seed"],
            reference=settings.reference,
        )
    except LookupError as error:
        raise TollhouseError(
            f"the demo city needs the demo's own ids, and the reference book {settings.reference} lacks {error}; "
            "unset TOLLHOUSE_REFERENCE for the demo"
        ) from error
    _remove_empty_folders(settings.inbox)
    (building / PLANTED).replace(settings.home / PLANTED)
    (building / "inbox").replace(settings.inbox)
    shutil.rmtree(building)
    return city


def _made(settings: Settings, city: dict[str, Any], is_new: bool) -> Answer:
    def show(console: Console) -> None:
        made = "The demo city's files are made" if is_new else "The demo city's files are there already"
        totals = city["totals"]
        console.print(f"{made}: {totals['cdr_files']} call record files with {totals['cdr_records']} records,")
        console.print(f"{totals['bank_files']} bank files and {totals['export_files']} customer exports.")
        console.print(f"inbox    {settings.inbox}")
        console.print(f"planted  {settings.home / PLANTED}")
        console.print("next     tollhouse run")

    return Answer({"status": "made", "demo": _facts(settings, city, is_new)}, show)


def _facts(settings: Settings, city: dict[str, Any], is_new: bool) -> dict[str, Any]:
    names = ("subscribers", "months", "seed", "first_day", "last_day", "totals")
    facts = {name: city[name] for name in names if name in city}
    return {**facts, "made_now": is_new, "inbox": settings.inbox, "planted": settings.home / PLANTED}


def _has_files(folder: Path) -> bool:
    return folder.is_dir() and any(not path.is_dir() for path in folder.rglob("*"))


def _remove_empty_folders(folder: Path) -> None:
    if folder.is_dir():
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir()
        folder.rmdir()


def _words(arguments: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in arguments.items())
