"""Facts count as they were then (SPEC 3.3): one branch through three snapshots of its exports, worked out by hand.

Rent is 1.00 a day in May (31.00 a month, daily); a local minute costs 0.10 residential and 0.20 business. The exports of 20 April
hold everybody. Those of 10 May list current holders only: what is not in them vanished, moved or was corrected. Of the payments
each export is a window. March does not exist: the first call file is of 5 April.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.robustness.branch import SWITCH, Branch, cdr, new_branch

HEADERS = {
    "customers": "customer_id,name,customer_class,is_key_account,business_unit_id,outlet_id,agent_id,opened_on,closed_on",
    "accounts": "account_id,customer_id,payment_method,bank_code,bank_account,opened_on,closed_on",
    "service_numbers": "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to",
    "subscriptions": "subscription_id,account_id,service_number,product_id,promotion_id,valid_from,valid_to",
    "payments": "payment_id,account_id,paid_at,amount,channel,outlet_id",
    "account_merges": "merge_id,from_account_id,into_account_id,merged_at,outlet_id",
    "number_orders": "order_id,service_number,outlet_id,ordered_at,status",
    "complaints": "complaint_id,account_id,outlet_id,opened_at,closed_at,kind,was_billing_error",
}
FIRST, SECOND, THIRD, LAST = "20260420", "20260510", "20260520", "20260525"


def customer(name: str, customer_class: str, outlet: str = "OU1", agent: str = "") -> str:
    return f"{name},Name of {name},{customer_class},false,BU1,{outlet},{agent},2025-01-01,"


def account(name: str, owner: str) -> str:
    return f"{name},{owner},counter,,,2025-01-01,"


def number(name: str, holder: str, start: str = "2025-01-01 00:00:00", end: str = "") -> str:
    return f"{name},{holder},EX1,,{start},{end}"


def line(name: str, holder: str, of_number: str = "", start: str = "2025-01-01", end: str = "") -> str:
    return f"{name},{holder},{of_number},LINE,,{start},{end}"


def paid(name: str, holder: str, at: str, amount: str) -> str:
    return f"{name},{holder},{at},{amount},counter,OU1"


EXPORTS: dict[str, dict[str, list[str]]] = {
    FIRST: {
        "customers": [
            customer("C1", "residential", "OU2", "AG1"),
            customer("C2", "business"),
            *(customer(name, "residential") for name in ("C3", "C4", "C5")),
        ],
        "accounts": [account("A1", "C1"), account("A2", "C2"), account("A3", "C3"), account("A4", "C4"), account("A6", "C5")],
        "service_numbers": [
            number("2200001", "A1"),
            number("2200002", "A2"),
            number("2200003", "A3"),  # vanishes
            number("2200004", "A1"),  # moves to A4 before the next export
            number("2200005", "A1", "2026-04-10 00:00:00"),  # began earlier
            number("2200006", "A1"),
            number("2200006", "A2", "2026-04-18 00:00:00"),  # vanishes; the number's other interval was there before
            number("2200007", "A1"),  # cannot be read later, but for its key
            number("2200008", "A1", end="2026-05-05 00:00:00"),  # ended, and is listed no more
            number("220-0011", "A4"),
            number("2200012", "A1", "2026-04-10 00:00:00"),  # began later
            number("2200013", "A2"),  # not in the next export, in the one after it again
            number("2200014", "A1"),  # moves to A4 after the next export
            number("2200015", "A1", "2026-04-12 00:00:00"),  # was A2's from the first
        ],
        "subscriptions": [
            line("S1", "A1", "2200001"),
            line("S2", "A2", "2200002", end="2026-05-04"),
            line("S3", "A3", "2200003"),
            line("S4", "A4", "2200011"),
            line("S6", "A6"),
        ],
    },
    SECOND: {
        "customers": [customer("C1", "business", "OU2", "AG2"), customer("C4", "residential"), customer("C5", "residential")],
        "accounts": [account("A1", "C1"), account("A2", "C2"), account("A4", "C4"), account("A6", "C5")],
        "service_numbers": [
            number("2200001", "A1"),
            number("220-0002", "A2"),
            number("2200004", "A4", "2026-05-08 12:00:00"),
            number("2200005", "A1", "2026-04-05 00:00:00"),
            number("2200006", "A1"),
            number("2200007", "A1", end="31/5/2026"),
            number("2200011", "A4"),
            number("2200012", "A1", "2026-04-15 00:00:00"),
            number("2200014", "A4", "2026-05-11 09:00:00"),
            number("2200015", "A2", "2026-04-12 00:00:00"),
        ],
        "subscriptions": [line("S1", "A1", "2200001"), line("S4", "A4", "2200011"), line("S6", "A6")],
        "payments": [
            paid("P1", "A1", "2026-05-02 09:00:00", "31.40"),
            paid("P2", "A2", "2026-05-03 09:00:00", "10.00"),
            paid("P5", "A3", "2026-05-04 09:00:00", "5.00"),
        ],
        "account_merges": ["M1,A3,A1,2026-05-06 10:00:00,OU1"],
        "complaints": ["K1,A2,OU1,2026-05-07 10:00:00,,bill,true"],
    },
    THIRD: {
        "customers": [
            customer("C1", "business", "OU2", "AG2"),
            customer("C2", "residential"),
            customer("C4", "residential"),
            customer("C5", "residential"),
        ],
        "accounts": [account("A1", "C1"), account("A2", "C2"), account("A4", "C5"), account("A6", "C5")],
        "service_numbers": [
            number("2200001", "A1"),
            number("2200002", "A2"),
            number("2200004", "A4", "2026-05-08 12:00:00"),
            number("2200005", "A1", "2026-04-05 00:00:00"),
            number("2200006", "A1"),
            number("2200007", "A1"),
            number("2200011", "A4"),
            number("2200012", "A1", "2026-04-15 00:00:00"),
            number("2200013", "A2"),
            number("2200014", "A4", "2026-05-11 09:00:00"),
            number("2200015", "A2", "2026-04-12 00:00:00"),
        ],
        "subscriptions": [line("S1", "A1", "2200001"), line("S4", "A4", "2200011", "1/1/2025"), line("S6", "A6")],
        # A window from 3 May, without P5 that was paid on the 4th.
        "payments": [
            paid("P2", "A2", "2026-05-03 09:00:00", "10.00"),
            paid("P6", "A4", "2026-05-13 10:00:00", "31.00"),
            paid("P7", "A6", "2026-05-13 10:00:00", "4.00"),
            paid("P8", "A6", "2026-05-14 10:00:00", "3.00"),
        ],
    },
    # A window from 13 May 10:00: P7 of that very moment was not paid later than its first, P8 was.
    LAST: {"payments": [paid("P6", "A4", "2026-05-13 10:00:00", "31.00")]},
}  # fmt: skip


def call(name: str, at: str) -> str:
    return f"{name},2299999,,,{at},60,16"


CALLS = {
    "20260405": [call(name, "2026-04-05 10:00:00") for name in ("2200001", "2200002", "2200003", "2200005")],
    "20260416": [call(name, "2026-04-16 10:00:00") for name in ("2200006", "2200012", "2200015")],
    "20260504": [
        call(name, "2026-05-04 10:00:00") for name in ("2200001", "2200002", "2200003", "2200006", "2200008", "2200013")
    ],
    "20260508": [
        call("2200004", "2026-05-08 11:59:59"),
        call("2200004", "2026-05-08 12:00:00"),
        call("2200008", "2026-05-08 13:00:00"),
    ],
    "20260512": [
        call(name, "2026-05-12 10:00:00")
        for name in ("2200001", "2200002", "2200003", "2200006", "2200007", "2200014", "2200011")
    ],
    "20260521": [call(name, "2026-05-21 10:00:00") for name in ("2200001", "2200002", "2200011", "2200013")],
}


def furnished(home: Path) -> Branch:
    branch = new_branch(home)
    branch.spoil("products", "LINE,RENTAL,20.00,none", "LINE,RENTAL,31.00,daily")
    branch.add("agents", "AG2,代理二,Agent two,BU1,CP1")
    branch.add("gate_thresholds", "export_rows,,0.5")  # a tenth and a third of these small exports cannot be read
    return branch


def deliver_exports(branch: Branch, day: str, dated: str | None = None) -> None:
    for table, header in HEADERS.items():
        if day == LAST and table != "payments":
            continue
        rows = EXPORTS[day].get(table, [])
        branch.deliver("customers", f"{table}_{dated or day}.csv", "\n".join([header, *rows]) + "\n")


def deliver_calls(branch: Branch, *days: str) -> None:
    for day in days:
        branch.deliver(f"cdr/{SWITCH}", f"{SWITCH}_{day}_{list(CALLS).index(day) + 1:06d}.csv", cdr(CALLS[day]))


def run(branch: Branch, *words: str, **settings: str) -> dict[str, Any]:
    typed = branch.tollhouse("run", *words, **settings)
    assert typed.exit_code == 0, typed.message
    return typed.answer


def money(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


BILLS = "billing_period, account_id, cast(amount as varchar), customer_id, customer_class, coalesce(agent_id, ''), is_provisional"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The branch as it went through its exports, and the answers of its runs."""
    branch = furnished(tmp_path_factory.mktemp("facts") / "home")
    deliver_exports(branch, FIRST)
    deliver_calls(branch, "20260405", "20260416", "20260504")
    answers = {"first": run(branch)}
    answers["bills"] = {"rows": branch.mart("bills", BILLS)}
    for day in (SECOND, THIRD, LAST):
        deliver_exports(branch, day)
    deliver_calls(branch, "20260508", "20260512", "20260521")
    answers["second"] = run(branch, "--as-of", "2026-05-31")
    return answers | {"branch": branch}


def test_the_first_exports_decide_until_others_come(told: dict[str, Any]) -> None:
    """2200005's call of 5 April waits: A1 holds the number from the 10th, so far. 2200015's is A1's."""
    assert [row for row in told["bills"]["rows"] if row[0] == "2026-04"] == [
        ("2026-04", "A1", "31.40", "C1", "residential", "AG1", False),
        ("2026-04", "A2", "31.20", "C2", "business", "", False),
        ("2026-04", "A3", "31.10", "C3", "residential", "", False),
        ("2026-04", "A4", "31.00", "C4", "residential", "", False),
        ("2026-04", "A6", "31.00", "C5", "residential", "", False),
    ]


def test_a_call_is_his_who_held_the_number_then(told: dict[str, Any]) -> None:
    columns = (
        "cast(started_at as varchar), calling_number, account_id, customer_id, customer_class, cast(amount as varchar)"
    )
    rated = {(row[0][5:], row[1][-2:]): row[2:] for row in told["branch"].mart("rated_calls", columns)}
    home, office = "0.100000", "0.200000"
    assert rated == {
        ("04-05 10:00:00", "01"): ("A1", "C1", "residential", home),
        ("04-05 10:00:00", "02"): ("A2", "C2", "business", office),
        ("04-05 10:00:00", "03"): ("A3", "C3", "residential", home),
        ("04-05 10:00:00", "05"): ("A1", "C1", "residential", home),
        ("04-16 10:00:00", "06"): ("A1", "C1", "residential", home),
        ("04-16 10:00:00", "12"): ("A1", "C1", "residential", home),
        ("04-16 10:00:00", "15"): ("A2", "C2", "business", office),
        ("05-04 10:00:00", "01"): ("A1", "C1", "residential", home),
        ("05-04 10:00:00", "02"): ("A2", "C2", "business", office),
        ("05-04 10:00:00", "03"): ("A3", "C3", "residential", home),
        ("05-04 10:00:00", "06"): ("A2", "C2", "business", office),
        ("05-04 10:00:00", "08"): ("A1", "C1", "residential", home),
        ("05-04 10:00:00", "13"): ("A2", "C2", "business", office),
        ("05-08 11:59:59", "04"): ("A1", "C1", "residential", home),
        ("05-08 12:00:00", "04"): ("A4", "C4", "residential", home),
        ("05-12 10:00:00", "01"): ("A1", "C1", "business", office),
        # C2 is not in the export of 10 May: the one of 20 April still tells of him.
        ("05-12 10:00:00", "02"): ("A2", "C2", "business", office),
        ("05-12 10:00:00", "06"): ("A1", "C1", "business", office),
        ("05-12 10:00:00", "07"): ("A1", "C1", "business", office),
        ("05-12 10:00:00", "14"): ("A4", "C4", "residential", home),
        ("05-12 10:00:00", "11"): ("A4", "C4", "residential", home),
        ("05-21 10:00:00", "01"): ("A1", "C1", "business", office),
        ("05-21 10:00:00", "02"): ("A2", "C2", "residential", home),
        ("05-21 10:00:00", "11"): ("A4", "C5", "residential", home),
        ("05-21 10:00:00", "13"): ("A2", "C2", "residential", home),
    }
    assert told["branch"].mart("suspended_calls", "calling_number, cast(call_date as varchar), state") == [
        ("2200003", "2026-05-12", "undocumented"),
        ("2200008", "2026-05-08", "undocumented"),
    ]


def test_bills_are_of_those_of_their_issue_date(told: dict[str, Any]) -> None:
    """Of April only what was corrected moves: 2200005 (+0.10 for A1), 2200015 from A1 to A2 at the price of a business."""
    assert told["branch"].mart("bills", BILLS) == [
        ("2026-04", "A1", "31.40", "C1", "residential", "AG1", False),
        ("2026-04", "A2", "31.40", "C2", "business", "", False),
        ("2026-04", "A3", "31.10", "C3", "residential", "", False),
        ("2026-04", "A4", "31.00", "C4", "residential", "", False),
        ("2026-04", "A6", "31.00", "C5", "residential", "", False),
        # Usage 0.10 + 0.10 on 4 May, 0.10 on the 8th, 3 x 0.20 on the 12th, 0.20 on the 21st.
        ("2026-05", "A1", "32.10", "C1", "business", "AG2", True),
        # 3 days of S2, and 3 x 0.20 + 0.20 + 2 x 0.10.
        ("2026-05", "A2", "4.00", "C2", "residential", "", True),
        # 9 days of S3, which the export of the 10th no longer has.
        ("2026-05", "A3", "9.10", "C3", "residential", "", True),
        # S4 cannot be read in the newest export, but for its key: it goes on.
        ("2026-05", "A4", "31.40", "C5", "residential", "", True),
        ("2026-05", "A6", "31.00", "C5", "residential", "", True),
    ]


def test_windows_of_payments_and_what_was_deleted(told: dict[str, Any]) -> None:
    """P1 lies before every later window; P5 and P8 are gone from exports that hold earlier ones. A3 settles with A1 still."""
    branch = told["branch"]
    assert branch.mart("payment_applications", "payment_id, account_id, cast(amount as varchar)") == [
        ("P1", "A1", "31.40"),
        ("P2", "A2", "10.00"),
        ("P6", "A4", "31.00"),
        ("P7", "A6", "4.00"),
    ]
    assert branch.mart("arrears", "settling_account_id, cast(amount as varchar), days_past_due") == [
        ("A1", "31.10", 6),
        ("A2", "21.40", 6),
        ("A6", "27.00", 6),
    ]
    rates = "dimension, dimension_id, bills, receivable, received"
    found = [row for row in branch.mart("collection_rates", rates) if row[0] in ("branch", "agent")]
    assert found == [
        ("agent", "AG1", 1, *money("31.40", "31.40")),
        ("agent", "unassigned", 4, *money("124.50", "45.00")),
        ("branch", "branch", 5, *money("155.90", "76.40")),
    ]
    # Two numbers began in April, 2200005 and 2200012: neither ended.
    assert branch.mart("commission_lines", "agent_id, settlement_period, line_kind, basis_amount, amount") == [
        ("AG1", "2026-04", "activation", *money("2.00", "20.00")),
        ("AG1", "2026-04", "on_time", *money("31.40", "1.26")),
    ]


def test_the_bulletin_says_what_vanished(told: dict[str, Any]) -> None:
    kinds = ("number_vanished", "payment_vanished", "merge_with_arrears", "billing_error_complaint")
    bulletin = told["branch"].mart("problem_bulletin", "kind, subject, cast(found_on as varchar)")
    found = [(kind, subject) for kind, subject, _ in bulletin if kind in kinds]
    assert [row for row in found if row[0] in kinds[:2]] == [
        ("number_vanished", "2200003"),
        ("number_vanished", "2200006"),
        ("payment_vanished", "P5"),
        ("payment_vanished", "P8"),
    ]
    assert {kind for kind, _ in found} == set(kinds)


def test_an_export_that_changes_nothing_rebuilds_no_day_and_no_date_goes_back(told: dict[str, Any]) -> None:
    """The exports of the 20th once more, dated the 22nd; the run before was as of 31 May in words."""
    branch: Branch = told["branch"]
    before = branch.manifest
    deliver_exports(branch, THIRD, "20260522")
    answer = run(branch)
    assert (answer["as_of"], answer["rebuilt_days"]) == ("2026-05-31", {})
    assert any(text.startswith("as of 2026-05-31, as the current edition is") for text in answer["warnings"])
    tells_of_files = {"suspense_retries", "file_reconciliation", "problem_bulletin", "customer_records_incomplete"}
    for mart in sorted(set(before["marts"]) - tells_of_files):
        assert branch.mart(mart) == branch.mart(mart, manifest=before), mart
