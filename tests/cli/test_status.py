"""What status tells of an edition, the files and a blocked run."""

from __future__ import annotations

from orchestration.ledger.file_ledger import FileLedger
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import RunRecord
from orchestration.settings import Settings
from tests.cli.conftest import Tollhouse
from tests.cli.made_by_hand import new_file, publish_blocked_run, publish_edition


def test_before_the_first_run(tollhouse: Tollhouse, settings: Settings) -> None:
    called = tollhouse("status")
    assert called.exit_code == 0
    assert called.out.startswith(f"No edition is published yet in {settings.home}: `tollhouse run`")
    assert tollhouse("status", "--json").json == {
        "home": str(settings.home),
        "edition": None,
        "lost_pointer": None,
        "blocked": None,
        "last_run": None,
        "files": {},
        "held": [],
    }
    assert not settings.home.exists()  # looking makes nothing


def test_a_lost_pointer_is_not_a_first_day(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published)
    (settings.published / "current.json").unlink()
    out = tollhouse("status").out
    assert "current.json is gone, though editions are there (the newest is 2026-05-20-0001): `tollhouse run`" in out
    assert "No edition is published yet" not in out


def test_the_edition_with_the_figures_of_the_newest_complete_period(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published)
    edition = tollhouse("status", "--json").json["edition"]
    assert (edition["edition"], edition["as_of"], edition["revision"]) == ("2026-05-20-0001", "2026-05-20", 1)
    assert edition["gates"]["text"] == "1 of 2 passed (1 warn)"
    assert edition["newest_complete_period"] == {
        "billing_period": "2026-04",
        "as_of": "2026-05-20",
        "bills": 3,
        "receivable": "1400.50",  # text: no digit of money is lost
        "received": "700.25",
        "collection_rate": 0.5,
    }
    out = tollhouse("status").out
    assert "receivable  1,400.50\n" in out and "collected   50.00%\n" in out
    assert edition["periods"] == {"closed": ["2026-02"], "open": ["2026-03", "2026-04"], "provisional": ["2026-05"]}
    assert "closed      2026-02\nopen        2026-03, 2026-04\nprovisional 2026-05\n" in out


def test_no_period_is_complete_in_the_first_month(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published, "2026-03-31")
    assert tollhouse("status", "--json").json["edition"]["newest_complete_period"] is None
    assert "no billing period is complete yet" in tollhouse("status").out


def test_files_by_kind_and_status_and_what_is_held(tollhouse: Tollhouse, settings: Settings) -> None:
    with FileLedger(settings.ledger_path) as ledger:
        for number in range(3):
            ledger.register(new_file(f"{number:016d}", f"SW1_20260520_{number:06d}.csv"))
        ledger.set_status(f"{1:016d}", "held", ".ctl disagrees")
        ledger.set_status(f"{2:016d}", "loaded", None)
    told = tollhouse("status", "--json").json
    assert told["files"] == {"cdr": {"registered": 1, "loaded": 1, "held": 1, "rejected": 0}}
    assert [(file["file_id"], file["reason"]) for file in told["held"]] == [(f"{1:016d}", ".ctl disagrees")]
    assert "tollhouse files release" in tollhouse("status").out


def test_a_blocked_run_after_the_edition_is_shown_with_its_gates(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published)
    folder = publish_blocked_run(settings.published, built_at="2026-05-20T11:00:00Z")
    blocked = tollhouse("status", "--json").json["blocked"]
    assert blocked["path"] == str(folder)
    assert [(one["gate"], one["failed_rows"]) for one in blocked["gates"]] == [("bills_add_up", 4)]
    assert "release.bills_add_up: bills_add_up holds (4 rows)" in tollhouse("status").out


def test_a_blocked_run_before_the_edition_is_past(tollhouse: Tollhouse, settings: Settings) -> None:
    publish_edition(settings.published)
    publish_blocked_run(settings.published, built_at="2026-05-20T09:00:00Z")
    assert tollhouse("status", "--json").json["blocked"] is None


def test_a_run_that_did_not_end_is_told_from_one_at_work(tollhouse: Tollhouse, settings: Settings) -> None:
    RunRecord(run_id="r", started_at="2026-05-20T10:00:00+00:00").save(settings)
    assert tollhouse("status", "--json").json["last_run"]["status"] == "unfinished"
    with run_lock(settings):
        assert tollhouse("status", "--json").json["last_run"]["status"] == "running"


def test_a_damaged_edition_is_an_error(tollhouse: Tollhouse, settings: Settings) -> None:
    folder = publish_edition(settings.published)
    (folder / "manifest.json").write_text("{")
    called = tollhouse("status")
    assert called.exit_code == 1
    assert str(folder / "manifest.json") in called.err
