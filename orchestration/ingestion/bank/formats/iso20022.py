"""ISO 20022 results of direct debits: pain.002 (CustomerPaymentStatusReport), camt.054 and camt.053
(BankToCustomerDebitCreditNotification, BankToCustomerStatement).

Any version: elements are found by their names, whatever the namespace. The account is the end-to-end id of the request,
the batch the message id of the request. Read piece by piece, without entities, DTD or network. Bookings and
their amounts are read in iso20022_bookings.py.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from lxml import etree

from orchestration.ingestion.bank.formats.declared import BankFormat
from orchestration.ingestion.bank.formats.iso20022_bookings import Entry
from orchestration.ingestion.bank.formats.iso20022_elements import (
    ElementFault,
    account_number,
    amount_in,
    children,
    day_of,
    element_name,
    find,
    iso_amount,
    text_of,
)
from orchestration.ingestion.bank.formats.reading import DEBIT, PENDING, ReadBatch, ResultLine, WholeRequest
from orchestration.ingestion.bank.formats.xml_stream import Declared, Events
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent

#: Transaction statuses that say how a debit ended; the others (ACCP, ACTC, PDNG …) say that it is on its way.
_COLLECTED = {"ACSC", "ACCC"}
_REJECTED = {"RJCT", "CANC"}
_IN_PART = "PART"  # of a request: some of its debits, so that the report must list them
_SHOWN_CHARACTERS = 2_000
_REPORTS = ("CstmrPmtStsRpt", "pain.002.001.02")
_BOOKINGS = (
    "BkToCstmrDbtCdtNtfctn", "BkToCstmrDbtCdtNtfctnV01", "BkToCstmrStmt", "BkToCstmrStmtV01", "BkToCstmrStmtV02"
)  # fmt: skip
_CONTAINERS = ("Ntfctn", "Stmt")
#: Totals of a notification or statement: of all entries, of credits, of debits.
_SUMMARIES = (("TtlNtries", "", None), ("TtlCdtNtries", ", credits", "CRDT"), ("TtlDbtNtries", ", debits", "DBIT"))


def read_iso20022(content: OpenContent, declared: BankFormat) -> ReadBatch:
    """Read a pain.002, camt.053 or camt.054 message. What XML cannot be read to its end is a difference, so the file is held."""
    reader = _Reader(declared)
    try:
        with content() as stream:
            reader.read(Events(stream))
    except Declared:
        reader.batch.differences.append("it has a document type declaration, which no ISO 20022 message has")
        return reader.batch
    except etree.XMLSyntaxError as error:
        reader.batch.differences.append(f"the XML cannot be read to its end: {error}")
        return reader.batch
    reader.finish()
    return reader.batch


class _Reader:
    def __init__(self, declared: BankFormat) -> None:
        self.declared = declared
        self.batch = ReadBatch()
        self.message: str | None = None
        self.number = 0
        self.entries = 0
        self.booked = Decimal("0.00")
        self.directions: list[tuple[str | None, Decimal]] = []
        self.balances: dict[str, list[Decimal]] = {}
        self.summary: dict[str, str] = {}
        self.batch_ids: set[str] = set()
        self.has_other_debits = False
        self.container_id = ""
        self.container_first = 0
        self.dates: set[date] = set()
        self.original: dict[str, str] = {}
        self.statuses: Counter[str] = Counter()
        self.said_statuses: list[tuple[str, str]] = []
        self.listed_before = 0
        self.silent_blocks: list[tuple[str, str | None, str, dict[str, str]]] = []

    def read(self, events: Events) -> None:
        within = 0  # inside an element that is read whole when it ends, and must not be dropped before
        blocks = 0  # inside a payment block: its content outside its transactions is read when it ends
        for event, element in events:
            name = element_name(element)
            if self.message is None and event == "start" and name in (*_REPORTS, *_BOOKINGS):
                self.message = "pain.002" if name in _REPORTS else "camt"
            kept = name in ("TxInfAndSts", "Ntry", "OrgnlGrpInfAndSts", "TxsSummry", "NbOfTxsPerSts", "Bal")
            if event == "start":
                within += kept
                blocks += name == "OrgnlPmtInfAndSts"
                if name == "OrgnlPmtInfAndSts":
                    self.listed_before = self.number
                elif name in _CONTAINERS and not within:
                    self._begin_container()
                continue
            within -= kept
            blocks -= name == "OrgnlPmtInfAndSts"
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
            elif name == "Bal":
                self._balance(element)
            elif name == "Id" and element_name(element.getparent()) in _CONTAINERS:
                self.container_id = (element.text or "").strip()
            elif name in _CONTAINERS:
                self._end_container()
            elif name == "CreDtTm" and not self.dates:
                day = day_of(element.text)
                if day is not None and self.message == "pain.002":
                    self.dates.add(day)
            if kept or not blocks:
                events.drop(element)

    def finish(self) -> None:
        if self.message is None:
            self.batch.differences.append(
                "it is neither pain.002 nor camt.053 or camt.054: the message's root is not known"
            )
        # A statement may have returns of other requests beside the debits of one: then it is not the result of that one.
        if len(self.batch_ids) == 1 and not self.has_other_debits:
            self.batch.batch_id = self.batch_ids.pop()
        if len(self.dates) == 1:
            self.batch.debited_on = self.dates.pop()
        records = self.original.get("OrgnlNbOfTxs")
        total = self.original.get("OrgnlCtrlSum")
        listed = len(self.batch.lines) + len(self.batch.set_aside)
        status = self.original.get("GrpSts")
        is_ended = status in _COLLECTED | _REJECTED
        if not listed and status is not None and (is_ended or not self.silent_blocks):
            self._end_whole("the whole request", self.original.get("OrgnlMsgId"), status, self.original)
        else:
            for block in self.silent_blocks:
                self._end_whole(*block)
        listed_sum = sum((line.amount for line in self.batch.lines if line.amount is not None), Decimal("0.00"))
        if records is not None:
            said = _count(records)
            # A report may list what was rejected alone; it never lists more than was asked for.
            if said is None or listed > said or (self.declared.lists_all and listed != said):
                self.batch.differences.append(f"OrgnlNbOfTxs {records}, found {listed}")
            elif 0 < listed < said and status in _REJECTED:
                self.batch.differences.append(
                    f"the whole request of {said} debits has {status}, and {listed} are listed: ask the bank for the others"
                )
            elif not listed and said and status is None and not self.silent_blocks:
                self.batch.differences.append(
                    f"the whole request of {said} debits has no status, and none is listed: ask the bank for the lines"
                )
        for status, count in self.said_statuses:
            found = self.statuses[status]
            # What was accepted need not be listed; what is listed, and what was rejected, must be there whole.
            must_be_listed = found or status in _REJECTED or self.declared.lists_all
            if must_be_listed and not self.batch.whole_requests and _count(count) != found:
                self.batch.differences.append(f"DtldNbOfTxs of {status} {count}, found {found}")
        if total is not None:
            money = iso_amount(total)
            says_all = self.declared.lists_all and all(line.amount is not None for line in self.batch.lines)
            if money is None or listed_sum > money or (says_all and listed_sum != money):
                self.batch.differences.append(f"OrgnlCtrlSum {total}, found {listed_sum}")

    def _end_whole(self, shown: str, request_id: str | None, status: str, said: dict[str, str]) -> None:
        """A request or payment block with a status and no debit listed. It ended as a whole, or it is on its way."""
        records, total = said.get("OrgnlNbOfTxs"), said.get("OrgnlCtrlSum")
        of_so_many = "" if records is None else f" of {records} debits"
        difference = f"{shown}{of_so_many} has {status}, and none is listed: ask the bank for the lines"
        if self.declared.lists_all or status == _IN_PART or (request_id is None and status in _COLLECTED | _REJECTED):
            self.batch.differences.append(difference)
        elif request_id is not None and status in _COLLECTED | _REJECTED:
            code = said.get("reason", status) if status in _REJECTED else status
            self.batch.whole_requests.append(
                WholeRequest(
                    request_id,
                    code,
                    difference,
                    None if records is None else _count(records),
                    None if total is None else iso_amount(total),
                )
            )

    def _each(self, element: Any, read: Any) -> None:
        """Number a transaction and read it; one that cannot be read is set aside alone."""
        self.number += 1
        try:
            self.batch.lines.append(read(element, self.number))
        except ElementFault as fault:
            text = etree.tostring(element, encoding="unicode", with_tail=False)[:_SHOWN_CHARACTERS]
            self.batch.set_aside.append(SetAsideLine(self.number, text, fault.name, fault.reason))

    def _original_group(self, element: Any) -> None:
        for name in ("OrgnlMsgId", "OrgnlNbOfTxs", "OrgnlCtrlSum", "GrpSts"):
            text = text_of(element, name)
            if text is not None:
                self.original[name] = text
        self.original |= _reason(element)
        for counted in children(element, "NbOfTxsPerSts"):
            self._status_count(counted)
        if "OrgnlMsgId" in self.original:
            self.batch_ids.add(self.original["OrgnlMsgId"])

    def _status_count(self, element: Any) -> None:
        status, count = text_of(element, "DtldSts"), text_of(element, "DtldNbOfTxs")
        if status is not None and count is not None and (status, count) not in self.said_statuses:
            self.said_statuses.append((status, count))

    def _original_payment(self, element: Any) -> None:
        """One payment block of the request: its own number of debits, and its own status where none is listed."""
        listed = self.number - self.listed_before
        block = text_of(element, "OrgnlPmtInfId") or "without OrgnlPmtInfId"
        status, count = text_of(element, "PmtInfSts"), text_of(element, "OrgnlNbOfTxs")
        if not listed and status is not None:
            names = ("OrgnlNbOfTxs", "OrgnlCtrlSum")
            of_block = {name: text for name in names if (text := text_of(element, name)) is not None}
            identifier = text_of(element, "OrgnlPmtInfId")
            self.silent_blocks.append((f"payment block {block}", identifier, status, of_block | _reason(element)))
        elif count is not None:
            said = _count(count)
            must_be_all = self.declared.lists_all or status in _REJECTED
            if said is None or listed > said or (must_be_all and listed != said):
                self.batch.differences.append(f"payment block {block}: OrgnlNbOfTxs {count}, found {listed}")

    def _status(self, element: Any, number: int) -> ResultLine:
        status = text_of(element, "TxSts")
        if status is None:
            raise ElementFault("TxSts", "is missing")
        self.statuses[status] += 1
        instructed = find(element, "OrgnlTxRef", "Amt", "InstdAmt")
        amount = None
        # A refused debit may be listed without its amount, which is that of its request; a collected one may not.
        if instructed is not None or status in _COLLECTED:
            amount = amount_in(instructed, "InstdAmt", self.declared.currency)
        account = self._account(text_of(element, "OrgnlEndToEndId"))
        message = self.original.get("OrgnlMsgId")
        reason = text_of(element, "StsRsnInf", "Rsn", "Cd") or text_of(element, "StsRsnInf", "Rsn", "Prtry")
        return ResultLine(
            line=number,
            account_id=account,
            bank_account=account_number(find(element, "OrgnlTxRef", "DbtrAcct")),
            amount=amount,
            result_code=reason or status if status in _REJECTED else status,
            reason_text=text_of(element, "StsRsnInf", "AddtlInf"),
            line_kind=DEBIT if status in _COLLECTED | _REJECTED else PENDING,
            reference=None if message is None else f"{message}/{account}",
        )

    def _entry(self, element: Any) -> None:
        """A booking and its transactions; the transactions' amounts and number must be the booking's."""
        self.entries += 1
        entry = Entry(element, self.declared.currency, self.declared.collected_unless_returned is not None)
        for group, transaction in entry.transactions:
            before = len(self.batch.lines)
            self._each(transaction, partial(entry.line, group))
            if entry.day is not None:
                self.dates.update(entry.day for line in self.batch.lines[before:] if line.line_kind == DEBIT)
            if group is None or text_of(group, "Btch", "MsgId") is None:
                self.has_other_debits |= any(line.line_kind == DEBIT for line in self.batch.lines[before:])
        if entry.total is None:
            self.batch.differences.append(f"entry {self.entries}: Amt is not a valid amount with two decimals")
            return
        self.directions.append((entry.direction, entry.total))
        if entry.is_booked:
            self.booked += entry.signed_total
        difference = entry.difference()
        if difference is not None:
            self.batch.differences.append(f"entry {self.entries}: Amt {difference}")
        for group in entry.groups:
            number = text_of(group, "Btch", "NbOfTxs")
            if number is not None and (entry.details or not entry.is_collective(element)):
                self.batch.check(f"entry {self.entries}: NbOfTxs", number, str(len(children(group, "TxDtls"))))
            identifier = text_of(group, "Btch", "MsgId")
            if identifier is not None:
                self.batch_ids.add(identifier)

    def _balance(self, element: Any) -> None:
        """An opening or closing balance of a statement, of booked money; others are passed over."""
        code = text_of(element, "Tp", "CdOrPrtry", "Cd")
        amount = iso_amount(text_of(element, "Amt") or "")
        if code is not None and amount is not None:
            self.balances.setdefault(code, []).append(-amount if text_of(element, "CdtDbtInd") == "DBIT" else amount)

    def _begin_container(self) -> None:
        self.booked, self.balances, self.summary, self.directions = Decimal("0.00"), {}, {}, []
        self.container_id, self.container_first = "", len(self.batch.lines)

    def _end_container(self) -> None:
        """The end of a notification or statement: its own totals, and the balances of a statement."""
        if self.container_id:
            lines = self.batch.lines[self.container_first :]
            self.batch.name_message(f"statement or notification {self.container_id}", self.container_id, lines)
        for name, shown, direction in _SUMMARIES:
            amounts = [amount for side, amount in self.directions if direction in (None, side)]
            if f"{name} NbOfNtries" in self.summary:
                self.batch.check(f"NbOfNtries{shown}", self.summary[f"{name} NbOfNtries"], str(len(amounts)))
            if f"{name} Sum" in self.summary:
                found = sum(amounts, Decimal("0.00"))
                self.batch.check(f"Sum of the entries{shown}", iso_amount(self.summary[f"{name} Sum"]), found)
        opening = next((self.balances[code][0] for code in ("OPBD", "PRCD", "ITBD") if code in self.balances), None)
        closing = next((self.balances[code][-1] for code in ("CLBD", "ITBD") if code in self.balances), None)
        if opening is not None and closing is not None:
            self.batch.check("closing balance", closing, opening + self.booked)

    def _summary(self, element: Any) -> None:
        """Keep the notification's own totals: they come before its entries in the message and are compared at its end."""
        for name, _, _ in _SUMMARIES:
            for part in ("NbOfNtries", "Sum"):
                text = text_of(element, name, part)
                if text is not None:
                    self.summary[f"{name} {part}"] = text

    def _account(self, text: str | None) -> str:
        if not text or text == "NOTPROVIDED":
            raise ElementFault("EndToEndId", "is missing: it says whose debit it was")
        return text


def _reason(element: Any) -> dict[str, str]:
    """The reason of a request's or payment block's status."""
    reason = text_of(element, "StsRsnInf", "Rsn", "Cd") or text_of(element, "StsRsnInf", "Rsn", "Prtry")
    return {} if reason is None else {"reason": reason}


def _count(text: str) -> int | None:
    """A number of at most 15 digits (Max15NumericText); None if the text is not such a number."""
    return int(text) if len(text) <= 15 and text.isascii() and text.isdigit() else None
