"""A process that has imported everything and forks one command after the other: what a kill test would else wait for most.

Reads a JSON object a line on stdin ({"words", "settings", "cwd", "out", "errors", "moment", "nth", "passed"}), answers with
{"pid"} when the command has begun and {"status"} when its process has ended. Each command is `orchestration.cli.main` in a
process and group of its own. No database is opened and nothing is computed before the fork.

With the word --lean runs leave out what those of tests/lean_runs.py do, but for the pages and Dagster's history, and evaluate their gates
in their own process (tests/in_process_gates.py): the short forms of the tests, which are most of all runs that are started as processes.
The long forms run everything.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn


def main() -> None:
    """Import, say so, and serve until stdin ends."""
    import dbt.cli.main
    import dbt.task.run  # noqa: F401

    import orchestration.cli.runs
    import orchestration.definitions
    import orchestration.runs
    import orchestration.warehouse.dbt_runner  # noqa: F401

    with _lean_runs() if "--lean" in sys.argv[1:] else nullcontext():
        _answer(ready=True)
        for line in sys.stdin:
            order = json.loads(line)
            pid = os.fork()
            if pid == 0:
                _command(order)
            _answer(pid=pid)
            _answer(status=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


@contextmanager
def _lean_runs() -> Iterator[None]:
    import expectations.engine  # noqa: F401  imported once for all commands
    from orchestration.runs import running_with
    from tests.in_process_gates import InProcessGateRunner
    from tests.lean_runs import lean_builds

    with lean_builds(has_pages=True), running_with(lambda: {"gate_runner": InProcessGateRunner()}):
        yield


def _answer(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def _command(order: dict[str, Any]) -> NoReturn:
    """Be the command: own session, own output, own settings; then its exit code."""
    os.setsid()
    for name, descriptor in (("out", 1), ("errors", 2)):
        opened = os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name in [name for name in os.environ if name.startswith("TOLLHOUSE_")]:
        del os.environ[name]
    os.environ.update(order["settings"])
    os.chdir(order["cwd"])
    sys.argv = ["tollhouse", *order["words"]]
    from orchestration.cli import main as tollhouse
    from tests.torture.kill_points import KillPoints

    points = KillPoints(Path(order["settings"]["TOLLHOUSE_HOME"]), order["moment"], order["nth"])
    points.install()
    code = tollhouse(order["words"])
    if order["passed"]:
        points.save(Path(order["passed"]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
