"""pain.008: read back by its element names, held against the schema, and refused where the scheme cannot carry it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from orchestration.debit_requests.pain_008 import Creditor, is_iban, pain_008_fault, pain_008_request, read_creditors
from orchestration.debit_requests.planning import DebitRequestOptions, PlannedBatch, RequestHistory, plan_requests
from orchestration.errors import TollhouseError, UsageError
from tests.debit_requests.test_planning import AS_OF, bill

# The examples of the IBAN registry.
GERMAN, FRENCH, BRITISH = "DE89370400440532013000", "FR1420041010050500013M02606", "GB82WEST12345698765432"
CREDITOR = Creditor("Telecom Branch", BRITISH, "DE98ZZZ09999999999", None)
NOW = datetime(2026, 4, 10, 8, 30, tzinfo=UTC)


def planned() -> PlannedBatch:
    """A1 owes 12.30, A2 0.05."""
    bills = [
        bill("A1", "12.30", bank_account=GERMAN, customer_name="张伟"),
        bill("A2", "0.05", bank_account=FRENCH, customer_name="Müller & Söhne"),
    ]
    (batch,), left_out = plan_requests(
        bills, RequestHistory(), AS_OF, DebitRequestOptions(), lambda one: pain_008_fault({"K1": CREDITOR}, one)
    )
    assert left_out == []
    return batch


def texts(content: bytes, name: str) -> list[str | None]:
    """The texts of all elements of a name, in their order."""
    namespace = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"
    return [element.text for element in etree.fromstring(content).iter(f"{{{namespace}}}{name}")]


@pytest.mark.parametrize("bic", [None, "DEUTDEFF"])
def test_the_message_names_batch_payers_and_totals(bic: str | None) -> None:
    content = pain_008_request(planned(), replace(CREDITOR, bic=bic), NOW)
    assert texts(content, "MsgId") == texts(content, "PmtInfId") == ["20260410-01"]
    assert texts(content, "CreDtTm") == ["2026-04-10T08:30:00"]
    assert texts(content, "NbOfTxs") == ["2", "2"]
    assert texts(content, "CtrlSum") == ["12.35", "12.35"]
    assert texts(content, "InstdAmt") == ["12.30", "0.05"]
    assert texts(content, "ReqdColltnDt") == ["2026-04-25"]
    assert texts(content, "IBAN") == [BRITISH, GERMAN, FRENCH]
    assert texts(content, "EndToEndId") == texts(content, "MndtId") == ["A1", "A2"]
    assert texts(content, "DtOfSgntr") == ["2025-01-01", "2025-01-01"]
    assert texts(content, "BICFI") == ([] if bic is None else [bic])
    assert content == pain_008_request(planned(), replace(CREDITOR, bic=bic), NOW)


def test_what_breaks_the_schema_is_not_written() -> None:
    with pytest.raises(TollhouseError, match=r"breaks pain\.008\.001\.08"):
        pain_008_request(planned(), replace(CREDITOR, bic="no bic"), NOW)
    batch = planned()
    dear = replace(batch, lines=(replace(batch.lines[0], amount=Decimal("1000000000.00")),))
    with pytest.raises(TollhouseError, match="more than one SEPA collection may be"):
        pain_008_request(dear, CREDITOR, NOW)


def test_payers_that_the_scheme_cannot_carry_are_told() -> None:
    creditors = {"K1": CREDITOR}
    sound = bill("A1", "1.00", bank_account=GERMAN)
    assert pain_008_fault(creditors, sound) is None
    for changed, told in (
        (replace(sound, bank_code="K2"), "bank K2 has no entry"),
        (replace(sound, bank_account="6222020200012345678"), "is not a valid IBAN"),
        (replace(sound, account_id="户1"), "cannot be a mandate's"),
        (replace(sound, account_id="A" * 36), "cannot be a mandate's"),
        (replace(sound, customer_name=None), "name is not known"),
        (replace(sound, account_opened_on=None), "opening date is not known"),
    ):
        assert told in (pain_008_fault(creditors, changed) or "")


def test_ibans_by_their_check_digits() -> None:
    assert all(is_iban(text) for text in (GERMAN, FRENCH, BRITISH))
    # one digit wrong, two digits changed about, printed in groups, lower case, no IBAN at all
    for text in ("DE89370400440532013001", "DE89370400440532010300", "DE89 3704 0044 0532 0130 00", GERMAN.lower(), ""):
        assert not is_iban(text)


def test_creditors_are_read_and_faults_named(tmp_path: Path) -> None:
    path = tmp_path / "creditors.yml"
    sound = (
        f"creditors:\n  K1: {{name: Telecom Branch, iban: {BRITISH}, creditor_id: DE98ZZZ09999999999, currency: EUR}}\n"
    )
    path.write_text(sound, encoding="utf-8")
    assert read_creditors(path) == {"K1": CREDITOR}
    for text, told in (
        (sound.replace("EUR", "CNY"), "bank K1: currency CNY"),
        (
            sound.replace(BRITISH, "GB83WEST12345698765432"),
            "bank K1: iban 'GB83WEST12345698765432' is not a valid IBAN",
        ),
        (sound.replace("creditor_id", "id"), "bank K1: unknown field id"),
        (sound.replace("name: Telecom Branch, ", ""), "bank K1: name is missing"),
        ("creditors: [", "no valid YAML"),
        ("K1: {}\n", "write `creditors:`"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError) as raised:
            read_creditors(path)
        assert told in str(raised.value)
        assert str(path) in str(raised.value)
    with pytest.raises(UsageError, match="cannot be read"):
        read_creditors(tmp_path / "nowhere.yml")


def test_the_debit_day_is_the_batch_s() -> None:
    batch = replace(planned(), debit_on=date(2026, 5, 2))
    assert texts(pain_008_request(batch, CREDITOR, NOW), "ReqdColltnDt") == ["2026-05-02"]
