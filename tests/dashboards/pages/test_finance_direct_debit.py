"""Direct debits worked by hand: one request of three lines for 2026-02, its results, failures, and what can be asked for next.

ICBC was asked for 30.00, 20.00 and 50.00: the first came in full, of the second nothing, the third has no answer and its day is over.
The result file says 80.00 sent and 60.00 collected; a second file is held, because its totals disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.figures.debit import failure_bars
from dashboards.i18n import Translate, load
from dashboards.pages.model import Target
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, names, rows, sentences, targets, tile, tones, total

_DAY = date(2026, 3, 10)


def _request(
    line: int, account: str, amount: str, result: str, collected: str, returned: str = "0.00"
) -> dict[str, object]:
    is_open = result == "unanswered"
    return {
        "bank_code": "ICBC",
        "batch_id": "20260305-1",
        "line": line,
        "account_id": account,
        "billing_period": "2026-02",
        "amount": Decimal(amount),
        "collected_amount": Decimal(collected),
        "returned_amount": Decimal(returned),
        "requested_on": date(2026, 3, 5),
        "debit_on": _DAY,
        "result": result,
        "is_overdue": is_open,
    }


def _batch(bank: str, batch: str, period: str, total_amount: str, success: str, **more: object) -> dict[str, object]:
    return {
        "bank_code": bank,
        "batch_id": batch,
        "file_id": f"{bank}-{batch}",
        "file_name": f"{bank}_{batch}.txt",
        "billing_period": period,
        "debited_on": _DAY,
        "records": 2,
        "total_amount": Decimal(total_amount),
        "success_records": 1,
        "success_amount": Decimal(success),
        "detail_records": 2,
        "detail_total_amount": Decimal(total_amount),
        "detail_success_records": 1,
        "detail_success_amount": Decimal(success),
        "totals_agree": True,
        "is_accepted": True,
        "is_difference_accepted": False,
        "pending_records": 0,
        "correction_records": 0,
        "passed_over_records": 0,
        "no_amount_records": 0,
        "charge_amount": Decimal("0.00"),
        **more,
    }


def _failure(
    bank: str, batch: str, line: int, amount: str, cause: str, on: date = _DAY, **more: object
) -> dict[str, object]:
    return {
        "bank_code": bank,
        "batch_id": batch,
        "debited_on": on,
        "line": line,
        "account_id": f"C{line}",
        "outlet_id": "O1" if line == 1 else "O2",
        "amount": Decimal(amount),
        "requested_amount": Decimal(amount),
        "collected_amount": Decimal("0.00"),
        "cause": cause,
        "is_cause_inferred": False,
        **more,
    }


def _open(account: str, period: str, bank: str | None, amount: str, fault: str | None = None) -> dict[str, object]:
    return {
        "account_id": account,
        "bill_account_id": account,
        "billing_period": period,
        "bank_code": bank,
        "amount": Decimal(amount),
        "due_on": date(2026, 3, 25),
        "fault": fault,
    }


MARTS: Mapping[str, Rows] = {
    "billing_periods": [
        {"billing_period": "2026-01", "period_state": "open"},
        {"billing_period": "2026-02", "period_state": "open"},
        {"billing_period": "2026-03", "period_state": "provisional"},
    ],
    "collection_rates": [
        {"billing_period": period, "dimension": "branch", "dimension_id": "branch"} for period in ("2026-01", "2026-02")
    ],
    "debit_requests": [
        _request(1, "C1", "30.00", "answered_success", "30.00", "5.00"),
        _request(2, "C2", "20.00", "answered_failed", "0.00"),
        _request(3, "C3", "50.00", "unanswered", "0.00"),
    ],
    "debit_batches": [
        _batch("ICBC", "1", "2026-02", "80.00", "60.00", pending_records=2, charge_amount=Decimal("0.30")),
        _batch("CCB", "7", "2026-02", "10.10", "10.00", totals_agree=False, is_accepted=False),
        _batch("CCB", "6", "2026-01", "99.00", "99.00"),
    ],
    "debit_failures": [
        _failure("ICBC", "1", 1, "15.00", "insufficient_funds"),
        _failure("ICBC", "1", 2, "5.00", "mandate", returned_payment_id="ICBC:0:2026-03-01:2"),
        _failure("ICBC", "1", 3, "2.50", "insufficient_funds"),
        # Its batch names another period than the month before the debit.
        _failure("CCB", "6", 4, "99.00", "other"),
        # Its batch is not there: a debit of April is for a bill of March.
        _failure("CCB", "9", 5, "7.00", "other", on=date(2026, 4, 10)),
    ],
    "debit_result_mismatches": [
        {
            "bank_code": "ICBC",
            "batch_id": "1",
            "line": 8,
            "kind": "other_amount",
            "account_id": "C1",
            "billing_period": "2026-02",
            "amount": Decimal("31.00"),
            "requested_amount": Decimal("30.00"),
            "debited_on": _DAY,
        }
    ],
    "debit_corrections": [
        {"bank_code": "ICBC", "batch_id": "1", "line": 9, "account_id": "C1", "correction_code": "C01", "notified_on": _DAY},
        {
            "bank_code": "ICBC",
            "batch_id": "0",
            "line": 9,
            "account_id": "C8",
            "correction_code": "C02",
            "notified_on": date(2026, 2, 28),
        },
    ],
    "open_debit_bills": [
        _open("C2", "2026-02", "ICBC", "20.00"),
        _open("C3", "2026-01", "ICBC", "50.00"),
        _open("C5", "2026-02", None, "12.00", "the account pays by debit but names no bank"),
    ],
}  # fmt: skip


def test_request_has_what_came_in_and_what_is_not_answered(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS)
    amounts = (Decimal("100.00"), Decimal("30.00"), Decimal("5.00"), 1, Decimal("50.00"), 1)
    assert rows(page, "requests") == [("ICBC", "20260305-1", date(2026, 3, 5), _DAY, 3, *amounts)]
    assert total(page, "requests")[4:] == (3, *amounts)
    assert [row[1:4] for row in rows(page, "results")] == [
        ("Not collected", 1, Decimal("20.00")),
        ("Collected in full", 1, Decimal("30.00")),
        ("Unanswered", 1, Decimal("50.00")),
    ]
    assert total(page, "results")[2:] == (3, Decimal("100.00"), Decimal("30.00"), Decimal("5.00"))


def test_held_files_are_listed_and_do_not_count(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS)
    assert column(page, "batches", "Batch") == ["7", "1"]
    assert tones(page, "batches") == ["bad", "warning"], "its totals disagree, and it is held"
    assert tile(page, "Sent to the banks") == "80.00" and tile(page, "Collected") == "60.00"
    assert tile(page, "Collected at the bank") == "75.00 %" and tile(page, "Held files") == "1"
    # The foot is of all files listed: 80.00 + 10.10.
    assert Decimal("90.10") in total(page, "batches")
    assert rows(page, "batches_other_lines") == [("ICBC", "1", _DAY, 2, 0, 0, 0, Decimal("0.30"))]


def test_failures_by_cause_sum_to_the_list(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS)
    assert rows(page, "failures_by_cause") == [
        ("Insufficient funds", 2, Decimal("17.50"), 0),
        ("No mandate", 1, Decimal("5.00"), 1),
    ]
    assert total(page, "failures_by_cause") == ("Total", 3, Decimal("22.50"), 1)
    assert column(page, "failures", "Account") == ["C1", "C2", "C3"]
    assert Decimal("22.50") in total(page, "failures")
    assert targets(page, "failures") == {Target.to("bills", account=account) for account in ("C1", "C2", "C3")}


@pytest.mark.parametrize(("period", "accounts"), [("2026-01", ["C4"]), ("2026-03", ["C5"])])
def test_failure_is_of_the_period_of_its_batch_or_of_the_month_before(
    tmp_path: Path, period: str, accounts: list[str]
) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS, period=period)
    assert column(page, "failures", "Account") == accounts


def test_a_bank_is_shown_alone(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS, bank="CCB")
    assert column(page, "batches", "Batch") == ["7"]
    assert not {"requests", "failures", "mismatches", "corrections", "open_bills"} & names(page)
    assert drawn(tmp_path, "direct_debit", MARTS, bank="NONE").status == 404


def test_mismatches_and_corrections_of_the_period(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS)
    assert rows(page, "mismatches")[0][0] == "Other amount than requested"
    assert column(page, "corrections", "Account") == ["C1"], "the other was notified in February"


def test_open_bills_are_of_every_period_and_say_why_not(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS)
    by_bank = rows(page, "open_bills_by_bank")
    assert [row[:2] for row in by_bank] == [("ICBC", "2026-01"), ("ICBC", "2026-02"), ("no bank", "2026-02")]
    assert "names no bank" in by_bank[2][2]
    assert total(page, "open_bills_by_bank")[3:] == (3, Decimal("82.00"))
    assert column(page, "open_bills", "Account of the bill") == ["C3", "C2", "C5"]


def test_nothing_says_so_in_words(tmp_path: Path) -> None:
    keep = ("billing_periods", "collection_rates")
    page = drawn(tmp_path, "direct_debit", {mart: rows if mart in keep else [] for mart, rows in MARTS.items()})
    assert not names(page)
    t = Translate.to("en")
    assert sentences(page) == [
        t("debit.no_requests", period="2026-02"),
        t("debit.no_batches", period="2026-02"),
        t("debit.no_failures", period="2026-02"),
        t("debit.no_mismatches", period="2026-02"),
        t("debit.no_corrections", month="2026-03"),
        t("debit.no_open_bills"),
    ]


def test_chinese_page_names_results_and_causes(tmp_path: Path) -> None:
    page = drawn(tmp_path, "direct_debit", MARTS, language="zh")
    assert column(page, "results", "回盘结果") == ["未扣到", "全额扣到", "未回盘"]
    assert column(page, "failures_by_cause", "失败原因") == ["余额不足", "无授权"]
    assert load("zh")["debit.no_bank"] in column(page, "open_bills_by_bank", "银行")


def test_outlet_of_finance_sees_its_own_failures_only(tmp_path: Path) -> None:
    bills = [
        {"account_id": "C1", "billing_period": "2026-02", "customer_id": "K1", "outlet_id": "O1", "amount": Decimal("30.00")},
        {"account_id": "C2", "billing_period": "2026-02", "customer_id": "K2", "outlet_id": "O2", "amount": Decimal("20.00")},
    ]  # fmt: skip
    viewer = Viewer(Role.FINANCE, Scope(outlets=frozenset({"O1"})))
    page = drawn(tmp_path, "direct_debit", {**MARTS, "bills": bills}, viewer=viewer, period="2026-02")
    assert column(page, "failures", "Account") == ["C1"]
    assert total(page, "failures_by_cause") == ("Total", 1, Decimal("15.00"), 0)
    assert total(page, "requests")[4:6] == (1, Decimal("30.00"))
    assert "batches" not in names(page) and "open_bills" not in names(page)


def test_bars_keep_their_digits_and_start_at_zero() -> None:
    figure = failure_bars([("A", Decimal("17.50")), ("B", Decimal("5.00"))], Translate.to("en"))
    assert list(figure.data[0].x) == ["5.00", "17.50"] and figure.layout.xaxis.rangemode == "tozero"
