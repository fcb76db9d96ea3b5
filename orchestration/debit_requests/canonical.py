"""The canonical request file, the mirror of the canonical result file (docs/contract.md, 3.2). No other format is here.

Q|bank_code|batch_id|billing_period|debit_on|records|total_amount
D|line|account_id|bank_account|amount
T|records
"""

from __future__ import annotations

from orchestration.debit_requests.planning import OpenBill, PlannedBatch

SUFFIX = "txt"


def canonical_fault(bill: OpenBill) -> str | None:
    """Why the payer of a bill cannot be written into the file: a field has the separator or a control character."""
    for name, text in (("account_id", bill.account_id), ("bank_account", bill.bank_account or "")):
        if "|" in text or not text.isprintable() or text != text.strip():
            return f"{name} {text!r} has a '|', a control character or blanks around it, which the file cannot hold"
    return None


def canonical_request(batch: PlannedBatch) -> bytes:
    """The file of a batch, UTF-8 with LF; amounts with two decimals."""
    header = [
        "Q", batch.bank_code, batch.batch_id, batch.billing_period, batch.debit_on.isoformat(), str(len(batch.lines)),
        f"{batch.total_amount:.2f}",
    ]  # fmt: skip
    details = [["D", str(line.line), line.account_id, line.bank_account, f"{line.amount:.2f}"] for line in batch.lines]
    records = [header, *details, ["T", str(len(batch.lines))]]
    return "".join("|".join(record) + "\n" for record in records).encode("utf-8")
