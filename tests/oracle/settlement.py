"""Settlement: who settles for whom, which payment pays which bill, what was received, what is in arrears."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .exports import Exports

Row = dict[str, Any]

DIMENSIONS = ("business_unit", "agent", "outlet", "customer_class")
AGES = (("amount_1_30", 1, 30), ("amount_31_60", 31, 60), ("amount_61_90", 61, 90), ("amount_91_plus", 91, None))


def latest_merges(merges: list[Row], as_of: date) -> dict[str, Row]:
    """The latest merge out of each account, of those made up to the as-of date."""
    latest: dict[str, Row] = {}
    for merge in sorted(merges, key=lambda row: (row["merged_at"], row["merge_id"])):
        if merge["merged_at"].date() <= as_of:
            latest[merge["from_account_id"]] = merge
    return latest


def settling_account(account_id: str, merges: dict[str, Row]) -> str:
    """The account at the end of the chain of merges; of a circle, the one that its latest merge went into."""
    chain = [account_id]
    while chain[-1] in merges:
        following = merges[chain[-1]]["into_account_id"]
        if following in chain:
            circle = [merges[member] for member in chain[chain.index(following) :]]
            return max(circle, key=lambda row: (row["merged_at"], row["merge_id"]))["into_account_id"]
        chain.append(following)
    return chain[-1]


def known_payments(exports: Exports, debits: list[Row], as_of: date) -> list[Row]:
    """The payments and reversals of the exports and of the accepted debit batches, up to the as-of date.

    A payment counts on a known account. A reversal counts where the payment that it names counts; one that names none that
    is there by its day counts on a known account.
    """
    all_of_them = [row for row in [*exports.payments, *debits] if row["paid_at"].date() <= as_of]
    there = {row["payment_id"]: row for row in all_of_them if row["amount"] > 0}
    known = []
    for row in all_of_them:
        counts_as = row
        if row["amount"] < 0:
            named = there.get(row.get("reverses_payment_id") or "", row)
            counts_as = named if named["paid_at"].date() <= row["paid_at"].date() else row
        if exports.is_known_account(counts_as["account_id"]):
            known.append(row)
    return known


def payment_applications(
    bills: list[Row], payments: list[Row], merges: dict[str, Row], write_offs: Sequence[Row] = ()
) -> list[Row]:
    """Per settling account the payments, oldest first, pay the issued bills, oldest first; write-offs settle like payments, after
    those of their day, under the id `write_off:<adjustment_id>`.

    An issued bill below zero is settled by itself and pays like a payment made as it is issued. Where money goes back, the
    matching of every day is worked out from the beginning, and the rows of a day are what is different from the day before.
    """
    applications: list[Row] = []
    credits = [credit_of(bill) for bill in bills if not bill["is_provisional"] and bill["amount"] < 0]
    for credit in credits:
        issued_on = credit["paid_at"].date()
        keys = {name: credit[name] for name in ("payment_id", "account_id", "billing_period")}
        applications.append({**keys, "applied_on": issued_on, "amount": -credit["amount"]})
    open_bills: dict[str, list[Row]] = {}
    for bill in sorted(bills, key=lambda row: (row["billing_period"], row["account_id"])):
        if not bill["is_provisional"] and bill["amount"] > 0:
            open_bills.setdefault(settling_account(bill["account_id"], merges), []).append(bill)
    paying: dict[str, list[Row]] = {}
    for payment in sorted([*payments, *credits], key=lambda row: (row["paid_at"], row["payment_id"])):
        if payment["amount"] > 0:
            paying.setdefault(settling_account(payment["account_id"], merges), []).append(payment)
    going_back = reversals_by_account(payments, merges)
    given_up: dict[str, list[Row]] = {}
    for row in write_offs:
        if row["fault"] is None:
            given_up.setdefault(row["settling_account_id"], []).append(row)
    for settling in [*paying, *(name for name in given_up if name not in paying)]:
        own_payments = paying.get(settling, [])
        own_bills, own_reversals = open_bills.get(settling, []), going_back.get(settling, [])
        if own_reversals or settling in given_up:
            applications += changes_day_by_day(own_bills, own_payments, own_reversals, given_up.get(settling, []))
            continue
        issued_on = {(bill["account_id"], bill["billing_period"]): bill["issued_on"] for bill in own_bills}
        paid_on = {row["payment_id"]: row["paid_at"].date() for row in own_payments}
        left = [(row["payment_id"], row["amount"]) for row in own_payments]
        for (payment_id, *bill_key), amount in matching(own_bills, left).items():
            applications.append(
                {
                    "payment_id": payment_id,
                    "account_id": bill_key[0],
                    "billing_period": bill_key[1],
                    "applied_on": max(paid_on[payment_id], issued_on[bill_key[0], bill_key[1]]),
                    "amount": amount,
                }
            )
    return applications


def matching(bills: list[Row], left: list[tuple[str, Decimal]]) -> dict[tuple[str, str, str], Decimal]:
    """What each payment's money pays of each bill, both in their order."""
    unpaid = {(bill["account_id"], bill["billing_period"]): bill["amount"] for bill in bills}
    matched = {}
    for payment_id, money in left:
        for key in unpaid:
            amount = min(money, unpaid[key])
            if amount > 0:
                money -= amount
                unpaid[key] -= amount
                matched[(payment_id, *key)] = amount
    return matched


def reversals_by_account(payments: list[Row], merges: dict[str, Row]) -> dict[str, list[Row]]:
    """The payments below zero by the account that settles the payment they name, else by that of their own account."""
    there = {row["payment_id"]: row for row in payments if row["amount"] > 0}
    found: dict[str, list[Row]] = {}
    for row in sorted(payments, key=lambda row: (row["paid_at"], row["payment_id"])):
        if row["amount"] < 0:
            named = there.get(row.get("reverses_payment_id") or "")
            if named is None or named["paid_at"].date() > row["paid_at"].date():
                named = row
            found.setdefault(settling_account(named["account_id"], merges), []).append(row)
    return found


def what_is_left(payments: list[Row], reversals: list[Row], day: date) -> tuple[dict[str, Decimal], Decimal]:
    """What each payment dated by the day has left at its end, and the debit balance, told day by day from the first."""
    left: dict[str, Decimal] = {}
    owed = Decimal(0)
    days = sorted({row["paid_at"].date() for row in [*payments, *reversals]})
    for today in (each for each in days if each <= day):
        for payment in payments:
            if payment["paid_at"].date() == today:
                filled = min(owed, payment["amount"])
                owed -= filled
                left[payment["payment_id"]] = payment["amount"] - filled
        for reversal in reversals:
            if reversal["paid_at"].date() == today:
                wanted = -reversal["amount"]
                named = reversal.get("reverses_payment_id")
                for payment_id in [named] if named in left else reversed(list(left)):
                    taken = min(wanted, left[payment_id])
                    left[payment_id] -= taken
                    wanted -= taken
                owed += wanted
    return left, owed


def money_left(
    payments: list[Row], reversals: list[Row], write_offs: list[Row], day: date
) -> list[tuple[str, Decimal]]:
    """What settles bills at the end of a day, in its order: payments with what they have left, and write-offs with theirs."""
    left, _ = what_is_left(payments, reversals, day)
    ordered = [((row["paid_at"].date(), 0, place), row["payment_id"]) for place, row in enumerate(payments)]
    ordered = [(order, payment_id) for order, payment_id in ordered if payment_id in left]
    for place, row in enumerate(write_offs):
        if row["kind"] == "write_off" and row["dated_on"] <= day:
            taken = [
                other["counted_amount"]
                for other in write_offs
                if other["kind"] == "write_off_reversal"
                and other["dated_on"] <= day
                and other["reverses_adjustment_id"] == row["adjustment_id"]
            ]
            write_off_id = f"write_off:{row['adjustment_id']}"
            ordered.append(((row["dated_on"], 1, place), write_off_id))
            left[write_off_id] = row["counted_amount"] + sum(taken, Decimal(0))
    return [(payment_id, left[payment_id]) for _, payment_id in sorted(ordered)]


def changes_day_by_day(bills: list[Row], payments: list[Row], reversals: list[Row], write_offs: list[Row]) -> list[Row]:
    """The rows whose sums up to any day are the matching of that day: what each day has that the day before had not."""
    moments = [row["paid_at"].date() for row in [*payments, *reversals]] + [bill["issued_on"] for bill in bills]
    moments += [row["dated_on"] for row in write_offs]
    before: dict[tuple[str, str, str], Decimal] = {}
    rows = []
    for day in sorted(set(moments)):
        left = money_left(payments, reversals, write_offs, day)
        now = matching([bill for bill in bills if bill["issued_on"] <= day], left)
        for key in {**before, **now}:
            change = now.get(key, Decimal(0)) - before.get(key, Decimal(0))
            if change != 0:
                names = dict(zip(("payment_id", "account_id", "billing_period"), key, strict=True))
                rows.append({**names, "applied_on": day, "amount": change})
        before = now
    return rows


def overdrawn_accounts(
    bills: list[Row], payments: list[Row], merges: dict[str, Row], as_of: date
) -> dict[str, Decimal]:
    """By settling account what its reversals have found nothing for."""
    found = {}
    payments = [*payments, *(credit_of(bill) for bill in bills if not bill["is_provisional"] and bill["amount"] < 0)]
    for settling, reversals in reversals_by_account(payments, merges).items():
        own = [
            row
            for row in sorted(payments, key=lambda row: (row["paid_at"], row["payment_id"]))
            if row["amount"] > 0 and settling_account(row["account_id"], merges) == settling
        ]
        _, owed = what_is_left(own, reversals, as_of)
        if owed > 0:
            found[settling] = owed
    return found


def credit_of(bill: Row) -> Row:
    """A bill below zero as the payment that it is."""
    return {
        "payment_id": f"credit:{bill['account_id']}:{bill['billing_period']}",
        "account_id": bill["account_id"],
        "billing_period": bill["billing_period"],
        "paid_at": datetime.combine(bill["issued_on"], time()),
        "amount": -bill["amount"],
    }


def received_of(bill: Row, applications: list[Row], until: date) -> Decimal:
    """What was applied to a bill up to a day."""
    return sum(
        (
            row["amount"]
            for row in applications
            if row["account_id"] == bill["account_id"]
            and row["billing_period"] == bill["billing_period"]
            and row["applied_on"] <= until
        ),
        Decimal(0),
    )


def rate_of(received: Decimal, receivable: Decimal) -> Fraction | None:
    """Received over receivable, None where nothing is receivable."""
    return Fraction(received) / Fraction(receivable) if receivable != 0 else None


def by_bill(applications: list[Row]) -> dict[tuple[str, str], list[Row]]:
    """The applications by the bill that they pay."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in applications:
        grouped.setdefault((row["account_id"], row["billing_period"]), []).append(row)
    return grouped


def money_alone(settled: list[Row]) -> list[Row]:
    """What payments settled, without write-offs."""
    return [row for row in settled if not row["payment_id"].startswith("write_off:")]


def collection_rates(bills: list[Row], settled: list[Row], as_of: date) -> list[Row]:
    """Receivable, received, written off and their ratio per period, for the branch and by each dimension."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for bill in bills:
        if bill["is_provisional"]:
            continue
        period = bill["billing_period"]
        groups.setdefault((period, "branch", "branch"), []).append(bill)
        for dimension in DIMENSIONS:
            column = dimension if dimension == "customer_class" else f"{dimension}_id"
            groups.setdefault((period, dimension, bill[column] or "unassigned"), []).append(bill)
    of_bill, settled_of_bill = by_bill(money_alone(settled)), by_bill(settled)
    rows = []
    for (period, dimension, dimension_id), members in groups.items():
        receivable = sum((bill["amount"] for bill in members), Decimal(0))
        received = all_settled = Decimal(0)
        for bill in members:
            received += received_of(bill, of_bill.get((bill["account_id"], period), []), as_of)
            all_settled += received_of(bill, settled_of_bill.get((bill["account_id"], period), []), as_of)
        rows.append(
            {
                "billing_period": period,
                "dimension": dimension,
                "dimension_id": dimension_id,
                "as_of": as_of,
                "bills": len(members),
                "receivable": receivable,
                "received": received,
                "written_off": all_settled - received,
                "collection_rate": rate_of(received, receivable),
            }
        )
    return rows


def arrears(bills: list[Row], settled: list[Row], merges: dict[str, Row], as_of: date, dunned: set[str]) -> list[Row]:
    """Per settling account the unpaid parts of bills past their due date, by age; `dunned` are those with a bill to dun."""
    of_bill = by_bill(settled)
    overdue: dict[str, list[tuple[int, Decimal]]] = {}
    for bill in bills:
        if bill["is_provisional"] or bill["amount"] <= 0 or not bill["due_on"] < as_of:
            continue
        paid = received_of(bill, of_bill.get((bill["account_id"], bill["billing_period"]), []), as_of)
        unpaid = bill["amount"] - paid
        if unpaid > 0:
            days = (as_of - bill["due_on"]).days
            overdue.setdefault(settling_account(bill["account_id"], merges), []).append((days, unpaid))
    rows = []
    for settling, parts in overdue.items():
        row: Row = {
            "settling_account_id": settling,
            "amount": sum((unpaid for _, unpaid in parts), Decimal(0)),
            "days_past_due": max(days for days, _ in parts),
            "on_dunning_list": settling in dunned,
        }
        for column, youngest, oldest in AGES:
            aged = [unpaid for days, unpaid in parts if days >= youngest and (oldest is None or days <= oldest)]
            row[column] = sum(aged, Decimal(0))
        rows.append(row)
    return rows


def customer_counts(bills: list[Row]) -> list[Row]:
    """The distinct customers with a bill of an ended period, by the bill's unit and class."""
    groups: dict[tuple[str, str, str], set[str]] = {}
    for bill in bills:
        if not bill["is_provisional"] and bill["customer_id"] is not None:
            key = (
                bill["billing_period"],
                bill["business_unit_id"] or "unassigned",
                bill["customer_class"] or "unassigned",
            )
            groups.setdefault(key, set()).add(bill["customer_id"])
    return [
        {
            "billing_period": period,
            "business_unit_id": unit,
            "customer_class": customer_class,
            "customers": len(customers),
        }
        for (period, unit, customer_class), customers in groups.items()
    ]
