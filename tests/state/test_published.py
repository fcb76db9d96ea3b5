"""Editions that are gone, and a pointer that is an older one, are found by the ledger; numbers go on after the last."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from orchestration.state.published import lost_editions, note_current
from tests.cli.made_by_hand import publish_edition
from tests.robustness.branch import run_over_two_days


def test_what_was_published_last_is_known_when_it_is_gone(home: Settings) -> None:
    with FileLedger(home.ledger_path) as ledger:
        assert lost_editions(home, ledger) is None, "nothing was ever published"
        publish_edition(home.published)
        note_current(home, ledger)
        note_current(home, ledger)
        assert ledger.newest_edition() == ("2026-05-20-0001", 1) and lost_editions(home, ledger) is None
        ledger.note_edition("2026-05-21-0002", 2)
        (home.published / "editions" / "2026-05-21-0002").mkdir()
        assert "names 2026-05-20-0001, and 2026-05-21-0002 was published after it" in str(lost_editions(home, ledger))
        (home.published / "editions" / "2026-05-21-0002").rmdir()
        assert "2026-05-21-0002 was published last and is not there" in str(lost_editions(home, ledger))
    with sqlite3.connect(home.ledger_path) as db, pytest.raises(sqlite3.IntegrityError, match="append only"):
        db.execute("delete from published_editions")
    db.close()


def test_a_run_numbers_after_the_editions_that_are_gone(tmp_path_factory: pytest.TempPathFactory) -> None:
    ran = run_over_two_days(tmp_path_factory.getbasetemp())
    branch = ran.copy_to(tmp_path_factory.mktemp("gone") / "home")
    before = branch.mart("bills", "account_id, billing_period, amount")
    shutil.rmtree(branch.published)
    found = [one for one in branch.tollhouse("doctor").answer["findings"] if one["check"] == "edition"]
    assert [(one["level"], "published editions are gone" in one["found"]) for one in found] == [("error", True)]
    assert branch.tollhouse("status").answer["lost_pointer"] == found[0]["found"]
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["edition"]) == (0, "2026-03-03-0002"), typed.message
    assert any("published editions are gone" in one for one in typed.answer["warnings"])
    assert branch.mart("bills", "account_id, billing_period, amount") == before
