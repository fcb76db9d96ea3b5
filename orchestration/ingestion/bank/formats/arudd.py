"""The Bacs report of unpaid direct debits (ARUDD, Automated Return of Unpaid Direct Debits) in XML.

`BACSDocument/Data/ARUDD`: a header with the processing date, and per originating account the returned items, each with
reference, return code and original date, and their totals. Only what comes back is listed, so every item is a return or
refusal by its nature. Read without entities, DTD or network.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from orchestration.ingestion.bank.formats.declared import BankFormat
from orchestration.ingestion.bank.formats.iso20022_elements import ElementFault, day_of, element_name, find
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, ReadBatch, ResultLine, amount_of
from orchestration.ingestion.bank.formats.xml_stream import Declared, Events
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent
from orchestration.ingestion.file_reading.whole_numbers import whole_number

_CREDIT_CODE = "99"  # the other transaction codes, 01, 17, 18 and 19, are direct debits
#: The return code of the Bacs standard: the reason, and the day of the year on which the debit was processed.
_REASON_AND_DAY = re.compile(r"(?P<reason>[0-9A-Z])[0-9]{3}")
_SHOWN_CHARACTERS = 2_000
_NO_DAY = "Header currentProcessingDate is missing or no date YYYY-MM-DD"


def read_arudd(content: OpenContent, declared: BankFormat) -> ReadBatch:
    """Read a report. What XML cannot be read to its end is a difference, so the file is held."""
    batch = ReadBatch()
    try:
        with content() as stream:
            _read(Events(stream), declared, batch)
    except Declared:
        batch.differences.append("it has a document type declaration, which no report of Bacs has")
    except etree.XMLSyntaxError as error:
        batch.differences.append(f"the XML cannot be read to its end: {error}")
    return batch


def _read(events: Events, declared: BankFormat, batch: ReadBatch) -> None:
    number = reports = within = 0
    header = ""
    day: date | None = None
    has_header = False
    days: set[date] = set()
    original_days: set[date] = set()
    for event, element in events:
        name = element_name(element)
        if event == "start":
            if name == "ARUDD":
                reports, has_header, day = reports + 1, False, None
            within += name == "OriginatingAccountRecord"
            continue
        within -= name == "OriginatingAccountRecord"
        if name == "Header" and not has_header and not within and element_name(element.getparent()) == "ARUDD":
            has_header = True
            header = repr(sorted(element.attrib.items()))
            day = day_of(element.get("currentProcessingDate"))
            if day is not None:
                days.add(day)
            else:
                batch.differences.append(_NO_DAY)
        elif name == "OriginatingAccountRecord" and not within and reports:
            number = _read_record(element, number, declared, batch, original_days, day)
        elif name == "ARUDD" and not has_header:
            batch.differences.append(_NO_DAY)
        if not within:
            events.drop(element)
    if not reports:
        batch.differences.append("it is not a report of unpaid direct debits: there is no element ARUDD")
    if len(days) == 1:
        batch.debited_on = days.pop()
    batch.original_day = min(original_days, default=None)
    batch.name_message("this report", header, batch.lines)


def _read_record(
    record: Any, number: int, declared: BankFormat, batch: ReadBatch, original_days: set[date], day: date | None
) -> int:  # fmt: skip
    """Read the items of one originating account, and compare its totals. Returns the number of the last item."""
    found: dict[str, tuple[int, Decimal]] = {}
    for item in record:
        if element_name(item) != "ReturnedDebitItem":
            continue
        number += 1
        currency = item.get("currency", declared.currency)
        items, total = found.get(currency, (0, Decimal("0.00")))
        found[currency] = (items + 1, total + (amount_of(_value(item, "valueOf")) or Decimal("0.00")))
        try:
            batch.lines.append(_line(item, number, declared, day))
        except ElementFault as fault:
            text = etree.tostring(item, encoding="unicode", with_tail=False)[:_SHOWN_CHARACTERS]
            batch.set_aside.append(SetAsideLine(number, text, fault.name, fault.reason))
            continue
        original = day_of(item.get("originalProcessingDate"))
        if original is not None:
            original_days.add(original)
    totals = [element for element in record if element_name(element) == "Totals"]
    if not totals:
        batch.differences.append("an originating account has no Totals")
    for said in totals:
        items, total = found.pop(said.get("currency", declared.currency), (0, Decimal("0.00")))
        batch.check("Totals numberOf", whole_number(_value(said, "numberOf")), items)
        batch.check("Totals valueOf", amount_of(_value(said, "valueOf")), total)
    if totals and found:
        batch.differences.append(f"no Totals are of {', '.join(sorted(found))}")
    return number


def _line(item: Any, number: int, declared: BankFormat, day: date | None) -> ResultLine:
    amount = amount_of(_value(item, "valueOf"))
    if amount is None:
        raise ElementFault(
            "valueOf", f"is not a valid amount with at most two decimals: '{_value(item, 'valueOf')[:40]}'"
        )
    currency = item.get("currency", declared.currency)
    if currency != declared.currency:
        raise ElementFault("currency", f"is {currency}, the format reads {declared.currency}")
    is_debit = _value(item, "transCode") != _CREDIT_CODE
    account, code = _value(item, "ref"), _value(item, "returnCode")
    if is_debit and not account:
        raise ElementFault("ref", "is missing: it says whose debit it was")
    if is_debit and not code:
        raise ElementFault("returnCode", "is missing")
    with_day = _REASON_AND_DAY.fullmatch(code)
    payer = find(item, "PayerAccount")
    return ResultLine(
        line=number,
        account_id=account,
        bank_account="" if payer is None else f"{_value(payer, 'sortCode')} {_value(payer, 'number')}".strip(),
        amount=amount,
        result_code=code if with_day is None else with_day["reason"],
        reason_text=_value(item, "returnDescription") or None,
        line_kind=DEBIT if is_debit else OTHER,
        is_return=is_debit,
        debited_on=day if is_debit else None,
    )


def _value(element: Any, name: str) -> str:
    return str(element.get(name, "")).strip()
