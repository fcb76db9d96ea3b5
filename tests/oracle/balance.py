"""The revenue balance: what became of every record, call, line, bill and payment, added up one by one. No period is closed here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .book import Book
from .exports import Exports
from .files import InboxFile
from .money import to_cents
from .periods import issue_date, next_period, period_of
from .records import Record
from .settlement import credit_of, money_alone, reversals_by_account, settling_account, what_is_left

Row = dict[str, Any]
NO_CALLS = ("malformed", "ignored")
SUSPENDED = ("other_day", "undocumented", "unrated")
ZERO = Decimal(0)


class Sheet:
    """Rows by their key, to which amounts are added one by one."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.rows: dict[tuple[Any, ...], Row] = {}

    def add(
        self,
        *key: Any,
        records: int = 1,
        seconds: int | None = None,
        amount: Decimal | None = None,
        estimate: Decimal | None = None,
        without: int = 0,
    ) -> None:
        """Add to the row of the key; a figure that no addition has stays None."""
        row = self.rows.setdefault(
            key,
            {
                **dict(zip(self.keys, key, strict=True)),
                "records": 0,
                "seconds": None,
                "amount": None,
                "estimated_amount": None,
                "calls_without_estimate": 0,
            },
        )
        row["records"] += records
        row["calls_without_estimate"] += without
        for name, value in (("seconds", seconds), ("amount", amount), ("estimated_amount", estimate)):
            if value is not None:
                row[name] = value if row[name] is None else row[name] + value


def listed(record: Record) -> Decimal:
    """What the call costs before packages and maximum prices."""
    return record.amount if record.list_amount is None else record.list_amount


def add_charge(sheet: Sheet, before: tuple[Any, ...], after: tuple[Any, ...], record: Record) -> None:
    """The price by the tariff, and what packages and the maximum price take off."""
    covered = record.covered_amount or ZERO
    capped = record.amount - (listed(record) - covered)
    seconds = record.duration_seconds
    sheet.add(*before, "charge", "list_price", *after, seconds=seconds, amount=listed(record))
    for item, amount in (("packages", -covered), ("price_caps", capped)):
        if amount != 0:
            sheet.add(*before, "charge", item, *after, records=0, seconds=0, amount=amount)


def read_records(files: list[InboxFile]) -> list[Record]:
    """The records of the CDR files that were read: the loaded and the held ones."""
    return [record for file in files if file.kind == "cdr" and file.status != "rejected" for record in file.records]


def seconds_of(record: Record) -> int:
    """Its seconds; what is no call has none that count."""
    return 0 if record.state in NO_CALLS else record.duration_seconds


def by_record(files: list[InboxFile], suspended: list[Row]) -> dict[int, Row]:
    """The suspended calls by the identity of their record."""
    waiting = [
        record
        for file in files
        if file.kind == "cdr" and file.status == "loaded"
        for record in file.records
        if record.state in SUSPENDED
    ]
    return {id(record): row for record, row in zip(waiting, suspended, strict=True)}


def revenue_balance_daily(files: list[InboxFile], suspended: list[Row]) -> list[Row]:
    """By day of the files: read, in each state, and what the rated calls cost."""
    estimates = by_record(files, suspended)
    sheet = Sheet("file_date", "step", "item")
    for file in files:
        if file.kind == "cdr" and file.status != "rejected":
            sheet.add(file.file_date, "read", "read", records=0, seconds=0)
    for record in read_records(files):
        day = record.file.file_date
        sheet.add(day, "read", "read", seconds=seconds_of(record))
        waits = estimates.get(id(record), {})
        sheet.add(
            day,
            "state",
            record.state,
            seconds=seconds_of(record),
            amount=record.amount if record.state == "rated" else None,
            estimate=waits.get("estimated_amount"),
            without=lacks_estimate(waits),
        )
        if record.state == "rated":
            add_charge(sheet, (day,), (), record)
    return list(sheet.rows.values())


def lacks_estimate(call: Row) -> int:
    """1 for a suspended call that would be charged and cannot be estimated."""
    return int(bool(call) and call["is_chargeable"] and call["estimated_amount"] is None)


def waiting_age(days: int) -> str:
    """The age of a suspended call."""
    return next((name for name, most in (("0-1", 1), ("2-7", 7), ("8-30", 30)) if days <= most), "31+")


def past_due(days: int) -> str:
    """The age of an open bill."""
    ages = (("not_due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90))
    return next((name for name, most in ages if days <= most), "91+")


def unit_of(account_id: str, day: date, exports: Exports) -> str:
    """The unit of an account on a day."""
    _, customer = exports.customer_at(account_id, day)
    return (customer or {}).get("business_unit_id") or "unassigned"


def revenue_balance_monthly(
    files: list[InboxFile],
    suspended: list[Row],
    lines: list[Row],
    billed: list[Row],
    applications: list[Row],
    all_payments: list[Row],
    known: list[Row],
    merges: dict[str, Row],
    exports: Exports,
    book: Book,
    as_of: date,
) -> list[Row]:
    """By month: from the records of its files to what is open of its bills, and all payments."""
    sheet = Sheet("billing_period", "step", "item", "business_unit_id", "age_bucket")
    add_calls(sheet, files, suspended, exports, book)
    units = {(bill["account_id"], bill["billing_period"]): bill["business_unit_id"] or "unassigned" for bill in billed}
    for line in lines:
        unit = units[line["account_id"], line["billing_period"]]
        sheet.add(line["billing_period"], "line", line["line_kind"], unit, "none", amount=line["amount"])
    add_bills(sheet, billed, applications, known, merges, as_of)
    add_cash(sheet, billed, money_alone(applications), all_payments, known, merges, exports, as_of)
    return list(sheet.rows.values())


def add_calls(sheet: Sheet, files: list[InboxFile], suspended: list[Row], exports: Exports, book: Book) -> None:
    """The records and calls up to the usage lines."""
    estimates = by_record(files, suspended)
    for file in files:
        if file.kind == "cdr" and file.status != "rejected" and file.file_date is not None:
            sheet.add(period_of(file.file_date), "read", "read", "unassigned", "none", records=0, seconds=0)
    keys: dict[tuple[str, str, str, str], Decimal] = {}
    for record in read_records(files):
        assert record.file.file_date is not None
        month = period_of(record.file.file_date)
        seconds = seconds_of(record)
        sheet.add(month, "read", "read", "unassigned", "none", seconds=seconds)
        waits = estimates.get(id(record))
        if waits is not None:
            unit, age = waits["business_unit_id"] or "unassigned", waiting_age(waits["age_days"])
            estimate, without = waits["estimated_amount"], lacks_estimate(waits)
            sheet.add(month, "state", record.state, unit, age, seconds=seconds, estimate=estimate, without=without)
            continue
        amount = record.amount if record.state == "rated" else None
        sheet.add(month, "state", record.state, "unassigned", "none", seconds=seconds, amount=amount)
        if record.state != "rated":
            continue
        assert record.interval is not None and record.zone is not None
        period = record.billing_period
        if period != month:
            reason = "other_month" if period_of(record.call_date) == period else "late"
            sheet.add(period, "period", f"{reason}_in", "unassigned", "none", seconds=seconds, amount=record.amount)
            out = {"records": -1, "seconds": -seconds, "amount": -record.amount}
            sheet.add(month, "period", f"{reason}_out", "unassigned", "none", **out)
        account_id = record.interval["account_id"]
        unit = unit_of(account_id, issue_date(period), exports)
        add_charge(sheet, (period,), (unit, "none"), record)
        item = book.categories[record.zone["call_category"]]["bill_item_id"]
        key = (period, account_id, record.charged_number, item)
        keys[key] = keys.get(key, ZERO) + record.amount
    rounding: dict[tuple[str, str], Decimal] = {}
    for (period, account_id, *_), amount in keys.items():
        where = (period, unit_of(account_id, issue_date(period), exports))
        rounding[where] = rounding.get(where, ZERO) + to_cents(amount) - amount
    for (period, unit), difference in rounding.items():
        if difference != 0:
            sheet.add(period, "rounding", "cents", unit, "none", records=0, amount=difference)


def add_bills(
    sheet: Sheet, billed: list[Row], applications: list[Row], known: list[Row], merges: dict[str, Row], as_of: date
) -> None:
    """The bills, what was applied to them, and what is open."""
    units = {}
    open_amounts = {}
    for bill in billed:
        key = bill["account_id"], bill["billing_period"]
        units[key] = bill["business_unit_id"] or "unassigned"
        open_amounts[key] = bill["amount"]
        item = "not_issued" if bill["is_provisional"] else "issued"
        sheet.add(bill["billing_period"], "bill", item, units[key], "none", amount=bill["amount"])
    credits = credit_payments(billed)
    for row in applications:
        key = row["account_id"], row["billing_period"]
        open_amounts[key] -= row["amount"]
        if row["payment_id"].startswith("write_off:"):
            item = "written_off"
        elif row["payment_id"] in credits:
            item = "credit"
        elif row["amount"] > 0:
            item = "applied"
        else:
            item = "returned" if is_taken_from(row, [*known, *credits.values()], merges) else "moved"
        sheet.add(row["billing_period"], "settlement", item, units[key], "none", amount=row["amount"])
    for bill in billed:
        key = bill["account_id"], bill["billing_period"]
        if open_amounts[key] != 0:
            item, age = ("not_issued", "none")
            if not bill["is_provisional"]:
                item, age = ("unpaid", past_due((as_of - bill["due_on"]).days))
            sheet.add(bill["billing_period"], "open", item, units[key], age, amount=open_amounts[key])


def credit_payments(billed: list[Row]) -> dict[str, Row]:
    """The issued bills below zero as payments, by their ids."""
    return {
        credit["payment_id"]: credit
        for credit in (credit_of(bill) for bill in billed if not bill["is_provisional"] and bill["amount"] < 0)
    }


def paying_of(settling: str, known: list[Row], merges: dict[str, Row]) -> list[Row]:
    """The payments above zero that settle for an account, in their order."""
    return [
        row
        for row in sorted(known, key=lambda row: (row["paid_at"], row["payment_id"]))
        if row["amount"] > 0 and settling_account(row["account_id"], merges) == settling
    ]


def is_taken_from(application: Row, known: list[Row], merges: dict[str, Row]) -> bool:
    """Whether a reversal of that day took something from the payment of a row below zero."""
    (payment,) = (row for row in known if row["payment_id"] == application["payment_id"])
    settling = settling_account(payment["account_id"], merges)
    own, reversals = paying_of(settling, known, merges), reversals_by_account(known, merges).get(settling, [])
    day = application["applied_on"]
    after, _ = what_is_left(own, reversals, day)
    before, _ = what_is_left(own, [row for row in reversals if row["paid_at"].date() < day], day)
    return after[payment["payment_id"]] < before[payment["payment_id"]]


def add_cash(
    sheet: Sheet,
    billed: list[Row],
    applications: list[Row],
    all_payments: list[Row],
    known: list[Row],
    merges: dict[str, Row],
    exports: Exports,
    as_of: date,
) -> None:
    """All payments by the month in which they were made, and what lies on no bill on the as-of date."""
    now = period_of(as_of)

    def add(period: str, step: str, item: str, account_id: str, amount: Decimal) -> None:
        sheet.add(period, step, item, unit_of(account_id, as_of, exports), "none", amount=amount)

    known_ids = {row["payment_id"] for row in known}
    for row in all_payments:
        item = row.get("channel", "debit") if row["amount"] > 0 else "taken_back"
        add(period_of(row["paid_at"].date()), "cash", item, row["account_id"], row["amount"])
        if row["payment_id"] not in known_ids:
            add(now, "left", "unknown_account", row["account_id"], row["amount"])
    credits = credit_payments(billed)
    paid: dict[str, Decimal] = {}
    for row in applications:
        if not (row["payment_id"] in credits and row["amount"] < 0 and is_own(row)):
            paid[row["payment_id"]] = paid.get(row["payment_id"], ZERO) + row["amount"]
    going_back = reversals_by_account(known, merges)
    paying = [*known, *credits.values()]
    settlings = {settling_account(row["account_id"], merges) for row in paying if row["amount"] > 0} | set(going_back)
    for settling in settlings:
        own = paying_of(settling, paying, merges)
        left, owed = what_is_left(own, going_back.get(settling, []), as_of)
        for row in own:
            rest = left[row["payment_id"]] - paid.get(row["payment_id"], ZERO)
            if rest != 0:
                add(now, "left", "prepaid", row["account_id"], rest)
        if owed:
            add(now, "left", "overdrawn", settling, -owed)


def is_own(row: Row) -> bool:
    """Whether a credit settles its own bill by the row."""
    return bool(row["payment_id"] == f"credit:{row['account_id']}:{row['billing_period']}")


def revenue_assurance_kpis(
    files: list[InboxFile],
    suspended: list[Row],
    billed: list[Row],
    collected: list[Row],
    failures: list[Row],
    returns: list[Row],
    exports: Exports,
) -> list[Row]:
    """The measures but for the sample of calls, which is drawn anew."""
    rows: list[Row] = []

    def measure(period: str, name: str, of: dict[str, Any], whole: Any, total: Any = None) -> None:
        parts = {**of, "all": sum(of.values(), ZERO) if total is None else total}
        for item, part in parts.items():
            value = Fraction(part) / Fraction(whole) if whole else None
            rows.append(
                {
                    "billing_period": period,
                    "kpi": name,
                    "item": item,
                    "numerator": Decimal(part),
                    "denominator": Decimal(whole),
                    "value": value,
                    "target": None,
                }
            )

    estimates = by_record(files, suspended)
    of_months: dict[str, list[Record]] = {}
    for file in files:
        if file.kind == "cdr" and file.status != "rejected" and file.file_date is not None:
            of_months.setdefault(period_of(file.file_date), []).extend(file.records)
    for month, records in of_months.items():
        worth = sum((record.amount for record in records if record.state == "rated"), ZERO)
        by_state: dict[str, Decimal] = {}
        by_age: dict[str, Decimal] = {}
        for record in records:
            call = estimates.get(id(record))
            if call is not None:
                amount = call["estimated_amount"] or ZERO
                worth += amount
                by_state[record.state] = by_state.get(record.state, ZERO) + amount
                if record.state == "undocumented":
                    age = waiting_age(call["age_days"])
                    by_age[age] = by_age.get(age, ZERO) + amount
        measure(month, "leakage", by_state, worth)
        measure(month, "undocumented", by_age, worth)
        duplicates = sum(record.state == "duplicate" for record in records)
        measure(month, "duplicates", {}, sum(record.state != "ignored" for record in records), duplicates)
    returned = {row["payment_id"] for row in returns}
    months = {period_of(row["paid_at"].date()) for row in collected} | {
        period_of(row["debited_on"]) for row in failures
    }
    for month in months:
        failed = [row for row in failures if period_of(row["debited_on"]) == month]
        line = "{bank_code}:{batch_id}:{debited_on}:{line}"
        refused = [row for row in failed if line.format(**row) not in returned]
        asked = len(refused) + sum(period_of(row["paid_at"].date()) == month for row in collected)
        causes = {cause: sum(row["cause"] == cause for row in failed) for cause in {row["cause"] for row in failed}}
        measure(month, "debit_returns", causes, asked)
    complaints = [row for row, _ in exports._known("complaints").values() if row["was_billing_error"]]
    for period in {bill["billing_period"] for bill in billed if not bill["is_provisional"]}:
        opened = sum(period_of(row["opened_at"].date()) == next_period(period) for row in complaints)
        measure(period, "billing_errors", {}, sum(bill["billing_period"] == period for bill in billed), opened)
    return rows
