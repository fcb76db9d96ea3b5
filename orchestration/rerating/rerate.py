"""Re-rating days with another tariff book, or after a correction: what it would change, and making it so.

The days are rated again in a scratch copy of the warehouse (scratch.py) and compared call by call (comparing.py). Open days
are then rebuilt by an ordinary run with the book; for closed periods the differences are posted to the ledger, from which
that run makes adjustment lines in the oldest open period. Nothing here decides what a call costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration.errors import TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger, user_name
from orchestration.ledger.reratings import Findings, Rerating, keep_rerating, next_rerate_id
from orchestration.publishing.reading import current_edition, no_edition
from orchestration.reference_book.reading import ReferenceBook, read_reference_book
from orchestration.rerating.comparing import changed_open_days, compare, note_before, standing_calls
from orchestration.rerating.scratch import scratch_warehouse
from orchestration.runs import RunOutcome, run_once
from orchestration.runtime.progress import Reporter, Silent
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from orchestration.state.checks import refuse_lost_state
from orchestration.warehouse.connection import open_warehouse
from orchestration.warehouse.dbt_runner import model_code, run_dbt
from orchestration.warehouse.planning.run_signature import stands_as_published
from orchestration.warehouse.planning.stale_days import (
    days_changed_by_book,
    is_up_to_date,
    later_package_days,
    note_stale,
)
from orchestration.warehouse.raw.raw_schema import RunFacts, create_book_inputs, create_call_inputs
from orchestration.warehouse.raw.reratings import create_reratings


@dataclass(frozen=True)
class RatedAnew:
    """The result of rating the days again.

    `days_outside` are open days that the book changes too, but that were not requested. `days_changed` are the requested open
    days with a call that changes. `standing_calls` are closed calls that would be suspended now and stay as they were closed.
    """

    days: tuple[date, ...]
    findings: Findings
    days_changed: tuple[date, ...]
    days_outside: tuple[date, ...]
    standing_calls: int
    adjusted_in: str
    edition_before: str


@dataclass(frozen=True)
class RerateOutcome:
    """The result of a re-rating. `rerating` and `run` are None where nothing was published: a dry run, or no difference."""

    rated: RatedAnew
    reference: Path
    is_other_book: bool
    rerating: Rerating | None
    run: RunOutcome | None


def rerate(
    settings: Settings,
    first: date,
    last: date,
    *,
    reference: Path | None = None,
    why: str | None = None,
    dry_run: bool = False,
    reporter: Reporter | None = None,
) -> RerateOutcome:
    """Rate the call days from first to last again with the book of `reference` (default: the one that is set), and publish it.

    A dry run changes nothing. Raises UsageError for wrong days, a book with faults, a missing reason, or where the book
    changes open days that were not requested; TollhouseError where there is no finished edition to start from, or another
    run is in progress.
    """
    if first > last:
        raise UsageError(f"--from {first} is after --to {last}")
    if not dry_run and not (why or "").strip():
        raise UsageError("give the reason (--why TEXT): a re-rating is kept with it; or look first with --dry-run")
    with_book = replace(settings, reference=(reference or settings.reference).expanduser().absolute())
    is_other_book = with_book.reference != settings.reference
    listener = reporter or Silent()
    with run_lock(settings):
        book = read_reference_book(with_book.reference)
        rated = _rate_anew(with_book, book, first, last, listener)
        differs = bool(rated.findings.changes or rated.findings.adjustments)
        if dry_run or not (differs or rated.days_outside):
            return RerateOutcome(rated, with_book.reference, is_other_book, None, None)
        if rated.days_outside:
            raise UsageError(
                f"the book {with_book.reference} changes calls of open days outside {first} to {last} too: "
                f"{listed_days(rated.days_outside)}. The next run would rate them with it, so either take these days in (--from, "
                "--to), or give the changed rows of the book a valid_from and valid_to that keep to the days meant"
            )
        rerating = Rerating(
            rerate_id=next_rerate_id(settings.ledger_path),
            first_day=first,
            last_day=last,
            reference=str(with_book.reference),
            book_fingerprint=book.fingerprint,
            why=str(why).strip(),
            adjusted_in=rated.adjusted_in,
            edition_before=rated.edition_before,
            rerated_at=datetime.now(UTC).isoformat(timespec="seconds"),
            rerated_by=user_name(),
        )
        with open_warehouse(settings) as con:
            note_stale(con, rated.days_changed, "re-rated")
        keep_rerating(settings.ledger_path, rerating, rated.findings)
    run = run_once(with_book, reporter=reporter)
    return RerateOutcome(rated, with_book.reference, is_other_book, rerating, run)


def _rate_anew(settings: Settings, book: ReferenceBook, first: date, last: date, listener: Reporter) -> RatedAnew:
    """Rate the days in a scratch copy with the settings' book; the home is left as it was."""
    current = current_edition(settings.published)
    if current is None:
        raise TollhouseError(no_edition(settings.published))
    if not settings.warehouse_path.is_file():
        raise TollhouseError(f"{settings.warehouse_path} is gone: `tollhouse run` computes it again and comes first")
    with FileLedger(settings.ledger_path) as ledger:
        refuse_lost_state(settings, ledger, listener.warn)
        listener.step("copy the warehouse")
        with scratch_warehouse(settings) as scratch:
            return _rate_in_scratch(settings, scratch, ledger, current.edition, book, (first, last), listener)


def _rate_in_scratch(
    settings: Settings,
    scratch: Settings,
    ledger: FileLedger,
    edition: str,
    book: ReferenceBook,
    requested: tuple[date, date],
    listener: Reporter,
) -> RatedAnew:
    """Rate the requested days, from the first to the last, in the scratch copy."""
    first, last = requested
    with open_warehouse(scratch) as con:
        if not is_up_to_date(con, model_code()):
            raise TollhouseError(
                "the last run did not build all its days, or built them with other models: `tollhouse run` comes first"
            )
        if not stands_as_published(con, edition):
            raise TollhouseError(
                f"the warehouse is not as edition {edition} has it, for a run has failed or some tables were built alone since: "
                "`tollhouse run` comes first"
            )
        facts = _facts(con)
        _refuse_days_without_calls(con, first, last)
        create_book_inputs(con, settings, ledger, facts, book.gate_thresholds)
        create_reratings(con, ledger, date.max)  # whatever was posted counts, also into a period after an --as-of
    listener.step("compile the book")
    run_dbt(scratch, "build", "tag:book", has_tests=False)
    with open_warehouse(scratch) as con:
        days = _days_between(con, first, last)
        changed = days_changed_by_book(con)
        outside = changed.union(later_package_days(con, changed.union(days))) - set(days)
        note_before(con, days, outside)
        create_call_inputs(con, settings, ledger, facts, [*days, *outside])
    listener.step("rate the days again")
    run_dbt(scratch, "build", "tag:calls,+int_calls_judged", has_tests=False)
    listener.step("compare the calls")
    with open_warehouse(scratch) as con:
        findings = compare(con)
        return RatedAnew(
            days=tuple(days),
            findings=findings,
            days_changed=tuple(changed_open_days(con, is_asked=True)),
            days_outside=tuple(changed_open_days(con, is_asked=False)),
            standing_calls=standing_calls(con),
            adjusted_in=_oldest_open_period(con),
            edition_before=edition,
        )


def _facts(con: duckdb.DuckDBPyConnection) -> RunFacts:
    """What the last run stood on."""
    row = con.execute("select as_of, first_billing_period from raw.run_facts").fetchone()
    assert row is not None
    return RunFacts(*row)


def _days_between(con: duckdb.DuckDBPyConnection, first: date, last: date) -> list[date]:
    rows = con.execute(
        "select distinct call_date from intermediate.int_calls_judged where call_date between ? and ? order by 1",
        [first, last],
    )
    return [day for (day,) in rows.fetchall()]


def _refuse_days_without_calls(con: duckdb.DuckDBPyConnection, first: date, last: date) -> None:
    if _days_between(con, first, last):
        return
    row = con.execute("select min(call_date), max(call_date) from intermediate.int_calls_judged").fetchone()
    there_are = "there are no calls at all" if row is None or row[0] is None else f"calls are of {row[0]} to {row[1]}"
    raise UsageError(f"no call began between {first} and {last}: {there_are}")


def _oldest_open_period(con: duckdb.DuckDBPyConnection) -> str:
    """The month of the as-of date is never closed, so there is one."""
    row = con.execute("select min(billing_period) from intermediate.int_billing_periods where not is_closed").fetchone()
    assert row is not None
    return str(row[0])


def listed_days(days: tuple[date, ...]) -> str:
    """The first ten of some days, and how many more there are."""
    shown = ", ".join(day.isoformat() for day in days[:10])
    return shown if len(days) <= 10 else f"{shown} and {len(days) - 10} more, up to {days[-1]}"
