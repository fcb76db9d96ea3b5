"""Payments at counters: on time, late, in part or never, and the planted ones. Debits are in bank."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

import numpy as np

from seeds.demo_city.awkward_people import Cast
from seeds.demo_city.book import Row
from seeds.demo_city.calendar import next_month
from seeds.demo_city.estimate import Estimates
from seeds.demo_city.packaged import PARTS as PACKAGED
from seeds.demo_city.people import Account, City

FEN = Decimal("0.01")
_DELETED_AMOUNT = "77.77"


class Payments:
    """Collects the payments export's rows, in the order of payment."""

    def __init__(self, city: City, cast: Cast, estimates: Estimates) -> None:
        self.city = city
        self.cast = cast
        self.estimates = estimates
        self.rng = city.stream(3)
        self._rows: list[tuple[datetime, str, Decimal, str, str]] = []
        # How surely an outlet's customers pay: some agents press harder than others.
        self._surety = {outlet: float(self.rng.uniform(0.84, 0.985)) for outlet in city.outlets}
        self._outlet = {customer.customer_id: customer.outlet_id for customer in city.customers}

    def make(self, refused: list[tuple[Account, date]]) -> list[Row]:
        """All payments known by the last day; `refused` are accounts and months that the bank did not debit."""
        apart = {self.cast[part].account.account_id for part in (*APART, *PACKAGED)}
        for month in self.city.calendar.ended_months():
            for account in self.city.accounts:
                if account.payment_method == "counter" and account.account_id not in apart:
                    self._pay(account, month, self._surety.get(self._outlet.get(account.customer_id, ""), 0.9))
        for account, month in refused:
            self._pay(account, month, 0.55, late=True)
        for month in self.city.calendar.ended_months():
            for part in PACKAGED:
                self._pay(self.cast[part].account, month, 0.95)
        self._planted()
        self._rows.sort(key=lambda row: (row[0], row[1], row[2]))
        rows = [
            {
                "payment_id": f"P{number:07d}",
                "account_id": account_id,
                "paid_at": paid_at.strftime("%Y-%m-%d %H:%M:%S"),
                "amount": f"{amount:.2f}",
                "channel": channel,
                "outlet_id": outlet,
                "reverses_payment_id": "",
            }
            for number, (paid_at, account_id, amount, channel, outlet) in enumerate(self._rows, start=1)
        ]
        self._delete(rows)
        return sorted([*rows, *self._reversals(rows)], key=lambda row: row["paid_at"])

    def _reversals(self, rows: list[Row]) -> list[Row]:
        """The first payment was entered on the wrong account and is reversed the day after. A prepaying customer gets a part of
        his money back, without reference to a payment."""
        reversals: list[Row] = []
        deleted = self.city.deleted_payments
        wrong = next((row for row in rows if row["channel"] == "counter" and row["payment_id"] not in deleted), None)
        refunded = self.cast["resident_2"].account.account_id
        prepaid = next((row for row in reversed(rows) if row["account_id"] == refunded), None)
        for number, (row, amount, named) in enumerate(
            [(wrong, None, True), (prepaid, "30.00", False)],
            start=1,
        ):
            if row is None:
                continue
            paid_at = datetime.strptime(row["paid_at"], "%Y-%m-%d %H:%M:%S") + timedelta(days=1)
            if paid_at.date() > self.city.calendar.last_day:
                continue
            reversal = {
                **row,
                "payment_id": f"R{number:07d}",
                "paid_at": paid_at.strftime("%Y-%m-%d %H:%M:%S"),
                "amount": f"-{amount or row['amount']}",
                "reverses_payment_id": row["payment_id"] if named else "",
            }
            reversals.append(reversal)
            self.city.planted.add(
                "payment_reversed" if named else "payment_refunded",
                {
                    "payment_id": row["payment_id"],
                    "reversal_id": reversal["payment_id"],
                    "account_id": row["account_id"],
                    "amount": amount or row["amount"],
                    "reversed_on": f"{paid_at:%Y-%m-%d}",
                },
            )
        return reversals

    def _delete(self, rows: list[Row]) -> None:
        """The customer system deletes a payment that it exported before."""
        account_id, last = self.cast["clumsy"].account.account_id, self.city.calendar.last_day
        for row in rows:
            if row["account_id"] == account_id and row["amount"] == _DELETED_AMOUNT:
                self.city.deleted_payments[row["payment_id"]] = last
                self.city.planted.add("payment_vanished", row["payment_id"])

    def _add(self, account_id: str, paid_at: datetime, amount: Decimal, channel: str, outlet: str) -> bool:
        if paid_at.date() > self.city.calendar.last_day or amount <= 0:
            return False
        self._rows.append((paid_at, account_id, amount, channel, outlet))
        return True

    def _pay(self, account: Account, month: date, surety: float, late: bool = False) -> None:
        rng = self.rng
        owed = Decimal(f"{self.estimates.get((account.account_id, month), 0.0):.2f}")
        draws = rng.random(4)
        day, second = int(rng.integers(1, 24)), int(rng.integers(8 * 3600, 18 * 3600))
        if owed <= 0 or draws[0] >= surety:
            return
        if late or draws[1] < 0.06:
            day += int(rng.integers(14, 32))
        paid_at = datetime.combine(next_month(month), datetime.min.time()) + timedelta(days=day, seconds=second)
        outlet = self._outlet.get(account.customer_id, "")
        channel, outlet = ("other", "") if draws[3] < 0.06 else ("counter", outlet)
        self._add(account.account_id, paid_at, self._amount(owed, float(draws[2])), channel, outlet)

    @staticmethod
    def _amount(owed: Decimal, draw: float) -> Decimal:
        if draw < 0.04:
            return (owed * Decimal("0.6")).quantize(FEN)
        if draw < 0.50:
            return owed.quantize(Decimal(1), rounding=ROUND_CEILING)
        if draw < 0.62:
            return Decimal(10) * (owed / 10).quantize(Decimal(1), rounding=ROUND_CEILING)
        return owed

    def _planted(self) -> None:
        planted, calendar = self.city.planted, self.city.calendar
        late = datetime.combine(calendar.last_day - timedelta(days=2), datetime.min.time()) + timedelta(hours=10)
        outlet = self.cast["resident"].customer.outlet_id
        for number in range(2):
            account_id = f"A99000{number + 1}"
            if self._add(account_id, late + timedelta(hours=number), Decimal("50.00"), "counter", outlet):
                planted.add("payment_unknown_account", account_id)
        if not calendar.ended_months():
            return
        for part in ("resident", "resident_2", "family"):
            account_id = self.cast[part].account.account_id
            if self._add(account_id, late, Decimal("500.00"), "counter", outlet):
                planted.add("prepaid_rest", account_id)
        before_last = datetime.combine(calendar.month_starts[-1] - timedelta(days=9), datetime.min.time())
        clumsy = self.cast["clumsy"].account.account_id
        self._add(clumsy, before_last + timedelta(hours=11), Decimal(_DELETED_AMOUNT), "counter", outlet)
        chain = [self.cast[part].account.account_id for part in ("chain_first", "chain_second", "chain_last")]
        owed = [self.estimates.get((a, month), 0.0) for a in chain for month in calendar.ended_months()]
        amount = Decimal(f"{float(np.sum(owed)):.2f}")
        if self._add(chain[-1], late + timedelta(minutes=7), amount, "counter", outlet):
            planted.add(
                "payment_over_three_bills",
                {"account_id": chain[-1], "amount": f"{amount:.2f}", "bills": len(owed)},
            )


#: Parts whose accounts pay by plan or not at all.
APART = ("resident", "resident_2", "family", "chain_first", "chain_second", "chain_last", "debtor")
