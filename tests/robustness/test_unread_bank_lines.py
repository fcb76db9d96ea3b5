"""A bank file with a line that cannot be read and totals that agree without it: its money is missing until somebody says so."""

from __future__ import annotations

from orchestration.ledger.file_ledger import FileLedger
from tests.robustness.branch import Branch


def bank_file(batch: str) -> str:
    """Two details, one of them without an amount; header and trailer speak of the other alone."""
    return f"H|ICBC|{batch}|2026-02|2026-03-02|1|5.00|1|5.00\nD|1|A2|62220001|5.00|00\nD|2|A1|6222000|?|00\nT|1\n"


def test_an_unread_line_is_accepted_in_words_and_one_let_in_by_an_earlier_version_stops_no_edition(
    branch: Branch,
) -> None:
    """Earlier versions took the release for enough. Such a file stays in, and the bulletin now names it."""
    branch.deliver_exports()
    branch.deliver_day(2)
    for batch in ("0001", "0002"):
        branch.deliver("bank/ICBC", f"ICBC_20260302_{batch}.txt", bank_file(batch))
    assert branch.tollhouse("run").exit_code == 0
    ids = dict(branch.mart("file_reconciliation", "file_name, file_id"))
    of_before, new = ids["ICBC_20260302_0001.txt"], ids["ICBC_20260302_0002.txt"]
    with FileLedger(branch.home / "ledger.sqlite") as ledger:  # what `files release` of before kept
        ledger.add_decision("release_file", "the bank says it is nothing", of_before)
        ledger.set_status(of_before, "loaded", "released: the bank says it is nothing")
    refused = branch.tollhouse("files", "release", new, "--why", "checked")
    assert refused.exit_code == 1
    assert "1 lines cannot be read and count nowhere" in refused.message and "--accept-totals" in refused.message
    assert branch.tollhouse("files", "release", new, "--why", "checked", "--accept-totals").exit_code == 0
    assert branch.tollhouse("run").exit_code == 0
    assert branch.mart("debit_batches", "batch_id, is_accepted, totals_agree, is_difference_accepted") == [
        ("0001", True, False, True),
        ("0002", True, False, True),
    ]
    assert [
        subject for kind, subject in branch.mart("problem_bulletin", "kind, subject") if kind == "debit_total_mismatch"
    ] == ["ICBC 0001 ICBC_20260302_0001.txt", "ICBC 0002 ICBC_20260302_0002.txt"]
