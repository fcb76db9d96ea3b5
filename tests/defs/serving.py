"""Starting Dagster's servers as an operator does, on the settings of the environment, and asking them over GraphQL."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.robustness.commands import PROJECT

WAIT_SECONDS = 90


@contextmanager
def served(command: str, log: Path, *options: str) -> Iterator[str]:
    """The GraphQL address of `dagster-webserver` or `dagster dev` on the code location; it ends with all it has started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [str(Path(sys.executable).with_name(command)), *options]
    words += ["-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)]
    with log.open("w", encoding="utf-8") as told:
        environment = {**os.environ, "DAGSTER_HOME": f"{os.environ['TOLLHOUSE_HOME']}/dagster"}
        process = subprocess.Popen(
            words, cwd=PROJECT, env=environment, stdout=told, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield f"http://127.0.0.1:{port}/graphql"
        finally:
            # Its own group, runs and code servers with it; they may ignore gentler signals, and have nothing to lose.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=30)


def ask(address: str, query: str, **variables: Any) -> dict[str, Any]:
    """The answer, as soon as the server gives one."""
    content = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(address, content, {"Content-Type": "application/json"})
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
