"""Texts that a reader could cut short or pass over without a word: comments, entities, blocks without lines, endless numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.bank.formats.reading import ReadBatch
from orchestration.ingestion.file_reading.bounds import BoundExceeded
from tests.ingestion.bank.formats.readers import read_iso20022, read_line_records, read_mt940

_ENTITY = '<!DOCTYPE d [<!ENTITY e "EVIL">]>'


def _transaction(account: str = "A1", amount: str = "12.00") -> str:
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{account}</OrgnlEndToEndId><TxSts>ACSC</TxSts>"
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>'
    )


def _pain(*, group: str = "", blocks: str = "", before: str = "", encoding: str = "utf-8") -> ReadBatch:
    document = (
        f"{before}<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>"
        f"{blocks}</CstmrPmtStsRpt></Document>"
    )
    return read_iso20022(document.encode(encoding), load_bank_format("iso20022"))


def _block(inner: str) -> str:
    return f"<OrgnlPmtInfAndSts>{inner}</OrgnlPmtInfAndSts>"


def test_a_comment_does_not_cut_off_an_amount_or_an_account() -> None:
    read = _pain(blocks=_block(_transaction("AB<!-- x -->CD", "12<!-- x -->34.00")))
    assert [(line.account_id, line.amount) for line in read.lines] == [("ABCD", Decimal("1234.00"))]


@pytest.mark.parametrize(
    ("before", "encoding"),
    [
        ('<?xml version="1.0" encoding="UTF-16"?>' + _ENTITY, "utf-16"),
        ("<!--" + "x" * 70_000 + "-->" + _ENTITY, "utf-8"),
    ],
    ids=["utf-16", "behind a long comment"],
)
def test_a_document_type_is_found_wherever_it_stands(before: str, encoding: str) -> None:
    read = _pain(before=before, blocks=_block(_transaction("A&e;B")), encoding=encoding)
    assert read.lines == []
    assert read.differences == ["it has a document type declaration, which no ISO 20022 message has"]


def test_a_request_rejected_as_a_whole_without_its_number_is_held() -> None:
    """Unless its debits are known by the request: that is told where the file is decoded."""
    read = _pain(group="<GrpSts>RJCT</GrpSts>")
    assert read.differences == []
    assert [(x.request_id, x.result_code, x.unknown) for x in read.whole_requests] == [
        ("M1", "RJCT", "the whole request has RJCT, and none is listed: ask the bank for the lines")
    ]


def test_a_request_that_is_on_its_way_as_a_whole_has_no_result() -> None:
    for status in ("ACCP", "ACTC", "RCVD", "PDNG", "ACSP"):
        read = _pain(group=f"<OrgnlNbOfTxs>3</OrgnlNbOfTxs><GrpSts>{status}</GrpSts>")
        assert (read.differences, read.lines, read.whole_requests, read.batch_id) == ([], [], [], "M1"), status
    on_its_way = _block("<OrgnlPmtInfId>P0</OrgnlPmtInfId><PmtInfSts>ACCP</PmtInfSts>")
    assert _pain(group="<OrgnlNbOfTxs>3</OrgnlNbOfTxs>", blocks=on_its_way).differences == []
    assert _pain(group="<OrgnlNbOfTxs>3</OrgnlNbOfTxs><GrpSts>PART</GrpSts>").differences == [
        "the whole request of 3 debits has PART, and none is listed: ask the bank for the lines"
    ]
    assert _pain(group="<OrgnlNbOfTxs>3</OrgnlNbOfTxs>").differences == [
        "the whole request of 3 debits has no status, and none is listed: ask the bank for the lines"
    ]


def test_a_request_rejected_as_a_whole_of_which_some_debits_are_listed_is_held() -> None:
    rejected = _block(_transaction().replace("ACSC", "RJCT"))
    assert _pain(group="<OrgnlNbOfTxs>2</OrgnlNbOfTxs><GrpSts>RJCT</GrpSts>", blocks=rejected).differences == [
        "the whole request of 2 debits has RJCT, and 1 are listed: ask the bank for the others"
    ]


def test_the_request_says_more_than_its_block() -> None:
    """Both are rejected without a debit listed: it is one request."""
    block = _block("<OrgnlPmtInfId>P0</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>")
    read = _pain(group="<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>", blocks=block)
    assert [(x.request_id, x.result_code) for x in read.whole_requests] == [("M1", "FF01")]


def test_a_payment_block_rejected_without_its_debits_is_held_although_others_are_listed() -> None:
    rejected = _block("<OrgnlPmtInfId>P0</OrgnlPmtInfId><OrgnlNbOfTxs>2</OrgnlNbOfTxs><PmtInfSts>RJCT</PmtInfSts>")
    read = _pain(group="<OrgnlNbOfTxs>3</OrgnlNbOfTxs>", blocks=rejected + _block(_transaction()))
    assert read.differences == []
    assert [(x.request_id, x.result_code, x.said_records, x.unknown) for x in read.whole_requests] == [
        ("P0", "RJCT", 2, "payment block P0 of 2 debits has RJCT, and none is listed: ask the bank for the lines")
    ]


def test_the_number_by_status_is_checked_for_what_is_listed_or_rejected() -> None:
    counts = "".join(
        f"<NbOfTxsPerSts><DtldNbOfTxs>{count}</DtldNbOfTxs><DtldSts>{status}</DtldSts></NbOfTxsPerSts>"
        for count, status in ((1, "ACSC"), (4, "ACTC"), (7, "RJCT"))
    )
    assert _pain(group=counts, blocks=_block(_transaction())).differences == ["DtldNbOfTxs of RJCT 7, found 0"]


def test_endless_numbers_are_told_and_not_counted() -> None:
    endless = "9" * 5_000
    assert len(_pain(group=f"<OrgnlNbOfTxs>{endless}</OrgnlNbOfTxs>", blocks=_block(_transaction())).differences) == 1
    delimited = load_bank_format("cn_delimited")
    detail = read_line_records(f"B1|20260710|1|10.00|1|10.00\n{endless}|A1|62|n|10.00||00|".encode(), delimited)
    assert [(line.line_number, line.field) for line in detail.set_aside] == [(2, "line")]
    summary = read_line_records(f"B1|20260710|{endless}|10.00|1|10.00\n1|A1|62|n|10.00||00|".encode(), delimited)
    assert summary.differences[0].startswith(
        "the summary in line 1 cannot be read: records is not a valid whole number"
    )


def test_the_reversal_of_a_credit_is_a_return_and_lowers_the_balance() -> None:
    """SWIFT field 61, subfield 3: RC is the reversal of a credit, a debit. 100.00 - 10.00 = 90.00."""
    statement = (
        ":20:S1\n:25:1\n:28C:1/1\n:60F:C260701CNY100,00\n:61:2607100710RC10,00NRTIREF\n:86:ACCT A1 RSN AC04\n"
        ":62F:C260710CNY90,00\n-\n"
    )
    read = read_mt940(statement.encode(), load_bank_format("mt940"))
    assert (read.differences, read.set_aside) == ([], [])
    assert [(line.account_id, line.amount, line.result_code) for line in read.lines] == [
        ("A1", Decimal("10.00"), "AC04")
    ]


def test_elements_nested_deeper_than_any_message_has_them_are_refused() -> None:
    """64 levels are read, the document and its message among them; what is read is given back element by element."""
    for depth, is_refused in ((62, False), (63, True)):
        message = f"<Document><CstmrPmtStsRpt>{'<a>' * depth}{'</a>' * depth}</CstmrPmtStsRpt></Document>".encode()
        if is_refused:
            with pytest.raises(BoundExceeded, match="nested deeper than 64 levels; the bound is 64"):
                read_iso20022(message, load_bank_format("iso20022"))
        else:
            assert read_iso20022(message, load_bank_format("iso20022")).differences == []
