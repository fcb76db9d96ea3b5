"""Money that goes back, through whole runs of one branch: reversals and refunds at the counter, debits that banks return in five
formats, a bank that lists failures only; and what arrears, collection rates, commission and requests make of it.

Every account has the rental of 20.00 in the months that it names: a bill of February (issued 1 March, due 25 March), of March and of
April. The first run is as of 1 May and asks the banks (April's bills to be debited on 25 May), the second as of 10 June. All figures are
worked out by hand beside the situation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.ingestion.bank.formats.test_nacha import HEADER as NACHA_FILE_HEADER
from tests.ingestion.bank.formats.test_nacha import addenda, entry
from tests.robustness.branch import EXPORTS, Branch, cdr, new_branch

FEB, MAR, APR = "2026-02", "2026-03", "2026-04"
MONTHS = {FEB: "2026-02-01,2026-03-01", MAR: "2026-03-01,2026-04-01", APR: "2026-04-01,2026-05-01"}
SOURCES = """sources:
  - {name: cdr, kind: cdr, url: "file:${TOLLHOUSE_HOME}/inbox/cdr/SW1", format: canonical,
     pattern: "{switch_id}_{date:YYYYMMDD}_{sequence:6}.csv"}
  - {name: customers, kind: customers, url: "file:${TOLLHOUSE_HOME}/inbox/customers", format: canonical,
     pattern: "{table}_{date:YYYYMMDD}.csv"}
  - {name: ICBC, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/icbc", format: canonical, bank_code: ICBC,
     pattern: "{bank_code}_{date:YYYYMMDD}_{batch}.txt"}
  - {name: failures only, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/exc", format: "${TOLLHOUSE_HOME}/failures_only",
     bank_code: EXC, pattern: "{date:YYYYMMDD}_{batch}.xml"}
  - {name: refuses whole, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/exw", format: "${TOLLHOUSE_HOME}/failures_only.yml",
     bank_code: EXW, pattern: "{date:YYYYMMDD}_{batch}.xml"}
  - {name: lost request, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/exl", format: "${TOLLHOUSE_HOME}/failures_only",
     bank_code: EXL, pattern: "{date:YYYYMMDD}_{batch}.xml"}
  - {name: swift, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/swb", format: mt940, bank_code: SWB,
     pattern: "{date:YYYYMMDD}_{batch}.sta"}
  - {name: bookings, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/cab", format: iso20022, bank_code: CAB,
     pattern: "{date:YYYYMMDD}_{batch}.xml"}
  - {name: clearing, kind: bank, url: "file:${TOLLHOUSE_HOME}/inbox/fnb", format: nacha, bank_code: FNB,
     pattern: "{date:YYYYMMDD}_{batch}.ach"}
"""
CODES = (
    "EXC,00,success,none,,", "EXW,00,success,none,,", "EXL,00,success,none,,", "ISO20022,BOOK,success,none,,",
    "ISO20022,AM04,failed,insufficient_funds,,", "ISO20022,MD06,failed,mandate,,", "ISO20022,RVSL,failed,other,,",
    "NACHA,SETTLED,success,none,,", "NACHA,R01,failed,insufficient_funds,,",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """An account with its own customer: the months it is billed for, how it pays, whose agent's it is."""

    account_id: str
    months: tuple[str, ...]
    bank_code: str = ""
    is_agents: bool = False


ACCOUNTS = [
    *(Account(name, (FEB,), is_agents=True) for name in ("X2", "X4")),
    Account("X1", (FEB, MAR), is_agents=True),
    Account("X3", (FEB,), "ICBC", is_agents=True),
    *(Account(name, (FEB,)) for name in ("R2", "R3", "R5", "R6", "R7", "R8", "R9")),
    Account("R1", (FEB, MAR, APR)),
    Account("R4", (FEB, MAR)),
    *(Account(name, (FEB,), "ICBC") for name in ("D1", "D2", "D5", "D6", "D7")),
    *(Account(name, (FEB, MAR), "ICBC") for name in ("D3", "D4")),
    *(Account(name, (APR,), "EXC") for name in ("E1", "E2", "E3", "E4", "E5")),
    Account("E6", (MAR, APR), "EXC"),
    Account("E7", (APR,), "EXL"),
    *(Account(name, (APR,), "EXW") for name in ("W1", "W2")),
    *(Account(name, (MAR,)) for name in ("M1", "M12", "M3")),
    *(Account(name, (FEB,)) for name in ("N1", "N2", "F1")),
    Account("F2", (FEB, MAR)),
]

#: payment_id, account_id, day, amount, the payment that it takes back.
PAYMENTS = [
    # Commission: X1's 40.00 pay February late and March on time, and go back in May. X2's refund is before the cut-off.
    ("PX1", "X1", "2026-04-10", "40.00", ""), ("VX1", "X1", "2026-05-12", "-40.00", "PX1"),
    ("PX2", "X2", "2026-03-15", "20.00", ""), ("VX2", "X2", "2026-03-20", "-8.00", ""),
    ("PX4", "X4", "2026-05-10", "20.00", ""), ("VX4", "X4", "2026-05-20", "-20.00", "PX4"),
    # R1: 30.00 back, of nothing named: P2's 25.00, then 5.00 of P1.
    ("P1", "R1", "2026-03-10", "20.00", ""), ("P2", "R1", "2026-04-10", "25.00", ""), ("V1", "R1", "2026-04-15", "-30.00", ""),
    ("P3", "R1", "2026-05-02", "30.00", ""),
    # R2: more than everything, and 25.00 are not enough to fill it: 5.00 overdrawn. R3: filled, and 15.00 are left.
    ("P21", "R2", "2026-03-10", "20.00", ""), ("V21", "R2", "2026-03-20", "-50.00", ""), ("P22", "R2", "2026-04-05", "25.00", ""),
    ("P31", "R3", "2026-03-10", "20.00", ""), ("V31", "R3", "2026-03-20", "-30.00", ""), ("P32", "R3", "2026-04-05", "25.00", ""),
    # R4 names a payment that comes later, R5 one that nobody knows: the newest of the day.
    ("P41", "R4", "2026-03-10", "20.00", ""), ("V41", "R4", "2026-03-20", "-20.00", "P42"), ("P42", "R4", "2026-04-10", "20.00", ""),
    ("P51", "R5", "2026-03-10", "20.00", ""), ("V51", "R5", "2026-03-20", "-7.00", "NONE"),
    # R6: the reversal was an error, and is taken back.
    ("P61", "R6", "2026-03-10", "20.00", ""), ("V61", "R6", "2026-03-20", "-20.00", "P61"), ("W61", "R6", "2026-03-25", "20.00", "V61"),
    # R8 is merged into R7: its money has paid R7's bill, which is the first, and goes back from there.
    ("P81", "R8", "2026-03-10", "20.00", ""), ("V81", "R8", "2026-04-15", "-20.00", "P81"), ("P71", "R7", "2026-04-20", "20.00", ""),
    # R9: 25.00 back from a payment of 20.00: the next one fills 5.00 first.
    ("P91", "R9", "2026-03-10", "20.00", ""), ("V91", "R9", "2026-03-20", "-25.00", "P91"), ("P92", "R9", "2026-03-25", "15.00", ""),
]  # fmt: skip


def money(text: str) -> Decimal:
    return Decimal(text)


def icbc(day: str, batch: str, period: str, *lines: tuple[str, str, str]) -> tuple[str, str]:
    """Name and content of a canonical result file: lines of account, amount, result code."""
    total = sum((money(amount) for _, amount, _ in lines), Decimal(0))
    collected = [money(amount) for _, amount, code in lines if code == "00"]
    text = [f"H|ICBC|{batch}|{period}|{day}|{len(lines)}|{total}|{len(collected)}|{sum(collected, money('0.00'))}"]
    text += [f"D|{at}|{account}||{amount}|{code}" for at, (account, amount, code) in enumerate(lines, start=1)]
    return f"ICBC_{day.replace('-', '')}_{batch}.txt", "\n".join([*text, f"T|{len(lines)}", ""])


COLLECTED = icbc(
    "2026-03-10", "C1", FEB, *((name, "20.00", "00") for name in ("D1", "D2", "D3", "D4", "D5", "D7", "X3"))
)
LATE_COLLECTED = icbc("2026-03-10", "C9", FEB, ("D6", "20.00", "00"))  # delivered after its return
ICBC = [
    COLLECTED,
    icbc("2026-03-10", "C2", FEB, ("D5", "20.00", "51")),  # of the day itself: no return
    icbc("2026-03-20", "R1", FEB, ("D7", "8.00", "51")),
    icbc("2026-03-21", "R2", FEB, ("D7", "8.00", "51")),
    icbc("2026-03-22", "R3", FEB, ("D7", "8.00", "51")),  # 4.00 are left
    icbc("2026-03-24", "R4", FEB, ("D1", "20.00", "51"), ("D2", "20.00", "51"), ("D6", "20.00", "51")),
    icbc("2026-03-26", "R5", FEB, ("D2", "20.00", "51")),  # told twice
    icbc("2026-04-05", "R6", FEB, ("X3", "20.00", "51")),
    icbc("2026-04-10", "C3", MAR, ("D3", "20.00", "00")),
    icbc("2026-04-24", "R7", FEB, ("D3", "20.00", "51")),
    icbc("2026-04-24", "R8", MAR, ("D4", "20.00", "51")),  # of March nothing was collected
]  # fmt: skip


def statement(day: str, opening: str, closing: str, *bookings: str) -> str:
    """A SWIFT message of one statement in its envelope."""
    yymmdd = day.replace("-", "")[2:]
    lines = ["{1:F01BANKCNBJAXXX0000000000}{2:O9400000N}{4:", f":20:S{yymmdd}", ":25:1", ":28C:1/1", f":60F:{opening}", *bookings,
             f":62F:{closing}", "-}"]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


# M1, M12 and M3 pay March by debit on 10 April; M12's number is cut behind `M1` by the end of a line of 65. M1's debit is returned
# with a charge of 3.00, which a line of 34 characters cuts; M3's collection is reversed (RC).
FOLDED = "TELEPHONE OF MARCH MANDATE 0000000000000000000000000012 ACCT M1\r\n2 NAME".replace("0012 ACCT", "000012 ACCT")
SWIFT = {
    "20260410_S1.sta": statement(
        "2026-04-10", "C260409CNY100,00", "C260410CNY160,00",
        ":61:2604100410CR20,00NDDTNONREF//B1", ":86:ACCT M1 MARCH",
        ":61:2604100410CR20,00NDDTNONREF//B2", f":86:{FOLDED}",
        ":61:2604100410CR20,00NDDTREF3//B3", ":86:166?00DIRECT DEBIT?20TELEPHONE MARCH 2026 ACCT M?213 THANK YOU?32M THREE",
    ),
    "20260424_S2.sta": statement("2026-04-23", "C260422CNY160,00", "C260423CNY137,00",
        ":61:2604230423DR23,00NRTINONREF//B4\r\n/OCMT/CNY20,00//CHGS/CNY000000000\r\n3,00/", ":86:ACCT M1 RSN AM04",
    ) + statement("2026-04-24", "C260423CNY137,00", "C260424CNY117,00", ":61:2604240424RCR20,00NDDTREF3//B5", ":86:ACCT M3"),
}  # fmt: skip


def booking(day: str, direction: str, amount: str, account: str, inner: str = "", of_entry: str = "") -> str:
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{of_entry}<Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn>"
        f"</BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>{account}</EndToEndId><MndtId>{account}</MndtId></Refs>{inner}</TxDtls>"
        "</NtryDtls></Ntry>"
    )


def camt(root: str, container: str, version: str, *entries: str) -> str:
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><{root}><{container}>{"".join(entries)}</{container}></{root}>'
        "</Document>"
    )


# N1: 17.00 are credited for a debit of 20.00, 3.00 charged; 23.00 are taken back with it. N2's collection is reversed by RvslInd. Both
# in one statement of two months: of the months before those days nothing had been collected, and no line names them.
INSTRUCTED = '<AmtDtls><InstdAmt><Amt Ccy="CNY">20.00</Amt></InstdAmt></AmtDtls>'
CHARGED = '<Chrgs><Amt Ccy="CNY">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Chrgs>'
BOOKINGS = {
    "20260310_N1.xml": camt(
        "BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt.054.001.02",
        booking("2026-03-10", "CRDT", "17.00", "N1", INSTRUCTED + CHARGED), booking("2026-03-10", "CRDT", "20.00", "N2"),
    ),
    "20260501_N2.xml": camt(
        "BkToCstmrStmt", "Stmt", "camt.053.001.08",
        booking("2026-04-29", "DBIT", "23.00", "N1", INSTRUCTED + "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>"),
        booking("2026-05-01", "DBIT", "20.00", "N2", of_entry="<RvslInd>true</RvslInd>"),
    ),
}  # fmt: skip


def nacha(settled: str, *entries: tuple[str, int, str, int, int | None], created: str = "260120") -> str:
    """A NACHA file of one batch: account, its trace number, and of a return the trace number of the original entry."""
    records = []
    for account, cents, code, trace, original in entries:
        records.append(entry("27", "091400606", "6222", cents, account, "0" if original is None else "1", trace))
        if original is not None:
            records.append(addenda("99", code, "").replace(f"{1:015d}", f"{original:015d}", 1))
    header = f"5200{'TOLLHOUSE':<16}{'':<20}{'1234567890'}PPD{'PHONE':<10}{'':<6}{settled}{'':<3}1091000010000001"
    total, routing = sum(cents for _, cents, *_ in entries), 9140060 * len(entries)
    controls = f"{len(records):06d}{routing:010d}{total:012d}{0:012d}"
    blocks = -(-(len(records) + 4) // 10)
    control = "8200" + controls + f"{'1234567890':<35}" + "091000010000001"
    end = f"9000001{blocks:06d}{len(records):08d}{routing:010d}{total:012d}{0:012d}" + " " * 39
    first = NACHA_FILE_HEADER.replace("2601200306", f"{created}0306")
    return "\n".join([first, header, *records, control, end]) + "\n"


# F1: its debit of February went through; that of April is refused with a trace number of its own: February stays. F2: February and
# March went through; the return names the entry of February, though that of March is newer. The batch of the returns has the date of
# the original entries: the money went back on 28 April, when the file was made.
CLEARING = {
    "20260310_K1.ach": nacha("260310", ("F1", 2000, "", 11, None), ("F2", 2000, "", 12, None)),
    "20260410_K2.ach": nacha("260410", ("F2", 2000, "", 22, None)),
    "20260428_K3.ach": nacha("260310", ("F1", 2000, "R01", 91, 31), ("F2", 2000, "R01", 92, 12), created="260428"),
}


def tables(day: str, agent: str) -> dict[str, str]:
    """The exports of a day; the agent's customers are those of `agent`."""
    accounts, customers, subscriptions = (
        EXPORTS["accounts"],
        EXPORTS["customers"],
        EXPORTS["subscriptions"].splitlines()[0] + "\n",
    )
    for at, account in enumerate(ACCOUNTS):
        name = account.account_id
        customers += f"C{name},Zhang,residential,false,BU1,OU1,{agent if account.is_agents else ''},2025-01-01,\n"
        method = "debit" if account.bank_code else "counter"
        accounts += (
            f"{name},C{name},{method},{account.bank_code},{f'6222{at:04d}' if account.bank_code else ''},2025-01-01,\n"
        )
        subscriptions += "".join(f"S{name}{month},{name},,LINE,,{MONTHS[month]}\n" for month in account.months)
    payments = "payment_id,account_id,paid_at,amount,channel,outlet_id,reverses_payment_id\n" + "".join(
        f"{payment},{account},{paid_on} 09:00:00,{amount},counter,OU1,{named}\n"
        for payment, account, paid_on, amount, named in PAYMENTS
        if paid_on.replace("-", "") <= day
    )
    merges = EXPORTS["account_merges"] + ("M1,R8,R7,2026-04-02 08:00:00,OU1\n" if day >= "20260402" else "")
    return {
        "accounts": accounts, "customers": customers, "subscriptions": subscriptions, "payments": payments, "account_merges": merges,
        "service_numbers": EXPORTS["service_numbers"].splitlines()[0] + "\n",
    }  # fmt: skip


def refusal(batch: str, created: str, accounts: Iterable[str], group: str = "") -> str:
    """A pain.002 that lists the refused debits of a request, without their amounts."""
    lines = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{account}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
        "</TxInfAndSts>"
        for account in accounts
    )
    return (
        f"<Document><CstmrPmtStsRpt><GrpHdr><CreDtTm>{created}T08:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{batch}"
        f"</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{f'<OrgnlPmtInfAndSts>{lines}</OrgnlPmtInfAndSts>' if lines else ''}"
        "</CstmrPmtStsRpt></Document>"
    )


@dataclass(frozen=True)
class Told:
    """What was published of the branch, run by run."""

    branch: Branch
    requests: dict[tuple[str, str], dict[str, Any]]
    first: dict[str, Any]
    asked_again: dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    branch = new_branch(tmp_path_factory.mktemp("money_back") / "home")
    branch.add("debit_result_codes", *CODES)
    branch.add("agents", "AG2,代理,Agent,BU1,CP1")
    branch.add("commission_plans", "CP1,2015-01-01,,0.9,6,2,10,90")
    # Named by its path, with and without .yml.
    text = SOURCES.replace("${TOLLHOUSE_HOME}/failures_only", str(branch.home / "failures_only"))
    (branch.home / "sources.yml").write_text(text, encoding="utf-8")
    (branch.home / "failures_only.yml").write_text(
        "layout: iso20022\nresult_scheme: ISO20022\ncollected_unless_returned: 5\n", encoding="utf-8"
    )
    sources = {"TOLLHOUSE_SOURCES": str(branch.home / "sources.yml")}

    def run() -> dict[str, Any]:
        typed = branch.tollhouse("run", **sources)
        assert typed.exit_code == 0, typed.message
        return branch.manifest

    def ask() -> dict[str, Any]:
        typed = branch.tollhouse("export", "debit-requests", **sources)
        assert typed.exit_code == 0, typed.message
        return typed.answer

    branch.deliver("cdr/SW1", "SW1_20260202_002002.csv", cdr(["2200009,2200001,,,2026-02-02 10:50:00,120,16"]))
    # The agent's customers are AG1's when the bills of February are issued, AG2's from the middle of March on.
    for day, agent in (("20260215", "AG1"), ("20260320", "AG2")):
        branch.deliver("customers", f"customers_{day}.csv", tables(day, agent)["customers"])
    branch.deliver_exports("20260501", **tables("20260501", "AG2"))
    for name, content in ICBC:
        branch.deliver("icbc", name, content)
    for folder, files in (("swb", SWIFT), ("cab", BOOKINGS), ("fnb", CLEARING)):
        for name, content in files.items():
            branch.deliver(folder, name, content)
    first = run()
    requests = {(batch["bank_code"], batch["billing_period"]): batch for batch in ask()["batches"]}

    # The file for EXL never reached the bank.
    typed = branch.tollhouse("export", "debit-requests", "--bank", "EXL", "--again", **sources)
    assert typed.exit_code == 0, typed.message
    (lost,) = typed.answer["batches"]
    assert lost["batch_id"] != requests["EXL", APR]["batch_id"]
    requests["EXL again", APR] = lost

    april, of_march = requests["EXC", APR]["batch_id"], requests["EXC", MAR]["batch_id"]
    assert april != of_march
    branch.deliver("exc", "20260526_1.xml", refusal(april, "2026-05-26", ["E2", "E5", "E6"]))
    branch.deliver("exc", "20260528_1.xml", refusal(april, "2026-05-28", ["E5"]))
    branch.deliver("exc", "20260530_1.xml", refusal(april, "2026-05-30", ["E3"]))
    whole = "<OrgnlNbOfTxs>2</OrgnlNbOfTxs><GrpSts>{}</GrpSts>"
    branch.deliver(
        "exw", "20260502_1.xml", refusal(requests["EXW", APR]["batch_id"], "2026-05-02", [], whole.format("ACTC"))
    )
    refused = whole.format("RJCT") + "<StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    branch.deliver("exw", "20260502_2.xml", refusal(requests["EXW", APR]["batch_id"], "2026-05-02", [], refused))
    branch.deliver("exc", "20260531_1.xml", refusal(april, "2026-05-31", ["E4"]))
    branch.deliver("icbc", *LATE_COLLECTED)
    branch.deliver("customers", "payments_20260610.csv", tables("20260610", "AG2")["payments"])
    run()
    return Told(branch, requests, first, ask())


def applied(told: Told, *accounts: str) -> dict[str, list[str]]:
    """Per account of the bill what was applied and went back: day, payment, period, amount."""
    columns = "account_id, cast(applied_on as varchar), payment_id, billing_period, cast(amount as varchar)"
    found: dict[str, list[str]] = {account: [] for account in accounts}
    for account, day, payment, period, amount in told.branch.mart("payment_applications", columns):
        if account in found:
            found[account].append(f"{day[5:]} {payment} {period[5:]} {amount}")
    return {account: sorted(rows) for account, rows in found.items()}


def test_reversals_and_refunds_take_from_the_payment_that_they_name_else_from_the_newest(told: Told) -> None:
    assert applied(told, *(f"R{number}" for number in range(1, 10))) == {
        # P1 has 15.00 left of February; P3's 30.00 pay 5.00 of it, March and 5.00 of April.
        "R1": [
            "03-10 P1 02 20.00", "04-10 P2 03 20.00", "04-15 P1 02 -5.00", "04-15 P2 03 -20.00", "05-02 P3 02 5.00",
            "05-02 P3 03 20.00", "05-02 P3 04 5.00",
        ],
        "R2": ["03-10 P21 02 20.00", "03-20 P21 02 -20.00"],
        "R3": ["03-10 P31 02 20.00", "03-20 P31 02 -20.00", "04-05 P32 02 15.00"],
        "R4": ["03-10 P41 02 20.00", "03-20 P41 02 -20.00", "04-10 P42 02 20.00"],
        "R5": ["03-10 P51 02 20.00", "03-20 P51 02 -7.00"],
        "R6": ["03-10 P61 02 20.00", "03-20 P61 02 -20.00", "03-25 W61 02 20.00"],
        "R7": ["03-10 P81 02 20.00", "04-15 P81 02 -20.00", "04-20 P71 02 20.00"],
        "R8": [],
        "R9": ["03-10 P91 02 20.00", "03-20 P91 02 -20.00", "03-25 P92 02 10.00"],
    }  # fmt: skip
    kinds = told.branch.mart("problem_bulletin", "kind, subject, detail")
    assert [(subject, "-5.00" in detail) for kind, subject, detail in kinds if kind == "payments_overdrawn"] == [
        ("R2", True)
    ]


def test_a_debit_is_returned_by_the_period_that_the_line_names(told: Told) -> None:
    debit = "ICBC:C1:2026-03-10"
    assert applied(told, *(f"D{number}" for number in range(1, 8))) == {
        "D1": [f"03-10 {debit}:1 02 20.00", f"03-24 {debit}:1 02 -20.00"],
        "D2": [f"03-10 {debit}:2 02 20.00", f"03-24 {debit}:2 02 -20.00"],
        # February's debit went back; March's pays February, which is older.
        "D3": [
            f"03-10 {debit}:3 02 20.00", "04-10 ICBC:C3:2026-04-10:1 03 20.00", f"04-24 {debit}:3 02 -20.00",
            "04-24 ICBC:C3:2026-04-10:1 02 20.00", "04-24 ICBC:C3:2026-04-10:1 03 -20.00",
        ],
        "D4": [f"03-10 {debit}:4 02 20.00"],
        "D5": [f"03-10 {debit}:5 02 20.00"],
        "D6": ["03-10 ICBC:C9:2026-03-10:1 02 20.00", "03-24 ICBC:C9:2026-03-10:1 02 -20.00"],
        "D7": [f"03-10 {debit}:6 02 20.00", f"03-20 {debit}:6 02 -8.00", f"03-21 {debit}:6 02 -8.00"],
    }  # fmt: skip
    failures = told.branch.mart(
        "debit_failures", "account_id, cast(debited_on as varchar), amount, returned_payment_id"
    )
    assert [row[:3] for row in failures if row[0].startswith("D") and row[3] is None] == [
        ("D2", "2026-03-26", money("20.00")),
        ("D4", "2026-04-24", money("20.00")),
        ("D5", "2026-03-10", money("20.00")),
        ("D7", "2026-03-22", money("8.00")),
    ]


def test_debits_return_in_each_bank_s_own_way_and_charges_are_no_part_of_them(told: Told) -> None:
    assert applied(told, "M1", "M12", "M3", "N1", "N2", "F1", "F2") == {
        "M1": ["04-10 SWB:S1:2026-04-10:1 03 20.00", "04-23 SWB:S1:2026-04-10:1 03 -20.00"],
        "M12": ["04-10 SWB:S1:2026-04-10:2 03 20.00"],
        "M3": ["04-10 SWB:S1:2026-04-10:3 03 20.00", "04-24 SWB:S1:2026-04-10:3 03 -20.00"],
        "N1": ["03-10 CAB:N1:2026-03-10:1 02 20.00", "04-29 CAB:N1:2026-03-10:1 02 -20.00"],
        "N2": ["03-10 CAB:N1:2026-03-10:2 02 20.00", "05-01 CAB:N1:2026-03-10:2 02 -20.00"],
        "F1": ["03-10 FNB:K1:2026-03-10:3 02 20.00"],
        "F2": [
            "03-10 FNB:K1:2026-03-10:4 02 20.00", "04-10 FNB:K2:2026-04-10:3 03 20.00", "04-28 FNB:K1:2026-03-10:4 02 -20.00",
            "04-28 FNB:K2:2026-04-10:3 02 20.00", "04-28 FNB:K2:2026-04-10:3 03 -20.00",
        ],
    }  # fmt: skip
    charges = told.branch.mart("debit_batches", "bank_code, batch_id, charge_amount")
    assert [row for row in charges if row[2]] == [
        ("CAB", "N1", money("3.00")),
        ("CAB", "N2", money("3.00")),
        ("SWB", "S2", money("3.00")),
    ]
    codes = told.branch.mart(
        "debit_failures", "account_id, amount, result_code, cause, returned_payment_id is not null"
    )
    assert [row for row in codes if row[0][0] in "MNF"] == [
        ("F1", money("20.00"), "R01", "insufficient_funds", False),
        ("F2", money("20.00"), "R01", "insufficient_funds", True),
        ("M1", money("20.00"), "AM04", "insufficient_funds", True),
        ("M3", money("20.00"), "RVSL", "other", True),
        ("N1", money("20.00"), "MD06", "mandate", True),
        ("N2", money("20.00"), "RVSL", "other", True),
    ]


def test_what_nobody_refuses_within_five_days_is_collected_and_what_comes_later_is_a_return(told: Told) -> None:
    """March of E6, past its due day when it was asked for, was debited on 2 May."""
    april = f"request:EXC:{told.requests['EXC', APR]['batch_id']}"
    march = f"request:EXC:{told.requests['EXC', MAR]['batch_id']}"
    # What was asked for again, since the first file was lost, was collected once.
    again = f"request:EXL:{told.requests['EXL again', APR]['batch_id']}"
    assert applied(told, "E7") == {"E7": [f"05-25 {again}:1 04 20.00"]}
    assert applied(told, "E1", "E2", "E3", "E4", "E5", "E6", "W1", "W2") == {
        "E1": [f"05-25 {april}:1 04 20.00"],
        "E2": [],
        "E3": [],
        "E4": [f"05-25 {april}:4 04 20.00", f"05-31 {april}:4 04 -20.00"],
        "E5": [],
        "E6": [f"05-02 {march}:1 03 20.00"],
        "W1": [],
        "W2": [],
    }
    columns = "bank_code, account_id, billing_period, result, collected_amount, returned_amount, is_overdue"
    nothing, whole = money("0.00"), money("20.00")
    requests = told.branch.mart("debit_requests", columns)
    assert [row[1:] for row in requests if row[0] != "ICBC"] == [
        ("E1", APR, "collected_by_exception", whole, nothing, False),
        ("E2", APR, "answered_failed", nothing, nothing, False),
        ("E3", APR, "answered_failed", nothing, nothing, False),
        ("E4", APR, "collected_by_exception", whole, whole, False),
        ("E5", APR, "answered_failed", nothing, nothing, False),
        ("E6", MAR, "collected_by_exception", whole, nothing, False),
        ("E6", APR, "answered_failed", nothing, nothing, False),
        ("E7", APR, "collected_by_exception", whole, nothing, False),
        ("E7", APR, "unanswered", nothing, nothing, False),
        ("W1", APR, "answered_failed", nothing, nothing, False),
        ("W2", APR, "answered_failed", nothing, nothing, False),
    ]
    # No refusal had an amount: each has that of its request, the second one of E5 too.
    failures = told.branch.mart("debit_failures", "account_id, amount, result_code")
    assert [row for row in failures if row[0][0] in "EW"] == [
        (account, whole, "AM04") for account in ("E2", "E3", "E4", "E5", "E5", "E6", "W1", "W2")
    ]
    assert told.branch.mart("debit_result_mismatches", "account_id, kind") == [("E5", "answered_twice")]


def test_what_is_open_again_is_in_arrears_and_asked_for_again_and_nobody_else_is(told: Told) -> None:
    """February is due on 25 March (77 days before 10 June), March on 25 April (46), April on 25 May (16)."""
    february = {
        "X2": "8.00", "X3": "20.00", "X4": "20.00", "R2": "20.00", "R3": "5.00", "R5": "7.00", "R7": "20.00", "R9": "10.00",
        "D1": "20.00", "D2": "20.00", "D6": "20.00", "D7": "16.00", "N1": "20.00", "N2": "20.00",
    }  # fmt: skip
    expected = {account: (money(amount), 77) for account, amount in february.items()}
    expected |= {account: (money("20.00"), 46) for account in ("R4", "D3", "D4", "F2", "M1", "M3")}
    expected |= {account: (money("20.00"), 16) for account in ("E2", "E3", "E4", "E5", "E6", "W1", "W2")}
    expected |= {"X1": (money("40.00"), 77), "R1": (money("15.00"), 16)}
    arrears = told.branch.mart("arrears", "settling_account_id, amount, days_past_due")
    assert {account: tuple(row) for account, *row in arrears} == expected
    again = {
        (x["bank_code"], x["billing_period"]): (x["records"], x["total_amount"]) for x in told.asked_again["batches"]
    }
    assert again == {("EXC", APR): (5, "100.00"), ("EXW", APR): (2, "40.00")}
    # What ICBC was asked for on 1 May it has not answered.
    left_out = {x["account_id"]: "not answered yet" in x["reason"] for x in told.asked_again["left_out"]}
    assert left_out == dict.fromkeys(("D1", "D2", "D3", "D4", "D6", "D7", "X3"), True)
    first = {period: batch["total_amount"] for (bank, period), batch in told.requests.items() if bank == "ICBC"}
    assert first == {FEB: "96.00", MAR: "40.00"}
    returned = [row[1] for row in told.branch.mart("problem_bulletin", "kind, subject") if row[0] == "debit_returned"]
    assert returned == ["D1", "D2", "D3", "D6", "D7", "D7", "E4", "F2", "M1", "M3", "N1", "N2", "X3"]


def test_collection_rates_follow_by_day_and_each_dimension_sums_to_the_branch(told: Told) -> None:
    """24 bills of February, 10 of March, 10 of April. Of February on 10 June: X2 12.00; R1 20, R3 15, R4 20, R5 13, R6 20, R7 20, R9 10;
    D3 20, D4 20, D5 20, D7 4; F1 20, F2 20: 234.00. On 1 May X1 had 20.00 more, and R1 5.00 less. Of March R1, E6, M12; of April R1 5.00,
    E1 and E7."""
    columns = "billing_period, dimension, dimension_id, receivable, received"
    rates = {row[:3]: row[3:] for row in told.branch.mart("collection_rates", columns)}
    branch = {key[0]: values for key, values in rates.items() if key[1] == "branch"}
    assert branch == {
        FEB: (money("480.00"), money("234.00")),
        MAR: (money("200.00"), money("60.00")),
        APR: (money("200.00"), money("45.00")),
    }
    before = {row[:3]: row[3:] for row in told.branch.mart("collection_rates", columns, told.first)}
    assert before[FEB, "branch", "branch"] == (money("480.00"), money("249.00"))
    assert {key[2]: values for key, values in rates.items() if key[:2] == (FEB, "agent")} == {
        "AG1": (money("80.00"), money("12.00")),
        "unassigned": (money("400.00"), money("222.00")),
    }
    for period, dimension in {key[:2] for key in rates}:
        rows = [values for key, values in rates.items() if key[:2] == (period, dimension)]
        assert tuple(map(sum, zip(*rows, strict=True))) == branch[period], (period, dimension)


def test_commission_is_paid_for_what_stays_and_taken_back_at_the_percent_it_had_been_paid_at(told: Told) -> None:
    """Tiers 4 % and from 0.9 on 6 %, late 2 %. AG1 has February's bills of X1 to X4 (80.00), AG2 the bill of March of X1.

    February: X2 20.00 - 8.00 and X3 20.00 by 31 March: 32.00 of 80.00, 4 %: 1.28. Settlement of March: X1's February comes late, 20.00 x
    2 % = 0.40; X3's goes back, 20.00 x 4 % = 0.80; AG2 has 20.00 of 20.00, 6 % = 1.20. Settlement of April: X1's 40.00 go back, of which
    February was paid at the late percent (0.40) and March at 6 % (1.20, AG2). X4's money came and went in May: nothing.
    """
    lines = told.branch.mart("commission_lines", "agent_id, settlement_period, line_kind, basis_amount, rate, amount")
    assert lines == [
        ("AG1", FEB, "on_time", money("32.00"), money("4.000000"), money("1.28")),
        ("AG1", MAR, "late", money("20.00"), money("2.000000"), money("0.40")),
        ("AG1", MAR, "restatement", money("20.00"), None, money("-0.80")),
        ("AG1", APR, "restatement", money("20.00"), None, money("-0.40")),
        ("AG2", MAR, "on_time", money("20.00"), money("6.000000"), money("1.20")),
        ("AG2", APR, "restatement", money("20.00"), None, money("-1.20")),
    ]
    assert told.branch.mart("commission_statements", "agent_id, settlement_period, amount") == [
        ("AG1", FEB, money("1.28")), ("AG1", MAR, money("-0.40")), ("AG1", APR, money("-0.40")),
        ("AG2", MAR, money("1.20")), ("AG2", APR, money("-1.20")),
    ]  # fmt: skip
