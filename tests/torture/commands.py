"""Running `tollhouse` in a process that can be killed: forked from a server that is ready, or started as people start it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.robustness.commands import PROJECT

TOLLHOUSE = Path(sys.executable).with_name("tollhouse")
_STEP = re.compile(r"^ *([0-9.]+) s  (.+)$", re.MULTILINE)
_LONGEST_RUN_SECONDS = 900.0


@dataclass
class Ended:
    """How a command ended: its exit code, or minus the signal; its seconds, output, steps and the moments that passed."""

    status: int
    seconds: float
    out: str
    errors: str
    step: str
    steps: list[tuple[float, str]] = field(default_factory=list)
    passed: dict[str, int] = field(default_factory=dict)

    @property
    def is_killed(self) -> bool:
        """Whether it died of the kill."""
        return self.status == -signal.SIGKILL


@dataclass(frozen=True)
class Kill:
    """When to kill: `seconds` after the run began or after `step` began; or exactly at the nth coming of `moment`."""

    seconds: float = 0.0
    step: str | None = None
    moment: str | None = None
    nth: int = 1

    def __str__(self) -> str:
        if self.moment is not None:
            return f"{self.moment}, the {self.nth}."
        return f"{self.seconds:.2f} s after {'the start' if self.step is None else repr(self.step)}"


def steps_in(errors: str) -> list[tuple[float, str]]:
    """Seconds and name of each step that a run has told of."""
    return [(float(seconds), name) for seconds, name in _STEP.findall(errors)]


class _Command(ABC):
    """A command at work, whatever started it."""

    def __init__(self, pid: int, errors: Path) -> None:
        self.pid, self._errors, self._begun_at = pid, errors, time.monotonic()

    @abstractmethod
    def has_ended(self) -> bool:
        """Whether its process is gone."""

    def kill_at(self, kill: Kill | None) -> None:
        """Wait for the moment, kill the group, and see it end. None waits for its own end."""
        since = self._begun_at if kill is None or kill.step is None else None
        while not self.has_ended():
            now = time.monotonic()
            if now - self._begun_at > _LONGEST_RUN_SECONDS:
                self._kill()
                raise AssertionError(f"the run did not end in {_LONGEST_RUN_SECONDS} s: {self._errors.read_text()}")
            if kill is not None and kill.moment is None:
                if since is None and any(name == kill.step for _, name in steps_in(self._errors.read_text())):
                    since = now
                if since is not None and now - since >= kill.seconds:
                    self._kill()
            time.sleep(0.01)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class _Started(_Command):
    def __init__(self, process: subprocess.Popen[bytes], errors: Path) -> None:
        super().__init__(process.pid, errors)
        self.process = process

    def has_ended(self) -> bool:
        return self.process.poll() is not None


class _Forked(_Command):
    def __init__(self, pid: int, server: subprocess.Popen[bytes], errors: Path) -> None:
        super().__init__(pid, errors)
        self._server = server
        self.status: int | None = None

    def has_ended(self) -> bool:
        answers = self._server.stdout
        assert answers is not None
        if self.status is None and select.select([answers], [], [], 0)[0]:
            line = answers.readline()
            assert line, f"the server that runs are forked from ended with {self._server.wait()}"
            self.status = json.loads(line)["status"]
        return self.status is not None


class Runner:
    """Runs commands one after the other, with a server to fork from."""

    def __init__(self, folder: Path, *, is_lean: bool = False) -> None:
        self._out, self._errors, self._passed = folder / "out", folder / "errors", folder / "passed"
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        self._server = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.torture.fork_server", *(["--lean"] if is_lean else [])],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._server.stdout is not None and json.loads(self._server.stdout.readline()) == {"ready": True}

    def close(self) -> None:
        """End the server."""
        self._server.kill()
        self._server.communicate()

    def forked(self, settings: Mapping[str, str], *words: str, kill: Kill | None = None) -> Ended:
        """A command forked from the server, killed at a moment or left to its end."""
        self._passed.unlink(missing_ok=True)
        order = {
            "words": words,
            "settings": dict(settings),
            "cwd": str(PROJECT),
            "out": str(self._out),
            "errors": str(self._errors),
            "moment": None if kill is None else kill.moment,
            "nth": 0 if kill is None else kill.nth,
            "passed": str(self._passed),
        }
        self._errors.write_text("")
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(json.dumps(order).encode() + b"\n")
        command = _Forked(json.loads(self._server.stdout.readline())["pid"], self._server, self._errors)
        begun_at = time.monotonic()
        command.kill_at(kill)
        assert command.status is not None
        return self._ended(command.status, time.monotonic() - begun_at)

    def started(self, settings: Mapping[str, str], *words: str, kill: Kill | None = None) -> Ended:
        """The installed command, started as a user starts it, in a session of its own."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("TOLLHOUSE_")}
        self._passed.unlink(missing_ok=True)
        with self._out.open("wb") as out, self._errors.open("wb") as errors:
            process = subprocess.Popen(
                [TOLLHOUSE, *words],
                cwd=PROJECT,
                env={**own, **settings},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )
            begun_at = time.monotonic()
            _Started(process, self._errors).kill_at(kill)
        return self._ended(process.returncode, time.monotonic() - begun_at)

    def _ended(self, status: int, seconds: float) -> Ended:
        errors = self._errors.read_text(encoding="utf-8", errors="replace")
        steps = steps_in(errors)
        passed = json.loads(self._passed.read_text()) if self._passed.is_file() else {}
        out = self._out.read_text(encoding="utf-8", errors="replace")
        return Ended(status, seconds, out, errors, steps[-1][1] if steps else "before the first step", steps, passed)


@contextmanager
def runner(*, is_lean: bool = False) -> Iterator[Runner]:
    """A runner with its server, which ends with the block."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        running = Runner(Path(folder), is_lean=is_lean)
        try:
            yield running
        finally:
            running.close()


def in_memory() -> Path | None:
    """A folder that lies in memory, where flushing to disk costs nothing; None where the machine has none."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and os.access(shared, os.W_OK) else None
