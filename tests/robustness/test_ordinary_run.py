"""The small branch undisturbed: the figures that the tests of this folder disturb, worked out by hand."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest

from tests.robustness.branch import USUAL_STATES, Branch


def test_two_days_are_rated_and_billed(ran: Branch) -> None:
    """Four rated calls a day; 1.40 residential less the match with the rental of 20.00, 2.00 business."""
    assert ran.states() == {"SW1_20260302_003002.csv": USUAL_STATES, "SW1_20260303_003003.csv": USUAL_STATES}
    amounts = [amount for (amount,) in ran.mart("rated_calls", "amount")]
    assert amounts == [Decimal(text) for text in ("0.10", "0.10", "0.20", "0.20", "0.60", "0.60", "0.80", "0.80")]
    # A1: calls 2 × (0.10 + 0.60) = 1.40, rental 20.00, match −1.40. A2: 2 × (0.20 + 0.80).
    assert ran.mart("bills", "account_id, billing_period, amount") == [
        ("A1", "2026-03", Decimal("20.00")),
        ("A2", "2026-03", Decimal("2.00")),
    ]
    assert {reason for (reason,) in ran.mart("suspended_calls", "reason")} == {
        "no account holds number 2200009 at that time",
        "no destination prefix in force for 9999: add one to destinations",
    }


def test_a_second_run_with_nothing_new_does_nothing(ran_copy: Branch, caplog: pytest.LogCaptureFixture) -> None:
    """The edition stays, and says so; of the steps that were left out nobody is warned."""
    before = ran_copy.pointer
    typed = ran_copy.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"], ran_copy.pointer) == (0, "nothing_new", before)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_what_a_run_writes_is_for_nobody_else(ran: Branch) -> None:
    """The inbox and the book are the test's own; every other file and folder of the home a run has made."""
    ours = [
        path
        for top in ran.home.iterdir()
        if top not in (ran.home / "inbox", ran.book)
        for path in (top, *top.rglob("*"))
    ]
    assert len(ours) > 100
    assert [str(path) for path in ours if path.stat().st_mode & 0o077] == []
