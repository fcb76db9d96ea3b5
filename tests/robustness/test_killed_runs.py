"""A run that is killed without a chance to tidy up, at one stage after the other, and then one that is left to finish."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.robustness.branch import Branch, new_branch
from tests.robustness.commands import started

PROGRAM = """
import os, signal

def killing(place, name, when):
    before = getattr(place, name)
    def killed(*values, **named):
        if when(*values, **named):
            os.kill(os.getpid(), signal.SIGKILL)
        return before(*values, **named)
    setattr(place, name, killed)

{patch}
from orchestration.cli import main
raise SystemExit(main(["run", "--json"]))
"""

# Stage → where the process is killed: the second file is decoded, the calls of a day are replaced, half the marts are staged. Each
# dies holding Dagster's one place in the pool. What dies while the pointer moves is in tests/publishing.
STAGES = {
    "decoding": """
from orchestration.ingestion.cdr_decoding import _Work
killing(_Work, "finish", lambda work, decoded_with: "20260303" in work.entry.file_name)
""",
    "building the models": """
from dbt.task.run import ModelRunner
killing(ModelRunner, "execute", lambda runner, compiled_node, manifest: compiled_node.name == "int_calls_judged")
""",
    "staging the edition": """
from orchestration.publishing import editions
killing(editions, "export_mart", lambda con, mart, *rest: mart.name == "bills")
""",
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The branch of `ran`, killed at every stage in turn, each time by a run that goes on where the last one died."""
    branch = new_branch(tmp_path_factory.mktemp("killed") / "home")
    branch.deliver_day(2)
    branch.deliver_day(3)
    branch.deliver_exports()
    for stage, patch in STAGES.items():
        process = started(branch.settings, PROGRAM.format(patch=patch))
        try:
            _, errors = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == -signal.SIGKILL, f"{stage}: the run was not killed: {errors}"
        assert not (branch.published / "current.json").exists(), stage
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    return branch


def test_every_mart_is_as_after_an_undisturbed_run(finished: Branch, ran: Branch) -> None:
    """To the row, in every mart of the edition."""
    assert finished.manifest["marts"].keys() == ran.manifest["marts"].keys()
    for mart in ran.manifest["marts"]:
        assert finished.mart(mart) == ran.mart(mart), mart
    assert finished.states() == ran.states()


def test_nothing_half_made_is_left(finished: Branch) -> None:
    """No hidden folder, no unfinished file; one edition stands."""
    leftovers = [
        path for path in finished.home.rglob("*") if path.name.startswith(".building-") or path.name.endswith(".tmp")
    ]
    assert leftovers == []
    assert [path.name for path in (finished.published / "editions").iterdir()] == [finished.pointer["edition"]]


def test_every_delivered_file_is_registered_once(finished: Branch) -> None:
    """Two call files and eight exports, as they were delivered."""
    names = [name for (name,) in finished.mart("file_reconciliation", "file_name")]
    assert len(names) == len(set(names)) == 10
    delivered = list(Path(finished.home / "inbox").rglob("*.csv"))
    assert sorted(names) == sorted(path.name for path in delivered)
