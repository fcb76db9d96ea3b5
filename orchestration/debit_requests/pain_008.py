"""The request as ISO 20022 CustomerDirectDebitInitiation, pain.008.001.08, by sepaxml, and who the creditor is.

It is the message of the SEPA core direct debit scheme (EPC130-08): sepaxml writes the service level SEPA and accounts as IBAN
alone, so it serves euro and IBAN only. A payer without a sound IBAN is left out with that reason, never written as something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from lxml import etree

from orchestration.debit_requests.planning import OpenBill, PlannedBatch
from orchestration.errors import TollhouseError, UsageError
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text

SUFFIX = "xml"
# The version of the EPC's implementation guidelines since the 2023 rulebooks.
SCHEMA = "pain.008.001.08"
_NAMESPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
_REQUIRED = ("name", "iban", "creditor_id", "currency")
_OPTIONAL = ("bic",)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# EPC217-08: the SEPA character set, of an identifier of at most 35 characters.
_IDENTIFIER = re.compile(r"[A-Za-z0-9?:().,'+-](?:[A-Za-z0-9/?:().,'+ -]{0,33}[A-Za-z0-9?:().,'+-])?")
# The greatest amount of one SEPA collection.
_MOST_CENTS = 99_999_999_999


@dataclass(frozen=True)
class Creditor:
    """Who collects, by a bank: name, IBAN, creditor identifier (EPC262-08) and, where the bank wants it, its BIC."""

    name: str
    iban: str
    creditor_id: str
    bic: str | None


def read_creditors(path: Path) -> dict[str, Creditor]:
    """bank_code → creditor, from a YAML file. Raises UsageError naming file, bank and field."""
    try:
        content = parse_yaml(path, read_text(path))
    except OSError as error:
        raise UsageError(f"--creditors: {path} cannot be read: {error.strerror}") from error
    except UsageError as error:
        raise UsageError(f"--creditors: {error}") from error
    listed = content.get("creditors") if isinstance(content, dict) else None
    if not isinstance(listed, dict) or not listed or set(content) != {"creditors"}:
        raise UsageError(f"--creditors: {path}: write `creditors:` and under it each bank_code with {_fields()}")
    return {str(bank): _creditor(path, str(bank), fields) for bank, fields in listed.items()}


def is_iban(text: str) -> bool:
    """Whether the text is an IBAN without blanks whose check digits hold (ISO 13616, ISO 7064 MOD 97-10)."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def pain_008_fault(creditors: Mapping[str, Creditor], bill: OpenBill) -> str | None:
    """Why the payer of a bill cannot be written into the message."""
    if bill.bank_code not in creditors:
        return f"bank {bill.bank_code} has no entry in the creditors file"
    if not is_iban(bill.bank_account or ""):
        return f"bank account '{bill.bank_account}' is not a valid IBAN, and pain.008 carries nothing else: use the canonical format"
    if not _IDENTIFIER.fullmatch(bill.account_id) or "//" in bill.account_id:
        return f"account id '{bill.account_id}' cannot be a mandate's: at most 35 characters of the SEPA character set"
    if not (bill.customer_name or "").strip():
        return "the customer's name is not known, and pain.008 must name the debtor"
    if bill.account_opened_on is None:
        return "the account's opening date is not known, and pain.008 must date the mandate"
    return None


def pain_008_request(batch: PlannedBatch, creditor: Creditor, created_at: datetime) -> bytes:
    """The message of a batch: its id is the batch's, end-to-end id and mandate are the account's, mandates are of the day on
    which the account was opened. Raises TollhouseError where it breaks the schema."""
    from sepaxml import SepaDD

    configuration = {
        "name": creditor.name,
        "IBAN": creditor.iban,
        "batch": True,
        "creditor_id": creditor.creditor_id,
        "currency": "EUR",
        **({"BIC": creditor.bic} if creditor.bic else {}),
    }
    message = SepaDD(configuration, schema=SCHEMA, clean=True)
    for line in batch.lines:
        cents = int(line.amount.scaleb(2))
        if cents > _MOST_CENTS:
            raise TollhouseError(f"account {line.account_id}: {line.amount} is more than one SEPA collection may be")
        message.add_payment(
            {
                "name": line.customer_name,
                "IBAN": line.bank_account,
                "amount": cents,
                "type": "RCUR",
                "collection_date": batch.debit_on,
                "mandate_id": line.account_id,
                "mandate_date": line.account_opened_on,
                "description": f"Bill {batch.billing_period} {line.account_id}",
                "endtoend_id": line.account_id,
            }
        )
    return _checked(_named(message.export(validate=False), batch, created_at), batch)


def _named(content: bytes, batch: PlannedBatch, created_at: datetime) -> Any:
    """The message with the batch's id: sepaxml makes up ids by chance, and the bank's answer must name ours."""
    document = etree.fromstring(content)
    for tag, text in (
        ("MsgId", batch.batch_id),
        ("PmtInfId", batch.batch_id),
        ("CreDtTm", f"{created_at:%Y-%m-%dT%H:%M:%S}"),
    ):
        for element in document.iter(_NAMESPACE + tag):
            element.text = text
    return document


def _checked(document: Any, batch: PlannedBatch) -> bytes:
    """The message as bytes, once it holds against the schema that sepaxml ships and its totals are the batch's."""
    with as_file(files("sepaxml") / "schemas" / f"{SCHEMA}.xsd") as path:
        schema = etree.XMLSchema(etree.parse(str(path)))
    if not schema.validate(document):
        raise TollhouseError(
            f"batch {batch.batch_id} of bank {batch.bank_code} breaks {SCHEMA}: {str(schema.error_log).splitlines()[0]}; "
            "nothing was written: fix the field in the export or the creditors file"
        )
    header = next(document.iter(f"{_NAMESPACE}GrpHdr"))
    declared = (header.findtext(f"{_NAMESPACE}NbOfTxs"), header.findtext(f"{_NAMESPACE}CtrlSum"))
    if declared != (str(len(batch.lines)), f"{batch.total_amount:.2f}"):
        raise TollhouseError(
            f"batch {batch.batch_id} of bank {batch.bank_code}: the message declares {declared[0]} debits of {declared[1]}, "
            f"the batch has {len(batch.lines)} of {batch.total_amount}; nothing was written"
        )
    content: bytes = etree.tostring(document, encoding="UTF-8", xml_declaration=True)
    return content


def _creditor(path: Path, bank: str, fields: Any) -> Creditor:
    where = f"--creditors: {path}: bank {bank}"
    if not isinstance(fields, dict):
        raise UsageError(f"{where}: write {_fields()}")
    unknown = sorted(str(name) for name in fields if name not in (*_REQUIRED, *_OPTIONAL))
    if unknown:
        raise UsageError(f"{where}: unknown field {', '.join(unknown)}; there are {_fields()}")
    for name in _REQUIRED:
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise UsageError(f"{where}: {name} is missing or not a text")
    if not is_iban(fields["iban"]):
        raise UsageError(f"{where}: iban '{fields['iban']}' is not a valid IBAN; write it without blanks")
    if fields["currency"] != "EUR":
        raise UsageError(
            f"{where}: currency {fields['currency']}: pain.008 as written here is of the SEPA scheme, which debits EUR alone; "
            "use --format canonical"
        )
    if fields.get("bic") is not None and not isinstance(fields["bic"], str):
        raise UsageError(f"{where}: bic must be a text")
    return Creditor(fields["name"], fields["iban"], fields["creditor_id"], fields.get("bic"))


def _fields() -> str:
    return f"{', '.join(_REQUIRED)} and, where the bank wants it, {_OPTIONAL[0]}"
