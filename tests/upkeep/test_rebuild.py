"""A rebuild gives what was there, row for row, from landed files, ledger and closed figures alone; and does nothing by halves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.ledger.schema import FileEntry
from orchestration.publishing.reading import current_edition
from orchestration.runs import RunOutcome
from orchestration.runtime.progress import Silent
from orchestration.settings import Settings
from orchestration.state.raw_zone import damaged_rows
from orchestration.upkeep import rebuild as rebuilding
from orchestration.upkeep.rebuild import rebuild
from tests.robustness.branch import Branch
from tests.torture.kills import differences, rows_of
from tests.upkeep.homes import home_of
from tests.upkeep.killed import Killed, killed_at_rename

#: Of a suspended record a rebuild is one more try.
ONE_TRY_MORE = {"suspense_retries": ("last_tried_at", "tries")}
NEWEST = "0.2.0"
#: What the edition of that release had no column for.
LATER_COLUMNS = {"bills": ("settling_account_id",), "collection_rates": ("written_off",)}


@pytest.fixture
def closed(tmp_path: Path) -> Branch:
    """A home with a closed period, a released file, a re-rating with adjustments and suspended calls."""
    branch = home_of(NEWEST, tmp_path)
    assert branch.mart("billing_periods", "billing_period, period_state")[0] == ("2026-03", "closed")
    assert len(branch.mart("rerating_adjustments")) == 3 and len(branch.mart("suspended_calls")) == 8
    assert "eight lines" in str(branch.mart("file_reconciliation", "file_status, status_reason"))
    return branch


def settings_of(branch: Branch) -> Settings:
    return Settings.from_environment(branch.settings)


def ledger_files(branch: Branch) -> list[FileEntry]:
    with FileLedger(branch.home / "ledger.sqlite") as ledger:
        return ledger.files()


def no_run(settings: Settings, **_: object) -> RunOutcome:
    """In the place of the run after a rebuild."""
    edition = current_edition(settings.published)
    assert edition is not None
    return RunOutcome("nothing_new", edition.edition, edition.folder, None, edition.as_of, [], {})


@pytest.fixture
def without_run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Branch, str], None]:
    """Type a rebuild whose run is left out."""
    monkeypatch.setattr(rebuilding, "run_once", no_run)

    def typed(branch: Branch, *words: str) -> None:
        done = branch.tollhouse("rebuild", *words)
        assert done.exit_code == 0, done.message

    return typed


def test_everything_comes_back_from_landed_files_ledger_and_closed_figures(closed: Branch) -> None:
    rows, files = rows_of(closed.published, ONE_TRY_MORE), ledger_files(closed)
    edition = closed.pointer["edition"]
    shutil.rmtree(closed.home / "raw")
    (closed.home / "warehouse.duckdb").unlink()
    (closed.home / "last_run.json").unlink()
    typed = closed.tollhouse("run")
    assert (typed.exit_code, "`tollhouse rebuild --raw`" in typed.message) == (1, True), typed.message
    typed = closed.tollhouse("rebuild")
    assert typed.exit_code == 0, typed.message
    assert (typed.answer["status"], typed.answer["restored_periods"]) == ("published", ["2026-03"])
    assert closed.pointer["edition"] != edition
    found = rows_of(closed.published, ONE_TRY_MORE | LATER_COLUMNS)
    assert differences({mart: found[mart] for mart in rows}, rows) == [], "the edition before lacks the newer tables"
    assert ledger_files(closed) == files, "statuses, counts and orders are what they were"
    assert not {"before-rebuild", ".building-rebuild"} & {path.name for path in closed.home.iterdir()}


def test_raw_alone_is_decoded_again_and_nothing_is_computed(closed: Branch, without_run: Callable[..., None]) -> None:
    files = ledger_files(closed)
    warehouse = (closed.home / "warehouse.duckdb").read_bytes()
    damaged = next((closed.home / "raw" / "calls").glob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    without_run(closed, "--raw")
    assert ledger_files(closed) == files
    assert (closed.home / "warehouse.duckdb").read_bytes() == warehouse
    with FileLedger(closed.home / "ledger.sqlite") as ledger:
        assert len(ledger.raw_parts()) == len(files)
        assert list(damaged_rows(settings_of(closed), ledger, is_deep=True)) == []


def test_a_lost_landed_file_stands_on_in_its_rows(closed: Branch, without_run: Callable[..., None]) -> None:
    landed = next((closed.home / "landing").rglob("SW1_20260302*.csv"))
    file_id = landed.parent.name
    rows = (closed.home / "raw" / "calls" / f"{file_id}.parquet").read_bytes()
    landed.unlink()
    without_run(closed, "--raw")
    assert (closed.home / "raw" / "calls" / f"{file_id}.parquet").read_bytes() == rows


def test_a_lost_landed_file_keeps_its_rows_where_the_rules_have_changed_since(
    closed: Branch, without_run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All other files are for the next run to decode by the new rules."""
    monkeypatch.setattr("orchestration.upkeep.rebuild_raw.decode_signature", lambda *_: "other rules")
    landed = next((closed.home / "landing").rglob("SW1_20260302*.csv"))
    part = closed.home / "raw" / "calls" / f"{landed.parent.name}.parquet"
    rows = part.read_bytes()
    landed.unlink()
    without_run(closed, "--raw")
    assert part.read_bytes() == rows
    assert [path.name for path in part.parent.iterdir()] == [part.name]


def test_what_is_lost_for_good_is_named_and_nothing_is_changed(closed: Branch) -> None:
    landed = next((closed.home / "landing").rglob("SW1_20260302*.csv"))
    landed.write_bytes(landed.read_bytes().replace(b"2200002", b"2200001"))
    (closed.home / "raw" / "calls" / f"{landed.parent.name}.parquet").unlink()
    before = set(closed.home.rglob("*"))
    typed = closed.tollhouse("rebuild", "--raw")
    assert (
        typed.exit_code == 1
        and f"{landed}: the landed file {landed.parent.name} is not what was delivered" in typed.message
    )
    (closed.home / "closed" / "2026-03" / "bills.parquet").unlink()
    typed = closed.tollhouse("rebuild", "--warehouse")
    assert typed.exit_code == 1 and "closed/2026-03/bills.parquet is gone" in typed.message
    (closed.home / "closed" / "2026-03" / "bills.parquet").touch()
    after = {path for path in closed.home.rglob("*") if ".building-rebuild" not in str(path)}
    assert after - before <= {closed.home / "run.lock", closed.home / "ledger.seal"}
    assert before - after == set()


@pytest.mark.parametrize("renames", range(3))
def test_a_rebuild_that_is_killed_is_typed_again(
    closed: Branch, without_run: Callable[..., None], renames: int
) -> None:
    landed = next((closed.home / "landing").rglob("SW1_20260302*.csv"))
    landed.unlink()  # its rows are in the raw zone alone
    with killed_at_rename(renames), pytest.raises(Killed) if renames < 2 else nullcontext():
        rebuild(settings_of(closed), Silent(), raw=True, warehouse=True)
    assert (closed.home / "warehouse.duckdb").is_file()
    without_run(closed)
    with FileLedger(closed.home / "ledger.sqlite") as ledger:
        assert list(damaged_rows(settings_of(closed), ledger, is_deep=True)) == []
    assert not (closed.home / "before-rebuild").exists()


def test_a_blocked_run_leaves_what_was_there_aside(closed: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(settings: Settings, **_: object) -> RunOutcome:
        return RunOutcome("blocked", None, None, settings.home, None, ["a gate"], {})

    monkeypatch.setattr(rebuilding, "run_once", blocked)
    before = (closed.home / "warehouse.duckdb").read_bytes()
    typed = closed.tollhouse("rebuild", "--warehouse")
    assert typed.exit_code == 3 and f"what was there before is in {closed.home / 'before-rebuild'}" in typed.message
    assert (closed.home / "before-rebuild" / "warehouse.duckdb").read_bytes() == before
    assert typed.answer["set_aside"] == str(closed.home / "before-rebuild")
    assert closed.tollhouse("prune").exit_code == 0
    assert (closed.home / "before-rebuild" / "warehouse.duckdb").is_file(), "prune leaves it"


def test_without_a_ledger_there_is_nothing_to_rebuild_from(tmp_path: Path) -> None:
    typed = Branch(tmp_path / "home").tollhouse("rebuild")
    assert (typed.exit_code, "nothing to rebuild from" in typed.message) == (2, True)


@pytest.mark.parametrize("words", [["rebuild"], ["backup", "{folder}"]])
def test_a_lost_ledger_is_no_new_home(closed: Branch, tmp_path: Path, words: list[str]) -> None:
    (closed.home / "ledger.sqlite").unlink()
    typed = closed.tollhouse(*(word.format(folder=tmp_path / "backup") for word in words))
    assert (typed.exit_code, "the file ledger is gone" in typed.message) == (1, True), typed.message
    assert "`tollhouse restore DIR --replace`" in typed.message
