"""Bookings of camt.054 and camt.053 by hand: charges kept apart, what was asked for, reversals, statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.bank.formats.reading import DEBIT, OTHER, PENDING, ReadBatch, ResultLine
from tests.ingestion.bank.formats.readers import read_iso20022


def charge(amount: str, direction: str = "DBIT", included: str = "true") -> str:
    within = f"<ChrgInclInd>{included}</ChrgInclInd>" if included else ""
    return f'<Chrgs><Rcrd><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{within}</Rcrd></Chrgs>'


def instructed(amount: str, booked: str = "") -> str:
    own = f'<TxAmt><Amt Ccy="CNY">{booked}</Amt></TxAmt>' if booked else ""
    return f'<AmtDtls><InstdAmt><Amt Ccy="CNY">{amount}</Amt></InstdAmt>{own}</AmtDtls>'


def tx(account: str, amount: str = "", more: str = "", reason: str = "", refs: str = "", direction: str = "") -> str:
    own = f'<Amt Ccy="CNY">{amount}</Amt>' if amount else ""
    side = f"<CdtDbtInd>{direction}</CdtDbtInd>" if direction else ""
    why = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    ids = f"{refs}<EndToEndId>{account}</EndToEndId>"
    return f"<TxDtls><Refs>{ids}</Refs>{own}{side}{more}{why}</TxDtls>"


def entry(
    amount: str, direction: str, *transactions: str, sub: str = "ESDD", reversal: str = "", status: str = "BOOK",
    family: str = "IDDT", charges: str = "",
) -> str:  # fmt: skip
    mark = f"<RvslInd>{reversal}</RvslInd>" if reversal else ""
    code = f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly></Domn></BkTxCd>"
    details = f"<NtryDtls>{''.join(transactions)}</NtryDtls>" if transactions else ""
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{mark}<Sts><Cd>{status}</Cd></Sts>'
        f"<BookgDt><Dt>2026-04-12</Dt></BookgDt>{code}{charges}{details}</Ntry>"
    )


def read(*entries: str, before: str = "", statement: bool = False) -> ReadBatch:
    root, part = ("BkToCstmrStmt", "Stmt") if statement else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    text = f"<Document><{root}><{part}>{before}{''.join(entries)}</{part}></{root}></Document>"
    return read_iso20022(text.encode(), load_bank_format("iso20022"))


def only(batch: ReadBatch) -> ResultLine:
    assert (batch.differences, batch.set_aside) == ([], [])
    (line,) = batch.lines
    return line


@pytest.mark.parametrize(
    "booking",
    [
        entry("23.00", "DBIT", tx("A2", "20.00", charge("3.00"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "23.00", instructed("20.00", "23.00") + charge("3.00"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "23.00", instructed("20.00"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "", instructed("20.00") + charge("3.00"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "", instructed("20.00"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "", charge("3.00"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "23.00", charge("3.00"), "AM04"), sub="UPDD"),
        entry("20.00", "DBIT", tx("A2", "20.00", charge("3.00", included="false"), "AM04"), sub="UPDD"),
        entry("23.00", "DBIT", tx("A2", "20.00", reason="AM04"), sub="UPDD", charges=charge("3.00")),
        entry("23.00", "DBIT", tx("A2", "20.00", charge("3.50") + charge("0.50", "CRDT"), "AM04"), sub="UPDD"),
        entry("17.00", "CRDT", tx("A2", "20.00", charge("3.00"))),
        entry("17.00", "CRDT", tx("A2", "17.00", instructed("20.00") + charge("3.00"))),
        entry("17.00", "CRDT", tx("A2", "17.00", charge("3.00"))),
        entry("17.00", "CRDT", tx("A2", "", instructed("20.00"))),
    ],
)
def test_the_debit_is_20_and_the_charge_of_3_is_kept_apart(booking: str) -> None:
    """A return of 20.00 booked with 3.00 of charges is 23.00; a collection of 20.00 less 3.00 is 17.00."""
    line = only(read(booking))
    assert (line.account_id, line.amount, line.charge_amount) == ("A2", Decimal("20.00"), Decimal("3.00"))


def test_amounts_that_charges_do_not_explain_are_not_guessed() -> None:
    batch = read(entry("23.00", "DBIT", tx("A2", "20.00", charge("2.00"), "AM04"), sub="UPDD"))
    assert batch.differences == ["entry 1: Amt 23.00, found 22.00"]
    batch = read(entry("23.00", "DBIT", tx("A2", "23.00", instructed("20.00") + charge("2.00"), "AM04"), sub="UPDD"))
    assert [(x.field, x.reason) for x in batch.set_aside] == [
        ("InstdAmt", "is 20.00, which with charges of 2.00 is not the booked 23.00")
    ]
    batch = read(entry("17.00", "DBIT", tx("A2", "17.00", instructed("20.00"), "AM04"), sub="UPDD"))
    assert [x.field for x in batch.set_aside] == ["InstdAmt"]
    batch = read(entry("3.00", "DBIT", tx("A2", "20.00", charge("x"), "AM04"), sub="UPDD"))
    assert [x.field for x in batch.set_aside] == ["Chrgs"]


def test_a_batch_of_several_transactions_with_charges() -> None:
    """Collected 20.00 + 5.00, a return of 4.00 among them, less charges of 1.00 and 0.50: 19.50."""
    batch = read(
        entry(
            "19.50",
            "CRDT",
            tx("A1", "20.00", charge("1.00")),
            tx("A2", "5.00", charge("0.50")),
            tx("A3", "4.00", reason="AC04", direction="DBIT"),
        )
    )
    assert (batch.differences, batch.set_aside) == ([], [])
    assert [(x.account_id, x.amount, x.charge_amount, x.is_return) for x in batch.lines] == [
        ("A1", Decimal("20.00"), Decimal("1.00"), False),
        ("A2", Decimal("5.00"), Decimal("0.50"), False),
        ("A3", Decimal("4.00"), Decimal("0.00"), True),
    ]


def test_the_charge_of_a_booking_of_several_is_kept_once() -> None:
    """20.00 + 5.00 come back, and 6.00 are charged for both: 31.00."""
    for first in (tx("A1", "20.00", reason="AM04"), tx("A1", "", instructed("20.00"), "AM04")):
        batch = read(entry("31.00", "DBIT", first, tx("A2", "5.00", reason="AC04"), sub="UPDD", charges=charge("6.00")))
        assert (batch.differences, batch.set_aside) == ([], [])
        assert [(x.account_id, str(x.amount), str(x.charge_amount)) for x in batch.lines] == [
            ("A1", "20.00", "6.00"),
            ("A2", "5.00", "0.00"),
        ]


def test_a_bank_that_has_codes_of_its_own_alone_says_by_its_reason_that_a_debit_went_back() -> None:
    def own_code(direction: str, more: str) -> ResultLine:
        text = entry("20.00", direction, tx("A1", "20.00", more))
        start, end = text.index("<Domn>"), text.index("</Domn>")
        return only(read(text[:start] + "<Prtry><Cd>NRTI+109</Cd></Prtry>" + text[end + len("</Domn>") :]))

    reason, old_reason = "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>", "<RtrInf><RtrRsn><Cd>AC04</Cd></RtrRsn></RtrInf>"
    line = own_code("DBIT", reason)
    assert (line.line_kind, line.result_code, line.is_return) == (DEBIT, "MD06", True)
    assert own_code("DBIT", old_reason).result_code == "AC04"
    assert own_code("CRDT", reason).line_kind == OTHER
    assert own_code("DBIT", "").line_kind == OTHER


@pytest.mark.parametrize(
    ("booking", "expected"),
    [
        (entry("20.00", "CRDT", tx("A1", "20.00")), (DEBIT, "BOOK", False)),
        (entry("20.00", "CRDT", tx("A1", "20.00"), reversal="false"), (DEBIT, "BOOK", False)),
        (entry("20.00", "DBIT", tx("A1", "20.00"), reversal="true"), (DEBIT, "RVSL", True)),
        (entry("20.00", "DBIT", tx("A1", "20.00", reason="MD06"), reversal="true"), (DEBIT, "MD06", True)),
        (entry("20.00", "DBIT", tx("A1", "20.00"), sub="PRDD"), (DEBIT, "RVSL", True)),
        (entry("20.00", "DBIT", tx("A1", "20.00")), (DEBIT, "RVSL", True)),
        (entry("20.00", "CRDT", tx("A1", "20.00", reason="AM04"), reversal="1", sub="UPDD"), (DEBIT, "BOOK", False)),
        (entry("20.00", "DBIT", tx("A1", "20.00", reason="AM04"), status="PDNG"), (PENDING, "AM04", True)),
        (entry("20.00", "CRDT", tx("A1", "20.00", refs="<MndtId>M</MndtId>"), family="RDDT"), (OTHER, "BOOK", False)),
        (entry("3.00", "DBIT", tx("A1", "3.00"), sub="CHRG"), (OTHER, "BOOK", False)),
        (entry("3.00", "DBIT", tx("NOTPROVIDED", "3.00")), (OTHER, "BOOK", False)),
    ],
)
def test_what_a_booking_is(booking: str, expected: tuple[str, str, bool]) -> None:
    line = only(read(booking))
    assert (line.line_kind, line.result_code, line.is_return) == expected


def test_a_credit_that_says_that_a_debit_went_back_is_set_aside() -> None:
    batch = read(entry("20.00", "CRDT", tx("A1", "20.00", reason="AM04"), sub="UPDD"))
    assert [x.field for x in batch.set_aside] == ["CdtDbtInd"]


def test_a_reference_names_the_request_and_never_the_account_alone() -> None:
    def reference(refs: str) -> str | None:
        return only(read(entry("20.00", "CRDT", tx("A1", "20.00", refs=refs)))).reference

    assert reference("") is None
    assert reference("<MsgId>20260401-01</MsgId><PmtInfId>P1</PmtInfId>") == "20260401-01/A1"
    assert reference("<PmtInfId>20260401-01</PmtInfId>") == "20260401-01/A1"


def balance(code: str, amount: str, direction: str = "CRDT") -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{amount}</Amt>'
        f"<CdtDbtInd>{direction}</CdtDbtInd></Bal>"
    )


def test_a_statement_with_charges_as_bookings_of_their_own() -> None:
    """100.00 + 20.00 collected - 5.00 returned - 3.00 of charges = 112.00; what is not booked yet is no part of it."""
    bookings = [
        entry("20.00", "CRDT", tx("A1", "20.00")),
        entry("5.00", "DBIT", tx("A2", "5.00", reason="AM04"), sub="UPDD"),
        entry("3.00", "DBIT", sub="CHRG"),
        entry("9.00", "CRDT", tx("A3", "9.00"), status="PDNG"),
    ]
    balances = balance("OPBD", "100.00") + balance("CLAV", "1.00") + balance("CLBD", "112.00")
    batch = read(*bookings, before=balances, statement=True)
    assert (batch.differences, batch.set_aside) == ([], [])
    assert [(x.account_id, x.amount, x.charge_amount, x.line_kind) for x in batch.lines] == [
        ("A1", Decimal("20.00"), Decimal("0.00"), DEBIT),
        ("A2", Decimal("5.00"), Decimal("0.00"), DEBIT),
        ("", Decimal("3.00"), Decimal("3.00"), OTHER),
        ("A3", Decimal("9.00"), Decimal("0.00"), PENDING),
    ]
    wrong = read(*bookings, before=balances.replace("112.00", "115.00"), statement=True)
    assert wrong.differences == ["closing balance 115.00, found 112.00"]
    overdrawn = balance("PRCD", "10.00", "DBIT") + balance("CLBD", "10.00")
    assert read(bookings[0], before=overdrawn, statement=True).differences == []


def test_a_sign_turned_round_disagrees_with_the_totals_by_direction() -> None:
    """Credits of 20.00 in one entry, debits of 5.00 in one."""
    totals = (
        "<TxsSummry><TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>20.00</Sum></TtlCdtNtries>"
        "<TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>5.00</Sum></TtlDbtNtries></TxsSummry>"
    )
    returned = entry("5.00", "DBIT", tx("A2", "5.00", reason="AM04"), sub="UPDD")
    assert read(entry("20.00", "CRDT", tx("A1", "20.00")), returned, before=totals).differences == []
    assert read(entry("20.00", "DBIT", tx("A1", "20.00")), returned, before=totals).differences == [
        "NbOfNtries, credits 1, found 0",
        "Sum of the entries, credits 20.00, found 0.00",
        "NbOfNtries, debits 1, found 2",
        "Sum of the entries, debits 5.00, found 25.00",
    ]


def test_a_status_that_does_not_say_whether_it_is_booked_is_set_aside() -> None:
    own = entry("20.00", "CRDT", tx("A1", "20.00")).replace(
        "<Sts><Cd>BOOK</Cd></Sts>", "<Sts><Prtry>VORM</Prtry></Sts>"
    )
    assert [(x.field, x.reason) for x in read(own).set_aside] == [
        ("Sts", "is VORM, which does not say whether it is booked")
    ]
    assert [line.line_kind for line in read(own.replace("VORM", "BOOK")).lines] == [DEBIT]
    for status in ("PDNG", "INFO", "FUTR"):
        assert only(read(entry("20.00", "CRDT", tx("A1", "20.00"), status=status))).line_kind == PENDING


def of_request(booking: str, request: str) -> str:
    return booking.replace("<NtryDtls>", f"<NtryDtls><Btch><MsgId>{request}</MsgId></Btch>")


def test_a_statement_is_the_result_of_a_request_only_where_all_its_debits_are_of_it() -> None:
    """Beside the debits of May's request stands a return of April: read as an answer to May's request it would refuse that."""
    collected = of_request(entry("25.00", "CRDT", tx("A1", "20.00"), tx("A2", "5.00")), "20260501-01")
    returned = entry("20.00", "DBIT", tx("A3", "20.00", reason="AM04"), sub="UPDD")
    assert read(collected).batch_id == "20260501-01"
    assert read(collected, entry("3.00", "DBIT", sub="CHRG")).batch_id == "20260501-01"
    assert read(collected, of_request(returned, "20260501-01")).batch_id == "20260501-01"
    assert read(collected, of_request(returned, "20260401-01")).batch_id is None
    assert read(collected, returned).batch_id is None


def test_a_booking_without_its_date_is_of_its_value_date() -> None:
    booked = entry("20.00", "CRDT", tx("A1", "20.00"))
    valued = booked.replace("<BookgDt><Dt>2026-04-12</Dt></BookgDt>", "<ValDt><DtTm>2026-04-13T00:00:00</DtTm></ValDt>")
    assert only(read(booked.replace("<BkTxCd>", "<ValDt><Dt>2026-04-14</Dt></ValDt><BkTxCd>"))).debited_on == date(
        2026, 4, 12
    )
    assert only(read(valued)).debited_on == date(2026, 4, 13)


def test_a_credit_for_all_needs_no_details_where_the_bank_lists_failures_only() -> None:
    """60.00 for a request of three, none listed, and 20.00 that come back: the request says what was collected."""
    group = "<Btch><MsgId>20260501-01</MsgId><NbOfTxs>3</NbOfTxs></Btch>"
    collective = entry("60.00", "CRDT", group)
    returned = entry("20.00", "DBIT", tx("A3", "20.00", reason="AM04"), sub="UPDD")
    held = read(collective, returned)
    assert ([x.field for x in held.set_aside], held.differences) == (["EndToEndId"], ["entry 1: NbOfTxs 3, found 0"])
    text = f"<Document><BkToCstmrStmt><Stmt>{collective}{returned}</Stmt></BkToCstmrStmt></Document>"
    by_exception = replace(load_bank_format("iso20022"), collected_unless_returned=5)
    batch = read_iso20022(text.encode(), by_exception)
    assert (batch.set_aside, batch.differences) == ([], [])
    assert [(x.account_id, x.amount, x.line_kind, x.is_return) for x in batch.lines] == [
        ("", Decimal("60.00"), OTHER, False),
        ("A3", Decimal("20.00"), DEBIT, True),
    ]
    unknown = returned.replace("<EndToEndId>A3</EndToEndId>", "").replace("AM04", "AC04")
    batch = read_iso20022(text.replace(returned, unknown).encode(), by_exception)
    assert [x.field for x in batch.set_aside] == ["EndToEndId"]


def test_an_amount_may_have_five_decimals_where_all_but_two_are_zeros() -> None:
    assert only(read(entry("20.50000", "CRDT", tx("A1", "20.500")))).amount == Decimal("20.50")
    assert [x.field for x in read(entry("20.50001", "CRDT", tx("A1", "20.50001"))).set_aside] == ["Amt"]
