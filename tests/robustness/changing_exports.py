"""A branch whose exports change at random from day to day: what is delivered, drawn by a seed, and the two ways to run over it.

Customers leave and come back, change class, agent and outlet; accounts change hands and merge; numbers are given up, dropped,
corrected and given to others; payments come in windows, are deleted, reversed and refunded; charges, credits and write-offs are
made by hand, approved or not; unpaid bills bear a late fee; a bank collects, refuses and takes back. Each file is delivered on its
day, or some days later, or never. Run step by step, the branch publishes the marts of one run over everything, and these are the
oracle's. Between the runs periods are closed and settlements locked (month_ends.py), and in the end the periods are reopened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.integration.harness import COMPARED, without_ids
from tests.integration.harness import Branch as Publisher
from tests.integration.harness import differences as key_differences
from tests.oracle import compute
from tests.robustness.branch import EXPORTS, SWITCH, Branch, cdr, new_branch
from tests.robustness.month_ends import OF_DECISIONS, MonthEnds, Type
from tests.torture.kills import differences, rows_of

HEADERS = {table: content.splitlines()[0] for table, content in EXPORTS.items()} | {
    "payments": "payment_id,account_id,paid_at,amount,channel,outlet_id,reverses_payment_id",
    "account_adjustments": (
        "adjustment_id,account_id,kind,amount,dated_on,bill_item_id,service_number,reason,prepared_by,approved_by,reverses_adjustment_id"
    ),
}
NUMBERS = [f"22000{at:02d}" for at in range(1, 10)]
BANK = "ICBC"
#: What becomes of a file: it comes on its day, some days later, or never.
_ON_TIME, _NEVER = 0, -1


@dataclass(frozen=True)
class Delivered:
    """A file, and the day on which it comes, counted from 0."""

    day: int
    folder: str
    name: str
    content: str


@dataclass
class _Customer:
    customer_class: str
    agent_id: str
    outlet_id: str
    is_listed: bool = True


@dataclass
class _World:
    """The truth as the customer system has it on a day; what is exported of it is drawn table by table."""

    random: Random
    customers: dict[str, _Customer] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # account → customer
    intervals: list[list[str]] = field(default_factory=list)  # number, account, valid_from, valid_to
    subscriptions: dict[str, list[str]] = field(default_factory=dict)  # id → account, number, promotion, from, to
    payments: dict[str, list[str]] = field(default_factory=dict)  # id → account, paid_at, amount, reverses
    merges: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    adjustments: list[list[str]] = field(default_factory=list)  # id, account, kind, amount, and the other columns
    collected: list[tuple[str, str, Decimal]] = field(default_factory=list)  # account, period, amount
    debits: list[tuple[str, str]] = field(default_factory=list)  # payment id of a bank's debit, account
    batches: int = 0

    def begin(self) -> None:
        for at in range(1, 7):
            self.customers[f"C{at}"] = _Customer(
                self.random.choice(("residential", "business")),
                self.random.choice(("", "AG1", "AG2")),
                self.random.choice(("OU1", "OU2")),
            )
            self.accounts[f"A{at}"] = f"C{at}"
        for at, number in enumerate(NUMBERS[:7]):
            account = f"A{at % 6 + 1}"
            self.intervals.append([number, account, "2025-01-01 00:00:00", ""])
            self.subscriptions[f"S{at + 1}"] = [account, number, self.random.choice(("", "MATCH")), "2025-01-01", ""]

    def change(self, day: date) -> None:
        """What happens on a day: a handful of the things that happen."""
        changes = (
            self._leave_or_return, self._change_customer, self._move_account, self._drop_number, self._correct_number,
            self._give_number, self._end_number, self._drop_subscription, self._end_subscription, self._new_subscription,
            self._pay, self._pay, self._pay, self._reverse, self._refund, self._delete_payment, self._merge, self._complain,
            self._adjust, self._adjust, self._write_off, self._write_off, self._take_write_off_back,
        )  # fmt: skip
        for happens in self.random.sample(changes, self.random.randint(7, 12)):
            happens(day)

    def _account(self) -> str:
        return self.random.choice(sorted(self.accounts))

    def _moment(self, day: date) -> str:
        at = datetime(day.year, day.month, day.day) + timedelta(minutes=self.random.randrange(24 * 60))
        return f"{at:%Y-%m-%d %H:%M:%S}"

    def _recent(self, day: date, days: int = 20) -> date:
        return max(day - timedelta(days=self.random.randrange(days)), date(2026, 3, 1))

    def _leave_or_return(self, day: date) -> None:
        customer = self.customers[self.random.choice(sorted(self.customers))]
        customer.is_listed = not customer.is_listed

    def _change_customer(self, day: date) -> None:
        customer = self.customers[self.random.choice(sorted(self.customers))]
        customer.customer_class = self.random.choice(("residential", "business"))
        customer.agent_id = self.random.choice(("", "AG1", "AG2"))
        customer.outlet_id = self.random.choice(("OU1", "OU2"))

    def _move_account(self, day: date) -> None:
        self.accounts[self._account()] = self.random.choice(sorted(self.customers))

    def _open_interval(self) -> list[str] | None:
        intervals = [interval for interval in self.intervals if not interval[3]]
        return self.random.choice(intervals) if intervals else None

    def _drop_number(self, day: date) -> None:
        interval = self._open_interval()
        if interval is not None:
            self.intervals.remove(interval)

    def _correct_number(self, day: date) -> None:
        interval = self._open_interval()
        if interval is None:
            return
        if self.random.random() < 0.5:
            interval[1] = self._account()
        else:
            interval[2] = self._moment(self._recent(day, 30))

    def _give_number(self, day: date) -> None:
        """A number goes to another account: its old interval is ended, or simply gone."""
        number, from_moment = self.random.choice(NUMBERS), self._moment(self._recent(day, 4))
        for interval in [one for one in self.intervals if one[0] == number and not one[3]]:
            if self.random.random() < 0.5:
                self.intervals.remove(interval)
            else:
                interval[3] = max(from_moment, interval[2])
        self.intervals.append([number, self._account(), from_moment, ""])

    def _end_number(self, day: date) -> None:
        interval = self._open_interval()
        if interval is not None:
            interval[3] = max(self._moment(self._recent(day, 6)), interval[2])

    def _drop_subscription(self, day: date) -> None:
        if self.subscriptions:
            del self.subscriptions[self.random.choice(sorted(self.subscriptions))]

    def _end_subscription(self, day: date) -> None:
        if self.subscriptions:
            subscription = self.subscriptions[self.random.choice(sorted(self.subscriptions))]
            subscription[4] = max(f"{self._recent(day)}", subscription[3])

    def _new_subscription(self, day: date) -> None:
        account, number = self._account(), self.random.choice(NUMBERS)
        name = f"S{day:%m%d}{self.random.randrange(100)}"
        self.subscriptions[name] = [account, number, self.random.choice(("", "MATCH")), f"{self._recent(day)}", ""]

    def _pay(self, day: date) -> None:
        amount = self.random.choice(("20.00", "7.50", "40.00", "0.35", "61.10"))
        name = f"P{day:%m%d}{self.random.randrange(1000)}"
        self.payments[name] = [self._account(), self._moment(self._recent(day, 9)), amount, ""]

    def _reverse(self, day: date) -> None:
        """A payment is taken back, whole or in part, some of them by name; the name may be wrong."""
        taken = [name for name, payment in sorted(self.payments.items()) if not payment[2].startswith("-")]
        if not taken:
            return
        name = self.random.choice(taken)
        account, paid_at, amount, _ = self.payments[name]
        part = Decimal(amount) if self.random.random() < 0.6 else min(Decimal(amount), Decimal("5.00"))
        at = max(paid_at, self._moment(self._recent(day, 3)))
        debits = [name for name, of_account in self.debits if of_account == account]
        named = self.random.choice((name, name, "", "P-UNKNOWN", *debits[-1:]))
        self.payments[f"V{day:%m%d}{self.random.randrange(1000)}"] = [account, at, f"-{part}", named]

    def _refund(self, day: date) -> None:
        name = f"F{day:%m%d}{self.random.randrange(1000)}"
        self.payments[name] = [self._account(), self._moment(self._recent(day, 5)), "-12.00", ""]

    def _delete_payment(self, day: date) -> None:
        if self.payments:
            del self.payments[self.random.choice(sorted(self.payments))]

    def _merge(self, day: date) -> None:
        one, other = self.random.sample(sorted(self.accounts), 2)
        if not any(f",{one}," in merge or f",{other}," in merge for merge in self.merges):
            self.merges.append(f"M{len(self.merges)},{one},{other},{self._moment(self._recent(day))},OU1")

    def _complain(self, day: date) -> None:
        self.complaints.append(f"K{len(self.complaints)},{self._account()},OU1,{self._moment(day)},,bill,true")

    def _adjustment(
        self, account: str, kind: str, amount: str, dated_on: date, item: str = "", reverses: str = ""
    ) -> None:
        """One row; now and then it lacks its approval, or is approved by who prepared it."""
        approved = self.random.choice(("chen",) * 6 + ("", "Lin "))
        name = f"J{len(self.adjustments):03d}"
        number = self.random.choice(("", NUMBERS[0])) if item else ""
        self.adjustments.append(
            [name, account, kind, amount, f"{dated_on}", item, number, "by hand", "lin", approved, reverses]
        )

    def _adjust(self, day: date) -> None:
        item = self.random.choice(("RENTAL", "CALLS", "RENTAL", "NOWHERE"))
        kind = self.random.choice(("charge", "credit", "credit", "gift"))
        amount = self.random.choice(("3.00", "0.01", "45.55"))
        self._adjustment(self.random.choice((self._account(), "A99")), kind, amount, self._recent(day, 40), item)

    def _write_off(self, day: date) -> None:
        amount = self.random.choice(("5.00", "12.30", "31.00"))
        self._adjustment(self._account(), "write_off", amount, self._recent(day, 10))

    def _take_write_off_back(self, day: date) -> None:
        made = [row for row in self.adjustments if row[2] == "write_off"]
        if made:
            name, account, _, amount, dated_on, *_ = self.random.choice(made)
            part = self.random.choice((amount, "2.00"))
            back_on = max(self._recent(day, 5), date.fromisoformat(dated_on))
            self._adjustment(
                account, "write_off_reversal", part, back_on, reverses=self.random.choice((name, name, "J"))
            )

    def exported(self, table: str, day: date) -> list[str]:
        """The rows of a table's snapshot of a day. Some rows cannot be read but for their key."""
        if table == "customers":
            return [
                f"{name},Name of {name},{it.customer_class},{self._spoilt('false')},BU1,{it.outlet_id},{it.agent_id},2025-01-01,"
                for name, it in self.customers.items()
                if it.is_listed
            ]
        if table == "accounts":
            return [
                f"{name},{owner},debit,{BANK},622200{name[1:]},{self._spoilt('2025-01-01')},"
                for name, owner in self.accounts.items()
            ]
        if table == "service_numbers":
            return [
                f"{number},{account},EX1,,{start},{self._spoilt(end)}"
                for number, account, start, end in self._holdings()
            ]
        if table == "subscriptions":
            return [
                f"{name},{account},{number},LINE,{promotion},{self._spoilt(start)},{end}"
                for name, (account, number, promotion, start, end) in self.subscriptions.items()
            ]
        if table == "payments":
            from_day = f"{self.random.choice((date(2026, 1, 1), self._recent(day, 40)))}"
            return [
                f"{name},{account},{paid_at},{self._spoilt(amount)},counter,OU1,{reverses}"
                for name, (account, paid_at, amount, reverses) in self.payments.items()
                if paid_at >= from_day
            ]
        if table == "account_adjustments":
            return [",".join([*row[:3], self._spoilt(row[3]), *row[4:]]) for row in self.adjustments]
        return {"account_merges": self.merges, "complaints": self.complaints}.get(table, [])

    def _holdings(self) -> list[list[str]]:
        """The intervals, each key once; some that have ended are listed no more."""
        listed: dict[tuple[str, ...], list[str]] = {}
        for interval in self.intervals:
            if not interval[3] or self.random.random() < 0.7:
                listed[tuple(interval[:3])] = interval
        return list(listed.values())

    def _spoilt(self, text: str) -> str:
        return "?" if self.random.random() < 0.04 else text

    def calls(self, day: date) -> list[str]:
        """A call of each number, near or far."""
        return [
            f"{number},{self.random.choice(('2299999', '01012345678'))},,,{self._moment(day)},{self.random.randint(1, 400)},16"
            for number in NUMBERS
        ]

    def bank_file(self, day: date) -> tuple[str, str]:
        """A result file: debits of the month before that are collected or refused, and debits that go back."""
        self.batches += 1
        period = f"{(day.replace(day=1) - timedelta(days=1)):%Y-%m}"
        lines = []
        if self.collected and self.random.random() < 0.5:
            account, period, amount = self.random.choice(self.collected)
            lines.append((account, min(amount, self.random.choice((amount, Decimal("5.00")))), "51"))
        accounts = self.random.sample(sorted(self.accounts), 2)
        for account in accounts:
            if account not in (line[0] for line in lines):
                amount = self.random.choice((Decimal("20.00"), Decimal("20.30"), Decimal("5.00")))
                code = self.random.choice(("00", "00", "51"))
                lines.append((account, amount, code))
                if code == "00":
                    self.collected.append((account, period, amount))
                    self.debits.append((f"{BANK}:B{self.batches}:{day}:{len(lines)}", account))
        total = sum((amount for _, amount, _ in lines), Decimal(0))
        taken = [amount for _, amount, code in lines if code == "00"]
        text = [
            f"H|{BANK}|B{self.batches}|{period}|{day}|{len(lines)}|{total}|{len(taken)}|{sum(taken, Decimal('0.00'))}",
            *(f"D|{at}|{account}||{amount}|{code}" for at, (account, amount, code) in enumerate(lines, start=1)),
            f"T|{len(lines)}",
        ]
        return f"{BANK}_{day:%Y%m%d}_B{self.batches}.txt", "\n".join(text) + "\n"


def drawn(seed: int, days: int) -> list[Delivered]:
    """The files of a branch over some days between March and May."""
    random = Random(seed)
    world = _World(random)
    world.begin()
    dates = sorted(date(2026, 3, 1) + timedelta(days=at) for at in random.sample(range(90), days))
    return list(_files(world, dates))


def _files(world: _World, dates: list[date]) -> Iterator[Delivered]:
    """The files of each day. Those of the first day and of the last come on their day."""
    random, last = world.random, len(dates) - 1
    for at, day in enumerate(dates):
        if at:
            world.change(day)
        is_awkward = 0 < at < last
        for table, header in HEADERS.items():
            late = random.choice((_ON_TIME,) * 7 + (1, 2, _NEVER)) if is_awkward else _ON_TIME
            rows = world.exported(table, day)
            if rows and random.random() < 0.2:
                rows.insert(random.randrange(len(rows) + 1), random.choice(rows))  # its key twice: the first counts
            content = "\n".join([header, *rows]) + "\n"
            if late != _NEVER:
                yield Delivered(min(at + late, last), "customers", f"{table}_{day:%Y%m%d}.csv", content)
        late = random.choice((0, 0, 0, 1)) if is_awkward else _ON_TIME
        name = f"{SWITCH}_{day:%Y%m%d}_{at + 1:06d}.csv"
        yield Delivered(min(at + late, last), f"cdr/{SWITCH}", name, cdr(world.calls(day)))
        for _ in range(random.randint(0, 2)):
            name, content = world.bank_file(day)
            yield Delivered(min(at + random.choice((0, 0, 1)), last), f"bank/{BANK}", name, content)


def furnished(home: Path) -> Branch:
    """The branch before its first delivery."""
    branch = new_branch(home)
    branch.spoil("products", "LINE,RENTAL,20.00,none", "LINE,RENTAL,31.00,daily")
    branch.add("agents", "AG2,代理二,Agent two,BU1,CP1")
    branch.add("gate_thresholds", "export_rows,,1")
    rules = "2026-01-01,2026-05-10,0.3,RENTAL\n2026-05-10,,7.5,CALLS\n"
    branch.write_table("late_fee_rules", f"valid_from,valid_to,percent_per_day,bill_item_id\n{rules}")
    return branch


def compared(folder: Path, files: list[Delivered], runs: int, type_: Type, seed: int) -> tuple[list[str], list[str]]:
    """What was decided between some runs, each over the files of some days; and where their marts, once all is reopened, are not those
    of one run over everything, row by row, and where those are not the oracle's."""
    step_by_step, at_once = furnished(folder / "step-by-step"), furnished(folder / "at-once")
    month_ends = MonthEnds(step_by_step, type_, Random(seed))
    days = max(file.day for file in files) + 1
    for number in range(runs):
        for file in files:
            if file.day * runs // days == number:
                step_by_step.deliver(file.folder, file.name, file.content)
        type_(step_by_step, "run")
        month_ends.check()
        if number < runs - 1:
            month_ends.decide()
    month_ends.reopen_all()
    for file in files:
        at_once.deliver(file.folder, file.name, file.content)
    type_(at_once, "run")
    assert step_by_step.manifest["as_of"] == at_once.manifest["as_of"]
    expected = rows_of(at_once.published)
    for mart in (
        "rated_calls", "bills", "payment_applications", "debit_failures", "collection_rates", "account_adjustments", "late_fees",
    ):  # fmt: skip
        assert expected[mart], f"{mart}: nothing to compare"
    found = rows_of(step_by_step.published)
    for mart in OF_DECISIONS:
        found.pop(mart), expected.pop(mart)
    apart = list(month_ends.against(Publisher(at_once.home, at_once.book).marts()))
    return month_ends.done, [*differences(found, expected), *apart, *not_as_the_oracle(at_once)]


def not_as_the_oracle(branch: Branch) -> list[str]:
    """Where the marts of a branch that has run once over everything are not the oracle's."""
    marts = without_ids(Publisher(branch.home, branch.book).marts())
    oracle = compute(branch.home / "inbox", branch.book)
    return [
        f"{mart}, by the oracle: {told}"
        for mart in COMPARED
        for told in key_differences(mart, marts[mart], oracle[mart])
    ]
