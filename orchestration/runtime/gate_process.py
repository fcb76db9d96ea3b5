"""Evaluating the gates in a separate process, which is started early. The claims of the gates are in expectations/.

Great Expectations takes three seconds of one core to import. The other core is free while dbt builds the accounts side, so
the process is started then (docs/decisions/dagster-and-runs.md). The warehouse is one file that one process may
hold open: the run closes it while the gates are evaluated, and opens it again with the results.

One line of JSON goes in: the run's settings and the names of the suites. One comes back: the results, or what went wrong.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

from expectations.results import GateResult
from orchestration.errors import TollhouseError
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse


class GateProcess:
    """A process with Great Expectations imported, which evaluates suites on the warehouse of a run."""

    def __init__(self, settings: Settings) -> None:
        """Start it for the settings of a run; it imports on its own while the caller goes on."""
        self.settings = settings
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "orchestration.runtime.gate_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def evaluate(self, names: Sequence[str]) -> list[GateResult]:
        """The results of these suites, in order. Nothing else may hold the warehouse open meanwhile.

        Raises TollhouseError where they cannot be evaluated: gates fail closed.
        """
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None
        try:
            requests.write(json.dumps({"settings": self.settings.run_values, "suites": list(names)}) + "\n")
            requests.flush()
            answer = answers.read()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise TollhouseError(
                f"the gates could not be evaluated: their process ended with exit code {self._process.wait()}, and why stands "
                "in its error output; nothing was published"
            )
        reply = json.loads(answer)
        if "error" in reply:
            raise TollhouseError(reply["error"])
        return [GateResult(**result) for result in reply["results"]]

    def end(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass  # waits for it, and closes the pipes; what it did not read before it died is lost with it


def _serve() -> None:
    """Import, wait for the names, evaluate, answer. Ends with the process that started it, however that one ends."""
    gc.disable()  # what is imported lives as long as this process: some seconds
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the run is who ends this one
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is not an answer
    import expectations.engine  # noqa: F401  the seconds that this process is for
    from expectations.runner import run_suites

    line = sys.stdin.readline()
    if not line:
        return
    order = json.loads(line)
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    try:
        with open_warehouse(Settings.of_run(order["settings"])) as con:
            results = run_suites(con, order["suites"])
        reply: dict[str, object] = {"results": [result.as_dict() for result in results]}
    except TollhouseError as error:
        reply = {"error": str(error)}
    answers.write(json.dumps(reply, ensure_ascii=False))
    answers.close()


def _end_with_the_run() -> None:
    """The run keeps its end of stdin open until it has the answer: where it closes, the run is no more."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    _serve()
