"""What is still open of a billing period before it is closed: from the current edition and the ledger. It runs nothing.

Nothing of it stops a closing, because some of it never ends (a file that can never be let in). What is settled after the closing
lands in an open period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import EditionFolder
from orchestration.publishing.rows import mart_rows
from orchestration.warehouse.closed.closing import held_files_of_period

_READ = {"billing_periods", "debit_requests", "expected_files", "problem_bulletin", "suspended_calls"}


@dataclass(frozen=True)
class OpenItem:
    """One thing that is open. `amount` is the money that hangs on it, estimated for suspended calls; None where nobody knows it."""

    kind: str
    subject: str
    count: int
    amount: Decimal | None
    advice: str


def open_items(edition: EditionFolder, ledger: FileLedger, period: str) -> list[OpenItem]:
    """What is open of a period of the edition: files that are held or missing, suspended calls, debits that no bank has answered,
    problems of the bulletin.

    Bulletin rows have no period; those count that were found before the period's bills are due. Raises TollhouseError where the
    edition lacks one of the tables: nothing would look settled because nobody looked.
    """
    lacking = sorted(_READ - edition.manifest.marts.keys())
    if lacking:
        raise TollhouseError(
            f"edition {edition.edition} has no {', '.join(lacking)}: it is of an earlier version; `tollhouse run` publishes a new one"
        )
    rows = mart_rows(
        edition,
        "billing_periods",
        f"select issued_on, due_on from billing_periods where billing_period = '{period}'",
    )
    if not rows:
        return []
    starts_on, issued_on, due_on = date.fromisoformat(f"{period}-01"), rows[0]["issued_on"], rows[0]["due_on"]
    return [
        *_held_files(ledger, starts_on, issued_on),
        *_missing_files(edition, starts_on, issued_on),
        *_suspended_calls(edition, starts_on, issued_on),
        *_unanswered_debits(edition, period),
        *_problems(edition, due_on),
    ]


def _held_files(ledger: FileLedger, starts_on: date, issued_on: date) -> Iterator[OpenItem]:
    for entry in held_files_of_period(ledger, starts_on, issued_on):
        advice = f"`tollhouse files show {entry.file_id}`, then release or reject it"
        yield OpenItem("file_held", entry.file_name, 1, None, advice)


def _missing_files(edition: EditionFolder, starts_on: date, issued_on: date) -> Iterator[OpenItem]:
    sql = f"""
        select switch_id, sum(missing_files) as files, min(file_date) as first_day, max(file_date) as last_day
        from expected_files
        where file_date >= date '{starts_on}' and file_date < date '{issued_on}' and missing_files > 0
        group by switch_id order by switch_id
    """
    for row in mart_rows(edition, "expected_files", sql):
        days = (
            f"{row['first_day']}" if row["first_day"] == row["last_day"] else f"{row['first_day']} to {row['last_day']}"
        )
        advice = "ask the exchange for them; their calls would be billed in an open period"
        yield OpenItem("file_missing", f"{row['switch_id']}, {days}", int(row["files"]), None, advice)


def _suspended_calls(edition: EditionFolder, starts_on: date, issued_on: date) -> Iterator[OpenItem]:
    advice = {
        "undocumented": "document the numbers (page Undocumented numbers)",
        "unrated": "add the missing rates to the reference book",
        "other_day": "`tollhouse calls release FILE_ID --why …` where the calls are right",
        "partial": "wait for the other pieces, or ask the exchange",
    }
    sql = f"""
        select state, count(*) as calls, sum(estimated_amount) as amount
        from suspended_calls
        where call_date >= date '{starts_on}' and call_date < date '{issued_on}'
        group by state order by state
    """
    for row in mart_rows(edition, "suspended_calls", sql):
        yield OpenItem("calls_suspended", row["state"], row["calls"], row["amount"], advice[row["state"]])


def _unanswered_debits(edition: EditionFolder, period: str) -> Iterator[OpenItem]:
    sql = f"""
        select bank_code, batch_id, count(*) as requests, sum(amount) as amount
        from debit_requests
        where billing_period <= '{period}' and result = 'unanswered'
        group by bank_code, batch_id order by bank_code, batch_id
    """
    for row in mart_rows(edition, "debit_requests", sql):
        subject = f"bank {row['bank_code']}, batch {row['batch_id']}"
        advice = "ask the bank for its result file"
        yield OpenItem("debits_unanswered", subject, row["requests"], row["amount"], advice)


def _problems(edition: EditionFolder, due_on: date) -> Iterator[OpenItem]:
    sql = f"""
        select kind, count(*) as problems
        from problem_bulletin
        where severity = 'error' and resolved_on is null and found_on <= date '{due_on}'
            and kind not in ('file_held', 'file_missing', 'undocumented_number', 'unrated_destination')
        group by kind order by kind
    """
    for row in mart_rows(edition, "problem_bulletin", sql):
        yield OpenItem("problem", row["kind"], row["problems"], None, "see the page Problem bulletin")
