"""ISO 20022: status reports and notifications by hand, in two versions; totals that disagree; damaged and hostile XML."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, PENDING, ReadBatch
from tests.ingestion.bank.formats.readers import read_iso20022


def status(account: str, amount: str, code: str, reason: str = "") -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn><AddtlInf>said so</AddtlInf></StsRsnInf>" if reason else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{account}</OrgnlEndToEndId><TxSts>{code}</TxSts>{why}<OrgnlTxRef><Amt>"
        f'<InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt><DbtrAcct><Id><Othr><Id>6222{account}</Id></Othr></Id></DbtrAcct>'
        "</OrgnlTxRef></TxInfAndSts>"
    )


# 20.80 settled, 12.00 on its way, 5.50 rejected: 38.30 in three lines.
PAIN = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>'
    "<CreDtTm>2026-01-20T09:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>B1</OrgnlMsgId>"
    "<OrgnlMsgNmId>pain.008</OrgnlMsgNmId><OrgnlNbOfTxs>3</OrgnlNbOfTxs><OrgnlCtrlSum>38.30</OrgnlCtrlSum>"
    "<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId>"
    + status("A1", "20.80", "ACSC")
    + status("A2", "12.00", "ACCP")
    + status("A3", "5.50", "RJCT", "AM04")
    + "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
)


def booking(
    amount: str, direction: str, transactions: str, number: int, family: str = "IDDT", reversal: str = ""
) -> str:
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{reversal}<Sts><Cd>BOOK</Cd></Sts>'
        "<BookgDt><Dt>2026-01-20</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
        f"<Cd>{family}</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><Btch><MsgId>B1</MsgId>"
        f"<NbOfTxs>{number}</NbOfTxs></Btch>{transactions}</NtryDtls></Ntry>"
    )


def transaction(account: str, amount: str, returned: str = "") -> str:
    why = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{account}</EndToEndId></Refs>"
        f'<AmtDtls><TxAmt><Amt Ccy="CNY">{amount}</Amt></TxAmt></AmtDtls>{why}</TxDtls>'
    )


# Collected 20.80 + 12.00 = 32.80; returned 5.50; a transfer of 100.00 that is no debit. 138.30 in three entries.
CAMT = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.{version}"><BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N1</Id>'
    "<TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries><Sum>138.30</Sum></TtlNtries></TxsSummry>"
    + booking("32.80", "CRDT", transaction("A1", "20.80") + transaction("A2", "12.00"), 2)
    + booking("5.50", "DBIT", transaction("A3", "5.50", "AC04"), 1)
    + booking("100.00", "CRDT", transaction("X9", "100.00"), 1, family="RCDT")
    + "</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
)


def read(text: str, version: str = "10") -> ReadBatch:
    return read_iso20022(text.replace("{version}", version).encode(), load_bank_format("iso20022"))


def rows(batch: ReadBatch) -> list[tuple[object, ...]]:
    return [(x.line, x.account_id, x.amount, x.result_code, x.line_kind) for x in batch.lines]


@pytest.mark.parametrize("version", ["03", "10", "14"])
def test_a_status_report_of_any_version(version: str) -> None:
    batch = read(PAIN, version)
    assert (batch.differences, batch.set_aside, batch.batch_id, batch.debited_on) == ([], [], "B1", date(2026, 1, 20))
    assert rows(batch) == [
        (1, "A1", Decimal("20.80"), "ACSC", DEBIT),
        (2, "A2", Decimal("12.00"), "ACCP", PENDING),
        (3, "A3", Decimal("5.50"), "AM04", DEBIT),
    ]
    assert (batch.lines[2].bank_account, batch.lines[2].reason_text) == ("6222A3", "said so")


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_a_notification_of_any_version(version: str) -> None:
    batch = read(CAMT, version)
    assert (batch.differences, batch.set_aside, batch.batch_id, batch.debited_on) == ([], [], "B1", date(2026, 1, 20))
    assert rows(batch) == [
        (1, "A1", Decimal("20.80"), "BOOK", DEBIT),
        (2, "A2", Decimal("12.00"), "BOOK", DEBIT),
        (3, "A3", Decimal("5.50"), "AC04", DEBIT),
        (4, "X9", Decimal("100.00"), "BOOK", OTHER),
    ]


@pytest.mark.parametrize(
    ("text", "old", "new", "difference"),
    [
        (PAIN, "<OrgnlNbOfTxs>3<", "<OrgnlNbOfTxs>2<", "OrgnlNbOfTxs 2, found 3"),
        (PAIN, ">38.30<", ">38.29<", "OrgnlCtrlSum 38.29, found 38.30"),
        (CAMT, ">32.80<", ">32.81<", "entry 1: Amt 32.81, found 32.80"),
        (CAMT, "<NbOfTxs>2<", "<NbOfTxs>3<", "entry 1: NbOfTxs 3, found 2"),
        (CAMT, "<NbOfNtries>3<", "<NbOfNtries>4<", "NbOfNtries 4, found 3"),
        (CAMT, "<Sum>138.30<", "<Sum>138.31<", "Sum of the entries 138.31, found 138.30"),
    ],
)
def test_a_total_that_disagrees_is_named_with_both_figures(text: str, old: str, new: str, difference: str) -> None:
    assert old in text
    assert difference in read(text.replace(old, new)).differences


def test_a_refused_debit_may_have_no_amount_and_a_collected_one_must() -> None:
    """Its amount is that of its request. 20.80 + 12.00 = 32.80 are listed of 38.30."""
    without = status("A3", "5.50", "RJCT", "AM04")
    without = without[: without.index("<OrgnlTxRef>")] + "</TxInfAndSts>"
    batch = read(PAIN.replace(status("A3", "5.50", "RJCT", "AM04"), without))
    assert (batch.differences, batch.set_aside) == ([], [])
    assert [(x.account_id, x.amount, x.result_code, x.is_return) for x in batch.lines][2] == ("A3", None, "AM04", False)
    assert [x.reference for x in batch.lines] == ["B1/A1", "B1/A2", "B1/A3"]
    collected = status("A1", "20.80", "ACSC")
    batch = read(PAIN.replace(collected, collected[: collected.index("<OrgnlTxRef>")] + "</TxInfAndSts>"))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(1, "InstdAmt")]
    assert read(PAIN + "\x1a\r\n").differences == []


def test_a_report_may_list_the_rejected_alone() -> None:
    assert read(PAIN.replace(status("A1", "20.80", "ACSC"), "")).differences == []


def test_a_request_rejected_whole_is_held_for_its_lines() -> None:
    text = PAIN
    for line in (status("A1", "20.80", "ACSC"), status("A2", "12.00", "ACCP"), status("A3", "5.50", "RJCT", "AM04")):
        text = text.replace(line, "")
    (whole,) = read(text.replace(">PART<", ">RJCT<")).whole_requests
    assert (whole.request_id, whole.said_records, whole.said_amount) == ("B1", 3, Decimal("38.30"))
    assert whole.unknown == "the whole request of 3 debits has RJCT, and none is listed: ask the bank for the lines"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("<OrgnlEndToEndId>A1<", "<OrgnlEndToEndId>NOTPROVIDED<", "EndToEndId"),
        ("<TxSts>ACSC</TxSts>", "", "TxSts"),
        (">20.80<", ">20.801<", "InstdAmt"),
        ('Ccy="CNY">20.80', 'Ccy="EUR">20.80', "InstdAmt"),
    ],
)
def test_a_transaction_that_does_not_parse_is_set_aside_alone(old: str, new: str, field: str) -> None:
    batch = read(PAIN.replace(old, new))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(1, field)]
    assert [x.account_id for x in batch.lines] == ["A2", "A3"]


def test_damaged_and_hostile_xml_is_a_difference() -> None:
    (cut,) = read(PAIN[:-60]).differences
    assert cut.startswith("the XML cannot be read to its end")
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + PAIN.replace("said so", "&b;")
    assert read(bomb).differences == ["it has a document type declaration, which no ISO 20022 message has"]
    (other,) = read("<Document><Something/></Document>").differences
    assert "neither pain.002 nor camt.053 or camt.054" in other


def test_a_transaction_without_an_amount_of_its_own_is_set_aside_where_it_is_one_of_several() -> None:
    own = '<AmtDtls><TxAmt><Amt Ccy="CNY">12.00</Amt></TxAmt></AmtDtls>'
    batch = read(CAMT.replace(own, ""))
    assert [(x.line_number, x.field) for x in batch.set_aside] == [(2, "Amt")]
    assert [x.account_id for x in batch.lines] == ["A1", "A3", "X9"]
