"""Bank result files: totals by hand, and every reason to hold or reject one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from orchestration.errors import TollhouseError
from orchestration.ingestion.bank.results import check_bank_files
from orchestration.ledger.debit_requests import RequestBatch, RequestedBill, RequestLine, keep_requests
from tests.ingestion.intake import RESULT_CODES, Intake

NAME = "ICBC_20260120_B1.txt"
# 20.80 + 12.00 went through, 5.50 did not: 38.30 asked for, 32.80 taken.
HEADER = "H|ICBC|B1|2025-12|2026-01-20|3|38.30|2|32.80"
DETAILS = ["D|1|A1|6222001|20.80|00", "D|2|A2|6222002|12.00|00", "D|3|A3|6222003|5.50|51"]
SOUND = "\n".join([HEADER, *DETAILS, "T|3"]) + "\n"


def status_of(intake: Intake, content: str | bytes, name: str = NAME) -> tuple[str, str | None]:
    """Deliver, pull, decode and check a bank file; its status and reason."""
    intake.deliver("bank/ICBC", name, content)
    intake.pull()
    intake.decode()
    check_bank_files(intake.ledger, RESULT_CODES)
    entry = next(entry for entry in intake.ledger.files("bank")[::-1] if entry.file_name == name)
    return entry.status, entry.status_reason


def test_a_sound_batch_is_loaded_with_its_totals(intake: Intake) -> None:
    assert status_of(intake, SOUND) == ("loaded", None)
    entry = intake.only_file()
    assert (entry.data_rows, entry.set_aside_rows, entry.read_records) == (3, 0, 0)
    assert (entry.bank_code, entry.batch_in_name, entry.file_date) == ("ICBC", "B1", date(2026, 1, 20))
    assert intake.rows("debits", entry.file_id, "line, account_id, bank_account, amount, result_code") == [
        (1, "A1", "6222001", Decimal("20.80"), "00"),
        (2, "A2", "6222002", Decimal("12.00"), "00"),
        (3, "A3", "6222003", Decimal("5.50"), "51"),
    ]
    columns = (
        "batch_id, billing_period, debited_on, trailer_records, detail_records, detail_total_amount, "
        "detail_success_records, detail_success_amount, totals_agree, unknown_codes"
    )
    assert intake.rows("debit_batches", entry.file_id, columns) == [
        ("B1", "2025-12", date(2026, 1, 20), 3, 3, Decimal("38.30"), 2, Decimal("32.80"), True, [])
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (SOUND.replace("|38.30|", "|38.31|"), "header total_amount 38.31, details 38.30"),
        (SOUND.replace("|3|38", "|4|38"), "header records 4, details 3"),
        (SOUND.replace("|2|32.80", "|3|32.80"), "header success_records 3, details 2"),
        (SOUND.replace("|32.80", "|32.79"), "header success_amount 32.79, details 32.80"),
        (SOUND.replace("T|3", "T|2"), "trailer records 2, details 3"),
        (SOUND.replace("T|3\n", ""), "there is no trailer"),
        (SOUND.replace("|51", "|77"), "result codes not in debit_result_codes of ICBC: 77"),
        (SOUND.replace("H|ICBC", "H|CCB"), "the header is of bank CCB, the file's name of ICBC"),
    ],
)
def test_a_batch_that_disagrees_is_held_with_the_figures(intake: Intake, content: str, reason: str) -> None:
    status, why = status_of(intake, content)
    assert status == "held"
    assert reason in str(why)


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        ("D|3|A3|6222003|5.5|51", "amount", "is not a valid amount with two decimals"),
        ("D|3|A3|6222003|-5.50|51", "amount", "is not a valid amount with two decimals"),
        ("D|x|A3|6222003|5.50|51", "line", "is not a valid whole number from 1"),
        ("D|2|A3|6222003|5.50|51", "line", "repeats that of line 3 of the file"),
        ("D|3||6222003|5.50|51", "account_id", "is empty"),
        ("D|3|A3|6222003|5.50|", "result_code", "is empty"),
        ("D|3|A3|5.50|51", "line", "has 4 fields instead of 5"),
        ("X|3", "line", "is neither a detail D|… nor the trailer T|records"),
    ],
)
def test_a_detail_that_does_not_parse_is_set_aside_and_holds(
    intake: Intake, line: str, field: str, reason: str
) -> None:
    status, why = status_of(intake, SOUND.replace(DETAILS[2], line))
    entry = intake.only_file()
    assert status == "held"
    assert f"1 lines do not parse, the first: line 4: {field} {reason}" in str(why)
    assert intake.malformed(entry.file_id) == [(4, field, reason)]
    assert (entry.data_rows, entry.set_aside_rows) == (3, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "unreadable: no header: the file is empty or begins with an empty line"),
        ("D|1|A1|6222001|20.80|00\n", "unreadable: no header: the first line should begin with H|"),
        (SOUND.replace("2025-12|", ""), "unreadable: wrong header: it has 7 fields instead of bank_code"),
        (SOUND.replace("2025-12", "2025-13"), "unreadable: wrong header: field billing_period cannot be '2025-13'"),
        (
            SOUND.replace("2026-01-20", "2026-02-30"),
            "unreadable: wrong header: field debited_on cannot be '2026-02-30'",
        ),
    ],
)
def test_a_file_without_a_right_header_is_rejected(intake: Intake, content: str, reason: str) -> None:
    status, why = status_of(intake, content)
    assert status == "rejected"
    assert str(why).startswith(reason)


def test_the_same_bytes_under_another_name_are_rejected_and_the_same_batch_is_held(intake: Intake) -> None:
    assert status_of(intake, SOUND) == ("loaded", None)
    status, reason = status_of(intake, SOUND, "ICBC_20260121_B2.txt")
    assert status == "rejected"
    assert str(reason).startswith(f"same content as {NAME}")
    other = SOUND.replace("6222003", "6222004")
    status, reason = status_of(intake, other, "ICBC_20260122_B3.txt")
    assert status == "held"
    assert f"batch B1 of 2026-01-20 is already loaded from {NAME}" in str(reason)
    for entry in intake.ledger.files()[1:]:
        intake.ledger.release_file(entry.file_id, "the bank debited twice, and says so")
    intake.decode()
    assert [(entry.status, entry.data_rows) for entry in intake.ledger.files()] == [("loaded", 3)] * 3


def test_a_bank_that_counts_its_batches_anew_has_each_of_them_loaded(intake: Intake) -> None:
    assert status_of(intake, SOUND) == ("loaded", None)
    assert status_of(intake, SOUND.replace("2026-01-20", "2026-02-20"), "ICBC_20260220_B1.txt") == ("loaded", None)


REPORT = "  1  A1  6222001  20.80  成功\n  2  A3  6222003  5.50  余额不足\n合计 2 笔 26.30 元 成功 1 笔 20.80 元\n"
REPORT_CODES = {("CN-KEYWORD", "成功"): "success", ("CN-KEYWORD", "余额不足"): "failed"}
REPORT_SOURCES = """sources:
  - name: pbk
    kind: bank
    bank_code: PBK
    url: "${TOLLHOUSE_HOME}/inbox/bank/PBK"
    format: cn_report
    pattern: "PBK_{date:YYYYMMDD}_{batch}.txt"
"""


def test_a_printed_report_is_a_repeat_only_where_the_names_have_one_date(intake: Intake) -> None:
    """It names neither batch nor day, so the reports of two months can be the same to the byte."""
    sources = intake.settings.home / "sources.yml"
    for name in ("PBK_20260120_1.txt", "PBK_20260220_1.txt", "PBK_20260120_2.txt"):
        intake.deliver("bank/PBK", name, REPORT.encode("gb18030"))
    sources.write_text(REPORT_SOURCES, encoding="utf-8")
    intake.settings = replace(intake.settings, sources_file=sources)
    intake.pull()
    intake.decode(codes=REPORT_CODES)
    check_bank_files(intake.ledger, REPORT_CODES)
    found = {entry.file_name: (entry.status, (entry.status_reason or "")[:35]) for entry in intake.ledger.files("bank")}
    assert found == {
        "PBK_20260120_1.txt": ("loaded", ""),
        "PBK_20260120_2.txt": ("rejected", "same content as PBK_20260120_1.txt "),
        "PBK_20260220_1.txt": ("loaded", ""),
    }


def test_a_released_batch_counts_from_its_release(intake: Intake) -> None:
    assert status_of(intake, SOUND.replace("|51", "|77"))[0] == "held"
    entry = intake.only_file()
    intake.ledger.release_file(entry.file_id[:6], "77 is a refusal, says the bank; the book follows")
    released = intake.only_file()
    assert (released.status, released.seen_order, released.effective_order) == ("loaded", 1, 2)
    check_bank_files(intake.ledger, RESULT_CODES)
    assert intake.only_file().status == "loaded"


def test_a_batch_whose_totals_disagree_is_released_with_its_difference_accepted(intake: Intake) -> None:
    assert status_of(intake, SOUND.replace("T|3", "T|2"))[0] == "held"
    file_id = intake.only_file().file_id
    with pytest.raises(TollhouseError, match="trailer records 2, details 3.*--accept-totals"):
        intake.ledger.release_file(file_id, "trailer fixed by telephone")
    assert intake.only_file().status == "held"
    intake.ledger.release_file(file_id, "trailer fixed by telephone", accept_totals=True)
    assert intake.only_file().status == "loaded"
    (accepted,) = intake.ledger.decisions("accept_totals")
    assert (accepted.file_id, accepted.why) == (file_id, "trailer records 2, details 3")


def test_a_batch_with_a_line_that_cannot_be_read_is_released_with_its_difference_accepted(intake: Intake) -> None:
    """The totals of a statement are of the lines that could be read, and agree without the one that could not."""
    intake.deliver("bank/ICBC", "ICBC_20260105_1.txt", SOUND)
    intake.pull()
    intake.decode()
    file_id = intake.only_file().file_id
    facts = intake.ledger.bank_batch(file_id)
    assert facts is not None and facts["total_differences"] == []
    intake.ledger.record_bank_batch(
        file_id, {**facts, "set_aside_rows": 1, "first_set_aside": "line 1: amount is 23.00"}
    )
    check_bank_files(intake.ledger, RESULT_CODES)
    assert intake.only_file().status == "held"
    told = "1 lines cannot be read and count nowhere, the first: line 1: amount is 23.00"
    with pytest.raises(TollhouseError, match=f"{told}.*--accept-totals"):
        intake.ledger.release_file(file_id, "ok")
    intake.ledger.release_file(file_id, "the bank says it is a fee", accept_totals=True)
    assert intake.ledger.decisions("accept_totals")[0].why == told


def test_there_is_nothing_to_accept_in_a_batch_whose_totals_agree(intake: Intake) -> None:
    assert status_of(intake, SOUND.replace("|51", "|77"))[0] == "held"
    with pytest.raises(TollhouseError, match="no difference to accept"):
        intake.ledger.release_file(intake.only_file().file_id, "why not", accept_totals=True)


def test_a_corrected_file_of_the_same_name_is_read_and_judged_once_it_is_released(intake: Intake) -> None:
    assert status_of(intake, SOUND.replace("|51", "|77"))[0] == "held"
    intake.deliver("bank/ICBC", NAME, SOUND)
    intake.pull()
    corrected = intake.ledger.files()[-1]
    assert (corrected.status, str(corrected.status_reason)[:28]) == ("rejected", "same name with other content")
    intake.ledger.release_file(corrected.file_id, "the bank corrected its code")
    intake.decode()
    check_bank_files(intake.ledger, RESULT_CODES)
    assert [entry.status for entry in intake.ledger.files()] == ["held", "loaded"]
    assert intake.ledger.files()[-1].effective_order == 3


def test_what_cannot_be_read_cannot_be_released(intake: Intake) -> None:
    assert status_of(intake, "D|1|A1|6222001|20.80|00\n")[0] == "rejected"
    with pytest.raises(TollhouseError, match="what cannot be read cannot be released"):
        intake.ledger.release_file(intake.only_file().file_id, "please")


def test_a_result_code_that_the_book_learns_lets_the_file_in(intake: Intake) -> None:
    assert status_of(intake, SOUND.replace("|51", "|77"))[0] == "held"
    codes = {**RESULT_CODES, ("ICBC", "77"): "failed"}
    assert len(intake.decode(codes=codes)) == 1
    assert [entry.status for entry in check_bank_files(intake.ledger, codes)] == ["loaded"]


STATEMENT = "<Document><BkToCstmrStmt><Stmt><Id>S1</Id>{entries}</Stmt></BkToCstmrStmt></Document>"
ISO_CODES = {("ISO20022", "BOOK"): "success", ("ISO20022", "AM04"): "failed", ("ISO20022", "ACSC"): "success"}
ISO_SOURCES = """sources:
  - {name: hbk, kind: bank, bank_code: HBK, url: "${TOLLHOUSE_HOME}/inbox/bank/HBK", format: iso20022,
     pattern: "HBK_{date:YYYYMMDD}_{batch}.xml"}
"""


def iso_judged(intake: Intake, name: str, content: str) -> tuple[str, str | None]:
    """Deliver an ISO 20022 message of bank HBK and check it."""
    sources = intake.settings.home / "sources.yml"
    sources.write_text(ISO_SOURCES, encoding="utf-8")
    intake.settings = replace(intake.settings, sources_file=sources)
    intake.deliver("bank/HBK", name, content)
    intake.pull()
    intake.decode(codes=ISO_CODES)
    check_bank_files(intake.ledger, ISO_CODES)
    entry = next(entry for entry in intake.ledger.files("bank") if entry.file_name == name)
    return entry.status, entry.status_reason


def test_a_statement_of_several_days_dates_each_line_by_itself(intake: Intake) -> None:
    """A collection of 30 March (of February) and its return of 12 April in a statement that is named 15 April."""

    def entry(day: str, direction: str, reason: str) -> str:
        return (
            f'<Ntry><Amt Ccy="CNY">20.00</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>'
            "<BkTxCd><Domn><Fmly><Cd>IDDT</Cd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>A1</EndToEndId></Refs>"
            f"{reason}</TxDtls></NtryDtls></Ntry>"
        )

    back = "<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>"
    text = STATEMENT.format(entries=entry("2026-03-30", "CRDT", "") + entry("2026-04-12", "DBIT", back))
    assert iso_judged(intake, "HBK_20260415_1.xml", text) == ("loaded", None)
    file_id = intake.only_file().file_id
    assert intake.rows("debit_batches", file_id, "debited_on, billing_period, is_period_named") == [
        (date(2026, 4, 15), "2026-03", False)
    ]
    assert intake.rows("debits", file_id, "line, result_code, is_return, debited_on, billing_period") == [
        (1, "BOOK", False, date(2026, 3, 30), "2026-02"),
        (2, "AM04", True, date(2026, 4, 12), None),
    ]
    assert iso_judged(intake, "HBK_20260416_1.xml", text)[0] == "rejected"
    wrong_year = text.replace("2026-04-12", "2062-04-12")
    status, reason = iso_judged(intake, "HBK_20260417_1.xml", wrong_year)
    assert (status, reason) == ("held", "it is debited on 2062-04-12, which is far from the file's date 2026-04-17")
    # Its totals agree: there is nothing to accept but the day.
    held = intake.ledger.files("bank")[-1]
    intake.ledger.release_file(held.file_id, "the bank says that it is so")
    assert intake.ledger.file(held.file_id).status == "loaded"
    assert intake.rows("debit_batches", held.file_id, "totals_agree") == [(True,)]


def test_a_collected_debit_without_amount_is_set_aside_and_a_refused_one_is_not(intake: Intake) -> None:
    """The codes say which: a refused debit takes the amount of its request."""
    text = (
        "<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
        "<TxInfAndSts><OrgnlEndToEndId>A1</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
        "</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
    assert iso_judged(intake, "HBK_20260526_1.xml", text) == ("loaded", None)
    file_id = intake.only_file().file_id
    columns = "detail_records, detail_total_amount, totals_agree, no_amount_records"
    assert intake.rows("debit_batches", file_id, columns) == [(1, Decimal("0.00"), True, 1)]
    assert intake.rows("debits", file_id, "account_id, amount, reference") == [("A1", None, "M1/A1")]
    status, reason = iso_judged(intake, "HBK_20260527_1.xml", text.replace("AM04", "BOOK").replace("M1", "M2"))
    assert (status, reason) == (
        "held", "1 lines do not parse, the first: line 1: amount is missing, and the debit was collected"
    )  # fmt: skip


def test_an_end_of_file_mark_and_blanks_cost_a_canonical_file_nothing(intake: Intake) -> None:
    text = SOUND.replace("\n", "  \r\n") + "\x1a"
    assert status_of(intake, "\ufeff" + text) == ("loaded", None)


def report(group: str, created: str = "2026-05-26T09:00:00", lines: str = "") -> str:
    return (
        f"<Document><CstmrPmtStsRpt><GrpHdr><CreDtTm>{created}</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>20260501-01"
        f"</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{lines}</CstmrPmtStsRpt></Document>"
    )


def keep_request(intake: Intake, batch_id: str, *amounts: str) -> None:
    """Keep a request to HBK of so many accounts A1, A2 …"""
    lines = tuple(
        RequestLine(
            number, f"A{number}", f"62220{number}", Decimal(amount), (RequestedBill(f"A{number}", Decimal(amount)),)
        )
        for number, amount in enumerate(amounts, start=1)
    )
    batch = RequestBatch(
        "HBK", batch_id, "2026-04", "canonical", date(2026, 5, 1), date(2026, 5, 25), f"HBK_{batch_id}.txt", "0", "E1", "now", "me",
        lines,
    )  # fmt: skip
    keep_requests(intake.settings.ledger_path, [batch])


def test_a_request_refused_as_a_whole_has_the_lines_that_were_asked_for(intake: Intake) -> None:
    """20.33 and 20.00 were asked for. The acknowledgement of the morning is no result, so that of the evening may come."""
    keep_request(intake, "20260501-01", "20.33", "20.00")
    acknowledged = report("<OrgnlNbOfTxs>2</OrgnlNbOfTxs><GrpSts>ACTC</GrpSts>")
    assert iso_judged(intake, "HBK_20260526_1.xml", acknowledged) == ("loaded", None)
    refused = report(
        "<OrgnlNbOfTxs>2</OrgnlNbOfTxs><OrgnlCtrlSum>40.33</OrgnlCtrlSum><GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn>"
        "</StsRsnInf><NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>RJCT</DtldSts></NbOfTxsPerSts>"
    )
    assert iso_judged(intake, "HBK_20260526_2.xml", refused) == ("loaded", None)
    first, second = (entry.file_id for entry in intake.ledger.files("bank"))
    columns = "batch_id, debited_on, detail_records, detail_total_amount, detail_success_amount, totals_agree"
    assert intake.rows("debit_batches", first, columns)[0][2] == 0
    assert intake.rows("debit_batches", second, columns) == [
        ("20260501-01", date(2026, 5, 26), 2, Decimal("40.33"), Decimal("0.00"), True)
    ]
    assert intake.rows(
        "debits", second, "line, account_id, bank_account, amount, result_code, line_kind, reference"
    ) == [
        (1, "A1", "622201", Decimal("20.33"), "AM04", "debit", "20260501-01/A1"),
        (2, "A2", "622202", Decimal("20.00"), "AM04", "debit", "20260501-01/A2"),
    ]


def test_a_request_that_is_not_known_or_is_another_is_held_for_its_lines(intake: Intake) -> None:
    refused = report("<OrgnlNbOfTxs>2</OrgnlNbOfTxs><GrpSts>RJCT</GrpSts>")
    assert iso_judged(intake, "HBK_20260526_1.xml", refused) == (
        "held", "the whole request of 2 debits has RJCT, and none is listed: ask the bank for the lines"
    )  # fmt: skip
    keep_request(intake, "20260501-01", "20.33")
    refused = report("<OrgnlNbOfTxs>2</OrgnlNbOfTxs><GrpSts>RJCT</GrpSts>", "2026-05-27T09:00:00")
    assert iso_judged(intake, "HBK_20260527_1.xml", refused) == (
        "held",
        (
            "the whole request of 2 debits has RJCT, and none is listed: ask the bank for the lines; request 20260501-01 as it "
            "went out has 1 debits of 20.33"
        ),
    )


SWIFT_STATEMENT = """:20:S1
:25:1
:28C:9/1
:60F:C260119CNY100,00
:61:2601200120CR20,80NDDTNONREF
:86:ACCT A1
:62F:C260120CNY120,80
-
"""
NEXT_STATEMENT = """:20:S2
:25:1
:28C:10/1
:60F:C260120CNY120,80
:61:2601210121CR20,80NDDTNONREF
:86:ACCT A1
:62F:C260121CNY141,60
-
"""
NOTIFICATION = """<Document><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{message}</MsgId></GrpHdr><Ntfctn><Id>{id}</Id><Ntry>
<Amt Ccy="CNY">20.80</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>
<BkTxCd><Domn><Fmly><Cd>IDDT</Cd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>A1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""


@pytest.mark.parametrize(
    ("layout", "first", "second", "reason"),
    [
        # Sent again in another envelope, under another name; and with the statement of the next day behind it.
        ("mt940", SWIFT_STATEMENT, SWIFT_STATEMENT.replace("\n", "\r\n"), "statement 9/1 of account 1 is already loaded from"),
        ("mt940", SWIFT_STATEMENT, SWIFT_STATEMENT + NEXT_STATEMENT, "statement 9/1 of account 1 is already loaded from"),
        ("mt940", SWIFT_STATEMENT, NEXT_STATEMENT, None),
        ("iso20022", NOTIFICATION.format(message="M1", id="N1", day="2026-01-20"),
         NOTIFICATION.format(message="M2", id="N1", day="2026-01-20"), "statement or notification N1 is already loaded from"),
        ("iso20022", NOTIFICATION.format(message="M1", id="N1", day="2026-01-20"),
         NOTIFICATION.format(message="M1", id="N2", day="2026-01-20"), None),
        ("iso20022", NOTIFICATION.format(message="M1", id="N1", day="2026-01-20"),
         NOTIFICATION.format(message="M1", id="N1", day="2026-01-21"), None),
    ],
)  # fmt: skip
def test_a_message_that_comes_again_in_another_file_is_held(
    intake: Intake, layout: str, first: str, second: str, reason: str | None
) -> None:
    """Its money would count twice. An id alone is no proof: some banks number their messages again every day."""
    sources = intake.settings.home / "sources.yml"
    sources.write_text(ISO_SOURCES.replace("iso20022", layout).replace(".xml", ".txt"), encoding="utf-8")
    intake.settings = replace(intake.settings, sources_file=sources)
    codes = {("ISO20022", "BOOK"): "success"}
    for name, content in (("HBK_20260121_1.txt", first), ("HBK_20260122_2.txt", second)):
        intake.deliver("bank/HBK", name, content)
        intake.pull()
        intake.decode(codes=codes)
        check_bank_files(intake.ledger, codes)
    one, other = intake.ledger.files("bank")
    assert one.status == "loaded"
    assert (other.status, str(other.status_reason).startswith(str(reason))) == (
        ("loaded", True) if reason is None else ("held", True)
    )
