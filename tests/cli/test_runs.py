"""run, close and demo around a run that is played: what is asked of it and how its outcome is told."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration import runs
from orchestration.cli import closing
from orchestration.month_end.checklist import OpenItem
from orchestration.runs import RunOutcome
from orchestration.runtime.progress import Reporter
from orchestration.settings import Settings
from orchestration.warehouse.closed.closing import FrozenPeriod, FrozenTotal
from seeds.demo_city import city as demo_city
from tests.cli.conftest import Tollhouse

CITY = {"subscribers": 20, "months": 1, "seed": 7}
SMALL = ("demo", "--subscribers", "20", "--months", "1")


class Run:
    """Stands for orchestration.runs: keeps what was asked, reports like a run, and gives the outcome."""

    def __init__(self, settings: Settings) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.outcome = RunOutcome(
            status="published",
            edition="2026-05-20-0001",
            edition_path=settings.published / "editions" / "2026-05-20-0001",
            blocked_path=None,
            as_of=date(2026, 5, 20),
            problems=[],
            figures={"receivable": "155116.90"},
            steps=[("pull", 1.25), ("build", 2.5)],
        )

    def run_once(
        self, settings: Settings, *, as_of: date | None = None, reporter: Reporter | None = None
    ) -> RunOutcome:
        """A run of two steps and a warning."""
        self.asked.append(("run", as_of))
        return self._report(reporter)

    def close_period(
        self, settings: Settings, period: str, *, reporter: Reporter | None = None
    ) -> tuple[FrozenPeriod, RunOutcome]:
        """The same, after freezing two bills."""
        self.asked.append(("close", period))
        return FrozenPeriod(period, [FrozenTotal("bills", 2, Decimal("1234.50"))], []), self._report(reporter)

    def _report(self, reporter: Reporter | None) -> RunOutcome:
        assert reporter is not None
        reporter.step("pull")
        reporter.detail(1, 2, "SW1_20260520_000001.csv")
        reporter.warn("one file is held")
        reporter.step("build")
        return self.outcome


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A played run in the place of the real one."""
    played = Run(settings)
    monkeypatch.setattr(runs, "run_once", played.run_once)
    monkeypatch.setattr(runs, "close_period", played.close_period)
    monkeypatch.setattr(runs, "refuse_to_close", lambda *_: None)
    item = OpenItem("calls_suspended", "undocumented", 7, Decimal("1.540000"), "document the numbers")
    monkeypatch.setattr(closing, "_open_items", lambda *_: [item])
    return played


@pytest.fixture
def make_city(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Makes one file in the place of a city; the inboxes it was asked to fill."""
    asked: list[Path] = []

    def make(inbox: Path, **arguments: Any) -> dict[str, Any]:
        asked.append(inbox)
        (inbox / "customers").mkdir(parents=True)
        (inbox / "customers" / "customers_20260520.csv").write_text("made")
        facts = {name: arguments[name] for name in CITY}
        planted = {**facts, "totals": {"cdr_files": 5, "cdr_records": 70, "bank_files": 1, "export_files": 8}}
        (inbox.parent / "planted.json").write_text(json.dumps(planted))
        return planted

    monkeypatch.setattr(demo_city, "make_city", make)
    return asked


def test_a_published_run(tollhouse: Tollhouse, run: Run, settings: Settings) -> None:
    called = tollhouse("run", "--as-of", "2026-05-20")
    assert called.exit_code == 0
    assert run.asked == [("run", date(2026, 5, 20))]
    assert called.out.startswith("Edition 2026-05-20-0001 is published, as of 2026-05-20.\n")
    assert "receivable  155116.90" in called.out
    assert f"{settings.published}/editions/2026-05-20-0001/site/index.html" in called.out
    assert re.search(r"^together +3\.8$", called.out, re.MULTILINE)  # 1.25 + 2.5 s


def test_progress_is_a_line_per_step_where_there_is_no_terminal(tollhouse: Tollhouse, run: Run) -> None:
    lines = tollhouse("run").err.splitlines()
    assert [line.split(" s  ")[-1] for line in lines] == ["pull", "warning: one file is held", "build"]


def test_with_json_there_is_no_progress_and_warnings_are_in_the_object(tollhouse: Tollhouse, run: Run) -> None:
    called = tollhouse("run", "--json")
    assert called.err == ""
    assert called.json["status"] == "published"
    assert called.json["as_of"] == "2026-05-20"
    assert called.json["figures"] == {"receivable": "155116.90"}
    assert called.json["steps"] == [{"step": "pull", "seconds": 1.25}, {"step": "build", "seconds": 2.5}]
    assert called.json["warnings"] == ["one file is held"]


def test_a_blocked_run_exits_3_and_says_where_to_look(tollhouse: Tollhouse, run: Run, settings: Settings) -> None:
    blocked = settings.published / "blocked" / "r1"
    run.outcome = RunOutcome("blocked", "2026-05-19-0001", None, blocked, date(2026, 5, 20), ["bills differ"], {})
    called = tollhouse("run")
    assert (called.exit_code, called.out) == (3, "")
    assert "tollhouse: the release gates blocked the edition; edition 2026-05-19-0001 stays" in called.err
    assert "bills differ" in called.err and str(blocked) in called.err
    asked = tollhouse("run", "--json").json
    assert (asked["status"], asked["blocked_path"], asked["error"]["exit_code"]) == ("blocked", str(blocked), 3)


def test_nothing_new(tollhouse: Tollhouse, run: Run) -> None:
    run.outcome = RunOutcome("nothing_new", "2026-05-19-0001", None, None, date(2026, 5, 19), [], {})
    called = tollhouse("run")
    assert called.exit_code == 0
    assert called.out == "Nothing new: edition 2026-05-19-0001 (as of 2026-05-19) stays the current one.\n"


def test_close(tollhouse: Tollhouse, run: Run) -> None:
    assert tollhouse("close", "2026-04").out.startswith("Period 2026-04 is closed")
    assert run.asked == [("close", "2026-04")]
    assert re.search(r"^bills +2 +1,234.50$", tollhouse("close", "2026-04").out, re.MULTILINE)
    answer = tollhouse("close", "2026-04", "--json").json
    assert answer["closed_period"] == "2026-04"
    assert [(item["kind"], item["count"], item["amount"]) for item in answer["open_items"]] == [
        ("calls_suspended", 7, "1.540000")
    ]
    said = tollhouse("close", "2026-04").err
    assert "2026-04: still open: calls_suspended: undocumented (7, 1.54): document the numbers" in said
    checked = tollhouse("close", "2026-04", "--check")
    assert checked.exit_code == 0 and re.search(r"^calls_suspended +undocumented +7 +1\.54 ", checked.out, re.MULTILINE)
    assert run.asked == [("close", "2026-04")] * 4, "--check closes nothing"
    assert answer["frozen"] == [{"kind": "bills", "rows": 2, "amount": "1234.50"}]


def test_demo_makes_the_city_and_runs(
    tollhouse: Tollhouse, run: Run, make_city: list[Path], settings: Settings
) -> None:
    called = tollhouse(*SMALL)
    assert called.exit_code == 0
    assert (settings.inbox / "customers" / "customers_20260520.csv").is_file()
    assert len(make_city) == len(run.asked) == 1
    for word in ("tollhouse status", "tollhouse ui", "tollhouse serve", "site/index.html", "155116.90"):
        assert word in called.out
    assert sorted(path.name for path in settings.home.iterdir()) == ["inbox", "planted.json", "run.lock"]


def test_demo_leaves_its_own_city_alone(tollhouse: Tollhouse, run: Run, make_city: list[Path]) -> None:
    assert tollhouse(*SMALL, "--no-run", "--json").json["demo"]["made_now"] is True
    assert tollhouse(*SMALL, "--no-run", "--json").json["demo"]["made_now"] is False
    assert run.asked == []
    assert len(make_city) == 1


def test_demo_refuses_another_city(tollhouse: Tollhouse, run: Run, make_city: list[Path]) -> None:
    tollhouse(*SMALL, "--no-run")
    called = tollhouse(*SMALL, "--seed", "8")
    assert called.exit_code == 2
    assert "another demo city (subscribers 20, months 1, seed 7, not subscribers 20, months 1, seed 8)" in called.err
    assert "another TOLLHOUSE_HOME, or `make clean`" in called.err
    assert run.asked == []


def test_demo_refuses_files_of_somebody_else(
    tollhouse: Tollhouse, run: Run, make_city: list[Path], settings: Settings
) -> None:
    theirs = settings.inbox / "cdr" / "SW1" / "SW1_20260520_000001.csv"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("real calls")
    called = tollhouse(*SMALL)
    assert called.exit_code == 2
    assert "holds files that are not the demo's" in called.err
    assert theirs.read_text() == "real calls" and make_city == [] and run.asked == []


def test_demo_goes_on_after_one_that_was_killed(
    tollhouse: Tollhouse, run: Run, make_city: list[Path], settings: Settings
) -> None:
    (settings.home / ".building-demo" / "inbox" / "cdr").mkdir(parents=True)
    (settings.home / ".building-demo" / "inbox" / "cdr" / "half.csv").write_text("half")
    (settings.inbox / "cdr" / "SW1").mkdir(parents=True)
    assert tollhouse(*SMALL, "--no-run").exit_code == 0
    assert [path.name for path in settings.inbox.rglob("*.csv")] == ["customers_20260520.csv"]


def test_demo_refuses_other_sources(tollhouse: Tollhouse, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_SOURCES", "/somewhere/sources.yml")
    called = tollhouse("demo")
    assert called.exit_code == 2
    assert "unset TOLLHOUSE_SOURCES" in called.err
