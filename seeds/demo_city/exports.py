"""The customer system's exports: full snapshots of its tables, each as the system knew it on that day."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

from seeds.demo_city.book import Row
from seeds.demo_city.outlets import exam_rows, terminal_rows, training_rows
from seeds.demo_city.people import City

STAMP = "%Y-%m-%d %H:%M:%S"
COLUMNS = {
    "customers": (
        "customer_id,name,customer_class,is_key_account,business_unit_id,outlet_id,agent_id,opened_on,closed_on"
    ),
    "accounts": "account_id,customer_id,payment_method,bank_code,bank_account,opened_on,closed_on",
    "service_numbers": "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to,channels",
    "subscriptions": "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to",
    "payments": "payment_id,account_id,paid_at,amount,channel,outlet_id,reverses_payment_id",
    "account_merges": "merge_id,from_account_id,into_account_id,merged_at,outlet_id",
    "number_orders": "order_id,service_number,outlet_id,ordered_at,status",
    "complaints": "complaint_id,account_id,outlet_id,opened_at,closed_at,kind,was_billing_error",
    "account_adjustments": (
        "adjustment_id,account_id,kind,amount,dated_on,bill_item_id,service_number,reason,prepared_by,approved_by,reverses_adjustment_id"
    ),
}
#: Exports of which only the newest counts: they are written for the last day alone.
NEWEST_COLUMNS = {
    "outlet_terminals": (
        "terminal_id,outlet_id,access_kind,has_backup_line,installed_on,last_inspected_on,fault_since,fault_note"
    ),
    "trainings": "training_id,held_on,title_zh,title_en,business_unit_id,outlet_id,invited,attended",
    "training_exams": "training_id,person_id,score,has_passed",
}


def write_exports(city: City, payments: list[Row], folder: Path) -> int:
    """Write every snapshot of every table; returns the number of files."""
    folder.mkdir(parents=True, exist_ok=True)
    days = city.calendar.snapshot_days()
    for day in days:
        for table, columns in COLUMNS.items():
            _write(folder / f"{table}_{day:%Y%m%d}.csv", columns, _rows(table, city, payments, day))
    newest = {"outlet_terminals": terminal_rows(city), "trainings": training_rows(city), "training_exams": exam_rows()}
    for table, columns in NEWEST_COLUMNS.items():
        _write(folder / f"{table}_{days[-1]:%Y%m%d}.csv", columns, newest[table])
    spoilt = _write_spoilt(city, folder)
    stray = folder / "notes.csv"
    stray.write_text("table,note\ncustomers,exported by hand\n", encoding="utf-8")
    city.planted.add("rejected_export_file_name", {"file_name": stray.name})
    return len(days) * len(COLUMNS) + len(NEWEST_COLUMNS) + spoilt + 1


def _write(path: Path, columns: str, rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns.split(","))
        writer.writerows(rows)


def _write_spoilt(city: City, folder: Path) -> int:
    """Two snapshots that must not count: accounts of which two thirds were lost, and customers in another encoding than declared.

    They lie between two sound snapshots; the next one takes their place. Returns how many there are.
    """
    days = city.calendar.snapshot_days()
    day = next(day for day in city.calendar.days if day > city.calendar.share(0.45) and day not in days)
    before = max(snapshot for snapshot in days if snapshot < day)
    accounts, customers = list(_accounts(city, day)), list(_customers(city, day))
    kept = accounts[: len(list(_accounts(city, before))) // 3]
    for case, table, rows, encoding in (
        ("export_held_shrunk", "accounts", kept, "utf-8"),
        ("export_held_encoding", "customers", customers, "gb18030"),
    ):
        path = folder / f"{table}_{day:%Y%m%d}.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS[table].split(","))
            writer.writerows(rows)
        city.planted.add(case, {"file_name": path.name, "rows": len(rows)})
    return 2


def _rows(table: str, city: City, payments: list[Row], day: date) -> Iterator[list[str]]:
    if table == "customers":
        return _customers(city, day)
    if table == "accounts":
        return _accounts(city, day)
    if table == "service_numbers":
        return _service_numbers(city, day)
    if table == "subscriptions":
        return _subscriptions(city, day)
    kept = [row for row in payments if day < city.deleted_payments.get(row["payment_id"], date.max)]
    rows, moment = {
        "payments": (kept, "paid_at"),
        "account_merges": (city.merges, "merged_at"),
        "number_orders": (city.orders, "ordered_at"),
        "complaints": (city.complaints, "opened_at"),
        "account_adjustments": (city.adjustments, "dated_on"),
    }[table]
    return _dated(rows, moment, day)


def _ended(ends: date | None, day: date) -> str:
    """The end date if it is not after the snapshot day, else empty: an end is known only when it has come."""
    return ends.isoformat() if ends and ends <= day else ""


def _customers(city: City, day: date) -> Iterator[list[str]]:
    for customer in city.customers:
        if customer.opened_on > day or not customer.known_from <= day < customer.gone_from:
            continue
        outlet, agent = customer.outlet_id, customer.agent_id
        if customer.agent_from and customer.agent_from[0] <= day:
            _, outlet, agent = customer.agent_from
        customer_class = customer.customer_class
        if customer.class_from and customer.class_from[0] <= day:
            customer_class = customer.class_from[1]
        yield [
            customer.customer_id,
            customer.name,
            customer_class,
            "true" if customer.is_key_account else "false",
            customer.business_unit_id,
            outlet,
            agent,
            customer.opened_on.isoformat(),
            _ended(customer.closed_on, day),
        ]


def _accounts(city: City, day: date) -> Iterator[list[str]]:
    for account in city.accounts:
        if account.opened_on <= day and account.known_from <= day < account.gone_from:
            yield [
                account.account_id,
                account.customer_id,
                account.payment_method,
                account.bank_code,
                account.bank_account,
                account.opened_on.isoformat(),
                _ended(account.closed_on, day),
            ]


def _service_numbers(city: City, day: date) -> Iterator[list[str]]:
    end_of_day = datetime.combine(day, time.max)
    for interval in city.intervals:
        if interval.valid_from <= end_of_day and interval.known_from <= day < interval.gone_from:
            ends = interval.valid_to
            yield [
                interval.service_number,
                interval.account_id,
                interval.exchange_id,
                interval.tariff_plan_id,
                interval.valid_from.strftime(STAMP),
                ends.strftime(STAMP) if ends and ends <= end_of_day else "",
                str(interval.channels),
            ]


def _subscriptions(city: City, day: date) -> Iterator[list[str]]:
    late = {account.account_id for account in city.accounts if account.known_from > day}
    for sub in city.subscriptions:
        if sub.valid_from <= day < sub.gone_from and sub.account_id not in late:
            yield [
                sub.subscription_id,
                sub.account_id,
                sub.service_number,
                sub.product_id,
                sub.promotion_id,
                sub.valid_from.isoformat(),
                _ended(sub.valid_to, day),
            ]


def _dated(rows: list[Row], moment: str, day: date) -> Iterator[list[str]]:
    for row in rows:
        if row[moment][:10] > day.isoformat():
            continue
        values = dict(row)
        if values.get("closed_at", "")[:10] > day.isoformat():
            values["closed_at"] = ""
        yield list(values.values())
