"""Damage to what a file means, byte by byte well formed: what other people's clocks, exports and spreadsheets do to it.

A branch has issued the bills of March and taken in the beginning of April. A next file comes, damaged in its meaning, and is run.
What must hold: the run ends with exit code 0 only if no issued bill, no received sum and not the as-of date is another than before
the file or than the sound file gives, or a new row of the bulletin or a held or rejected file says why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings
from tests.robustness.branch import EXPORTS, SWITCH, Branch, calls_of_day, cdr, new_branch

DATE = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
Damage = Callable[["Next"], "list[Next]"]


@dataclass(frozen=True)
class Next:
    """A file that comes next: its folder, name and content, and the day that it is of."""

    folder: str
    name: str
    content: str
    encoding: str = "utf-8"
    companion: str | None = None

    def renamed(self, old: str, new: str) -> Next:
        """With another text in its name."""
        assert old in self.name
        return Next(self.folder, self.name.replace(old, new), self.content, self.encoding, self.companion)

    def saying(self, content: str, encoding: str = "utf-8") -> Next:
        """With another content; a companion that counted the old one stays as it was."""
        return Next(self.folder, self.name, content, encoding, self.companion)

    def to(self, branch: Branch) -> None:
        """Put it into the inbox."""
        if self.companion is not None:
            branch.deliver(self.folder, f"{self.name}.ctl", self.companion)
        branch.deliver(self.folder, self.name, self.content.encode(self.encoding, errors="replace"))


@dataclass(frozen=True)
class Standing:
    """What must not move unsaid: the issued bills, what is received of each, the as-of date; and what says so."""

    bills: dict[tuple[str, str], tuple[object, ...]]
    received: dict[tuple[str, str], Decimal]
    as_of: str
    said: frozenset[tuple[object, ...]]

    @staticmethod
    def of(branch: Branch) -> Standing:
        """The current edition's."""
        columns = "account_id, billing_period, amount, customer_id, customer_class, business_unit_id, agent_id, outlet_id, is_provisional"
        bills = {(row[0], row[1]): row[2:-1] for row in branch.mart("bills", columns) if not row[-1]}
        received: dict[tuple[str, str], Decimal] = {}
        for account, period, amount in branch.mart("payment_applications", "account_id, billing_period, amount"):
            received[account, period] = received.get((account, period), Decimal(0)) + amount
        # Not the detail: it has the days since, which go on by themselves.
        said: set[tuple[object, ...]] = {("bulletin", *row) for row in branch.mart("problem_bulletin", "problem_id")}
        # From the ledger, which `tollhouse files` and `tollhouse status` show: the edition has no files dated after its as-of date.
        with FileLedger(Settings.from_environment(branch.settings).ledger_path, read_only=True) as ledger:
            files = [(entry.file_name, entry.status, entry.status_reason) for entry in ledger.files()]
        said |= {("file", *row) for row in files if row[1] != "loaded"}
        return Standing(bills, received, branch.manifest["as_of"], frozenset(said))


def march_and_the_beginning_of_april(home: Path) -> Branch:
    """Three days of March and two of April, two exports, a payment and a bank batch: March's bills are issued and partly paid."""
    branch = new_branch(home)
    for month, day in ((3, 2), (3, 3), (3, 30), (4, 1), (4, 2)):
        branch.deliver_day(day, month)
    branch.deliver_exports("20260301")
    branch.deliver_exports("20260401")
    branch.deliver("bank/ICBC", "ICBC_20260402_B1.txt", bank_file("B1", "2026-04-02", "1.00"))
    return branch


def bank_file(batch: str, day: str, amount: str) -> str:
    """A canonical result of one line that ICBC collected of A2 for March."""
    return f"H|ICBC|{batch}|2026-03|{day}|1|{amount}|1|{amount}\nD|1|A2|6222|{amount}|00\nT|1\n"


def next_files() -> dict[str, Next]:
    """The sound files of 3 April, one of each kind."""
    calls = cdr(calls_of_day("2026-04-03"))
    payments = EXPORTS["payments"] + "P2,A1,2026-04-02 09:00:00,3.00,counter,OU1\n"
    return {
        "cdr": Next(f"cdr/{SWITCH}", f"{SWITCH}_20260403_004003.csv", calls, companion="records=7\nseconds=540\n"),
        "bank": Next("bank/ICBC", "ICBC_20260403_B2.txt", bank_file("B2", "2026-04-03", "1.50")),
        "customers": Next("customers", "customers_20260403.csv", EXPORTS["customers"]),
        "accounts": Next("customers", "accounts_20260403.csv", EXPORTS["accounts"]),
        "service_numbers": Next("customers", "service_numbers_20260403.csv", EXPORTS["service_numbers"]),
        "subscriptions": Next("customers", "subscriptions_20260403.csv", EXPORTS["subscriptions"]),
        "payments": Next("customers", "payments_20260403.csv", payments),
    }


def _dates(change: Callable[[re.Match[str]], str]) -> Damage:
    """Every date within the file otherwise."""
    return lambda file: [file.saying(DATE.sub(change, file.content))]


def _in_the_name(new: str) -> Damage:
    return lambda file: [file.renamed("20260403", new)]


def _lines(change: Callable[[list[str]], list[str]]) -> Damage:
    """Header and rows otherwise."""
    return lambda file: [file.saying("\n".join(change(file.content.rstrip("\n").split("\n"))) + "\n")]


def _spreadsheet(file: Next) -> list[Next]:
    """Opened and saved: dates with slashes, long numbers in scientific notation, leading zeros gone, semicolons kept away, a BOM."""
    text = DATE.sub(lambda m: f"{m[1]}/{int(m[2])}/{int(m[3])}", file.content)
    text = re.sub(r"(?<![\d/:.])(\d)(\d{6,})(?![\d/:.])", lambda m: f"{m[1]}.{m[2][:2]}E+{len(m[2]):02d}", text)
    text = re.sub(r"(?<=[,|])0+(\d)", r"\1", text)
    return [file.saying("\ufeff" + text.replace("\n", "\r\n"))]


def _folded(file: Next) -> list[Next]:
    """Every line cut at its fortieth sign, as a mail or a terminal folds."""
    rows = file.content.split("\n")
    return [
        file.saying("\n".join("\n".join(row[at : at + 40] for at in range(0, max(1, len(row)), 40)) for row in rows))
    ]


def _negative(file: Next) -> list[Next]:
    return [file.saying(re.sub(r"(?<=[,|])(\d+\.\d\d)(?=[,|\n])", r"-\1", file.content))]


def _restarted(file: Next) -> list[Next]:
    """The counter in the name begins again: the number of a file that is loaded."""
    return [
        file.renamed("_004003", "_003002")
        if "_004003" in file.name
        else file.renamed("_B2", "_B1")
        if "_B2" in file.name
        else file
    ]


def _hours(hours: int) -> Damage:
    """Every clock time so many hours later, over midnight into the same day again, as a clock without date does."""

    def later(match: re.Match[str]) -> str:
        return f"{(int(match[1]) + hours) % 24:02d}{match[2]}"

    return lambda file: [file.saying(re.sub(r"(?<= )(\d\d)(:\d\d:\d\d)", later, file.content))]


DAMAGE: dict[str, Damage] = {
    "a year too early within": _dates(lambda m: f"{int(m[1]) - 1}-{m[2]}-{m[3]}"),
    "a year too late within": _dates(lambda m: f"{int(m[1]) + 1}-{m[2]}-{m[3]}"),
    "1970 within": _dates(lambda m: "1970-01-01"),
    "day and month swapped within": _dates(lambda m: f"{m[1]}-{m[3]}-{m[2]}"),
    "1970 in the name": _in_the_name("19700101"),
    "2062 in the name": _in_the_name("20620403"),
    "last year in the name": _in_the_name("20250403"),
    "day and month swapped in the name": _in_the_name("20260304"),
    "in UTF-16": lambda file: [file.saying(file.content, "utf-16")],
    "in GB18030": lambda file: [file.saying(file.content.replace("Zhang", "张"), "gb18030")],
    "through a spreadsheet": _spreadsheet,
    "header only": _lines(lambda rows: rows[:1]),
    "empty": lambda file: [file.saying("")],
    "its last row lacking": _lines(lambda rows: rows[:-1]),
    "its first row lacking": _lines(lambda rows: rows[:1] + rows[2:]),
    "rows twice": _lines(lambda rows: rows + rows[1:]),
    "twice, the second a day later": lambda file: [file, file.renamed("20260403", "20260404")],
    "folded": _folded,
    "signs reversed": _negative,
    "counter restarted": _restarted,
    "the clock three hours on": _hours(3),
    "the clock twenty hours on": _hours(20),
}


def unsaid(before: Standing, after: Standing, sound: Standing) -> list[str]:
    """What moved to where neither the time before nor the sound file has it, where nothing new says why."""
    if after.said - before.said - sound.said:
        return []
    moved = [
        f"bill {key}: {before.bills.get(key)} became {after.bills.get(key)}"
        for key in sorted(before.bills.keys() | after.bills.keys())
        if after.bills.get(key) not in (before.bills.get(key), sound.bills.get(key))
    ]
    moved += [
        f"received of {key}: {before.received.get(key)} became {after.received.get(key)}"
        for key in sorted(before.received.keys() | after.received.keys())
        if after.received.get(key) not in (before.received.get(key), sound.received.get(key))
    ]
    if after.as_of not in (before.as_of, sound.as_of):
        moved.append(f"the as-of date: {before.as_of} became {after.as_of}")
    return moved


@dataclass
class MeaningFuzz:
    """The branch before, and what the sound next file of each kind gives, each run once."""

    folder: Path
    branch: Branch
    before: Standing
    sound: dict[str, Standing]

    @staticmethod
    def begin(folder: Path) -> MeaningFuzz:
        """Run the branch that the next files come to."""
        branch = march_and_the_beginning_of_april(folder / "before" / "home")
        typed = branch.tollhouse("run")
        assert typed.exit_code == 0, typed.message
        return MeaningFuzz(folder, branch, Standing.of(branch), {})

    def after(self, files: Iterable[Next], name: str) -> tuple[int, Standing]:
        """Exit code and standing of a copy of the branch after a run over these files."""
        copy = self.branch.copy_to(self.folder / name.replace(" ", "_") / "home")
        for file in files:
            file.to(copy)
        typed = copy.tollhouse("run")
        return typed.exit_code, Standing.of(copy)

    def check(self, kind: str, damage: str) -> list[str]:
        """What moved unsaid when the next file of the kind came with this damage; nothing is what must be."""
        file = next_files()[kind]
        if kind not in self.sound:
            code, self.sound[kind] = self.after([file], f"{kind} sound")
            assert code == 0, f"the sound {kind} file does not run"
        code, after = self.after(DAMAGE[damage](file), f"{kind} {damage}")
        return (
            [f"{kind}, {damage}: {what}" for what in unsaid(self.before, after, self.sound[kind])] if code == 0 else []
        )


def fuzz_meaning(folder: Path, pairs: int | None, random_seed: int) -> tuple[int, list[str]]:
    """So many pairs of kind and damage (None: all); how many they were, and what moved unsaid."""
    every = [(kind, damage) for kind in next_files() for damage in DAMAGE]
    chosen = every if pairs is None else Random(random_seed).sample(every, pairs)
    fuzz = MeaningFuzz.begin(folder)
    return len(chosen), [found for kind, damage in chosen for found in fuzz.check(kind, damage)]
