"""What a reopening changes: before it is done, what hangs on the period; after it, the figures as they were closed and as they are now.

The figures are read from published editions, so that they can be read again at any time: the mart period_reopenings has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestration.ledger.debit_requests import debit_requests
from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.reratings import posted_to
from orchestration.ledger.settlements import APPROVED, LOCKED, settlement_decisions
from orchestration.publishing.reading import EditionFolder
from orchestration.publishing.rows import mart_rows


@dataclass(frozen=True)
class Effect:
    """Something that hangs on a closed period: how much of it there is, and what a reopening means for it."""

    what: str
    count: int
    amount: Decimal | None
    meaning: str


@dataclass(frozen=True)
class Compared:
    """A figure of the period as it was closed and as it is now. Counts are whole numbers, amounts are in the branch's currency."""

    figure: str
    before: Decimal
    after: Decimal
    is_amount: bool

    @property
    def difference(self) -> Decimal:
        """How much more it is now."""
        return self.after - self.before


@dataclass(frozen=True)
class ChangedBill:
    """An account's bill of the period that comes to another amount."""

    account_id: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True)
class ComparedPeriod:
    """The bills of a period in the edition before and after the reopening, each summed."""

    billing_period: str
    bills_before: int
    bills_after: int
    before: Decimal
    after: Decimal


def effects(ledger: FileLedger, period: str) -> list[Effect]:
    """What hangs on a closed period and changes with it when it is reopened; nothing of it forbids the reopening."""
    found = []
    posted = posted_to(ledger.path, period, ledger.withdrawn_adjustments())
    if posted:
        meaning = "taken back from the open period: the calls get their new charge in their own period"
        found.append(Effect("re-ratings with adjustments", len(posted), sum(posted.values(), Decimal(0)), meaning))
    decisions = {one.decision for one in settlement_decisions(ledger.path) if one.settlement_period == period}
    if LOCKED in decisions:
        meaning = (
            "stays as it was locked: what it would come to differently is restated in the oldest that is not locked"
        )
        found.append(Effect("locked settlement", 1, None, meaning))
    elif APPROVED in decisions:
        found.append(Effect("approved settlement", 1, None, "stays approved only where no line of it changes"))
    lines = [line for batch in debit_requests(ledger.path) if batch.billing_period == period for line in batch.lines]
    if lines:
        meaning = "stay as they were sent: the bank collects their amounts, whatever the bills come to"
        found.append(Effect("requested debits", len(lines), sum((line.amount for line in lines), Decimal(0)), meaning))
    return found


def compared_figures(edition: EditionFolder, period: str, reopening_number: int) -> list[Compared]:
    """The figures of a reopened period before and after, in an edition that was published since: calls, seconds, bills, bill lines,
    the amount of each bill item, and of all bills."""
    of_reopening = f"from period_reopenings where billing_period = '{period}' and reopening_number = {reopening_number}"
    (sums,) = mart_rows(
        edition,
        "period_reopenings",
        "select sum(frozen_calls) as calls_before, sum(calls) as calls_after, sum(frozen_seconds) as seconds_before, "
        "sum(seconds) as seconds_after, count(distinct account_id) filter (where frozen_lines > 0) as bills_before, "
        "count(distinct account_id) filter (where lines > 0) as bills_after, sum(frozen_lines) as lines_before, "
        f"sum(lines) as lines_after, sum(frozen_amount) as amount_before, sum(amount) as amount_after {of_reopening}",
    )
    items = mart_rows(
        edition,
        "period_reopenings",
        f"select bill_item_id, sum(frozen_amount) as before, sum(amount) as after {of_reopening} group by 1 order by 1",
    )
    counts = [
        _compared(name, sums[f"{key}_before"], sums[f"{key}_after"])
        for name, key in (("calls", "calls"), ("seconds", "seconds"), ("bills", "bills"), ("bill lines", "lines"))
    ]
    amounts = [
        *((f"amount of {row['bill_item_id']}", row["before"], row["after"]) for row in items),
        ("amount of the bills", sums["amount_before"], sums["amount_after"]),
    ]
    return [*counts, *(_compared(*amount, is_amount=True) for amount in amounts)]


def changed_bills(edition: EditionFolder, period: str, reopening_number: int) -> list[ChangedBill]:
    """The bills of a reopened period that come to another amount, the largest difference first."""
    rows = mart_rows(
        edition,
        "period_reopenings",
        "select account_id, sum(frozen_amount) as before, sum(amount) as after from period_reopenings "
        f"where billing_period = '{period}' and reopening_number = {reopening_number} group by account_id "
        "having sum(difference_amount) <> 0 order by abs(sum(difference_amount)) desc, account_id",
    )
    return [ChangedBill(row["account_id"], row["before"], row["after"]) for row in rows]


def compared_periods(before: EditionFolder, after: EditionFolder) -> list[ComparedPeriod]:
    """The periods whose bills differ between two editions, oldest first: late calls go back to a period that was reopened."""
    return list(_compared_periods(_bills_by_period(before), _bills_by_period(after)))


def _compared_periods(
    old: dict[str, tuple[int, Decimal]], new: dict[str, tuple[int, Decimal]]
) -> Iterator[ComparedPeriod]:
    for period in sorted(old.keys() | new.keys()):
        (bills_before, amount_before), (bills_after, amount_after) = (
            side.get(period, (0, Decimal(0))) for side in (old, new)
        )
        if (bills_before, amount_before) != (bills_after, amount_after):
            yield ComparedPeriod(period, bills_before, bills_after, amount_before, amount_after)


def _bills_by_period(edition: EditionFolder) -> dict[str, tuple[int, Decimal]]:
    rows = mart_rows(
        edition,
        "bills",
        "select billing_period, count(*) as bills, cast(sum(amount) as decimal(38, 2)) as amount from bills group by billing_period",
    )
    return {row["billing_period"]: (row["bills"], row["amount"]) for row in rows}


def _compared(figure: str, before: Any, after: Any, *, is_amount: bool = False) -> Compared:
    """A sum over no row is 0: a period without bills has none before or after."""
    return Compared(figure, Decimal(before or 0), Decimal(after or 0), is_amount)
