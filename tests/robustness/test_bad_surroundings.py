"""What is wrong around the files: no inbox, wrong settings, a second run, a home that cannot be written, a damaged pointer."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.robustness.branch import USUAL_STATES, Branch
from tests.robustness.commands import started

HOLD_THE_LOCK = """
from orchestration.settings import Settings
from orchestration.runtime.run_lock import run_lock
with run_lock(Settings.from_environment()):
    print("held", flush=True)
    input()
"""


def test_a_missing_inbox(branch: Branch) -> None:
    """A wrong setting, or a fresh home: the message says where files are expected."""
    typed = branch.tollhouse("run")
    assert typed.exit_code == 2
    assert "no source folder is there" in typed.message and str(branch.home / "inbox") in typed.message
    assert not (branch.published / "current.json").exists()


def test_an_empty_inbox(branch: Branch) -> None:
    """Nothing can be published: exit code 1, and what to do."""
    for folder in ("cdr/SW1", "bank/ICBC", "customers"):
        (branch.home / "inbox" / folder).mkdir(parents=True)
    typed = branch.tollhouse("run")
    assert typed.exit_code == 1
    assert "no file with a date has ever come in" in typed.message and str(branch.home / "inbox") in typed.message
    assert not (branch.published / "current.json").exists()


def test_an_as_of_that_is_no_date(ran: Branch) -> None:
    """Wrong usage, and nothing is touched."""
    before = ran.content()
    for text in ("yesterday", "2026-02-30", "20260302"):
        typed = ran.tollhouse("run", "--as-of", text)
        assert typed.exit_code == 2
        assert "--as-of" in typed.message and text in typed.message
    assert ran.content() == before


@pytest.mark.parametrize(
    ("setting", "value"),
    [("TOLLHOUSE_THREADS", "many"), ("TOLLHOUSE_MEMORY_LIMIT", "big"), ("TOLLHOUSE_FIRST_BILLING_PERIOD", "March")],
)
def test_a_wrong_setting_is_named(branch: Branch, setting: str, value: str) -> None:
    """With its value."""
    typed = branch.tollhouse("run", **{setting: value})
    assert typed.exit_code == 2
    assert setting in typed.message and value in typed.message


def test_sources_that_cannot_be_read(branch: Branch) -> None:
    """The file of the sources is named."""
    sources = branch.home / "sources.yml"
    sources.write_text("sources:\n  - name: cdr\n    kind: calls\n", encoding="utf-8")
    typed = branch.tollhouse("run", TOLLHOUSE_SOURCES=str(sources))
    assert typed.exit_code == 2
    assert str(sources) in typed.message


def test_a_second_run_while_one_is_at_work(ran_copy: Branch) -> None:
    """Refused at once, naming the process that is at work, and nothing changes; afterwards it may run."""
    ran_copy.deliver_day(4)
    holder = started(ran_copy.settings, HOLD_THE_LOCK)
    try:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        before = ran_copy.content()
        typed = ran_copy.tollhouse("run")
        assert typed.exit_code == 1
        assert "another run is in progress" in typed.message and f"process {holder.pid}" in typed.message
        assert ran_copy.content() == before
    finally:
        with contextlib.suppress(BrokenPipeError):
            holder.communicate("\n", timeout=30)


def test_a_home_that_cannot_be_written(branch: Branch, tmp_path: Path) -> None:
    """A wrong setting: the message names it and the place."""
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("", encoding="utf-8")
    typed = branch.tollhouse("run", TOLLHOUSE_HOME=str(in_the_way / "home"))
    assert typed.exit_code == 2
    assert "TOLLHOUSE_HOME" in typed.message and str(in_the_way / "home") in typed.message


def test_a_damaged_pointer_is_named_and_can_be_mended(ran_copy: Branch) -> None:
    """The run says which file is damaged and what to do; done so, the next run publishes a whole edition again."""
    pointer = ran_copy.published / "current.json"
    bills = ran_copy.mart("bills")
    pointer.write_text('{"edition": ', encoding="utf-8")
    typed = ran_copy.tollhouse("run")
    assert typed.exit_code == 1
    assert str(pointer) in typed.message and f"remove {pointer.name}" in typed.message
    assert pointer.read_text(encoding="utf-8") == '{"edition": '
    pointer.unlink()
    typed = ran_copy.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    assert ran_copy.mart("bills") == bills
    assert ran_copy.manifest["revision"] == 2


def test_a_home_whose_path_has_braces_quotes_and_spaces(branch: Branch) -> None:
    """As a run in a plain path, and the next run sees that nothing is new. What ended a run that failed is in `status`."""
    odd = Branch(branch.home / "a {b} 'c' \"d\" #e;f & g")
    shutil.copytree(branch.book, odd.book)
    odd.deliver_exports()
    odd.deliver_day(2)
    spoilt = odd.book / "zones.csv"
    sound = spoilt.read_text(encoding="utf-8")
    spoilt.write_text(sound.replace("LOCAL,local", "LOCAL,nowhere"), encoding="utf-8")
    assert odd.tollhouse("run").exit_code == 2
    spoilt.write_text(sound, encoding="utf-8")
    assert odd.tollhouse("run").exit_code == 0
    assert odd.states() == {"SW1_20260302_003002.csv": USUAL_STATES}
    assert odd.tollhouse("run").answer["status"] == "nothing_new"
    landed = next((odd.home / "landing" / "cdr" / "SW1").glob("*/*.csv"))
    content = landed.read_bytes()
    landed.unlink()
    ledger = sqlite3.connect(odd.home / "ledger.sqlite")
    ledger.execute("update files set decoded_with = 'of before' where file_kind = 'cdr'")
    ledger.commit()
    failed = odd.tollhouse("run")
    assert failed.exit_code == 1 and str(landed) in failed.message
    last = odd.tollhouse("status").answer["last_run"]
    assert last["status"] == "failed" and last["ended_by"] == failed.answer["error"]["message"]
    landed.write_bytes(content)
    assert odd.tollhouse("run").exit_code == 0
    assert odd.tollhouse("status").answer["last_run"]["ended_by"] is None


@pytest.mark.parametrize("char", ["%", "?", "*", "["])
def test_a_home_whose_path_cannot_be_used_is_named_with_the_character(branch: Branch, char: str) -> None:
    typed = branch.tollhouse("run", TOLLHOUSE_HOME=str(branch.home / f"a{char}b"))
    assert typed.exit_code == 2
    assert f"holds '{char}'" in typed.message
