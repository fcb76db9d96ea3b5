"""Every suite by name and stage. Importing it is cheap: Great Expectations is imported only where gates are evaluated."""

from __future__ import annotations

from functools import cache

from expectations.gates import Stage, Suite
from expectations.suites import tariff_book
from expectations.suites.intake import call_anomalies, call_shares, cdr_files, customer_exports, debit_files
from expectations.suites.release import (
    balance,
    billing,
    closed_periods,
    collections,
    commission,
    intake,
    outlets,
    packages,
    raw_rows,
    receivables,
    sums,
    usage,
)
from orchestration.errors import TollhouseError


@cache
def all_suites() -> tuple[Suite, ...]:
    """Every suite, in the order of a run: what comes in, the tariff book, the release."""
    return (
        cdr_files.cdr_files(),
        *call_anomalies.call_anomalies(),
        *call_shares.call_share_suites(),
        debit_files.debit_files(),
        debit_files.debit_requests(),
        *customer_exports.customer_exports(),
        tariff_book.tariff_book(),
        *raw_rows.raw_row_suites(),
        *usage.usage_suites(),
        *intake.intake_suites(),
        *billing.billing_suites(),
        *packages.package_suites(),
        *collections.collections_suites(),
        *commission.commission_suites(),
        *sums.sum_suites(),
        *receivables.receivables_suites(),
        *outlets.outlet_suites(),
        *balance.balance_suites(),
        *closed_periods.closed_period_suites(),
    )


def suites_of_stage(stage: Stage) -> tuple[Suite, ...]:
    """The suites of one stage, in order."""
    return tuple(suite for suite in all_suites() if suite.stage == stage)


def suite_named(name: str) -> Suite:
    """The suite with this name; an unknown name is an error, never an empty suite that passes."""
    for suite in all_suites():
        if suite.name == name:
            return suite
    raise TollhouseError(f"no gate suite is called '{name}'; there are {', '.join(s.name for s in all_suites())}")
