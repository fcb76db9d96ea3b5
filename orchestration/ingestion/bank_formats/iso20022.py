"""ISO 20022 results of direct debits: pain.002 (CustomerPaymentStatusReport) and camt.054 (BankToCustomerDebitCreditNotification).

Any version: elements are found by their names, whatever the namespace. The account is the end-to-end id of the request,
the batch the message id of the request. Read piece by piece, without entities, DTD or network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from lxml import etree

from orchestration.ingestion.bank_formats.declared import BankFormat
from orchestration.ingestion.bank_formats.reading import DEBIT, OTHER, PENDING, ReadBatch, ResultLine, amount_of
from orchestration.ingestion.malformed_rows import SetAsideLine

#: Transaction statuses that say how a debit ended; the others (ACCP, ACTC, PDNG …) say that it is on its way.
_FINAL = {"ACSC", "ACCC", "RJCT", "CANC"}
_REJECTED = {"RJCT", "CANC"}
_DEBIT_FAMILY = "IDDT"  # issued direct debits, of the external code set BankTransactionFamily
_UNPAID = {"UPDD", "PRDD", "RCDD"}  # unpaid, reversed and cancelled direct debits, of BankTransactionSubFamily
_BOOKED, _REVERSED = "BOOK", "RVSL"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHOWN_CHARACTERS = 2_000
_ROOTS = ("CstmrPmtStsRpt", "pain.002.001.02", "BkToCstmrDbtCdtNtfctn", "BkToCstmrDbtCdtNtfctnV01")


class _Fault(Exception):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name, self.reason = name, reason


def read_iso20022(content: bytes, declared: BankFormat) -> ReadBatch:
    """Read a pain.002 or camt.054 message. What XML cannot be read to its end is a difference, so the file is held."""
    reader = _Reader(declared)
    try:
        events = etree.iterparse(
            BytesIO(content),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,  # one inside an amount would cut the amount off
            remove_pis=True,
        )
        reader.read(events)
    except _Declared:
        reader.batch.differences.append("it has a document type declaration, which no ISO 20022 message has")
        return reader.batch
    except etree.XMLSyntaxError as error:
        reader.batch.differences.append(f"the XML cannot be read to its end: {error}")
        return reader.batch
    reader.finish()
    return reader.batch


class _Declared(Exception):
    """The document declares its type, so entities may stand for what is in it."""


class _Reader:
    def __init__(self, declared: BankFormat) -> None:
        self.declared = declared
        self.batch = ReadBatch()
        self.message: str | None = None
        self.number = 0
        self.entries = 0
        self.entry_sum = Decimal("0.00")
        self.batch_ids: set[str] = set()
        self.dates: set[date] = set()
        self.original: dict[str, str] = {}
        self.statuses: Counter[str] = Counter()
        self.said_statuses: list[tuple[str, str]] = []
        self.listed_before = 0

    def read(self, events: Iterator[tuple[str, Any]]) -> None:
        within = 0  # inside an element that is read whole when it ends, and must not be cleared before
        has_root = False
        for event, element in events:
            if not has_root:
                has_root = True
                if element.getroottree().docinfo.internalDTD is not None:
                    raise _Declared
            name = _name(element)
            if name in _ROOTS and self.message is None and event == "start":
                self.message = "camt.054" if name.startswith("BkTo") else "pain.002"
            kept = name in ("TxInfAndSts", "Ntry", "OrgnlGrpInfAndSts", "TxsSummry", "NbOfTxsPerSts")
            if event == "start":
                within += kept
                if name == "OrgnlPmtInfAndSts":
                    self.listed_before = self.number
                continue
            within -= kept
            if within:
                continue
            if name == "TxInfAndSts":
                self._each(element, self._status)
            elif name == "Ntry":
                self._entry(element)
            elif name == "OrgnlGrpInfAndSts":
                self._original_group(element)
            elif name == "OrgnlPmtInfAndSts":
                self._original_payment(element)
            elif name == "NbOfTxsPerSts":
                self._status_count(element)
            elif name == "TxsSummry":
                self._summary(element)
            elif name == "CreDtTm" and not self.dates:
                day = _day_of(element.text)
                if day is not None and self.message == "pain.002":
                    self.dates.add(day)
            if kept:
                element.clear()

    def finish(self) -> None:
        if self.message is None:
            self.batch.differences.append("it is neither pain.002 nor camt.054: the message's root is not known")
        if len(self.batch_ids) == 1:
            self.batch.batch_id = self.batch_ids.pop()
        if len(self.dates) == 1:
            self.batch.debited_on = self.dates.pop()
        records = self.original.get("OrgnlNbOfTxs")
        total = self.original.get("OrgnlCtrlSum")
        listed = len(self.batch.lines) + len(self.batch.set_aside)
        listed_sum = sum((line.amount for line in self.batch.lines if line.amount is not None), Decimal("0.00"))
        if records is not None:
            said = _count(records)
            # A report may list what was rejected alone; it never lists more than was asked for.
            if said is None or listed > said or (self.declared.lists_all and listed != said):
                self.batch.differences.append(f"OrgnlNbOfTxs {records}, found {listed}")
            elif not listed and said:
                status = self.original.get("GrpSts", "no status")
                self.batch.differences.append(
                    f"the whole request of {said} debits has {status}, and none is listed: ask the bank for the lines"
                )
        elif not listed and "GrpSts" in self.original:
            self.batch.differences.append(
                f"the whole request has {self.original['GrpSts']}, and no debit is listed: ask the bank for the lines"
            )
        for status, count in self.said_statuses:
            found = self.statuses[status]
            # What was accepted need not be listed; what is listed, and what was rejected, must be there whole.
            if (found or status in _REJECTED or self.declared.lists_all) and _count(count) != found:
                self.batch.differences.append(f"DtldNbOfTxs of {status} {count}, found {found}")
        if "NbOfNtries" in self.original:
            self.batch.check("NbOfNtries", self.original["NbOfNtries"], str(self.entries))
        if "Sum" in self.original:
            self.batch.check("Sum of the entries", amount_of(self.original["Sum"]), self.entry_sum)
        if total is not None:
            money = amount_of(total)
            if money is None or listed_sum > money or (self.declared.lists_all and listed_sum != money):
                self.batch.differences.append(f"OrgnlCtrlSum {total}, found {listed_sum}")

    def _each(self, element: Any, read: Any) -> None:
        """Number a transaction and read it; one that cannot be read is set aside alone."""
        self.number += 1
        try:
            self.batch.lines.append(read(element, self.number))
        except _Fault as fault:
            text = etree.tostring(element, encoding="unicode", with_tail=False)[:_SHOWN_CHARACTERS]
            self.batch.set_aside.append(SetAsideLine(self.number, text, fault.name, fault.reason))

    def _original_group(self, element: Any) -> None:
        for name in ("OrgnlMsgId", "OrgnlNbOfTxs", "OrgnlCtrlSum", "GrpSts"):
            text = _text(element, name)
            if text is not None:
                self.original[name] = text
        for counted in _children(element, "NbOfTxsPerSts"):
            self._status_count(counted)
        if "OrgnlMsgId" in self.original:
            self.batch_ids.add(self.original["OrgnlMsgId"])

    def _status_count(self, element: Any) -> None:
        status, count = _text(element, "DtldSts"), _text(element, "DtldNbOfTxs")
        if status is not None and count is not None and (status, count) not in self.said_statuses:
            self.said_statuses.append((status, count))

    def _original_payment(self, element: Any) -> None:
        """One payment block of the request: its own number of debits, and its own status where none is listed."""
        listed = self.number - self.listed_before
        block = _text(element, "OrgnlPmtInfId") or "without OrgnlPmtInfId"
        status, count = _text(element, "PmtInfSts"), _text(element, "OrgnlNbOfTxs")
        if not listed and status is not None:
            self.batch.differences.append(
                f"payment block {block} has {status}, and no debit of it is listed: ask the bank for the lines"
            )
        elif count is not None:
            said = _count(count)
            if said is None or listed > said or (self.declared.lists_all and listed != said):
                self.batch.differences.append(f"payment block {block}: OrgnlNbOfTxs {count}, found {listed}")

    def _status(self, element: Any, number: int) -> ResultLine:
        status = _text(element, "TxSts")
        if status is None:
            raise _Fault("TxSts", "is missing")
        self.statuses[status] += 1
        amount = self._amount(_find(element, "OrgnlTxRef", "Amt", "InstdAmt"), "InstdAmt")
        reason = _text(element, "StsRsnInf", "Rsn", "Cd") or _text(element, "StsRsnInf", "Rsn", "Prtry")
        return ResultLine(
            line=number,
            account_id=self._account(_text(element, "OrgnlEndToEndId")),
            bank_account=_account_number(_find(element, "OrgnlTxRef", "DbtrAcct")),
            amount=amount,
            result_code=reason or status if status in _REJECTED else status,
            reason_text=_text(element, "StsRsnInf", "AddtlInf"),
            line_kind=DEBIT if status in _FINAL else PENDING,
        )

    def _entry(self, entry: Any) -> None:
        """A booking and its transactions; the transactions' amounts and number must be the booking's."""
        self.entries += 1
        booked = _find(entry, "Amt")
        status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
        day = _day_of(_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"))
        details = [tx for group in _children(entry, "NtryDtls") for tx in _children(group, "TxDtls")]
        sums = []
        for transaction in details or [entry]:
            before = len(self.batch.lines)
            self._each(transaction, lambda tx, number: self._transaction(entry, tx, number, status))
            for line in self.batch.lines[before:]:
                own = _own_amount(transaction)
                if booked is not None and own is not None and own.get("Ccy") == booked.get("Ccy"):
                    sums.append(
                        line.amount or Decimal(0)
                    )  # one without an amount of its own, or in another currency, tells nothing
                if line.line_kind == DEBIT and day is not None:
                    self.dates.add(day)
        total = None if booked is None else amount_of((booked.text or "").strip())
        if total is None:
            self.batch.differences.append(f"entry {self.entries}: Amt is no amount with two decimals")
            return
        self.entry_sum += total
        if len(sums) == len(details) > 0:
            self.batch.check(f"entry {self.entries}: Amt", total, sum(sums, Decimal("0.00")))
        for group in _children(entry, "NtryDtls"):
            number = _text(group, "Btch", "NbOfTxs")
            if number is not None:
                self.batch.check(f"entry {self.entries}: NbOfTxs", number, str(len(_children(group, "TxDtls"))))
            identifier = _text(group, "Btch", "MsgId")
            if identifier is not None:
                self.batch_ids.add(identifier)

    def _transaction(self, entry: Any, transaction: Any, number: int, status: str | None) -> ResultLine:
        direction = _text(transaction, "CdtDbtInd") or _text(entry, "CdtDbtInd")
        is_reversal = _text(entry, "RvslInd") in ("true", "1")
        reason = _text(transaction, "RtrInf", "Rsn", "Cd") or _text(transaction, "RtrInf", "Rsn", "Prtry")
        returned = _find(transaction, "RtrInf") is not None or is_reversal
        family = [_text(node, "BkTxCd", "Domn", "Fmly", "Cd") for node in (transaction, entry)]
        sub_family = [_text(node, "BkTxCd", "Domn", "Fmly", "SubFmlyCd") for node in (transaction, entry)]
        returned = returned or bool(_UNPAID & {code for code in sub_family if code})
        is_debit = _DEBIT_FAMILY in family or _text(transaction, "Refs", "MndtId") is not None
        kind, code = OTHER, _BOOKED
        if is_debit and direction == "CRDT" and not returned:
            kind = DEBIT
        elif is_debit and direction == "DBIT" and returned:
            kind, code = DEBIT, reason or _REVERSED
        if kind == DEBIT and status not in (None, _BOOKED):
            kind = PENDING
        account = _text(transaction, "Refs", "EndToEndId")
        amount_element = _own_amount(transaction)
        if amount_element is None and kind == DEBIT and len(list(entry.iter("{*}TxDtls"))) > 1:
            raise _Fault("Amt", "is missing, and the entry's is that of several transactions")
        amount = self._amount(
            _find(entry, "Amt") if amount_element is None else amount_element, "Amt", needs_currency=kind == DEBIT
        )
        return ResultLine(
            line=number,
            account_id=self._account(account) if kind == DEBIT else account or "",
            bank_account=_account_number(_find(transaction, "RltdPties", "DbtrAcct")),
            amount=amount,
            result_code=code,
            reason_text=_text(transaction, "RtrInf", "AddtlInf"),
            line_kind=kind,
        )

    def _summary(self, element: Any) -> None:
        """The notification's own totals stand before its entries in the message, so they are checked as said at its end."""
        number, total = _text(element, "TtlNtries", "NbOfNtries"), _text(element, "TtlNtries", "Sum")
        if number is not None:
            self.original["NbOfNtries"] = number
        if total is not None:
            self.original["Sum"] = total

    def _account(self, text: str | None) -> str:
        if not text or text == "NOTPROVIDED":
            raise _Fault("EndToEndId", "is missing: it says whose debit it was")
        return text

    def _amount(self, element: Any, name: str, needs_currency: bool = True) -> Decimal:
        text = "" if element is None else (element.text or "").strip()
        amount = amount_of(text)
        if amount is None:
            raise _Fault(name, f"is no amount with at most two decimals: '{text[:40]}'")
        currency = element.get("Ccy")
        if needs_currency and currency != self.declared.currency:
            raise _Fault(name, f"is in {currency}, the format reads {self.declared.currency}")
        return amount


def _count(text: str) -> int | None:
    """A number of at most 15 digits (Max15NumericText); None where the text is none."""
    return int(text) if len(text) <= 15 and text.isascii() and text.isdigit() else None


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def _children(element: Any, name: str) -> list[Any]:
    return [child for child in element if _name(child) == name]


def _find(element: Any, *names: str) -> Any:
    for name in names:
        element = next((child for child in element if _name(child) == name), None)
        if element is None:
            return None
    return element


def _text(element: Any, *names: str) -> str | None:
    found = _find(element, *names)
    text = None if found is None else (found.text or "").strip()
    return text or None


def _own_amount(transaction: Any) -> Any:
    """The amount that a transaction has itself."""
    found = _find(transaction, "AmtDtls", "TxAmt", "Amt")
    return _find(transaction, "Amt") if found is None else found


def _account_number(account: Any) -> str:
    if account is None:
        return ""
    return _text(account, "Id", "IBAN") or _text(account, "Id", "Othr", "Id") or ""


def _day_of(text: str | None) -> date | None:
    if text is None or _DAY.match(text) is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
