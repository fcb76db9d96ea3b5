"""A release invariant broken on purpose: the edition is blocked, readers keep the old one, and the next good run publishes.

Two breaks, one after the other on one branch: a gate that says no, and a bill line changed behind dbt's back, which the
real gates must find.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.results import GateResult
from orchestration.defs.publishing import assets as publishing
from orchestration.errors import TollhouseError
from orchestration.ingestion.bank import results as bank_results
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse
from tests.in_process_gates import InProcessGates
from tests.robustness.branch import USUAL_STATES, Branch
from tests.robustness.commands import Typed

_EVALUATE = InProcessGates.evaluate


@dataclass
class Blocked:
    """A blocked run: what was said, what stands in its folder, and the pointer before and after."""

    typed: Typed
    folder: Path
    manifest: dict[str, Any]
    pointer_before: bytes
    pointer_after: bytes


@dataclass
class History:
    """The branch with the runs that were blocked and the one that was not."""

    branch: Branch
    refused: Blocked
    broken: Blocked
    good: Typed


def _one_gate_refuses(gates: InProcessGates, names: Sequence[str]) -> list[GateResult]:
    results = _EVALUATE(gates, names)
    first = next(number for number, result in enumerate(results) if result.severity == "critical")
    results[first] = dataclasses.replace(results[first], success=False, failed_rows=1, sample=[{"call_id": "made up"}])
    return results


def _a_line_is_changed(gates: InProcessGates, names: Sequence[str]) -> list[GateResult]:
    with open_warehouse(Settings.from_environment()) as con:
        con.execute("update marts.bill_lines set amount = amount + 1 where account_id = 'A2' and line_kind = 'usage'")
    return _EVALUATE(gates, names)


def _no_room(*_: Any, **__: Any) -> None:
    raise TollhouseError("no room on the disk")


def _blocked(branch: Branch, evaluated_by: Any) -> Blocked:
    pointer = branch.published / "current.json"
    before = pointer.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcessGates, "evaluate", evaluated_by)
        typed = branch.tollhouse("run")
    folder = Path(typed.answer["blocked_path"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Blocked(typed, folder, manifest, before, pointer.read_bytes())


@pytest.fixture(scope="module")
def history(ran: Branch, tmp_path_factory: pytest.TempPathFactory) -> History:
    """A third day comes; the run over it is blocked twice, and then it is not."""
    branch = ran.copy_to(tmp_path_factory.mktemp("blocked") / "home")
    branch.deliver_day(4)
    refused = _blocked(branch, _one_gate_refuses)
    broken = _blocked(branch, _a_line_is_changed)
    return History(branch, refused, broken, branch.tollhouse("run"))


@pytest.fixture(params=["refused", "broken"])
def blocked(history: History, request: pytest.FixtureRequest) -> Blocked:
    """Each of the blocked runs."""
    found: Blocked = getattr(history, request.param)
    return found


def test_a_blocked_run_says_so(blocked: Blocked) -> None:
    """Status, exit code 3, and a message that says where to look and what stays."""
    assert (blocked.typed.exit_code, blocked.typed.answer["status"]) == (3, "blocked")
    assert "the release gates blocked the edition" in blocked.typed.message
    assert str(blocked.folder) in blocked.typed.message


def test_the_old_edition_stays(blocked: Blocked) -> None:
    """The pointer is the same to the byte."""
    assert blocked.pointer_before == blocked.pointer_after


def test_the_folder_shows_what_blocked(blocked: Blocked) -> None:
    """The three marts with the new day's file in them, and every gate's result."""
    assert set(blocked.manifest["marts"]) == {"problem_bulletin", "suspended_calls", "file_reconciliation"}
    published = blocked.folder.parents[1]
    for mart in blocked.manifest["marts"].values():
        for entry in mart["files"]:
            (rows,) = duckdb.sql(f"select count(*) from read_parquet('{published / entry['path']}')").fetchone() or (
                None,
            )
            assert rows == entry["rows"]
    (entry,) = blocked.manifest["marts"]["file_reconciliation"]["files"]
    states = ", ".join(USUAL_STATES)
    row = duckdb.sql(
        f"select {states} from read_parquet('{published / entry['path']}') where file_name = 'SW1_20260304_003004.csv'"
    ).fetchone()
    assert row == tuple(USUAL_STATES.values())
    gates = duckdb.sql(f"select count(*) from read_parquet('{blocked.folder / 'gate_results.parquet'}')").fetchone()
    assert gates == (len(blocked.manifest["gates"]),)


def test_a_changed_line_is_found_by_the_real_gates(history: History) -> None:
    """1.00 more on a line: it no longer ties to its calls nor to its bill, where the sample names the account, nor to the balance."""
    failed = [
        gate for gate in history.broken.manifest["gates"] if not gate["success"] and gate["severity"] == "critical"
    ]
    of_account = [gate for gate in failed if any(row.get("account_id") == "A2" for row in gate["sample"])]
    (of_balance,) = [gate for gate in failed if gate not in of_account]
    assert len(of_account) == 2 and of_balance["suite"].startswith("revenue_balance")


def test_rows_that_the_ledger_has_counted_and_the_raw_zone_lacks(
    ran_copy: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two debits of 5.00 are read and counted, one is written: the edition is blocked, with both figures."""
    head = "H|ICBC|1|2026-02|2026-03-02|2|10.00|2|10.00\n"
    ran_copy.deliver(
        "bank/ICBC", "ICBC_20260302_1.txt", head + "D|1|A2|62220001|5.00|00\nD|2|A2|62220001|5.00|00\nT|2\n"
    )
    write_rows = bank_results.write_rows
    with monkeypatch.context() as patch:
        patch.setattr(
            bank_results, "write_rows", lambda rows, schema, path: write_rows(itertools.islice(rows, 1), schema, path)
        )
        typed = ran_copy.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (3, "blocked")
    manifest = json.loads((Path(typed.answer["blocked_path"]) / "manifest.json").read_text(encoding="utf-8"))
    failed = {gate["gate"]: gate["sample"] for gate in manifest["gates"] if not gate["success"]}
    (row,) = failed["bank_lines_are_those_of_the_ledger"]
    assert (row["file_name"], row["records"], row["records_found"]) == ("ICBC_20260302_1.txt", 2, 1)
    assert (str(row["amount"]), str(row["amount_found"])) == ("10.00", "5.00")


def test_the_next_good_run_publishes(history: History) -> None:
    """The third day is in the new edition, the changed line is right again: 3 × (0.20 + 0.80)."""
    assert (history.good.exit_code, history.good.answer["status"]) == (0, "published"), history.good.message
    assert history.branch.states() == {f"SW1_2026030{day}_00300{day}.csv": USUAL_STATES for day in (2, 3, 4)}
    bills = {account: str(amount) for account, amount in history.branch.mart("bills", "account_id, amount")}
    assert bills == {"A1": "20.00", "A2": "3.00"}
    assert history.branch.manifest["revision"] == 2


def test_a_key_that_is_twice_ends_the_run_by_the_name_of_its_test(ran: Branch, tmp_path: Path) -> None:
    """A call of a day that is not built again stands twice in the warehouse: dbt's test of the key finds it."""
    branch = ran.copy_to(tmp_path / "home", has_whole_runs=True)
    branch.deliver_day(4)
    with duckdb.connect(str(branch.home / "warehouse.duckdb")) as con:
        judged = "intermediate.int_calls_judged"
        con.execute(f"insert into {judged} select * from {judged} where call_date = '2026-03-02' limit 1")
    pointer = (branch.published / "current.json").read_bytes()
    typed = branch.tollhouse("run")
    assert (typed.exit_code, "unique_key_int_calls_judged_call_id: " in typed.message) == (1, True), typed.message
    assert (branch.published / "current.json").read_bytes() == pointer


def test_what_a_failed_run_built_from_another_book_is_not_closed(
    ran: Branch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rental is made dearer, the run over it fails after it built the bills, and the rental is put back: the same book as that of
    the edition, but not the same tables. What is closed is what the book says."""
    branch = ran.copy_to(tmp_path / "home")
    branch.deliver_exports("20260401")
    assert branch.tollhouse("run").exit_code == 0
    branch.spoil("products", "20.00", "99.00")
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "stage_edition", _no_room)
        assert branch.tollhouse("run").exit_code == 1
    branch.spoil("products", "99.00", "20.00")
    typed = branch.tollhouse("rerate", "--from", "2026-03-02", "--to", "2026-03-02", "--dry-run")
    assert "is not as edition 2026-04-01-0002 has it" in typed.message
    assert branch.tollhouse("close", "2026-03").exit_code == 0
    bills = branch.mart("bills", "account_id, amount, is_provisional")
    assert [(account, str(amount)) for account, amount, is_provisional in bills if not is_provisional] == [
        ("A1", "20.00"),
        ("A2", "2.00"),
    ]
