"""Bank result files: a batch per bank and month with failures by cause, retries, and batches that must be held."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from seeds.demo_city.awkward_people import quiet_line
from seeds.demo_city.calendar import next_month
from seeds.demo_city.estimate import Estimates
from seeds.demo_city.people import Account, City

#: One account in so many is refused by its bank.
REFUSED = 0.06
HELD_CASES = {"PSBC": "debit_held_trailer", "CCB": "debit_held_total", "ABC": "debit_held_unknown_code"}


@dataclass
class Batch:
    """A result file: one line per account debited."""

    bank_code: str
    batch_id: str
    billing_period: str
    debited_on: date
    lines: list[tuple[Account, Decimal, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The canonical file name."""
        return f"{self.bank_code}_{self.debited_on:%Y%m%d}_{self.batch_id}.txt"

    def text(self, success_code: str, more_total: str = "0.00", more_records: int = 0) -> str:
        """The file's text; the last two arguments make header and trailer lie."""
        paid = [amount for _, amount, code in self.lines if code == success_code]
        total = sum((amount for _, amount, _ in self.lines), Decimal(more_total))
        header = (
            f"H|{self.bank_code}|{self.batch_id}|{self.billing_period}|{self.debited_on}|{len(self.lines)}|{total:.2f}"
            f"|{len(paid)}|{sum(paid, Decimal(0)):.2f}"
        )
        details = [
            f"D|{number}|{account.account_id}|{account.bank_account}|{amount:.2f}|{code}"
            for number, (account, amount, code) in enumerate(self.lines, start=1)
        ]
        return "\n".join([header, *details, f"T|{len(self.lines) + more_records}"]) + "\n"


@dataclass
class DebitAccounts:
    """Accounts set aside for planted batches: one per failing ICBC code, and a few per held batch."""

    every_cause: list[tuple[Account, str]]
    held: dict[str, list[Account]]

    @property
    def ids(self) -> set[str]:
        """Accounts that ordinary batches leave out."""
        held = {account.account_id for accounts in self.held.values() for account in accounts}
        return held | {account.account_id for account, _ in self.every_cause}


def plant_debit_accounts(city: City) -> DebitAccounts:
    """Make the accounts of the planted batches, each with a quiet line."""

    def account(bank_code: str) -> Account:
        made = quiet_line(city, unit="BU02", method="debit").account
        made.bank_code = bank_code
        return made

    codes = [
        row for row in city.book["debit_result_codes"] if row["bank_code"] == "ICBC" and row["outcome"] == "failed"
    ]
    every_cause = [(account("ICBC"), row["result_code"]) for row in codes]
    return DebitAccounts(every_cause, {bank: [account(bank) for _ in range(3)] for bank in HELD_CASES})


class Bank:
    """Makes the batches of every ended month; remembers which accounts stay unpaid."""

    def __init__(self, city: City, estimates: Estimates, planted_accounts: DebitAccounts, folder: Path) -> None:
        self.city = city
        self.estimates = estimates
        self.special = planted_accounts
        self.folder = folder
        self.rng = city.stream(4)
        self.refused: list[tuple[Account, date]] = []
        self.files = 0
        self._names: dict[tuple[str, str], str] = {}
        self._serial: dict[str, int] = {}
        self._is_restarted = False
        self._codes: dict[str, dict[str, list[str]]] = {}
        for row in city.book["debit_result_codes"]:
            self._codes.setdefault(row["bank_code"], {}).setdefault(row["cause"], []).append(row["result_code"])

    def write_all(self) -> None:
        """Write every batch and the planted ones."""
        for month in self.city.calendar.ended_months():
            issued = next_month(month)
            for bank_code in self._codes:
                batch = self._main_batch(bank_code, month, issued + timedelta(days=9))
                self._write(batch)
                self._retry(batch, month)
                if bank_code in HELD_CASES and month == self.city.calendar.ended_months()[-1]:
                    self._held_batch(bank_code, month, issued + timedelta(days=13))
        self._stray_files()

    def _success(self, bank_code: str) -> str:
        return self._codes[bank_code]["none"][0]

    def _amount(self, account: Account, month: date) -> Decimal:
        return Decimal(f"{self.estimates.get((account.account_id, month), 0.0):.2f}")

    def _new(self, bank_code: str, month: date, debited_on: date) -> Batch:
        """The next batch of the bank. ICBC counts anew from the second month on, as a bank does with a new system."""
        is_restart = bank_code == "ICBC" and not self._is_restarted and month in self.city.calendar.ended_months()[1:2]
        if is_restart:
            self._serial[bank_code] = 0
            self._is_restarted = True
        self._serial[bank_code] = self._serial.get(bank_code, 0) + 1
        return Batch(bank_code, f"{self._serial[bank_code]:04d}", f"{month:%Y-%m}", debited_on)

    def _main_batch(self, bank_code: str, month: date, debited_on: date) -> Batch:
        batch = self._new(bank_code, month, debited_on)
        forced = {account.account_id: code for account, code in self.special.every_cause}
        is_first = month == self.city.calendar.ended_months()[0]
        held = {account.account_id for accounts in self.special.held.values() for account in accounts}
        for account in self.city.accounts:
            if account.bank_code != bank_code or not account.bank_account or account.account_id in held:
                continue
            amount = self._amount(account, month)
            if amount <= 0:
                continue
            code = self._result(bank_code)
            if account.account_id in forced and is_first:
                code = forced[account.account_id]
            batch.lines.append((account, amount, code))
        for account, _, code in batch.lines:
            if code != self._success(bank_code):
                self.refused.append((account, month))
        return batch

    def _result(self, bank_code: str) -> str:
        if self.rng.random() >= REFUSED:
            return self._success(bank_code)
        causes = ("insufficient_funds", "account_fault", "mandate", "other")
        cause = causes[int(self.rng.choice(4, p=(0.62, 0.22, 0.1, 0.06)))]
        codes = self._codes[bank_code][cause]
        return codes[int(self.rng.integers(len(codes)))]

    def _retry(self, batch: Batch, month: date) -> None:
        """Accounts without funds are tried again a week later; half have funds by then."""
        debited_on = batch.debited_on + timedelta(days=7)
        short = self._codes[batch.bank_code]["insufficient_funds"]
        again = [(account, amount) for account, amount, code in batch.lines if code in short]
        returned = self._returned(batch, month)
        if not (again or returned) or debited_on > self.city.calendar.last_day:
            return
        retry = self._new(batch.bank_code, month, debited_on)
        for account, amount in again:
            is_paid = self.rng.random() < 0.5
            retry.lines.append((account, amount, self._success(batch.bank_code) if is_paid else short[0]))
            if is_paid:
                self.refused.remove((account, month))
        for line, account, amount in returned:
            retry.lines.append((account, amount, self._codes[batch.bank_code]["mandate"][0]))
            self.city.planted.add(
                "debit_returned",
                {
                    "payment_id": f"{batch.bank_code}:{batch.batch_id}:{batch.debited_on}:{line}",
                    "return_id": f"{retry.bank_code}:{retry.batch_id}:{retry.debited_on}:{len(retry.lines)}",
                    "account_id": account.account_id,
                    "amount": f"{amount:.2f}",
                    "returned_on": f"{debited_on}",
                },
            )
        self._write(retry)

    def _returned(self, batch: Batch, month: date) -> list[tuple[int, Account, Decimal]]:
        """In the second month one account objects to its debit after it was collected; with its line in the batch."""
        if batch.bank_code != "ICBC" or self.city.calendar.ended_months().index(month) != 1:
            return []
        quiet = {account.account_id for account, _ in self.special.every_cause}
        success = self._success(batch.bank_code)
        lines = [
            (line, account, amount)
            for line, (account, amount, code) in enumerate(batch.lines, start=1)
            if account.account_id in quiet and code == success
        ]
        return lines[:1]

    def _held_batch(self, bank_code: str, month: date, debited_on: date) -> None:
        batch = self._new(bank_code, month, debited_on)
        success = self._success(bank_code)
        batch.lines = [(account, self._amount(account, month), success) for account in self.special.held[bank_code]]
        case = HELD_CASES[bank_code]
        if case == "debit_held_unknown_code":
            account, amount, _ = batch.lines[1]
            batch.lines[1] = (account, amount, "ZZ9")
        total = "0.10" if case == "debit_held_total" else "0.00"
        records = 1 if case == "debit_held_trailer" else 0
        self._save(batch, batch.text(success, total, records))
        self.city.planted.add(case, {"file_name": batch.name, "bank_code": bank_code, "batch_id": batch.batch_id})

    def _write(self, batch: Batch) -> None:
        if not batch.lines or batch.debited_on > self.city.calendar.last_day:
            return
        success = self._success(batch.bank_code)
        planted = self.city.planted
        self._save(batch, batch.text(success))
        planted.add("debit_batch", {"file_name": batch.name, "records": len(batch.lines)})
        first = self._names.setdefault((batch.bank_code, batch.batch_id), batch.name)
        if first != batch.name:
            planted.add("bank_batch_number_restarts", {"file_name": batch.name, "first": first})
        causes = {code: cause for cause, codes in self._codes[batch.bank_code].items() for code in codes}
        for line, (_, _, code) in enumerate(batch.lines, start=1):
            if code != success:
                planted.add(
                    f"debit_failure_{causes[code]}", f"{batch.bank_code}:{batch.batch_id}:{batch.debited_on}:{line}"
                )

    def _save(self, batch: Batch, text: str) -> None:
        folder = self.folder / batch.bank_code
        folder.mkdir(parents=True, exist_ok=True)
        (folder / batch.name).write_text(text, encoding="utf-8")
        self.files += 1

    def _stray_files(self) -> None:
        """A batch delivered twice under another name, and a file whose name no pattern knows."""
        planted = self.city.planted
        for folder in (self.folder / bank for bank in self._codes):
            folder.mkdir(parents=True, exist_ok=True)
        name = f"ABC-{self.city.calendar.last_day:%Y%m%d}.txt"
        (self.folder / "ABC" / name).write_text("回盘说明\n", encoding="utf-8")
        planted.add("rejected_bank_file_name", {"file_name": name})
        self.files += 1
        batches = sorted((self.folder / "ICBC").glob("ICBC_*.txt"))
        if batches:
            again = batches[0].name.replace(".txt", "9.txt")
            (self.folder / "ICBC" / again).write_bytes(batches[0].read_bytes())
            planted.add("rejected_bank_same_content", {"file_name": again, "first": batches[0].name})
            self.files += 1
