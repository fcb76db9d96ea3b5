"""docs/operations.md: every command in it exists, and its runnable blocks are executed in their order as they stand there.

A block is runnable where it begins with "```sh runnable". The machine that the page speaks of is made in a folder: paths below
/srv/billing and /mnt/backup are in it, and FILE_ID is the id of a file that is held when the walkthrough begins.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from orchestration.cli.application import make_parser
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import PROJECT_ROOT
from tests.alerting.servers import Webhook, webhook
from tests.ingestion.stores.servers import free_port
from tests.robustness.branch import Branch, calls_of_day, cdr, run_over_two_days

PAGE = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh( runnable)?\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
RUNNABLE = [text for mark, text in BLOCKS if mark]
COMMANDS = sorted(
    {
        line.strip()
        for text in [text for _, text in BLOCKS]
        for line in re.findall(r"(?:^|[;&] *|/)tollhouse ([a-z][^\n;&|]*)", text, re.MULTILINE)
    }
)
SECONDS = 300


def test_the_page_has_commands_and_a_walkthrough() -> None:
    assert len(COMMANDS) > 15 and len(RUNNABLE) >= 6


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_exists_with_its_options(words: str) -> None:
    arguments = make_parser().parse_args(shlex.split(words.rstrip("'"), comments=True))
    assert callable(arguments.command)


def test_every_heading_that_is_linked_to_is_there() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= headings


def test_every_file_of_the_project_that_is_named_is_there() -> None:
    for name in set(re.findall(r"packaging/systemd/[\w.-]*|Containerfile", PAGE)):
        assert (PROJECT_ROOT / name).exists(), name
    for unit in set(re.findall(r"tollhouse-\w+\.(?:service|timer)", PAGE)):
        assert (PROJECT_ROOT / "packaging" / "systemd" / unit).is_file(), unit


@pytest.fixture
def branch(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The state and the book of the page: a branch that has run, with a file in the inbox that will be held."""
    ran = run_over_two_days(tmp_path_factory.getbasetemp())
    copy = ran.copy_to(tmp_path / "srv" / "state")
    shutil.copytree(copy.book, tmp_path / "srv" / "book")
    (tmp_path / "backup").mkdir()
    copy.deliver("cdr/SW1", "SW1_20260304_003004.csv", cdr([*calls_of_day("2026-03-04"), *["?"] * 8]))
    assert copy.tollhouse("run").exit_code == 0
    return copy


@contextmanager
def dashboards(environment: dict[str, str], port: int) -> Iterator[None]:
    """`tollhouse serve` at work within."""
    command = [str(Path(sys.executable).with_name("tollhouse")), "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(120):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                break
            assert process.poll() is None
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine, and the page uses it")
def test_the_walkthrough_works(branch: Branch, tmp_path: Path) -> None:
    with FileLedger(branch.home / "ledger.sqlite", read_only=True) as ledger:
        (held,) = [entry.file_id for entry in ledger.files() if entry.status == "held"]
    bin_folder = Path(sys.executable).parent
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TOLLHOUSE_", "DAGSTER_"))}
    own |= {
        "PATH": f"{bin_folder}:{own['PATH']}",
        "TOLLHOUSE_TODAY": os.environ["TOLLHOUSE_TODAY"],
        "TOLLHOUSE_THREADS": "2",
    }
    port = free_port()
    with webhook(Webhook()) as hook, dashboards({**own, **branch.settings}, port):
        replaced = {
            "/srv/billing": str(tmp_path / "srv"),
            "/mnt/backup": str(tmp_path / "backup"),
            "/opt/tollhouse": str(PROJECT_ROOT),
            "https://hooks.example/alerts": f"http://127.0.0.1:{hook.port}/",
            "127.0.0.1:8600": f"127.0.0.1:{port}",
            "FILE_ID": held,
        }
        script = "set -euo pipefail\n"
        for number, block in enumerate(RUNNABLE, start=1):
            for text, own_text in replaced.items():
                block = block.replace(text, own_text)
            script += f"echo '@ runnable block {number}' >&2\n{block}"
        done = subprocess.run(
            ["bash", "-c", script], env=own, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("@ runnable block") == len(RUNNABLE)
    assert "test" in [message["kind"] for message in hook.messages]
    with FileLedger(branch.home / "ledger.sqlite", read_only=True) as ledger:
        assert ledger.file(held).status == "loaded", "the page releases the file that is held"
