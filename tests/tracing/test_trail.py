"""The trail of each kind of figure over the small edition of tests/finance_files, whose figures are worked by hand: agent A1's line of
2026-03 counts the 100.10 that payment P1 brought on K1's bill, and one new number."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli import main
from orchestration.tracing.trail import KINDS
from tests.dashboards.editions import write_edition
from tests.finance_files.conftest import AS_OF, MARTS

RECONCILED = {
    "file_id": "f", "file_kind": "cdr", "file_name": "SW1_20260303_000001.csv", "file_status": "loaded", "read_records": 3,
    "rated": 2, "undocumented": 1,
}  # fmt: skip
SUSPENDED = {
    "call_id": "f:3", "state": "undocumented", "reason": "no account holds it", "file_name": RECONCILED["file_name"], "record_number": 3,
}  # fmt: skip


#: A rejected file does not block the next of its name.
TWINS = (("g", "rejected"), ("h", "loaded"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    calls = [dict(row) | {"file_name": RECONCILED["file_name"]} for row in MARTS["rated_calls"]]  # type: ignore[call-overload]
    more = {
        "file_reconciliation": [RECONCILED],
        "suspended_calls": [SUSPENDED],
        "duplicate_calls": [],
        "rated_calls": calls,
    }
    twins = [RECONCILED | {"file_id": name, "file_name": "twice.csv", "file_status": status} for name, status in TWINS]
    more["file_reconciliation"] += twins
    write_edition(tmp_path / "published", AS_OF, {**MARTS, **more})  # type: ignore[dict-item]
    monkeypatch.setenv("TOLLHOUSE_HOME", str(tmp_path))
    return tmp_path


def traced(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[dict[str, Any]]]:
    """The steps of a trail by name."""
    capsys.readouterr()
    assert main(["trace", *words, "--json"]) == 0
    return {step["name"]: step["rows"] for step in json.loads(capsys.readouterr().out)["steps"]}


def test_a_commission_line_leads_to_payments_and_bills(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = traced(capsys, "commission", "A1/2026-03")
    assert [(row["line_kind"], row["amount"]) for row in steps["commission_lines"]] == [
        ("activation", "20.00"),
        ("on_time", "3.00"),
    ]
    (bill,) = steps["commission_bills"]
    assert (bill["account_id"], bill["amount"], bill["basis_amount"]) == ("K1", "100.10", "100.10")
    (basis,) = traced(capsys, "commission", "A1/2026-03/on_time")["commission_line_bases"]
    assert (basis["payment_id"], basis["basis_amount"]) == ("P1", "100.10")


def test_a_bill_leads_to_its_lines_calls_payments_and_commission(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = traced(capsys, "bill", "K1/2026-03")
    assert sum(Decimal(row["amount"]) for row in steps["bill_lines"]) == Decimal(steps["bill"][0]["amount"])
    assert [(row["call_id"], row["file_name"]) for row in steps["bill_calls"]] == [
        ("f:1", "SW1_20260303_000001.csv"),
        ("f:2", "SW1_20260303_000001.csv"),
    ]
    assert [row["amount"] for row in steps["bill_payments"]] == ["100.10"]
    assert [(row["agent_id"], row["line_kind"]) for row in steps["bill_commission"]] == [("A1", "on_time")]


def test_a_payment_leads_back_to_bill_and_commission(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payment = traced(capsys, "bill", "K1/2026-03")["bill_payments"][0]["payment_id"]
    steps = traced(capsys, "payment", payment)
    assert [(row["account_id"], row["billing_period"], row["amount"]) for row in steps["payment_bills"]] == [
        ("K1", "2026-03", "100.10")
    ]
    assert traced(capsys, "payment", "P1")["payment_commission"][0]["settlement_period"] == "2026-03"


def test_a_call_leads_to_its_record_and_bill(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = traced(capsys, "call", "f:2")
    assert (steps["call"][0]["state"], steps["call"][0]["amount"]) == ("rated", "20.000000")
    assert steps["file"][0]["read_records"] == 3 and steps["bill"][0]["account_id"] == "K1"
    steps = traced(capsys, "call", "f:3")
    assert steps["call"][0]["reason"] == "no account holds it" and set(steps) == {"call", "file"}


def test_a_file_leads_to_what_became_of_its_records(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_name, by_id = traced(capsys, "file", RECONCILED["file_name"]), traced(capsys, "file", "f")  # type: ignore[arg-type]
    assert by_name == by_id
    assert sum(row["calls"] for row in by_id["file_calls"]) == 2
    assert sum(Decimal(row["amount"]) for row in by_id["file_calls"]) == Decimal("30")
    assert [row["call_id"] for row in by_id["file_suspended"]] == ["f:3"]


def test_of_files_with_one_name_the_id_is_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "file", "twice.csv"]) == 2
    assert (
        "2 files have the name twice.csv: trace one of them by its id: g (rejected), h (loaded)"
        in capsys.readouterr().err
    )
    assert traced(capsys, "file", "h")["file_calls"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_published_is_named(home: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    name = "X/2026-01" if kind in ("commission", "bill") else "x"
    assert main(["trace", kind, name]) == 2
    assert f"edition {AS_OF}-0001 has no" in capsys.readouterr().err
    if kind in ("commission", "bill"):
        assert main(["trace", kind, "X"]) == 2
        assert "'X' is not valid here; write it like A" in capsys.readouterr().err


def test_the_queries_are_printed_with_their_parameters(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "payment", "P1", "--sql"]) == 0
    printed = capsys.readouterr().out
    assert "where applications.payment_id = $payment" in printed and "$payment = P1" in printed
