"""One full run: the order in which the sections follow one another. No rule of its own but the as-of date's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from . import (
    adjustments,
    balance,
    bills,
    commission,
    commission_bases,
    debits,
    dunning,
    information,
    intake,
    missing,
    numbering,
    outlets,
    packages,
    rating,
    receivables,
    recycling,
    settlement,
    traffic,
)
from .book import read_book
from .exports import Exports
from .files import registered_files
from .periods import period_of, periods_between

Marts = dict[str, list[dict[str, Any]]]


def compute(inbox: Path, reference: Path, *, as_of: date | None = None) -> Marts:
    """The marts of one run over everything in the inbox; without `as_of`, as of the newest date of a loaded file."""
    book = read_book(reference)
    files = registered_files(inbox)
    intake.hold_odd_dates(files, book.hold_above("date_gap"))
    # Files dated after the as-of date are as if not there; those that are held for their date are there in any case.
    files = [
        file
        for file in files
        if as_of is None or file.file_date is None or file.file_date <= as_of or file.status == "held"
    ]
    intake.judge(files, book)
    if as_of is None:
        days = [file.file_date for file in files if file.file_date is not None]
        if not days:
            raise ValueError("no file of the inbox has a date, so the as-of date has to be given")
        loaded = [file.file_date for file in files if file.status == "loaded" and file.file_date is not None]
        as_of = max(loaded or days)
    exports = Exports(files)
    records = intake.loaded_records(files)

    cdr_dates = [file.file_date for file in files if file.kind == "cdr" and file.status == "loaded" and file.file_date]
    periods = periods_between(period_of(min(cdr_dates)), period_of(as_of)) if cdr_dates else []
    tariffs = rating.Tariffs(book)
    rating.rate_all(records, tariffs, exports, periods)
    pots = packages.draw_on_packages(records, tariffs, exports)
    suspended = recycling.suspended_calls(records, tariffs, exports, as_of)
    rated = rating.rated_calls(records, book)

    by_hand = adjustments.checked(exports, book, periods, as_of)
    lines = bills.bill_lines(records, exports, book, periods, adjustments.manual_lines(by_hand))
    billed = bills.bills(lines, exports, as_of)
    merges = settlement.latest_merges(exports.merges, as_of)
    for bill in billed:
        bill["settling_account_id"] = settlement.settling_account(bill["account_id"], merges)
    by_debit = [*debits.debit_payments(files, book), *debits.debit_returns(files, book)]
    all_payments = [row for row in [*exports.payments, *by_debit] if row["paid_at"].date() <= as_of]
    payments = settlement.known_payments(exports, by_debit, as_of)
    write_offs = adjustments.decided_write_offs(by_hand, billed, payments, merges)
    all_settled = settlement.payment_applications(billed, payments, merges, write_offs)
    applications = settlement.money_alone(all_settled)
    settled = (billed, applications, exports, book, periods, as_of)
    commissions = commission.commission_lines(*settled)
    hours = traffic.trunk_hours(records)
    failures = debits.debit_failures(files, book, exports)
    prepaid = dunning.prepaid_balances(billed, applications, payments, merges, exports, as_of)
    dunned = dunning.dunning_list(
        billed,
        applications,
        prepaid,
        all_payments,
        payments,
        failures,
        debits.debit_returns(files, book),
        merges,
        exports,
        as_of,
        all_settled,
    )
    terminals = outlets.outlet_terminals(exports, book, as_of)
    told = outlets.complaints(exports, book, as_of)
    return {
        "outlet_terminals": terminals,
        "terminal_coverage": outlets.terminal_coverage(terminals, exports, book),
        "complaints": told,
        "complaint_handling": outlets.complaint_handling(told),
        "trainings": outlets.trainings(exports, as_of),
        "revenue_balance_daily": balance.revenue_balance_daily(files, suspended),
        "revenue_balance_monthly": balance.revenue_balance_monthly(
            files, suspended, lines, billed, all_settled, all_payments, payments, merges, exports, book, as_of
        ),
        "revenue_assurance_kpis": balance.revenue_assurance_kpis(
            files,
            suspended,
            billed,
            debits.debit_payments(files, book),
            failures,
            debits.debit_returns(files, book),
            exports,
        ),
        "file_reconciliation": intake.file_reconciliation(files),
        "sequence_gaps": missing.sequence_gaps(files, book, as_of),
        "expected_files": missing.expected_files(files, book, as_of),
        "rated_calls": rated,
        "suspended_calls": suspended,
        "money_at_risk": recycling.money_at_risk(suspended),
        "duplicate_calls": intake.duplicate_calls(records),
        "undocumented_numbers": numbering.undocumented_numbers(suspended, book, exports, as_of),
        "package_use": packages.package_use(pots, exports, book, periods),
        "bill_lines": lines,
        "bills": billed,
        "payment_applications": applications,
        "account_adjustments": adjustments.account_adjustments(by_hand, write_offs, exports, as_of),
        "bill_write_offs": adjustments.bill_write_offs(all_settled),
        "late_fees": adjustments.late_fees(billed, all_settled, book, as_of),
        "collection_rates": settlement.collection_rates(billed, all_settled, as_of),
        "arrears": settlement.arrears(
            billed,
            all_settled,
            merges,
            as_of,
            {row["settling_account_id"] for row in dunned if row["is_dunned"]},
        ),
        "collection_curves": receivables.collection_curves(billed, applications),
        "receivables_kpis": receivables.receivables_kpis(billed, all_settled, as_of),
        "roll_rates": receivables.roll_rates(billed, all_settled, as_of),
        "prepaid_balances": prepaid,
        "dunning_list": dunned,
        "debit_batches": debits.debit_batches(files, book),
        "debit_failures": failures,
        "customer_counts": settlement.customer_counts(billed),
        "commission_lines": commissions,
        "commission_bases": commission_bases.commission_bases(*settled),
        "commission_forecast": commission_bases.commission_forecast(*settled),
        "commission_statements": commission.commission_statements(commissions),
        "trunk_traffic_hourly": traffic.trunk_traffic_hourly(hours),
        "trunk_traffic_daily": traffic.trunk_traffic_daily(hours, book),
        "trunk_traffic_monthly": traffic.trunk_traffic_monthly(hours, book),
        "traffic_by_exchange": traffic.traffic_by_exchange(records, book),
        "traffic_by_customer_class": traffic.traffic_by_customer_class(records, exports),
        "info_service_calls": information.info_service_calls(rated, book),
        "info_service_settlements": information.info_service_settlements(rated, book),
        "number_conflicts": numbering.number_conflicts(exports, book),
    }
