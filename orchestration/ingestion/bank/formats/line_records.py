"""Result files of one line a debit, as Chinese banks send them: separated, of fixed width in bytes, or a printed report.

The format's declaration gives the places of a line's fields; their meaning is the same for all three layouts. A summary line, first or
last, has the totals. Positions of a fixed-width file count bytes of its encoding: a Chinese character is two in GBK.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from orchestration.ingestion.bank.formats.declared import BankFormat
from orchestration.ingestion.bank.formats.reading import ReadBatch, ResultLine, amount_of, longer_word, numbered_lines
from orchestration.ingestion.file_reading.malformed_rows import SetAsideLine
from orchestration.ingestion.file_reading.packing import OpenContent
from orchestration.ingestion.file_reading.whole_numbers import whole_number

# Yuan have decimals behind their groups: 1,020 may be 1.02.
_GROUPS_OF_YUAN = re.compile(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,2}")
_GROUPS_OF_FEN = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


class _Fault(Exception):
    """Why a line cannot be used: field and reason."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} {reason}")
        self.name, self.reason = name, reason


def read_line_records(content: OpenContent, declared: BankFormat) -> ReadBatch:
    """Read a result file of the layouts delimited, fixed_width or report."""
    batch = ReadBatch()
    with content() as stream:
        at = _summary_line(_lines(stream, declared), declared)
    if at is None and declared.summary != "none":
        batch.differences.append("there is no summary line")
    first_with: dict[int, int] = {}
    with content() as stream:
        for number, raw in _lines(stream, declared):
            try:
                if number == at:
                    _read_summary(raw, declared, batch)
                    continue
                fields = _detail_fields(raw, declared)
                if fields is None:
                    continue  # a printed report has headings and rules between its lines
                line = _detail(fields, number, declared)
                if line.line in first_with:
                    raise _Fault("line", f"repeats that of line {first_with[line.line]} of the file")
            except _Fault as fault:
                if number == at:
                    what = f"the summary in line {number} cannot be read: {fault.name} {fault.reason}"
                    batch.differences.append(what)
                else:
                    batch.set_aside.append(SetAsideLine(number, _shown(raw, declared), fault.name, fault.reason))
                continue
            first_with[line.line] = number
            batch.lines.append(line)
    return batch


def _lines(stream: BinaryIO, declared: BankFormat) -> Iterator[tuple[int, bytes]]:
    return (line for line in numbered_lines(stream, b" \x00\x1a") if line[0] > declared.skip_lines)


def _summary_line(lines: Iterator[tuple[int, bytes]], declared: BankFormat) -> int | None:
    """The number of the line with the totals; None where there is none."""
    if declared.summary == "none":
        return None
    pattern = declared.summary_pattern
    found = (number for number, raw in lines if pattern is None or pattern.search(_shown(raw, declared)))
    return next(found, None) if declared.summary == "first" else max(found, default=None)


def _read_summary(raw: bytes, declared: BankFormat, batch: ReadBatch) -> None:
    if declared.layout == "report":
        assert declared.summary_pattern is not None
        match = declared.summary_pattern.search(_text(raw, declared))
        fields = {} if match is None else {key: (value or "").strip() for key, value in match.groupdict().items()}
    else:
        fields = _placed(raw, declared, declared.summary_fields)
    for name in fields:
        text = _sound(fields, name, declared)
        if name in ("records", "success_records"):
            number = whole_number(text)
            if number is None:
                raise _Fault(name, f"is not a valid whole number: '{text[:40]}'")
            setattr(batch, name, number)
        elif name in ("total_amount", "success_amount"):
            amount = _amount(text, declared)
            if amount is None:
                raise _Fault(name, f"is not a valid amount in {declared.amount_unit}: '{text}'")
            setattr(batch, name, amount)
        elif name == "debited_on":
            batch.debited_on = _day(text, declared)
        elif name == "billing_period":
            batch.billing_period = _period(text)
        elif name == "batch_id":
            if not text:
                raise _Fault("batch_id", "is empty")
            batch.batch_id = text


def _detail_fields(raw: bytes, declared: BankFormat) -> dict[str, str] | None:
    """The fields of a detail line; None for a line of a report that is no detail and shows no amount."""
    if declared.layout != "report":
        return _placed(raw, declared, declared.details)
    assert declared.detail_pattern is not None
    text = _text(raw, declared)
    match = declared.detail_pattern.search(text)
    if match is None:
        if any(mark.isdigit() for mark in text):
            raise _Fault("line", "is not a line that the format's detail_pattern knows, and it has figures")
        return None
    for name in match.groupdict():
        longer = None if name == "reason_text" else longer_word(match, name)
        if longer is not None:
            raise _Fault(name, _readable(f"'{match[name]}' is a part of '{longer}'", declared))
    return {key: (value or "").strip() for key, value in match.groupdict().items()}


def _placed(raw: bytes, declared: BankFormat, places: dict[str, int | tuple[int, int]]) -> dict[str, str]:
    if declared.layout == "delimited":
        columns = _text(raw, declared).split(declared.delimiter)
        last = max(int(place) for place in places.values() if isinstance(place, int))
        if len(columns) < last:
            raise _Fault("line", f"has {len(columns)} columns, the format reads column {last}")
        return {name: columns[place - 1].strip() for name, place in places.items() if isinstance(place, int)}
    fields = {}
    for name, place in places.items():
        assert isinstance(place, tuple)
        first, size = place
        part = raw[first - 1 : first - 1 + size]
        if len(part) < size and not (name == "reason_text" and part):
            raise _Fault(
                name, f"ends at byte {len(raw)} of the line, it should take bytes {first} to {first + size - 1}"
            )
        fields[name] = _text(part, declared).strip()
    return fields


def _text(raw: bytes, declared: BankFormat) -> str:
    """The text of a line or field. Bytes that are no character stay recognisable: only a field that is needed must be
    free of them (`_sound`), so that a damaged name costs no record."""
    return raw.decode(declared.encoding, errors="surrogateescape")


def _sound(fields: dict[str, str], name: str, declared: BankFormat) -> str:
    """A field that is needed; one with a character that is cut or damaged is a fault."""
    text = fields[name]
    damaged = next((at for at, mark in enumerate(text) if "\ud800" <= mark <= "\udfff"), None)
    if damaged is not None:
        raise _Fault(name, f"is not {declared.encoding} at character {damaged + 1}: a character is cut or damaged")
    return text


def _readable(text: str, declared: BankFormat) -> str:
    """A text for people: what is no character as its bytes."""
    return text.encode(declared.encoding, errors="surrogateescape").decode(declared.encoding, errors="backslashreplace")


def _shown(raw: bytes, declared: BankFormat) -> str:
    return raw.decode(declared.encoding, errors="backslashreplace")


def _detail(fields: dict[str, str], number: int, declared: BankFormat) -> ResultLine:
    needed = {"line", "account_id", "amount", "collected_amount", "result_code"} & set(fields)
    fields = {**fields, **{name: _sound(fields, name, declared) for name in sorted(needed)}}
    line = number
    if "line" in fields:
        said = whole_number(fields["line"])
        if not said:
            raise _Fault("line", f"is not a valid whole number from 1: '{fields['line'][:40]}'")
        line = said
    if not fields["account_id"]:
        raise _Fault("account_id", "is empty")
    amount = _amount(fields["amount"], declared)
    if amount is None:
        raise _Fault("amount", f"is not a valid amount in {declared.amount_unit}: '{fields['amount'][:40]}'")
    collected = None
    if fields.get("collected_amount"):
        collected = _amount(fields["collected_amount"], declared)
        if collected is None:
            raise _Fault("collected_amount", f"is not a valid amount in {declared.amount_unit}")
        if collected > amount:
            raise _Fault("collected_amount", f"{collected} is more than was asked for, {amount}")
    code, inferred = _code(fields, declared)
    if collected is None and code in declared.partial_codes:
        raise _Fault("collected_amount", f"is missing: result {code} says that a part was collected, and not how much")
    return ResultLine(
        line=line,
        account_id=fields["account_id"],
        bank_account=_readable(fields.get("bank_account", ""), declared),
        amount=amount,
        result_code=code,
        collected_amount=collected,
        is_cause_inferred=inferred,
        reason_text=_readable(fields.get("reason_text", ""), declared) or None,
    )


def _amount(text: str, declared: BankFormat) -> Decimal | None:
    """An amount, with commas only between groups of three digits: 20,50 may be 20.50 and is refused."""
    if "," not in text:
        return amount_of(text, declared.amount_unit)
    groups = _GROUPS_OF_FEN if declared.amount_unit == "fen" else _GROUPS_OF_YUAN
    return amount_of(text.replace(",", ""), declared.amount_unit) if groups.fullmatch(text) else None


def _code(fields: dict[str, str], declared: BankFormat) -> tuple[str, bool]:
    """The result code, and whether it was inferred from a text."""
    if fields.get("result_code"):
        return fields["result_code"], False
    text = _sound(fields, "reason_text", declared) if "reason_text" in fields else ""
    for part, code in declared.result_texts:
        if part.removeprefix("=") == text if part.startswith("=") else part in text:
            return code, True
    if not text:
        raise _Fault("result_code", "is empty")
    raise _Fault("reason_text", f"'{text[:60]}' has none of the texts in result_texts: add it there with its code")


def _day(text: str, declared: BankFormat) -> date:
    try:
        return datetime.strptime(text, declared.date_format).date()
    except ValueError:
        raise _Fault("debited_on", f"is not a valid date {declared.date_format}: '{text}'") from None


def _period(text: str) -> str:
    digits = text.replace("-", "")
    if len(digits) == 6 and digits.isascii() and digits.isdigit() and "01" <= digits[4:] <= "12":
        return f"{digits[:4]}-{digits[4:]}"
    raise _Fault("billing_period", f"is not a valid month YYYYMM or YYYY-MM: '{text}'")
