"""What is asked for and what is left out, on bills made by hand."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from orchestration.debit_requests.canonical import canonical_fault, canonical_request
from orchestration.debit_requests.planning import DebitRequestOptions, OpenBill, RequestHistory, plan_requests
from orchestration.ledger.debit_requests import RequestBatch, RequestedBill, RequestLine

AS_OF = date(2026, 4, 10)


def bill(
    account: str, amount: str, own: str = "", period: str = "2026-03", bank: str = "K1", **others: object
) -> OpenBill:
    """A bill that is due on 25 April (of March) or on 25 March (of February)."""
    due_on = date(2026, 4, 25) if period == "2026-03" else date(2026, 3, 25)
    values = {
        "bank_account": f"61{account}",
        "customer_name": "Zhang",
        "account_opened_on": date(2025, 1, 1),
        "fault": None,
        **others,
    }
    return OpenBill(
        account_id=account,
        bill_account_id=own or account,
        billing_period=period,
        bank_code=bank,
        amount=Decimal(amount),
        issued_on=due_on.replace(day=1),
        due_on=due_on,
        **values,  # type: ignore[arg-type]
    )


def asked_before(batch_id: str = "20260410-01") -> RequestBatch:
    """A request of the day to K1 for A1's 10.00 and A2's 20.00 of March."""
    lines = tuple(
        RequestLine(number, account, "61", Decimal(amount), (RequestedBill(account, Decimal(amount)),))
        for number, account, amount in ((1, "A1", "10.00"), (2, "A2", "20.00"))
    )
    return RequestBatch(
        "K1", batch_id, "2026-03", "canonical", AS_OF, date(2026, 4, 25), "f", "0", "e", "2026-04-10", "me", lines
    )


def test_a_batch_for_each_bank_and_period_and_a_line_for_each_payer() -> None:
    """K1: March A1 10.10 + 0.20 of A9, which settles by A1, and A2 5.05 = 15.35; February A1 7.00. K2: March A3 1.00. What is
    past due is debited tomorrow."""
    bills = [
        bill("A2", "5.05"),
        bill("A1", "10.10"),
        bill("A1", "0.20", own="A9"),
        bill("A1", "7.00", period="2026-02"),
        bill("A3", "1.00", bank="K2"),
    ]
    expected = [
        (
            b"Q|K1|20260410-01|2026-02|2026-04-11|1|7.00\nD|1|A1|61A1|7.00\nT|1\n"
        ),
        (
            b"Q|K1|20260410-02|2026-03|2026-04-25|2|15.35\nD|1|A1|61A1|10.30\nD|2|A2|61A2|5.05\nT|2\n"
        ),
        (
            b"Q|K2|20260410-01|2026-03|2026-04-25|1|1.00\nD|1|A3|61A3|1.00\nT|1\n"
        ),
    ]  # fmt: skip
    for seed in range(5):
        random.Random(seed).shuffle(bills)
        batches, left_out = plan_requests(bills, RequestHistory(), AS_OF, DebitRequestOptions(), canonical_fault)
        assert [canonical_request(batch) for batch in batches] == expected
        assert left_out == []


def test_a_bank_and_a_period_may_be_asked_for_alone() -> None:
    bills = [bill("A1", "7.00", period="2026-02"), bill("A1", "8.00"), bill("A3", "1.00", bank="K2")]
    options = DebitRequestOptions("K1", "2026-03", date(2026, 4, 15))
    batches, left_out = plan_requests(bills, RequestHistory(), AS_OF, options, canonical_fault)
    assert [(b.bank_code, b.billing_period, b.debit_on, b.total_amount) for b in batches] == [
        ("K1", "2026-03", date(2026, 4, 15), Decimal("8.00"))
    ]
    assert left_out == []


def test_what_waits_is_left_out_unless_it_is_asked_for_again() -> None:
    """A1 was refused and is asked again; A2 waits. A bill of A9 that came to A2 by a merge was never asked for."""
    bills = [bill("A1", "10.00"), bill("A2", "20.00"), bill("A2", "3.00", own="A9")]
    asked = RequestHistory([asked_before()], {("K1", "20260410-01", 1): "answered_failed"})
    (batch,), (left,) = plan_requests(bills, asked, AS_OF, DebitRequestOptions(), canonical_fault)
    assert batch.batch_id == "20260410-02"
    assert [(line.account_id, line.amount) for line in batch.lines] == [
        ("A1", Decimal("10.00")),
        ("A2", Decimal("3.00")),
    ]
    assert (left.bill_account_id, left.reason) == (
        "A2",
        "requested in batch 20260410-01 of bank K1, line 2 and not answered yet",
    )
    (batch,), left_out = plan_requests(bills, asked, AS_OF, DebitRequestOptions(again=True), canonical_fault)
    assert (batch.total_amount, left_out) == (Decimal("33.00"), [])


def test_what_the_bank_collected_under_another_account_is_never_asked_for_again() -> None:
    bills = [bill("A1", "10.00"), bill("A2", "20.00")]
    results = {("K1", "20260410-01", line): "answered_success" for line in (1, 2)}
    asked = RequestHistory([asked_before()], results, {("K1", "20260410-01", 1)})
    (batch,), (left,) = plan_requests(bills, asked, AS_OF, DebitRequestOptions(again=True), canonical_fault)
    assert [line.account_id for line in batch.lines] == ["A2"]
    assert (left.account_id, left.reason.startswith("the bank collected it under another account")) == ("A1", True)


def test_bad_data_is_left_out_with_its_reason() -> None:
    bills = [
        bill("A1", "10.00", fault="the account pays by debit but has no bank account", bank_account=None),
        bill("A2", "20.00", bank_account="61|2"),
        bill("A3", "30.00", bank="K/1"),
        bill("A4", "40.00"),
    ]
    (batch,), left_out = plan_requests(bills, RequestHistory(), AS_OF, DebitRequestOptions(), canonical_fault)
    assert (batch.bank_code, batch.total_amount) == ("K1", Decimal("40.00"))
    assert [(left.account_id, left.reason) for left in left_out] == [
        ("A1", "the account pays by debit but has no bank account"),
        ("A2", "bank_account '61|2' has a '|', a control character or blanks around it, which the file cannot hold"),
        ("A3", "bank code 'K/1' cannot be part of a file's name: use letters, digits, '_', '.' and '-'"),
    ]
