"""Commission: per agent and settlement period the lines on_time, late, restatement, activation and clawback, and their sum."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .book import Book
from .exports import Exports
from .money import to_cents
from .periods import first_day, in_force, issue_date, last_day, next_period, period_of
from .settlement import by_bill, rate_of

Row = dict[str, Any]


def cut_off(period: str) -> date:
    """The last day of the month after the settlement period."""
    return last_day(next_period(period))


def tiers_in_force(book: Book, agent_id: str, period: str) -> list[Row]:
    """The tiers of the agent's plan, lowest first, in the version in force on the last day of the period."""
    agent = book.agents.get(agent_id)
    if agent is None:
        return []
    rows = [
        row
        for row in book.tables["commission_plans"]
        if row["commission_plan_id"] == agent["commission_plan_id"] and in_force(row, last_day(period))
    ]
    return sorted(rows, key=lambda row: row["tier_from_rate"])


def first_intervals(exports: Exports) -> dict[str, Row]:
    """The first interval of all of every service number."""
    return {
        number: min(rows, key=lambda row: (row["valid_from"], row["account_id"]))
        for number, rows in exports.intervals.items()
    }


def agent_of_activation(interval: Row, exports: Exports) -> str | None:
    """The agent of the number's customer in the snapshot that fixes the bills of the month it began in."""
    fixed_on = issue_date(period_of(interval["valid_from"].date()))
    _, customer = exports.customer_at(interval["account_id"], fixed_on)
    return (customer["agent_id"] or None) if customer else None


def goes_on_at(number: str, instant: datetime, exports: Exports) -> bool:
    """Whether another interval of the number begins exactly where one ends."""
    return any(row["valid_from"] == instant for row in exports.intervals[number])


def collected_by_the_cut_off(
    agent_id: str, period: str, bills: list[Row], applications: list[Row], tiers: list[Row]
) -> tuple[Decimal, Decimal] | None:
    """What was collected by the cut-off on the agent's bills of the period, and the percent of the rate reached."""
    of_bill = by_bill(applications)
    own = [bill for bill in bills if bill["agent_id"] == agent_id and bill["billing_period"] == period]
    receivable = sum((bill["amount"] for bill in own), Decimal(0))
    received = Decimal(0)
    for bill in own:
        for row in of_bill.get((bill["account_id"], period), []):
            if row["applied_on"] <= cut_off(period):
                received += row["amount"]
    rate = rate_of(received, receivable)
    reached = [tier for tier in tiers if rate is not None and Fraction(tier["tier_from_rate"]) <= rate]
    return (received, reached[-1]["commission_percent"]) if reached else None


def on_time(agent_id: str, period: str, bills: list[Row], applications: list[Row], tiers: list[Row]) -> Row | None:
    """What was collected by the cut-off on the agent's bills of the period, at the percent of the rate reached."""
    collected = collected_by_the_cut_off(agent_id, period, bills, applications, tiers)
    if collected is None:
        return None
    received, percent = collected
    return line("on_time", received, percent, to_cents(Fraction(received) * Fraction(percent) / 100))


def money_gone_back(applications: list[Row]) -> list[Row]:
    """Per row below zero which money it takes back: of a payment's money on a bill the newest first."""
    piles: dict[tuple[str, str, str], list[list[Any]]] = {}
    gone = []
    for row in sorted(applications, key=lambda row: row["applied_on"]):
        key = (row["payment_id"], row["account_id"], row["billing_period"])
        pile = piles.setdefault(key, [])
        if row["amount"] > 0:
            pile.append([row["applied_on"], row["amount"]])
            continue
        back = -row["amount"]
        while back and pile:  # a bill below zero, which settles itself, has no pile
            part = min(back, pile[-1][1])
            gone.append({**row, "came_on": pile[-1][0], "amount": part})
            back -= part
            pile[-1][1] -= part
            if not pile[-1][1]:
                pile.pop()
    return gone


def restated_parts(agent_id: str, period: str, bills: list[Row], gone: list[Row]) -> list[Row]:
    """What went back in the month after the period of older bills' money that was there before that month began."""
    own = {(bill["account_id"], bill["billing_period"]) for bill in bills if bill["agent_id"] == agent_id}
    return [
        part
        for part in gone
        if (part["account_id"], part["billing_period"]) in own
        and part["billing_period"] < period
        and period_of(part["applied_on"]) == next_period(period)
        and part["came_on"] <= last_day(period)
    ]


def restatement(
    agent_id: str, period: str, bills: list[Row], applications: list[Row], gone: list[Row], book: Book
) -> Row | None:
    """Minus what went back, at the percent at which it had been paid."""
    parts = restated_parts(agent_id, period, bills, gone)
    commission = Fraction(0)
    for part in parts:
        bill_period = part["billing_period"]
        if part["came_on"] <= cut_off(bill_period):
            tiers = tiers_in_force(book, agent_id, bill_period)
            collected = collected_by_the_cut_off(agent_id, bill_period, bills, applications, tiers)
            percent = collected[1] if collected else Decimal(0)
        else:
            (paid_in,) = [month for month in months_before(period) if next_period(month) == period_of(part["came_on"])]
            tiers = tiers_in_force(book, agent_id, paid_in)
            percent = tiers[0]["late_percent"] if tiers else Decimal(0)
        commission += Fraction(part["amount"]) * Fraction(percent) / 100
    went_back = sum((part["amount"] for part in parts), Decimal(0))
    return line("restatement", went_back, None, -to_cents(commission))


def months_before(period: str) -> list[str]:
    """The three years of months before a period."""
    months = [period]
    for _ in range(36):
        months.append(period_of(first_day(months[-1]) - timedelta(days=1)))
    return months


def late(
    agent_id: str, period: str, bills: list[Row], applications: list[Row], gone: list[Row], tiers: list[Row]
) -> Row | None:
    """What was collected in the month after the period on the agent's bills of the periods before it."""
    if not tiers:
        return None
    of_bill = by_bill(applications)
    collected = sum((part["amount"] for part in restated_parts(agent_id, period, bills, gone)), Decimal(0))
    for bill in bills:
        if bill["agent_id"] == agent_id and bill["billing_period"] < period:
            for row in of_bill.get((bill["account_id"], bill["billing_period"]), []):
                if period_of(row["applied_on"]) == next_period(period):
                    collected += row["amount"]
    percent = tiers[0]["late_percent"]
    return line("late", collected, percent, to_cents(Fraction(collected) * Fraction(percent) / 100))


def activation(agent_id: str, period: str, exports: Exports, tiers: list[Row]) -> Row | None:
    """The bonus for every number of the agent whose first interval of all began in the period."""
    if not tiers:
        return None
    count = 0
    for interval in first_intervals(exports).values():
        began = period_of(interval["valid_from"].date())
        if began == period and agent_of_activation(interval, exports) == agent_id:
            count += 1
    bonus = tiers[0]["activation_bonus"]
    return line("activation", Decimal(count), bonus, to_cents(count * bonus))


def clawback(agent_id: str, period: str, exports: Exports, tiers: list[Row]) -> Row | None:
    """The bonus back for every number that ended in the period too soon after its start."""
    if not tiers:
        return None
    grace = timedelta(days=tiers[0]["clawback_days"])
    count = 0
    for number, interval in first_intervals(exports).items():
        ended_at = interval["valid_to"]
        if ended_at is None or period_of(ended_at.date()) != period or goes_on_at(number, ended_at, exports):
            continue
        if ended_at <= interval["valid_from"] + grace and agent_of_activation(interval, exports) == agent_id:
            count += 1
    bonus = tiers[0]["activation_bonus"]
    return line("clawback", Decimal(count), bonus, -to_cents(count * bonus))


def line(line_kind: str, basis_amount: Decimal, rate: Decimal | None, amount: Decimal) -> Row:
    """A line of a statement: what it was reckoned on, the percent or bonus, and the amount."""
    return {"line_kind": line_kind, "basis_amount": basis_amount, "rate": rate, "amount": amount}


def commission_lines(
    bills: list[Row], applications: list[Row], exports: Exports, book: Book, periods: list[str], as_of: date
) -> list[Row]:
    """The lines of every agent for every period whose cut-off is on or before the as-of date; none of 0."""
    issued = [bill for bill in bills if not bill["is_provisional"]]
    gone = money_gone_back(applications)
    rows = []
    for period in periods:
        if cut_off(period) > as_of:
            continue
        for agent_id in book.agents:
            tiers = tiers_in_force(book, agent_id, period)
            lines = (
                on_time(agent_id, period, issued, applications, tiers),
                late(agent_id, period, issued, applications, gone, tiers),
                restatement(agent_id, period, issued, applications, gone, book),
                activation(agent_id, period, exports, tiers),
                clawback(agent_id, period, exports, tiers),
            )
            for found in lines:
                if found is not None and found["amount"] != 0:
                    rows.append({"agent_id": agent_id, "settlement_period": period, **found})
    return rows


def commission_statements(lines: list[Row]) -> list[Row]:
    """Per agent and settlement period the sum of the lines."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in lines:
        key = (row["agent_id"], row["settlement_period"])
        sums[key] = sums.get(key, Decimal(0)) + row["amount"]
    return [
        {"agent_id": agent_id, "settlement_period": period, "amount": amount}
        for (agent_id, period), amount in sums.items()
    ]
