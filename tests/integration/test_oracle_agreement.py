"""The published marts equal the oracle's, mart by mart: of a whole city, of mid-month by an unsound book, of the month's end."""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.cli import main
from orchestration.rating.explaining import charge_again
from orchestration.rating.explaining import differences as call_differences
from orchestration.rating.tariffs import Tariffs
from orchestration.reference_book.reading import read_reference_book
from tests.integration.conftest import Published
from tests.integration.harness import (
    COMPARED,
    DEMO_BOOK,
    STATES,
    Branch,
    Marts,
    change_book,
    copied_book,
    differences,
    without_ids,
)
from tests.oracle import compute

MID_MONTH = date(2026, 5, 12)
#: The cut-off of the second settlement period, later than any file.
END_OF_MONTH = date(2026, 5, 31)


@pytest.fixture(scope="module")
def published(whole: Published) -> Marts:
    return without_ids(whole.marts)


@pytest.mark.parametrize("mart", sorted(COMPARED.keys() - {"late_fees"}))  # its book has no late fee
def test_a_mart_equals_the_oracles(mart: str, published: Marts, expected: Marts) -> None:
    assert expected[mart], "nothing to compare"
    assert differences(mart, published[mart], expected[mart]) == []


def test_every_rated_call_is_explained_by_the_same_steps(whole: Published) -> None:
    """The plain-Python charge, which `tollhouse quote` and `explain` print, and the warehouse's: all facts of all calls."""
    tariffs = Tariffs(read_reference_book(DEMO_BOOK))
    calls = whole.marts["rated_calls"]
    wrong = [call["call_id"] for call in calls if call_differences(call, charge_again(tariffs, call))]
    assert wrong == []
    assert len({call["tariff_plan_id"] for call in calls}) > 2
    assert sum(" " in call["charge_steps"] for call in calls) > 50, "calls of several bands or tiers"


def test_each_run_charges_a_sample_of_its_calls_again(whole: Published) -> None:
    """200 calls are drawn, of the periods that have calls, and every charge is the same."""
    drawn = [row for row in whole.marts["revenue_assurance_kpis"] if row["kpi"] == "rating_accuracy"]
    assert sum(row["denominator"] for row in drawn) == 200
    assert {row["billing_period"] for row in drawn} <= {call["billing_period"] for call in whole.marts["rated_calls"]}
    assert [
        row for row in drawn if (row["item"], row["numerator"], row["value"]) != ("all", row["denominator"], 1)
    ] == []


def test_explain_says_why_a_call_costs_what_it_costs(
    whole: Published, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOLLHOUSE_HOME", str(whole.branch.home))
    monkeypatch.setenv("TOLLHOUSE_REFERENCE", str(DEMO_BOOK))
    call = next(call for call in whole.marts["rated_calls"] if " " in call["charge_steps"])
    assert main(["explain", call["call_id"], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["differences"] == []
    assert Decimal(found["by_the_present_book"]["amount"]) == call["amount"]
    assert found["by_the_present_book"]["charge_steps"] == call["charge_steps"]
    assert main(["explain", call["call_id"]]) == 0
    assert "the same, step by step" in capsys.readouterr().out

    for mart, word in (("suspended_calls", "waits"), ("duplicate_calls", "not charged")):
        assert main(["explain", whole.marts[mart][0]["call_id"]]) == 0
        assert word in capsys.readouterr().out
    assert main(["explain", "0:1"]) == 2
    assert "has no rated, suspended or duplicate call 0:1" in capsys.readouterr().err


def test_explain_names_what_the_book_changed(
    whole: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every rate ten times as high: the amount is another, and the steps are the same."""
    book = copied_book(tmp_path / "reference")
    change_book(book, "tariff_rates", lambda rows: [row.update(rate=str(Decimal(row["rate"]) * 10)) for row in rows])
    monkeypatch.setenv("TOLLHOUSE_HOME", str(whole.branch.home))
    monkeypatch.setenv("TOLLHOUSE_REFERENCE", str(book))
    call = next(call for call in whole.marts["rated_calls"] if call["amount"] > 0 and call["connect_fee"] == 0)
    assert main(["explain", call["call_id"], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [difference["what"] for difference in found["differences"]] == ["amount before rounding", "amount"]
    assert main(["explain", call["call_id"]]) == 0
    assert "the reference book is not what it was rated by" in capsys.readouterr().out


def test_the_city_is_not_empty(published: Marts) -> None:
    for mart, column in (
        ("rated_calls", "amount"),
        ("bill_lines", "amount"),
        ("payment_applications", "amount"),
        ("collection_rates", "received"),
        ("arrears", "amount"),
        ("commission_statements", "amount"),
        ("trunk_traffic_hourly", "conversation_seconds"),
        ("info_service_settlements", "share_amount"),
        ("debit_batches", "detail_success_amount"),
    ):
        assert sum(row[column] for row in published[mart]) > 0, mart
    kinds = {row["line_kind"] for row in published["bill_lines"]}
    assert kinds == {"usage", "recurring", "promotion", "manual_adjustment"}
    kinds = {row["line_kind"] for row in published["commission_lines"]}
    assert kinds == {"on_time", "activation", "clawback"}


def test_the_manifest_states_the_sums(whole: Published) -> None:
    manifest = whole.branch.manifest()
    for mart, described in manifest["marts"].items():
        assert described["totals"]["rows"] == str(len(whole.marts[mart]))
        for column, total in described["totals"].items():
            if column != "rows":
                assert Decimal(total) == sum((row[column] or 0 for row in whole.marts[mart]), Decimal(0)), (
                    mart,
                    column,
                )


def test_every_record_is_in_exactly_one_state(whole: Published) -> None:
    states = STATES.split()
    files = whole.marts["file_reconciliation"]
    assert [row for row in files if sum(row[state] for state in states) != row["read_records"]] == []
    # No switch of the demo city writes its long calls in pieces: their files are canonical, or an Asterisk's.
    assert {state for state in states if sum(row[state] for row in files) == 0} == {"partial"}


# --- a book with faults, as of a day in mid-month, and then the sound book over everything -------------------------------


@pytest.fixture(scope="module")
def unsound(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Branch:
    """The same inbox, by a book with one fault of each sort, and with late fees."""
    folder = tmp_path_factory.mktemp("unsound")
    branch = Branch(folder / "home", copied_book(folder / "book"))
    shutil.copytree(city, branch.inbox)

    def spoil_rates(rows: list[dict[str, str]]) -> None:
        national = [row for row in rows if (row["tariff_plan_id"], row["zone_id"]) == ("RESIDENTIAL", "NATIONAL")]
        rows += [row | {"valid_from": "2026-04-01"} for row in national]  # overlaps the version in force since 2015
        for row in rows:
            if (row["tariff_plan_id"], row["zone_id"], row["from_second"]) == ("RESIDENTIAL", "MOBILE", "0"):
                row["from_second"] = "60"  # no row from 0
        rows.append(rows[0] | {"zone_id": "NOWHERE"})

    def spoil_bands(rows: list[dict[str, str]]) -> None:
        (night,) = (
            row for row in rows if (row["band_set_id"], row["days"], row["starts_at"]) == ("HOLIDAYS", "67", "00:00")
        )
        night["ends_at"] = "06:00"  # a hole from 06:00 to 07:00 on week-ends

    def spoil_prefixes(rows: list[dict[str, str]]) -> None:
        rows.append({"prefix": "223", "zone_id": "INTERZONE", "valid_from": "2026-03-20", "valid_to": "2026-04-20"})
        rows.append({"prefix": "2205", "zone_id": "NOWHERE", "valid_from": "2026-03-20", "valid_to": ""})

    change_book(branch.reference, "tariff_rates", spoil_rates)
    change_book(branch.reference, "time_bands", spoil_bands)
    change_book(branch.reference, "destinations", spoil_prefixes)
    fee = {"valid_from": "2026-04-27", "valid_to": "", "percent_per_day": "0.3", "bill_item_id": "OTHER"}
    change_book(branch.reference, "late_fee_rules", lambda rows: rows.append(fee))
    return branch


@pytest.fixture(scope="module")
def by_the_unsound_book(unsound: Branch) -> tuple[Marts, Marts, Branch]:
    """What is published and expected as of mid-month; the branch has its sound book again afterwards."""
    outcome = unsound.run(as_of=MID_MONTH)
    assert outcome.status == "published", outcome.problems
    return without_ids(unsound.marts()), compute(unsound.inbox, unsound.reference, as_of=MID_MONTH), unsound


#: Their exports came after the middle of the month.
NOT_YET_DELIVERED = {"outlet_terminals", "terminal_coverage", "trainings"}


@pytest.mark.parametrize("mart", sorted(COMPARED))
def test_a_mart_of_an_earlier_day_and_an_unsound_book(
    mart: str, by_the_unsound_book: tuple[Marts, Marts, Branch]
) -> None:
    ours, theirs, _ = by_the_unsound_book
    assert bool(theirs[mart]) == (mart not in NOT_YET_DELIVERED), "nothing to compare"
    assert differences(mart, ours[mart], theirs[mart]) == []


def test_an_unsound_book_stops_only_what_it_touches(by_the_unsound_book: tuple[Marts, Marts, Branch]) -> None:
    ours, _, branch = by_the_unsound_book
    unrated = [row for row in ours["suspended_calls"] if row["state"] == "unrated"]
    assert len(unrated) > 100 and all(row["reason"] for row in unrated)
    subjects = [row["subject"] for row in ours["problem_bulletin"] if row["kind"] == "tariff_book_unsound"]
    for fault in ("RESIDENTIAL/NATIONAL", "RESIDENTIAL/MOBILE", "NOWHERE", "HOLIDAYS/6", "223/", "2205/"):
        assert any(fault in subject for subject in subjects), (fault, subjects)
    failed = [gate for gate in branch.manifest()["gates"] if not gate["success"] and gate["severity"] == "error"]
    assert failed, "an unsound book is shown as an ERROR check"
    assert len(ours["rated_calls"]) > 1000


@pytest.fixture(scope="module")
def fixed(by_the_unsound_book: tuple[Marts, Marts, Branch]) -> tuple[Marts, Marts]:
    """The same state run again by the sound book, over everything and as of the end of the month."""
    branch = by_the_unsound_book[2]
    shutil.rmtree(branch.reference)
    shutil.copytree(DEMO_BOOK, branch.reference)
    outcome = branch.run(as_of=END_OF_MONTH)
    assert outcome.status == "published", outcome.problems
    return without_ids(branch.marts()), compute(branch.inbox, branch.reference, as_of=END_OF_MONTH)


@pytest.mark.parametrize("mart", sorted(COMPARED))
def test_a_mended_book_and_a_later_day_leave_no_trace(mart: str, fixed: tuple[Marts, Marts]) -> None:
    ours, theirs = fixed
    assert differences(mart, ours[mart], theirs[mart]) == []


def test_the_second_settlement_has_lines_of_every_kind_that_its_month_gives(fixed: tuple[Marts, Marts]) -> None:
    kinds = {(row["settlement_period"], row["line_kind"]) for row in fixed[0]["commission_lines"]}
    assert kinds >= {("2026-03", "on_time"), ("2026-04", "on_time"), ("2026-04", "late"), ("2026-04", "clawback")}
