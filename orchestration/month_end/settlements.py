"""The life of a settlement of commission: open until its cut-off, calculated by every run, approved by a person, locked by a person.

An approval keeps the lines that were approved, and counts while they stand. A lock keeps the rows of the settlement in the ledger:
they are the settlement from then on, and what it would come to differently is restated in the next one. The states themselves are
worked out in the mart settlements; here people decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orchestration.access.accounts import AccountsFile
from orchestration.errors import GatesBlocked, TollhouseError, UsageError
from orchestration.ledger.file_ledger import FileLedger, user_name
from orchestration.ledger.settlements import APPROVED, LOCKED, SettlementDecision, keep_settlement_decision
from orchestration.publishing.reading import EditionFolder, current_edition, edition_folders, no_edition, read_edition
from orchestration.publishing.rows import mart_rows
from orchestration.runs import RunOutcome, run_once
from orchestration.runtime.progress import Reporter
from orchestration.runtime.run_lock import run_lock
from orchestration.settings import Settings
from orchestration.warehouse.raw.settlements import KEPT_MARTS


@dataclass(frozen=True)
class Decided:
    """A decision that was taken, and the run that published it."""

    decision: SettlementDecision
    run: RunOutcome


def edition_with_settlements(settings: Settings) -> EditionFolder:
    """The current edition. Raises TollhouseError where nothing is published, or only by a version that knew no states."""
    edition = current_edition(settings.published)
    if edition is None:
        raise TollhouseError(no_edition(settings.published))
    if "settlements" not in edition.manifest.marts:
        raise TollhouseError(
            f"edition {edition.edition} is of an earlier version and has no states of settlements; `tollhouse run` first"
        )
    return edition


def settlements(edition: EditionFolder) -> list[dict[str, Any]]:
    """The settlements of an edition with their states, oldest first."""
    return mart_rows(edition, "settlements", "select * from settlements order by settlement_period")


def settlement(edition: EditionFolder, period: str) -> dict[str, Any]:
    """The row of a settlement. Raises UsageError where the edition has none."""
    found = {row["settlement_period"]: row for row in settlements(edition)}
    if period not in found:
        known = f"{min(found)} to {max(found)}" if found else "none yet"
        raise UsageError(f"there is no settlement {period}: the branch's settlements are {known}")
    return found[period]


def rows_of(edition: EditionFolder, mart: str, period: str) -> list[dict[str, Any]]:
    """The rows of a published table that are of a settlement, in a total order."""
    return mart_rows(edition, mart, f"select * from {mart} where settlement_period = '{period}' order by all")


def approve(
    settings: Settings, period: str, *, seen_in: str | None = None, reporter: Reporter | None = None
) -> Decided:
    """Approve a settlement as the current edition has it, and publish that. `seen_in` is the edition that was looked at.

    Raises TollhouseError where it is not calculated, or has changed since `seen_in`, or the branch has accounts and who approves has
    also published the edition; UsageError where there is no such settlement.
    """
    edition = edition_with_settlements(settings)
    row = settlement(edition, period)
    if row["state"] != "calculated":
        raise TollhouseError(f"settlement {period} cannot be approved: {_state_in_words(row)}")
    if seen_in is not None:
        _refuse_changed(settings, edition, period, seen_in)
    with FileLedger(settings.ledger_path, read_only=True) as ledger:
        prepared_by = ledger.published_by(edition.edition)
    if prepared_by == user_name() and AccountsFile(settings).accounts():
        raise TollhouseError(
            f"settlement {period} cannot be approved: {user_name()} has published edition {edition.edition}, and who prepares a "
            "settlement does not approve it. Have another person approve it under a user name of their own"
        )
    decision = _decide(settings, edition, period, APPROVED, prepared_by)
    return Decided(decision, run_once(settings, reporter=reporter))


def lock(settings: Settings, period: str, *, reporter: Reporter | None = None) -> Decided:
    """Lock an approved settlement: bring the edition up to date, keep the settlement's rows, publish.

    Raises TollhouseError where it is not approved as it stands, an earlier one is not locked, or the gates block the edition;
    UsageError where there is no such settlement.
    """
    _refuse_to_lock(edition_with_settlements(settings), period)
    outcome = run_once(settings, reporter=reporter)
    if outcome.status == "blocked":
        raise GatesBlocked(
            f"settlement {period} is not locked: the release gates block the edition; see {outcome.blocked_path}"
        )
    edition = edition_with_settlements(settings)
    row = _refuse_to_lock(edition, period)
    decision = _decide(settings, edition, period, LOCKED, row["prepared_by"])
    return Decided(decision, run_once(settings, reporter=reporter))


def _decide(
    settings: Settings, edition: EditionFolder, period: str, decision: str, prepared_by: str | None
) -> SettlementDecision:
    """Keep a decision, unless another edition was published meanwhile."""
    kept = KEPT_MARTS if decision == LOCKED else ("commission_lines",)
    rows = {mart: [_as_text(row) for row in rows_of(edition, mart, period)] for mart in kept}
    with run_lock(settings):
        if edition_with_settlements(settings).edition != edition.edition:
            raise TollhouseError(f"another edition was published meanwhile: look at settlement {period} again")
        return keep_settlement_decision(settings.ledger_path, period, decision, edition.edition, prepared_by, rows)


def _as_text(row: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _refuse_to_lock(edition: EditionFolder, period: str) -> dict[str, Any]:
    row = settlement(edition, period)
    if row["state"] != "approved":
        raise TollhouseError(f"settlement {period} cannot be locked: {_state_in_words(row)}")
    earlier = [
        one["settlement_period"]
        for one in settlements(edition)
        if one["settlement_period"] < period and one["state"] != "locked"
    ]
    if earlier:
        raise TollhouseError(f"lock settlement {earlier[0]} first: settlements are locked in order")
    return row


def _state_in_words(row: Mapping[str, Any]) -> str:
    """Why a settlement is not in the state that a decision needs."""
    period = row["settlement_period"]
    if row["state"] == "open":
        return f"it is open until its cut-off on {row['cut_off_on']}"
    if row["state"] == "locked":
        return f"{row['locked_by']} has locked it at {row['locked_at']}"
    if row["state"] == "approved":
        return f"{row['approved_by']} has approved it at {row['approved_at']}, and it has not changed since"
    if row["lines_changed_since_approval"]:
        return (
            f"{row['lines_changed_since_approval']} of its lines have changed since {row['approved_by']} approved "
            f"{row['approved_amount']} at {row['approved_at']}, and it comes to {row['amount']} now; "
            f"`tollhouse settlement show {period}`, then approve it again"
        )
    return f"nobody has approved it yet; `tollhouse settlement approve {period}`"


def _refuse_changed(settings: Settings, edition: EditionFolder, period: str, seen_in: str) -> None:
    """Raise where the lines differ between the edition that was looked at and the current one, naming each."""
    folders = {folder.name: folder for folder in edition_folders(settings.published).values()}
    if seen_in not in folders:
        raise UsageError(f"there is no edition {seen_in}: it was never published here, or is pruned")
    seen = read_edition(folders[seen_in], settings.published)
    changes = changed_lines(rows_of(seen, "commission_lines", period), rows_of(edition, "commission_lines", period))
    if changes:
        raise TollhouseError(
            f"settlement {period} has changed since edition {seen_in}: {'; '.join(changes)}. Look at edition {edition.edition}"
        )


def changed_lines(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """What differs between two versions of a settlement's lines, each in a few words."""
    old = {(row["agent_id"], row["line_kind"]): row for row in before}
    new = {(row["agent_id"], row["line_kind"]): row for row in after}
    return [
        f"agent {agent_id}, {kind}: {_of(old, agent_id, kind)} → {_of(new, agent_id, kind)}"
        for agent_id, kind in sorted(old.keys() | new.keys())
        if old.get((agent_id, kind)) != new.get((agent_id, kind))
    ]


def _of(rows: Mapping[tuple[str, str], Mapping[str, Any]], agent_id: str, kind: str) -> str:
    row = rows.get((agent_id, kind))
    return "none" if row is None else f"{row['amount']} (basis {row['basis_amount']})"
