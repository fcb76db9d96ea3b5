"""The basis of every commission line, why a line is not there, and what the settlements that still run come to so far.

It takes the lines themselves from commission.py and tells row by row what they count.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from . import commission
from .book import Book
from .commission import cut_off, first_intervals, goes_on_at, restated_parts, tiers_in_force
from .exports import Exports
from .periods import issue_date, last_day, next_period, period_of
from .settlement import by_bill, rate_of

Row = dict[str, Any]

KINDS = ("on_time", "late", "restatement", "activation", "clawback")
MONEY = KINDS[:3]
EMPTY: Row = dict.fromkeys(
    (
        "account_id", "billing_period", "payment_id", "service_number", "paid_period", "basis_amount", "numbers",
        "applied_on", "returned_on", "starts_at", "ends_at",
    )
)  # fmt: skip
RATE: Row = dict.fromkeys(("receivable", "received", "collection_rate", "tier_from_rate"))


class Settlements:
    """The facts of a run, and what they say of an agent and a period."""

    def __init__(self, bills: list[Row], applications: list[Row], exports: Exports, book: Book, as_of: date) -> None:
        """The facts; only issued bills count."""
        self.bills = [bill for bill in bills if not bill["is_provisional"]]
        self.applications = applications
        self.of_bill = by_bill(applications)
        self.gone = commission.money_gone_back(applications)
        self.exports = exports
        self.book = book
        self.as_of = as_of
        self.tiers = cache(lambda agent_id, period: tiers_in_force(book, agent_id, period))
        self.rate = cache(self._rate)
        self.activated_by = {
            number: commission.agent_of_activation(interval, exports)
            for number, interval in first_intervals(exports).items()
        }

    def agents(self) -> set[str]:
        """Those of the book, and those that a bill or an activated number names."""
        named = {bill["agent_id"] for bill in self.bills} | set(self.activated_by.values())
        return set(self.book.agents) | {agent_id for agent_id in named if agent_id}

    def own_bills(self, agent_id: str, period: str) -> list[Row]:
        """The agent's bills of the period."""
        return [bill for bill in self.bills if bill["agent_id"] == agent_id and bill["billing_period"] == period]

    def _rate(self, agent_id: str, period: str) -> Row:
        """What was received on the agent's bills of the period, and the tier that it reaches."""
        own = self.own_bills(agent_id, period)
        receivable = sum((bill["amount"] for bill in own), Decimal(0))
        received = sum((row["basis_amount"] for row in self.on_time(agent_id, period)), Decimal(0))
        rate = rate_of(received, receivable)
        reached = [row for row in self.tiers(agent_id, period) if rate is not None and row["tier_from_rate"] <= rate]
        return {
            "receivable": receivable,
            "received": received,
            "collection_rate": rate,
            "tier_from_rate": reached[-1]["tier_from_rate"] if reached else None,
        }

    def percent(self, agent_id: str, period: str) -> Decimal | None:
        """The percent of the tier that is reached."""
        reached = self.rate(agent_id, period)["tier_from_rate"]
        return next(
            (row["commission_percent"] for row in self.tiers(agent_id, period) if row["tier_from_rate"] == reached),
            None,
        )

    def on_time(self, agent_id: str, period: str) -> list[Row]:
        """What was applied by the cut-off to the agent's bills of the period."""
        return [
            money(row, basis_amount=row["amount"])
            for bill in self.own_bills(agent_id, period)
            for row in self.of_bill.get((bill["account_id"], period), [])
            if row["applied_on"] <= cut_off(period)
        ]

    def late(self, agent_id: str, period: str) -> list[Row]:
        """What was applied in the month after to older bills; what is restated is not taken off."""
        rows = []
        restated = restated_parts(agent_id, period, self.bills, self.gone)
        for bill in self.bills:
            if bill["agent_id"] != agent_id or bill["billing_period"] >= period:
                continue
            for row in self.of_bill.get((bill["account_id"], bill["billing_period"]), []):
                if period_of(row["applied_on"]) != next_period(period):
                    continue
                amount = row["amount"]
                if amount < 0:
                    amount += sum((part["amount"] for part in restated if is_part_of(part, row)), Decimal(0))
                if amount:
                    rows.append(money(row, basis_amount=amount))
        return rows

    def restatement(self, agent_id: str, period: str) -> list[Row]:
        """What went back of money that an earlier settlement had paid for, by the money that came last."""
        return [
            money(
                part,
                basis_amount=part["amount"],
                applied_on=part["came_on"],
                returned_on=part["applied_on"],
                # On time it was where it came by the cut-off of its bill's period, which is the month after.
                paid_period=next(
                    month
                    for month in commission.months_before(period)
                    if next_period(month) == period_of(part["came_on"])
                ),
            )
            for part in restated_parts(agent_id, period, self.bills, self.gone)
        ]

    def activation(self, agent_id: str, period: str) -> list[Row]:
        """The agent's numbers that began in the period."""
        return [
            self.number(number)
            for number, interval in first_intervals(self.exports).items()
            if self.activated_by[number] == agent_id and period_of(interval["valid_from"].date()) == period
        ]

    def clawback(self, agent_id: str, period: str) -> list[Row]:
        """The agent's numbers that ended in the period within the days of the plan."""
        tiers = self.tiers(agent_id, period)
        rows = []
        for number in first_intervals(self.exports):
            row = self.number(number)
            if not tiers or self.activated_by[number] != agent_id or row["ends_at"] is None:
                continue
            lived = row["ends_at"] - row["starts_at"]
            if (
                period_of(row["ends_at"].date()) == period
                and lived.total_seconds() <= tiers[0]["clawback_days"] * 86400
            ):
                rows.append(row)
        return rows

    def number(self, number: str) -> Row:
        """A service number as a basis, with its first interval."""
        interval = first_intervals(self.exports)[number]
        ended_at = interval["valid_to"]
        if ended_at is not None and goes_on_at(number, ended_at, self.exports):
            ended_at = None
        begun = {"starts_at": interval["valid_from"], "ends_at": ended_at}
        return {**EMPTY, "service_number": number, "numbers": 1, **begun}

    def line(self, kind: str, agent_id: str, period: str) -> Row | None:
        """The line as commission.py has it; None where it has none."""
        tiers = self.tiers(agent_id, period)
        found = {
            "on_time": lambda: commission.on_time(agent_id, period, self.bills, self.applications, tiers),
            "late": lambda: commission.late(agent_id, period, self.bills, self.applications, self.gone, tiers),
            "restatement": lambda: commission.restatement(
                agent_id, period, self.bills, self.applications, self.gone, self.book
            ),
            "activation": lambda: commission.activation(agent_id, period, self.exports, tiers),
            "clawback": lambda: commission.clawback(agent_id, period, self.exports, tiers),
        }[kind]()
        return found if found is not None and found["amount"] else None

    def reason(self, kind: str, agent_id: str, period: str, bases: list[Row]) -> str:
        """Why there is no such line."""
        agent = self.book.agents.get(agent_id)
        tiers = self.tiers(agent_id, period)
        if kind != "restatement":
            if agent is None:
                return "agent_unknown"
            if not agent["commission_plan_id"]:
                return "no_plan"
            if not tiers:
                return "plan_not_in_force"
        if kind in MONEY and issue_date(period) > self.as_of:
            return "bills_not_issued"
        if not bases:
            if kind == "on_time" and not self.own_bills(agent_id, period):
                return "nothing_billed"
            return {
                "restatement": "nothing_returned", "activation": "nothing_activated", "clawback": "nothing_ended",
            }.get(kind, "nothing_applied")  # fmt: skip
        rate = self.rate_of_row(kind, bases[0], agent_id, period)
        if kind == "on_time":
            if self.rate(agent_id, period)["collection_rate"] is None:
                return "no_receivable"
            if rate is None:
                return "no_tier_reached"
        if kind == "restatement":
            rates = [self.rate_of_row(kind, row, agent_id, period) for row in bases]
            paid = any(rates)
            return "below_half_a_cent" if paid else "nothing_was_paid"
        if rate == 0:
            return "zero_percent" if kind in MONEY else "zero_bonus"
        return "below_half_a_cent" if basis_of(kind, bases) else "nets_to_zero"

    def rate_of_row(self, kind: str, row: Row, agent_id: str, period: str) -> Decimal | None:
        """The percent or the bonus at which a basis counts."""
        rated = row["paid_period"] or period
        tiers = self.tiers(agent_id, rated)
        if kind == "on_time" or (kind == "restatement" and rated == row["billing_period"]):
            return self.percent(agent_id, rated)
        if not tiers:
            return None
        percent: Decimal = tiers[0]["late_percent" if kind in MONEY else "activation_bonus"]
        return percent


def is_part_of(part: Row, row: Row) -> bool:
    """Whether money that went back is a part of a row below zero."""
    names = ("payment_id", "account_id", "billing_period", "applied_on")
    return all(part[name] == row[name] for name in names)


def money(row: Row, **values: Any) -> Row:
    """Applied money as a basis."""
    names = ("account_id", "billing_period", "payment_id", "applied_on")
    return {**EMPTY, **{name: row[name] for name in names}, **values}


def basis_of(kind: str, bases: list[Row]) -> Decimal | int:
    """The sum of the money, or the count of the numbers."""
    if kind in MONEY:
        return sum((row["basis_amount"] for row in bases), Decimal(0))
    return len(bases)


def rule_of(facts: Settlements, agent_id: str, period: str) -> Row:
    """The plan and the version in force on the last day of the period."""
    tiers = facts.tiers(agent_id, period)
    return {
        "commission_plan_id": tiers[0]["commission_plan_id"] if tiers else None,
        "plan_valid_from": tiers[0]["valid_from"] if tiers else None,
    }


def commission_bases(
    bills: list[Row], applications: list[Row], exports: Exports, book: Book, periods: list[str], as_of: date
) -> list[Row]:
    """What each line counts, row by row; where there is no line, each row that would count, or one row, with the reason."""
    facts = Settlements(bills, applications, exports, book, as_of)
    rows = []
    for period in periods:
        if cut_off(period) > as_of:
            continue
        for agent_id in facts.agents():
            for kind in KINDS:
                bases = getattr(facts, kind)(agent_id, period)
                is_line = facts.line(kind, agent_id, period) is not None
                reason = None if is_line else facts.reason(kind, agent_id, period, bases)
                nothing = {**EMPTY, "basis_amount" if kind in MONEY else "numbers": basis_of(kind, [])}
                for row in bases or [nothing]:
                    rated = row["paid_period"] or period
                    is_on_time = kind == "on_time" or (kind == "restatement" and rated == row["billing_period"])
                    has_rate = bases or kind != "restatement"
                    rows.append(
                        {
                            "agent_id": agent_id,
                            "settlement_period": period,
                            "line_kind": kind,
                            "reason": reason,
                            **row,
                            **rule_of(facts, agent_id, rated),
                            "rate": facts.rate_of_row(kind, row, agent_id, period) if has_rate else None,
                            **(facts.rate(agent_id, rated) if is_on_time else RATE),
                        }
                    )
    return rows


def commission_forecast(
    bills: list[Row], applications: list[Row], exports: Exports, book: Book, periods: list[str], as_of: date
) -> list[Row]:
    """What each line of the periods that are not settled comes to by what is known today, all kinds of all agents."""
    facts = Settlements(bills, applications, exports, book, as_of)
    rows = []
    for period in periods:
        if cut_off(period) <= as_of:
            continue
        for agent_id in facts.agents():
            for kind in KINDS:
                bases = getattr(facts, kind)(agent_id, period)
                line = facts.line(kind, agent_id, period)
                basis = basis_of(kind, bases)
                rows.append(
                    {
                        "agent_id": agent_id,
                        "settlement_period": period,
                        "line_kind": kind,
                        "reason": None if line else facts.reason(kind, agent_id, period, bases),
                        "basis_amount": basis if kind in MONEY else None,
                        "numbers": None if kind in MONEY else basis,
                        "rate": None if kind == "restatement" else facts.rate_of_row(kind, EMPTY, agent_id, period),
                        "amount": line["amount"] if line else Decimal(0),
                        **rule_of(facts, agent_id, period),
                        **(facts.rate(agent_id, period) if kind == "on_time" else RATE),
                        **next_tier(facts, agent_id, period, kind),
                        "is_provisional": True,
                        "as_of": as_of,
                        "cut_off_on": last_day(next_period(period)),
                    }
                )
    return rows


def next_tier(facts: Settlements, agent_id: str, period: str, kind: str) -> Row:
    """The lowest tier above the rate, and the cents still to come until it is reached."""
    found = facts.rate(agent_id, period)
    higher = [
        row
        for row in facts.tiers(agent_id, period)
        if found["collection_rate"] is not None and row["tier_from_rate"] > found["collection_rate"]
    ]
    if kind != "on_time" or found["receivable"] <= 0 or not higher:
        return {"next_tier_from_rate": None, "next_commission_percent": None, "missing_amount": None}
    tier = higher[0]
    cents = Fraction(found["receivable"]) * Fraction(tier["tier_from_rate"]) * 100
    missing = Decimal(-(-cents.numerator // cents.denominator)) / 100 - found["received"]
    return {
        "next_tier_from_rate": tier["tier_from_rate"],
        "next_commission_percent": tier["commission_percent"],
        "missing_amount": missing,
    }
