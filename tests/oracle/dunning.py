"""Prepaid balances, and who is dunned: payer by payer, the known money laid against the unpaid bills. No debit request is known here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .exports import Exports
from .settlement import by_bill, credit_of, received_of, reversals_by_account, settling_account, what_is_left

Row = dict[str, Any]
ZERO = Decimal(0)


def prepaid_balances(
    billed: list[Row], applications: list[Row], known: list[Row], merges: dict[str, Row], exports: Exports, as_of: date
) -> list[Row]:
    """Per settling account what its payments have left after all bills, and what reversals found no money for."""
    credits = [credit_of(bill) for bill in billed if not bill["is_provisional"] and bill["amount"] < 0]
    paying = sorted(
        (row for row in [*known, *credits] if row["amount"] > 0), key=lambda row: (row["paid_at"], row["payment_id"])
    )
    of_account: dict[str, list[Row]] = {}
    for row in paying:
        of_account.setdefault(settling_account(row["account_id"], merges), []).append(row)
    going_back = reversals_by_account([*known, *credits], merges)
    spent: dict[str, Decimal] = {}
    for row in applications:
        # A credit settles its own bill by a row below zero, which takes nothing from it.
        if row["payment_id"] != f"credit:{row['account_id']}:{row['billing_period']}":
            spent[row["payment_id"]] = spent.get(row["payment_id"], ZERO) + row["amount"]
    rows = []
    for settling in {*of_account, *going_back}:
        own = of_account.get(settling, [])
        left, owed = what_is_left(own, going_back.get(settling, []), as_of)
        rest = {}
        for row in own:
            rest[row["payment_id"]] = left[row["payment_id"]] - spent.get(row["payment_id"], ZERO)
        with_rest = [row["paid_at"].date() for row in own if rest[row["payment_id"]] > 0]
        if not with_rest and not owed:
            continue
        customer_id, customer = exports.customer_at(settling, as_of)
        prepaid = sum(rest.values(), ZERO)
        rows.append(
            {
                "settling_account_id": settling,
                "customer_id": customer_id,
                **{name: (customer or {}).get(name) or None for name in ("business_unit_id", "agent_id", "outlet_id")},
                "prepaid_amount": prepaid,
                "overdrawn_amount": owed,
                "amount": prepaid - owed,
                "payments": len(with_rest),
                "prepaid_since": min(with_rest, default=None),
                "newest_payment_on": max((row["paid_at"].date() for row in own), default=None),
            }
        )
    return rows


class Payers:
    """Accounts whose money may be meant for the same bills: joined pair by pair (union-find)."""

    def __init__(self, exports: Exports, billed: list[Row], merges: dict[str, Row]) -> None:
        self.parents: dict[str, str] = {}
        self.exports = exports
        self.accounts = {key[0] for snapshot in exports.snapshots["accounts"] for key in snapshot.rows}
        self.accounts |= {bill["account_id"] for bill in billed}
        for merge in exports.merges:
            self.accounts |= {merge["from_account_id"], merge["into_account_id"]}
            self.join(f"account {merge['from_account_id']}", f"account {merge['into_account_id']}")
        for account in self.accounts:
            self.join(f"account {account}", f"account {settling_account(account, merges)}")
            customer_id, _ = exports.newest_customer(account)
            if customer_id:
                self.join(f"account {account}", f"customer {customer_id}")

    def find(self, name: str) -> str:
        """The one that stands for the group."""
        while self.parents.get(name, name) != name:
            name = self.parents[name]
        return name

    def join(self, one: str, other: str) -> None:
        """Both are of one payer."""
        self.parents[self.find(one)] = self.find(other)

    def of(self, account_id: str) -> set[str]:
        """The payers that money on the account may be meant for: of an unknown account, those of ids that differ by leading zeros."""
        found = {self.find(f"account {account_id}")} if account_id in self.accounts else set()
        if not self.exports.is_known_account(account_id):
            alike = {account for account in self.accounts if account.lstrip("0") == account_id.lstrip("0")}
            found |= {self.find(f"account {account}") for account in alike}
        return found


def money_on_no_bill(
    prepaid: list[Row], all_payments: list[Row], known: list[Row], exports: Exports, as_of: date
) -> list[tuple[str, str, Decimal]]:
    """(kind, account, amount) of what is known and pays nothing yet, in the order in which it covers bills."""
    later: dict[str, list[Row]] = {}
    for row in exports.payments:
        if row["paid_at"].date() > as_of:
            later.setdefault(row["account_id"], []).append(row)
    known_ids = {row["payment_id"] for row in known}
    unknown: dict[str, list[Row]] = {}
    for row in all_payments:
        if row["payment_id"] not in known_ids:
            unknown.setdefault(row["account_id"], []).append(row)

    def listed(kind: str, rows: dict[str, list[Row]], latest: bool) -> list[tuple[str, str, Decimal]]:
        days = {
            account: (max if latest else min)(row["paid_at"].date() for row in own) for account, own in rows.items()
        }
        return [
            (kind, account, amount)
            for account in sorted(rows, key=lambda each: (days[each], each))
            if (amount := sum((row["amount"] for row in rows[account]), ZERO)) > 0
        ]

    by_day = sorted(prepaid, key=lambda row: (row["newest_payment_on"] or date.min, row["settling_account_id"]))
    return [
        *listed("payment_dated_later", later, latest=False),
        *listed("payment_on_unknown_account", unknown, latest=True),
        *(
            ("prepaid_elsewhere", row["settling_account_id"], row["prepaid_amount"])
            for row in by_day
            if row["prepaid_amount"] > 0
        ),
    ]


def dunning_list(
    billed: list[Row],
    applications: list[Row],
    prepaid: list[Row],
    all_payments: list[Row],
    known: list[Row],
    failures: list[Row],
    returns: list[Row],
    merges: dict[str, Row],
    exports: Exports,
    as_of: date,
    settled: list[Row],
) -> list[Row]:
    """Per unpaid bill past due: what known money covers of it, what is dunned, and the reason."""
    payers = Payers(exports, billed, merges)
    pots: dict[str, list[list[Any]]] = {}
    for kind, account, amount in money_on_no_bill(prepaid, all_payments, known, exports, as_of):
        for payer in payers.of(account):
            pots.setdefault(payer, []).append([kind, account, amount])
    of_bill, settled_of_bill = by_bill(applications), by_bill(settled)
    credits = [credit_of(bill) for bill in billed if not bill["is_provisional"] and bill["amount"] < 0]
    going_back = reversals_by_account([*known, *credits], merges)
    returned_ids = {row["payment_id"]: row for row in returns}
    rows = []
    for bill in sorted(billed, key=lambda row: (row["billing_period"], row["account_id"])):
        if bill["is_provisional"] or not bill["due_on"] < as_of:
            continue
        own = of_bill.get((bill["account_id"], bill["billing_period"]), [])
        received = received_of(bill, own, as_of)
        unpaid = bill["amount"] - received_of(
            bill, settled_of_bill.get((bill["account_id"], bill["billing_period"]), []), as_of
        )
        if unpaid <= 0:
            continue
        settling = settling_account(bill["account_id"], merges)
        covered, first = ZERO, None
        for pot in pots.get(payers.find(f"account {bill['account_id']}"), []):
            taken = min(pot[2], unpaid - covered)
            if taken > 0:
                pot[2] -= taken
                covered += taken
                first = first or (pot[0], pot[1])
        reason, cause, day = why_unpaid(bill, own, settling, known, failures, returned_ids, merges)
        if reason is None:
            reason = "paid_in_part" if received > 0 else "not_paid"
            if reason == "not_paid" and settling != bill["account_id"]:
                reason = "bill_of_merged_account"
        if covered == unpaid:
            assert first is not None
            reason = first[0]
        paying = payments_of(settling, [*known, *credits], merges)
        left, _ = what_is_left(paying, going_back.get(settling, []), as_of)
        paid = [row for row in paying if left[row["payment_id"]] > 0 and not row["payment_id"].startswith("credit:")]
        rows.append(
            {
                **{
                    name: bill[name]
                    for name in (
                        "account_id", "billing_period", "customer_id", "customer_class", "business_unit_id", "agent_id",
                        "outlet_id", "due_on",
                    )
                },
                "settling_account_id": settling,
                "bill_amount": bill["amount"],
                "received": received,
                "amount": unpaid,
                "covering_amount": covered,
                "dunned_amount": unpaid - covered,
                "is_dunned": unpaid > covered,
                "days_past_due": (as_of - bill["due_on"]).days,
                "reason": reason,
                "debit_cause": cause,
                "refused_or_returned_on": day,
                "merged_on": merges[bill["account_id"]]["merged_at"].date() if settling != bill["account_id"] else None,
                "cover_account_id": first[1] if first else None,
                "last_payment_on": paid[-1]["paid_at"].date() if paid else None,
                "last_payment_amount": paid[-1]["amount"] if paid else None,
            }
        )  # fmt: skip
    return rows


def payments_of(settling: str, known: list[Row], merges: dict[str, Row]) -> list[Row]:
    """The payments above zero of a settling account, in their order."""
    own = [row for row in known if row["amount"] > 0 and settling_account(row["account_id"], merges) == settling]
    return sorted(own, key=lambda row: (row["paid_at"], row["payment_id"]))


def why_unpaid(
    bill: Row,
    own: list[Row],
    settling: str,
    known: list[Row],
    failures: list[Row],
    returned: dict[str, Row],
    merges: dict[str, Row],
) -> tuple[str | None, str | None, date | None]:
    """(reason, cause, day) where money was taken from the bill or a bank refused its debit."""
    line = "{bank_code}:{batch_id}:{debited_on}:{line}"
    causes = {line.format(**row): row["cause"] for row in failures}
    taken_on = sorted(
        row["applied_on"] for row in own if row["amount"] < 0 and not row["payment_id"].startswith("credit:")
    )
    reversals = reversals_by_account(known, merges).get(settling, [])
    for day in reversed(taken_on):
        that_day = [row for row in reversals if row["paid_at"].date() == day]
        by_bank = sorted(row["payment_id"] for row in that_day if row["payment_id"] in returned)
        if by_bank:
            return "debit_returned", causes[by_bank[0]], day
        return "payment_reversed", None, day
    refused = [
        row
        for row in failures
        if row["period"] == bill["billing_period"]
        and settling_account(row["account_id"], merges) == settling
        and line.format(**row) not in returned
    ]
    if not refused:
        return None, None, None
    newest_day = max(row["debited_on"] for row in refused)
    newest = min(
        (row for row in refused if row["debited_on"] == newest_day),
        key=lambda row: (row["bank_code"], row["batch_id"], row["line"]),
    )
    return "debit_refused", newest["cause"], newest_day
