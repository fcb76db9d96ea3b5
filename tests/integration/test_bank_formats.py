"""Result files of foreign banks through a whole run: what was collected, what was not and why, and what it pays.

The files are those worked out by hand in tests/ingestion/bank/formats: FNB sends NACHA, HBK pain.002, PBK a printed report,
SWB an MT940 statement whose details are cut in an account's number, and bookings with charges in camt.054, AUB returns of
direct entry.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.ingestion.bank.formats.test_becs import HEADER as BECS_HEADER
from tests.ingestion.bank.formats.test_becs import item, total
from tests.ingestion.bank.formats.test_bookings import charge, entry, tx
from tests.ingestion.bank.formats.test_iso20022 import PAIN
from tests.ingestion.bank.formats.test_line_records import REPORT
from tests.ingestion.bank.formats.test_nacha import SOUND, content
from tests.robustness.branch import Branch, new_branch

SOURCES = """sources:
  - {name: cdr, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/cdr/SW1", format: canonical,
     pattern: "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv"}
  - {name: customers, kind: customers, url: "file:${TOLLHOUSE_HOME}/inbox/customers", format: canonical,
     pattern: "{table}_{date:YYYYMMDD}.csv"}
  - {name: first national, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/fnb", format: nacha, bank_code: FNB,
     pattern: "{date:YYYYMMDD}_{batch}.ach"}
  - {name: house bank, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/hbk", format: iso20022, bank_code: HBK,
     pattern: "{date:YYYYMMDD}_{batch}.xml"}
  - {name: post, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/pbk", format: cn_report, bank_code: PBK,
     pattern: "{date:YYYYMMDD}_{batch}.txt"}
  - {name: swift, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/swb", format: mt940, bank_code: SWB,
     pattern: "{date:YYYYMMDD}_{batch}.sta"}
  - {name: bookings, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/swb", format: iso20022, bank_code: SWB,
     pattern: "{date:YYYYMMDD}_{batch}.xml"}
  - {name: direct entry, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/aub", format: au_becs, bank_code: AUB,
     pattern: "{date:YYYYMMDD}_{batch}.ret"}
"""
SCHEMES = (
    "NACHA,SETTLED,success,none,,", "NACHA,R01,failed,insufficient_funds,,", "ISO20022,ACSC,success,none,,",
    "ISO20022,AM04,failed,insufficient_funds,,", "CN-KEYWORD,成功,success,none,,",
    "ISO20022,BOOK,success,none,,", "AU-BECS-DE,6,failed,insufficient_funds,,", "AU-BECS-DE,3,failed,account_fault,,",
    "CN-KEYWORD,余额不足,failed,insufficient_funds,,", "CN-KEYWORD,销户,failed,account_fault,,",
    "CN-KEYWORD,其他,failed,other,,",
)  # fmt: skip


RETURNED_ITEMS = "\r\n".join(
    [BECS_HEADER.replace("110626", "100326"), item("6", 2080, "A2"), item("3", 550, "A3"), total(2630, 0, 2630, 2)]
)


def money(text: str) -> Decimal:
    return Decimal(text)


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """A branch in March 2026 with the bills of February: 20.00 of A1 (rental), 1.00 of A2 (calls)."""
    branch = new_branch(tmp_path_factory.mktemp("foreign_banks") / "home")
    branch.add("debit_result_codes", *SCHEMES)
    (branch.home / "sources.yml").write_text(SOURCES, encoding="utf-8")
    branch.deliver_day(2, month=2)
    branch.deliver_exports()
    branch.deliver("fnb", "20260120_N1.ach", content(SOUND))
    branch.deliver("hbk", "20260120_X.xml", PAIN.replace("{version}", "10").replace(">A1<", ">A2<"))
    branch.deliver("pbk", "20260310_R7.txt", REPORT.encode("gb18030"))
    # 5.50 and a charge of 3.00 are booked as 8.50; the line of 65 characters ends in the middle of A31.
    returned = entry("8.50", "DBIT", tx("A3", "5.50", charge("3.00"), "AM04"), sub="UPDD").replace("04-12", "03-10")
    root = "BkToCstmrDbtCdtNtfctn"
    branch.deliver("swb", "20260310_C1.xml", f"<Document><{root}><Ntfctn>{returned}</Ntfctn></{root}></Document>")
    folded = "UNPAID DIRECT DEBIT RSN AM04 MANDATE 00000000000000000012 ACCT A3\n1 NAME"
    branch.deliver(
        "swb",
        "20260310_M1.sta",
        ":20:S1\n:25:1\n:28C:1/1\n:60F:C260310CNY100,00\n:61:2603100310D20,33NRTINONREF\n"
        f":86:{folded}\n:62F:C260310CNY79,67\n-\n",
    )
    branch.deliver("aub", "20260310_R1.ret", RETURNED_ITEMS)
    typed = branch.tollhouse("run", TOLLHOUSE_SOURCES=str(branch.home / "sources.yml"))
    assert typed.exit_code == 0, typed.message
    return branch


def test_each_batch_is_accepted_with_its_totals(branch: Branch) -> None:
    columns = (
        "bank_code, batch_id, billing_period, debited_on, records, total_amount, success_records, success_amount, "
        "pending_records, correction_records"
    )
    day = date(2026, 1, 20)
    march, nothing = date(2026, 3, 10), money("0.00")
    assert branch.mart("debit_batches", columns) == [
        ("AUB", "R1", "2026-02", march, 2, money("26.30"), 0, nothing, 0, 0),
        ("FNB", "N1", "2025-12", day, 2, money("26.30"), 1, money("20.80"), 0, 1),
        ("HBK", "B1", "2025-12", day, 2, money("26.30"), 1, money("20.80"), 1, 0),
        ("PBK", "R7", "2026-02", march, 4, money("1045.30"), 1, money("24.80"), 0, 0),
        ("SWB", "C1", "2026-02", march, 1, money("5.50"), 0, nothing, 0, 0),
        ("SWB", "M1", "2026-02", march, 1, money("20.33"), 0, nothing, 0, 0),
    ]
    charges = branch.mart("debit_batches", "bank_code, batch_id, charge_amount, no_amount_records")
    assert [row for row in charges if row[2]] == [("SWB", "C1", money("3.00"), 0)]


def test_what_was_not_collected_has_its_cause(branch: Branch) -> None:
    columns = (
        "bank_code, line, account_id, amount, requested_amount, collected_amount, result_code, cause, is_cause_inferred"
    )
    nothing = money("0.00")
    assert branch.mart("debit_failures", columns) == [
        ("AUB", 2, "A2", money("20.80"), money("20.80"), nothing, "6", "insufficient_funds", False),
        ("AUB", 3, "A3", money("5.50"), money("5.50"), nothing, "3", "account_fault", False),
        ("FNB", 4, "A3", money("5.50"), money("5.50"), nothing, "R01", "insufficient_funds", False),
        ("HBK", 3, "A3", money("5.50"), money("5.50"), nothing, "AM04", "insufficient_funds", False),
        ("PBK", 2, "A2", money("1008.00"), money("1012.00"), money("4.00"), "余额不足", "insufficient_funds", True),
        ("PBK", 3, "A3", money("5.50"), money("5.50"), nothing, "销户", "account_fault", True),
        ("PBK", 4, "A4", money("7.00"), money("7.00"), nothing, "其他", "other", True),
        ("SWB", 1, "A3", money("5.50"), money("5.50"), nothing, "AM04", "insufficient_funds", False),
        ("SWB", 1, "A31", money("20.33"), money("20.33"), nothing, "AM04", "insufficient_funds", False),
    ]


def test_what_was_collected_pays_and_what_is_on_its_way_does_not(branch: Branch) -> None:
    """A1 owes 20.00 and A2 1.00 of February; the debits of January come before the payment at the counter."""
    first = date(2026, 3, 1)
    assert branch.mart("payment_applications", "payment_id, account_id, billing_period, applied_on, amount") == [
        ("FNB:N1:2026-01-20:3", "A1", "2026-02", first, money("20.00")),
        ("HBK:B1:2026-01-20:1", "A2", "2026-02", first, money("1.00")),
    ]


def test_a_correction_is_listed_and_is_no_result(branch: Branch) -> None:
    columns = "bank_code, batch_id, line, account_id, bank_account, correction_code, corrected_data"
    assert branch.mart("debit_corrections", columns) == [("FNB", "N1", 6, "A4", "6222004", "C01", "1918171614")]
    problems = branch.mart("problem_bulletin", "kind, subject, detail")
    assert ("debit_correction", "A4", "bank FNB corrects account A4: C01 1918171614") in problems
