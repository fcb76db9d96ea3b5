"""Decisions of a month's end, drawn between the runs of a branch: periods are closed, settlements approved and locked, and in the end
every period is reopened. And the laws that hold in every edition, whatever was decided.

Once every period is reopened, the branch has the marts of one run over everything, but for the settlements that are locked: of these
what was locked and what was restated since come to what that one run gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from orchestration.warehouse.raw.settlements import cut_off
from tests.integration.harness import Branch as Publisher
from tests.integration.harness import Marts
from tests.robustness.branch import Branch

#: Types a command, which must do what it should.
Type = Callable[..., None]
#: Tables in which a lock, an approval or a reopening leaves its mark.
OF_DECISIONS = (
    "commission_bases", "commission_forecast", "commission_lines", "commission_statements", "period_reopenings",
    "settlement_restatements", "settlements",
)  # fmt: skip
_LINE = ("agent_id", "settlement_period", "line_kind", "basis_amount", "rate", "amount")
_RESTATED = "locked_restatement"


@dataclass
class MonthEnds:
    """What was decided on a branch, and what must not move from then on."""

    branch: Branch
    type_: Type
    random: Random
    closed: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # period → its bills and lines
    locked: dict[str, list[str]] = field(default_factory=dict)  # settlement → its lines
    done: list[str] = field(default_factory=list)

    def decide(self) -> None:
        """Close the oldest period that has ended, and lock the oldest settlement that is calculated; each, or not."""
        as_of = date.fromisoformat(self.branch.manifest["as_of"])
        periods = dict(self.branch.mart("billing_periods", "billing_period, period_state"))
        ended = [period for period, state in sorted(periods.items()) if state == "open"]
        if ended and self.random.random() < 0.9:
            self._typed("close", ended[0])
            self.closed[ended[0]] = _of_period(self.marts(), ended[0])
        open_ = [one for one in sorted(periods) if one not in self.locked and cut_off(one) <= as_of]
        if open_ and self.random.random() < 0.9:
            self._typed("settlement", "approve", open_[0])
            self._typed("settlement", "lock", open_[0])
            self.locked[open_[0]] = _lines_of(self.marts(), open_[0])
        self.check()

    def reopen_all(self) -> None:
        """Reopen every closed period, the newest first."""
        for period in sorted(self.closed, reverse=True):
            self._typed("reopen", period, "--why", "drawn")
            del self.closed[period]
            self.check()

    def check(self) -> None:
        """What was closed and what was locked is as it was, and the laws hold."""
        marts = self.marts()
        moved = [period for period, rows in self.closed.items() if _of_period(marts, period) != rows]
        assert not moved, f"after {self.done}: closed periods have moved: {moved}"
        moved = [period for period, lines in self.locked.items() if _lines_of(marts, period) != lines]
        assert not moved, f"after {self.done}: locked settlements have moved: {moved}"
        broken = list(broken_laws(marts))
        assert not broken, f"after {self.done}: {broken[:10]}"

    def against(self, at_once: Marts) -> Iterator[str]:
        """Where the settlements differ from those of one run over everything: an open one in a line or a basis, a locked one in what was
        locked and restated together."""
        marts = self.marts()
        for mart in ("commission_lines", "commission_bases", "commission_forecast"):
            ours, theirs = (_of_open(rows[mart], self.locked) for rows in (marts, at_once))
            yield from (f"{mart}: {row} is not of one run" for row in ours if row not in theirs)
            yield from (f"{mart}: {row} is lacking" for row in theirs if row not in ours)
        ours = _sums(row for row in marts["commission_lines"] if row["line_kind"] != _RESTATED)
        for row in marts["settlement_restatements"]:
            ours[row["agent_id"], row["restated_period"], row["line_kind"]] += row["amount"]
        theirs = _sums(at_once["commission_lines"])
        for key in ours.keys() | theirs.keys():
            if key[1] in self.locked and ours[key] != theirs[key]:
                yield f"{key}: locked and restated {ours[key]}, one run gives {theirs[key]}"

    def marts(self) -> Marts:
        """The current edition."""
        return Publisher(self.branch.home, self.branch.book).marts()

    def _typed(self, *words: str) -> None:
        self.type_(self.branch, *words)
        self.done.append(" ".join(words[:3]))


def broken_laws(marts: Marts) -> Iterator[str]:
    """Where an edition breaks a law of the money, in words."""
    billed = {(row["account_id"], row["billing_period"]): row for row in marts["bills"]}
    lines = _total(marts["bill_lines"], "account_id", "billing_period")
    yield from (
        f"bill {key}: its lines are {lines.get(key)}" for key in billed if billed[key]["amount"] != lines.get(key)
    )
    yield from (f"lines {key} have no bill" for key in lines.keys() - billed.keys())
    applied = _total(marts["payment_applications"], "account_id", "billing_period")
    for key, amount in applied.items():
        bill = Decimal(0) if billed[key]["is_provisional"] else billed[key]["amount"]
        if not min(bill, Decimal(0)) <= amount <= max(bill, Decimal(0)):
            yield f"bill {key} of {bill}: {amount} are applied"
    for row in marts["collection_rates"]:
        if row["dimension"] == "branch":
            period = row["billing_period"]
            receivable = sum(
                (one["amount"] for key, one in billed.items() if key[1] == period and not one["is_provisional"]),
                Decimal(0),
            )
            received = sum((amount for key, amount in applied.items() if key[1] == period), Decimal(0))
            if (row["receivable"], row["received"]) != (receivable, received):
                yield f"{period}: receivable {row['receivable']}, received {row['received']}: {receivable}, {received}"
    yield from _broken_balance(marts)
    statements = {(row["agent_id"], row["settlement_period"]): row["amount"] for row in marts["commission_statements"]}
    if statements != _total(marts["commission_lines"], "agent_id", "settlement_period"):
        yield "statements are not the sums of their lines"
    for row in marts["settlement_restatements"]:
        if row["amount"] != row["recalculated_amount"] - row["locked_amount"] - row["restated_before"]:
            yield f"restated: {row}"


def _broken_balance(marts: Marts) -> Iterator[str]:
    """SPEC 10.1: lines are bills, bills are settled or open, and all cash is settled or left."""
    of_step: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in marts["revenue_balance_monthly"]:
        of_step[row["billing_period"], row["step"]] += row["amount"] or Decimal(0)
    for period in {period for period, _ in of_step}:
        line, bill, settled, unpaid = (of_step[period, step] for step in ("line", "bill", "settlement", "open"))
        if line != bill or bill - settled != unpaid:
            yield f"balance of {period}: lines {line}, bills {bill}, settled {settled}, open {unpaid}"
    cash, settled, left = (
        sum((amount for (_, one), amount in of_step.items() if one == step), Decimal(0))
        for step in ("cash", "settlement", "left")
    )
    settled -= sum(row["amount"] for row in marts["revenue_balance_monthly"] if row["item"] == "written_off")
    if cash != settled + left:
        yield f"cash {cash}, settled {settled}, left {left}"


def _total(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[str, ...], Decimal]:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[tuple(row[key] for key in keys)] += row["amount"]
    return dict(sums)


def _sums(lines: Any) -> dict[tuple[str, str, str], Decimal]:
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in lines:
        sums[row["agent_id"], row["settlement_period"], row["line_kind"]] += row["amount"]
    return sums


def _of_period(marts: Marts, period: str) -> dict[str, list[str]]:
    """The bills, lines and rated calls of a period, to the last column."""
    return {
        mart: sorted(repr(sorted(row.items())) for row in marts[mart] if row["billing_period"] == period)
        for mart in ("bills", "bill_lines", "rated_calls")
    }


def _lines_of(marts: Marts, settlement: str) -> list[str]:
    return sorted(
        repr([row[name] for name in _LINE])
        for row in marts["commission_lines"]
        if row["settlement_period"] == settlement
    )


def _of_open(rows: list[dict[str, Any]], locked: dict[str, list[str]]) -> list[str]:
    """The rows of settlements that are not locked, without what is restated in them."""
    return sorted(
        repr(sorted(row.items()))
        for row in rows
        if row["settlement_period"] not in locked and row["line_kind"] != _RESTATED
    )
