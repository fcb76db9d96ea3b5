"""Which open bills are requested in which batch, and which are left out and why. Plain values in, plain values out.

One batch per bank and billing period, since a bank's result names one period; one line per account that settles, with the
sum of its open bills of that period.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from orchestration.ledger.debit_requests import RequestBatch, RequestedBill, RequestLine

UNANSWERED = "unanswered"
# What the name of a request file is made of.
_BANK_IN_A_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

LineKey = tuple[str, str, int]
"""(bank_code, batch_id, line) of a request."""
BillKey = tuple[str, str]
"""(bill_account_id, billing_period)."""


@dataclass(frozen=True)
class OpenBill:
    """A row of the mart open_debit_bills; `account_id` settles, `bill_account_id` is the bill's own."""

    account_id: str
    bill_account_id: str
    billing_period: str
    bank_code: str | None
    bank_account: str | None
    customer_name: str | None
    account_opened_on: date | None
    amount: Decimal
    issued_on: date
    due_on: date
    fault: str | None


@dataclass(frozen=True)
class LeftOut:
    """A bill that is not requested, and why."""

    account_id: str
    bill_account_id: str
    billing_period: str
    bank_code: str | None
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class PlannedLine(RequestLine):
    """A request line with the payer's data for pain.008."""

    customer_name: str | None
    account_opened_on: date | None


@dataclass(frozen=True)
class PlannedBatch:
    """A batch that is not written yet."""

    bank_code: str
    batch_id: str
    billing_period: str
    requested_on: date
    debit_on: date
    lines: tuple[PlannedLine, ...]

    @property
    def total_amount(self) -> Decimal:
        """The sum of the lines, in the branch's currency."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))


@dataclass(frozen=True)
class DebitRequestOptions:
    """What to request: a bank and a period (None: all), the day of the debit (None: the due date, at the earliest the day
    after the edition's), and whether bills with an unanswered request are requested again."""

    bank_code: str | None = None
    billing_period: str | None = None
    debit_on: date | None = None
    again: bool = False


@dataclass(frozen=True)
class RequestHistory:
    """Earlier requests: the ledger's batches, the result of each line by the edition (a line that it does not have is
    unanswered), and the lines that a bank collected from another account than the requested one."""

    batches: Sequence[RequestBatch] = ()
    results: Mapping[LineKey, str] | None = None
    collected_elsewhere: Collection[LineKey] = ()

    def standing(self) -> dict[BillKey, tuple[str, bool]]:
        """For each bill that may not be requested now: why, and whether `again` allows it."""
        results = self.results or {}
        found: dict[BillKey, tuple[str, bool]] = {}
        for batch in self.batches:
            for line in batch.lines:
                key = (batch.bank_code, batch.batch_id, line.line)
                where = f"batch {batch.batch_id} of bank {batch.bank_code}, line {line.line}"
                for bill in line.bills:
                    bill_key = (bill.bill_account_id, batch.billing_period)
                    if key in self.collected_elsewhere:
                        why = (
                            f"the bank collected it under another account ({where}): have that payment put right first"
                        )
                        found[bill_key] = (why, False)
                    elif results.get(key, UNANSWERED) == UNANSWERED and found.get(bill_key, ("", True))[1]:
                        found[bill_key] = (f"requested in {where} and not answered yet", True)
        return found


def plan_requests(
    bills: Iterable[OpenBill],
    history: RequestHistory,
    as_of: date,
    options: DebitRequestOptions,
    format_fault: Callable[[OpenBill], str | None],
) -> tuple[list[PlannedBatch], list[LeftOut]]:
    """The batches by bank and period with their lines by account, and the bills that are left out, by account and period.

    `format_fault` says why a format cannot carry a bill's payer, None where it can. Order of the bills does not matter.
    """
    standing = history.standing()
    left_out: list[LeftOut] = []
    grouped: dict[tuple[str, str], dict[str, list[OpenBill]]] = defaultdict(lambda: defaultdict(list))
    for bill in sorted(bills, key=lambda bill: (bill.account_id, bill.billing_period, bill.bill_account_id)):
        if options.billing_period not in (None, bill.billing_period) or options.bank_code not in (None, bill.bank_code):
            continue
        why, is_lifted = standing.get((bill.bill_account_id, bill.billing_period), (None, False))
        reason = _fault(bill) or (None if options.again and is_lifted else why) or format_fault(bill)
        if reason is not None:
            left_out.append(
                LeftOut(bill.account_id, bill.bill_account_id, bill.billing_period, bill.bank_code, bill.amount, reason)
            )
            continue
        assert bill.bank_code is not None  # or it has a fault
        grouped[bill.bank_code, bill.billing_period][bill.account_id].append(bill)
    numbers = _last_numbers(history.batches, as_of)
    batches = []
    for (bank_code, billing_period), payers in sorted(grouped.items()):
        numbers[bank_code] += 1
        due_on = max(bill.due_on for payer in payers.values() for bill in payer)
        batches.append(
            PlannedBatch(
                bank_code,
                f"{as_of:%Y%m%d}-{numbers[bank_code]:02d}",
                billing_period,
                as_of,
                options.debit_on or max(due_on, as_of + timedelta(days=1)),
                tuple(_line(number, payer) for number, payer in enumerate(payers.values(), start=1)),
            )
        )
    return batches, left_out


def _fault(bill: OpenBill) -> str | None:
    if bill.fault is not None:
        return bill.fault
    if not _BANK_IN_A_NAME.fullmatch(bill.bank_code or ""):
        return f"bank code '{bill.bank_code}' cannot be part of a file's name: use letters, digits, '_', '.' and '-'"
    return None


def _line(number: int, bills: Sequence[OpenBill]) -> PlannedLine:
    payer = bills[0]
    assert payer.bank_account is not None  # or it has a fault
    return PlannedLine(
        number,
        payer.account_id,
        payer.bank_account,
        sum((bill.amount for bill in bills), Decimal("0.00")),
        tuple(RequestedBill(bill.bill_account_id, bill.amount) for bill in bills),
        payer.customer_name,
        payer.account_opened_on,
    )


def _last_numbers(batches: Iterable[RequestBatch], day: date) -> dict[str, int]:
    """Per bank the last number of a batch of the day."""
    numbers: dict[str, int] = defaultdict(int)
    for batch in batches:
        if batch.requested_on == day:
            numbers[batch.bank_code] = max(numbers[batch.bank_code], int(batch.batch_id.rpartition("-")[2]))
    return numbers
