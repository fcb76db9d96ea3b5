"""From the typed words to the exit code: parse, execute, answer, and report what went wrong. No command is defined here."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import os
import signal
import sys
import warnings
from collections.abc import Sequence

from orchestration.cli import (
    alerts,
    bills,
    calls,
    closing,
    demo,
    doctor,
    exports,
    files,
    formats,
    init,
    rating,
    report_mails,
    rerating,
    runs,
    servers,
    settlements,
    status,
    tracing,
    upkeep,
    users,
)
from orchestration.cli.context import Answer, Context
from orchestration.cli.failures import damage, disk_fault, log_failure, print_failure
from orchestration.cli.interrupts import InterruptWatch
from orchestration.cli.parsing import Parser, json_option, language_option
from orchestration.errors import TollhouseError, UsageError
from orchestration.storage.file_modes import OWNER_ALONE

# In the order in which --help lists them.
_COMMAND_GROUPS = (
    demo,
    init,
    runs,
    closing,
    settlements,
    rerating,
    status,
    files,
    calls,
    rating,
    bills,
    exports,
    tracing,
    formats,
    servers,
    users,
    alerts,
    report_mails,
    upkeep,
    doctor,
)

_EXIT_CODES = (
    "exit codes: 0 done and published; 1 failed; 2 wrong usage or settings; 3 release gates blocked the edition"
)


# Read by Dagster when it stores events: what a run is going to do is some 500 of them at once. Nothing else sets the environment.
_OF_DAGSTER = {"DAGSTER_EVENT_BATCH_SIZE": "1000", "DAGSTER_DISABLE_TELEMETRY": "yes"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Never raises, whatever the command does."""
    words = list(sys.argv[1:] if argv is None else argv)
    os.umask(OWNER_ALONE)  # until the settings name who else may read
    os.environ.update(_OF_DAGSTER)
    context = Context(is_json="--json" in words)
    # Dagster's and dbt's objects live as long as the command: to look through them every 700 new ones costs a run more than a second.
    gc.set_threshold(200_000, 20, 100)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # warnings of libraries are for developers, not for a billing clerk
    with InterruptWatch() as watch:
        context.was_stopped = lambda: watch.stopped_by() is not None
        try:
            answer = _answer(words, context)
            context.give(answer)
            sys.stdout.flush()
            exit_code = answer.exit_code
        except SystemExit as end:  # --help has printed and ends
            return end.code if isinstance(end.code, int) else 0
        except BrokenPipeError:
            # The reader of the output went away (`tollhouse files | head`). Python would complain once more at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        except BaseException as error:  # noqa: BLE001 - the last place that can turn it into one line and an exit code
            exit_code = _fail(error, watch.stopped_by(), context)
    if argv is None:
        # The interpreter's own end takes two seconds to free what goes with the process anyway, and would abort over the threads that an
        # interrupted dbt leaves in the middle of a query. What is to be tidied up at the end (multiprocessing's semaphores) still is.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
    return exit_code


def make_parser() -> Parser:
    """Every command with its options."""
    parser = Parser(
        prog="tollhouse",
        description="A data warehouse for a telecom billing centre: files in, a published edition out.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    json_option(parser)
    language_option(parser)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command_name")
    for group in _COMMAND_GROUPS:
        group.add_commands(commands)
    return parser


def _answer(words: list[str], context: Context) -> Answer:
    arguments = make_parser().parse_args(words)
    context.asked_language = getattr(arguments, "lang", None)
    if arguments.version:
        return _version()
    command = getattr(arguments, "command", None)
    if command is None:
        raise UsageError("no command given; `tollhouse --help` lists them")
    return _run(command, arguments, context)


def _run(command: object, arguments: argparse.Namespace, context: Context) -> Answer:
    assert callable(command)
    # With --json stdout is for the one object; whatever a library prints on the way goes to stderr.
    aside = contextlib.redirect_stdout(sys.stderr) if context.is_json else contextlib.nullcontext()
    with aside:
        answer = command(arguments, context)
    assert isinstance(answer, Answer)
    return answer


def _fail(error: BaseException, stopped_by: signal.Signals | None, context: Context) -> int:
    if stopped_by is not None or isinstance(error, KeyboardInterrupt):
        stopped = "stopped; nothing is lost: what was taken in is kept, and the next `tollhouse run` goes on from there"
        return print_failure(context, stopped, 128 + (stopped_by or signal.SIGINT))
    error = damage(error) or error
    if isinstance(error, TollhouseError):
        return print_failure(context, disk_fault(error) or str(error), error.exit_code)
    return print_failure(context, log_failure(error), TollhouseError.exit_code)


def _version() -> Answer:
    from importlib.metadata import version

    found = version("tollhouse")
    return Answer({"version": found}, lambda console: console.print(f"tollhouse {found}"))
