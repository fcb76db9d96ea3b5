"""The doctor on sound and on broken things: each finding with its level, and the exit code they lead to."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.runtime.run_lock import run_lock
from orchestration.runtime.run_record import RunRecord
from orchestration.settings import Settings
from tests.cli.conftest import Tollhouse
from tests.cli.made_by_hand import new_file, publish_edition


def findings(tollhouse: Tollhouse, level: str) -> tuple[int, list[tuple[str, str]]]:
    """The exit code, and (check, what was found) of a level. What is installed here is not under test."""
    called = tollhouse("doctor", "--json")
    told = called.json
    assert told["exit_code"] == called.exit_code
    assert all(one["advice"] for one in told["findings"] if one["level"] != "ok")
    wanted = [one for one in told["findings"] if one["level"] == level and one["check"] != "packages"]
    return called.exit_code, [(one["check"], one["found"]) for one in wanted]


@pytest.fixture(autouse=True)
def _everything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import PackageNotFoundError

    def version(name: str) -> str:
        if name == "duckdb-engine":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("importlib.metadata.version", version)


def test_a_fresh_home_is_sound_and_stays_unmade(tollhouse: Tollhouse, settings: Settings) -> None:
    exit_code, warnings = findings(tollhouse, "warn")
    assert (exit_code, warnings) == (0, [("sources", f"{settings.inbox} is not there")])
    assert not settings.home.exists()


def test_a_sound_home(tollhouse: Tollhouse, settings: Settings) -> None:
    FileLedger(settings.ledger_path).close()
    publish_edition(settings.published)
    (settings.inbox / "cdr" / "SW1").mkdir(parents=True)
    duckdb.connect(str(settings.warehouse_path)).close()
    assert findings(tollhouse, "warn") == findings(tollhouse, "error") == (0, [])
    out = tollhouse("doctor").out
    assert "ok     edition: 2026-05-20-0001: every file is as it was published" in out
    assert f"TOLLHOUSE_HOME = {settings.home} (from the environment)" in out
    assert "TOLLHOUSE_MEMORY_LIMIT = not set (default)" in out
    assert "0 warn, 0 error" in out


def test_wrong_settings_exit_2(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_MEMORY_LIMIT", "plenty")
    exit_code, ((check, found),) = findings(tollhouse, "error")
    assert (exit_code, check) == (2, "settings")
    assert found.startswith("TOLLHOUSE_MEMORY_LIMIT: 'plenty'")


def test_a_misspelt_setting_is_a_warning(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_THREAD", "2")
    assert ("settings", "TOLLHOUSE_THREAD is not a setting and does nothing") in findings(tollhouse, "warn")[1]


def test_a_book_with_a_fault_exits_2_and_the_other_checks_go_on(
    tollhouse: Tollhouse, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "book"
    shutil.copytree(settings.reference, book)
    (book / "zones.csv").unlink()
    monkeypatch.setenv("TOLLHOUSE_REFERENCE", str(book))
    FileLedger(settings.ledger_path).close()
    folder = publish_edition(settings.published)
    (folder / "collection_rates" / "collection_rates.parquet").unlink()
    exit_code, wrong = findings(tollhouse, "error")
    assert exit_code == 2
    assert [check for check, _ in wrong] == ["reference book", "edition"]
    assert "zones.csv: the file is missing" in wrong[0][1]
    assert "collection_rates.parquet is missing" in wrong[1][1]


def test_a_changed_and_a_strange_file_in_the_edition(tollhouse: Tollhouse, settings: Settings) -> None:
    FileLedger(settings.ledger_path).close()
    folder = publish_edition(settings.published)
    (folder / "collection_rates" / "collection_rates.parquet").write_bytes(b"changed")
    (folder / "strange.txt").write_text("strange")
    exit_code, wrong = findings(tollhouse, "error")
    assert exit_code == 1
    assert "is not the file that was published" in wrong[0][1]
    assert "strange.txt is not in the manifest" in wrong[1][1]


def test_a_damaged_ledger(tollhouse: Tollhouse, settings: Settings) -> None:
    settings.home.mkdir()
    settings.ledger_path.write_bytes(b"no ledger at all " * 400)
    exit_code, ((check, found),) = findings(tollhouse, "error")
    assert (exit_code, check) == (1, "ledger")
    assert "file is not a database" in found


def test_a_switch_of_which_book_and_source_say_different_formats(
    tollhouse: Tollhouse, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "book"
    shutil.copytree(settings.reference, book)
    monkeypatch.setenv("TOLLHOUSE_REFERENCE", str(book))
    lines = (book / "switches.csv").read_text(encoding="utf-8").splitlines()
    width = lines[0].count(",") - 2
    said = {"SX1": "asterisk", "SX2": "formats/canonical.yml"}
    lines += [f"{switch},E01,{form}{',' * width}" for switch, form in said.items()]
    (book / "switches.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with FileLedger(settings.ledger_path) as ledger:
        for at, switch in enumerate((*said, "SX4"), start=1):  # SX4 is in no book
            file = replace(new_file(f"aaaa00000000000{at}", f"{switch}_20260520_000001.csv"), switch_id=switch)
            ledger.register(file)
    (told,) = (found for check, found in findings(tollhouse, "warn")[1] if check == "formats")
    assert told == (
        "switch SX1: switches.csv has cdr_format asterisk, the source cdr/X has format canonical, and its files "
        "are read by that; correct whichever is wrong"
    )


def test_a_landed_file_that_is_gone(tollhouse: Tollhouse, settings: Settings) -> None:
    with FileLedger(settings.ledger_path) as ledger:
        entry, _ = ledger.register(new_file("aaaa000000000001", "SW1_20260520_000001.csv"))
    exit_code, wrong = findings(tollhouse, "error")
    assert exit_code == 1
    assert wrong == [("landing", f"1 landed files are gone, the first {settings.home / entry.landing_path}")]


def test_a_wrong_sources_file_exits_2(tollhouse: Tollhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sources.yml").write_text("sources: none\n")
    monkeypatch.setenv("TOLLHOUSE_SOURCES", str(tmp_path / "sources.yml"))
    exit_code, ((check, found),) = findings(tollhouse, "error")
    assert (exit_code, check) == (2, "sources")
    assert "field sources" in found


def test_leftovers_of_a_killed_run(tollhouse: Tollhouse, settings: Settings) -> None:
    left = settings.published / "editions" / ".building-2026-05-20-0002-ab"
    left.mkdir(parents=True)
    RunRecord(run_id="r", started_at="2026-05-20T10:00:00+00:00").save(settings)
    warnings = dict(findings(tollhouse, "warn")[1])
    assert str(left) in warnings["leftovers"]
    assert warnings["last run"] == (
        "unfinished, begun 2026-05-20 18:00:00 +08:00: its process was killed; nothing is lost, and the next `tollhouse run` goes on "
        "from what was kept"
    )
    assert left.is_dir()


def test_a_run_at_work_is_no_fault(tollhouse: Tollhouse, settings: Settings) -> None:
    (settings.published / "editions" / ".building-2026-05-20-0002-ab").mkdir(parents=True)
    with run_lock(settings):
        told = dict(findings(tollhouse, "ok")[1])
    assert told["leftovers"] == "a run is building"
    assert told["run lock"].startswith("a run is in progress: process ")


def test_a_home_that_is_a_file(tollhouse: Tollhouse, settings: Settings) -> None:
    settings.home.write_text("no folder")
    exit_code, wrong = findings(tollhouse, "error")
    assert exit_code == 2
    assert wrong[0] == ("home", f"{settings.home} is not a folder")


def test_a_missing_and_a_rival_package(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import PackageNotFoundError

    def version(name: str) -> str:
        if name == "plotly":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr("importlib.metadata.version", version)
    called = tollhouse("doctor")
    assert called.exit_code == 1
    assert "error  packages: plotly is not installed\n       → `make setup`" in called.out
    assert "duckdb-engine 1.0 is installed" in called.out
