"""Running a program and taking its time and memory; the machine and the versions that figures belong to."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_SAMPLE_SECONDS = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """A program's end: its time by the clock, the processor's of all its processes, the peak of their memory summed."""

    exit_code: int
    output: str
    errors: str
    seconds: float
    processor_seconds: float
    peak_mib: float


def measured(command: Sequence[str], settings: Mapping[str, str]) -> Measured:
    """Run a command in the project's folder with no other setting of Tollhouse than `settings`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("TOLLHOUSE_")}
    before = os.times()
    begun = time.perf_counter()
    process = subprocess.Popen(
        list(command), cwd=PROJECT, env={**own, **settings}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    peak = _Peak(process.pid)
    peak.start()
    output, errors = process.communicate()
    seconds = time.perf_counter() - begun
    peak.ended.set()
    peak.join()
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Measured(process.returncode, output, errors, seconds, processor, peak.bytes / 2**20)


class _Peak(threading.Thread):
    """Samples the resident memory of a process and all that descend from it, from Linux's /proc."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.bytes, self.ended = pid, 0, threading.Event()

    def run(self) -> None:
        """Sample until the process has ended."""
        while not self.ended.wait(_SAMPLE_SECONDS):
            self.bytes = max(self.bytes, tree_memory(self.pid))


def tree_memory(pid: int) -> int:
    """Bytes resident in a process and its descendants, shared pages counted in each; 0 where /proc is not there."""
    total, waiting = 0, [pid]
    while waiting:
        at = waiting.pop()
        try:
            total += int(Path(f"/proc/{at}/statm").read_text(encoding="ascii").split()[1]) * _PAGE
            for task in Path(f"/proc/{at}/task").iterdir():
                waiting += map(int, (task / "children").read_text(encoding="ascii").split())
        except (OSError, IndexError):  # ended between one look and the next
            continue
    return total


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return float(statistics.median(values))


def machine() -> dict[str, str]:
    """What the figures depend on besides the code."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = next((int(line.split()[1]) // 2**20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": f"{os.cpu_count()} × {model}",
        "memory": f"{memory} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load at the end": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "Python": platform.python_version(),
        **{
            name: metadata.version(name)
            for name in ("duckdb", "dagster", "dbt-core", "great-expectations", "polars", "pandas", "pyarrow")
        },
    }


def revision() -> str:
    """The commit that was measured."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def python(*words: str) -> list[str]:
    """A command line of this interpreter."""
    return [sys.executable, "-W", "ignore", *words]
