"""`tollhouse init`: what it writes is accepted by the product, says what to fill in, and overwrites nothing."""

from __future__ import annotations

import csv
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from orchestration import runs
from orchestration.errors import TollhouseError
from orchestration.ingestion.sources.declaration import DEFAULT_SOURCES
from orchestration.new_branch import SAMPLE_BOOK
from orchestration.reference_book.tables import NEEDED_TO_RATE, REFERENCE_TABLES
from seeds.demo_city.people import BANKS
from tests.cli.conftest import Tollhouse

FIRST = ["exchanges", "switches", "destinations", "tariff_plans", "tariff_rates"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the branch is to be."""
    return tmp_path / "srv" / "lakeside"


def sourced(home: Path) -> dict[str, str]:
    """The settings that a shell has after the line that the settings file names."""
    script = f"set -a; . {shlex.quote(str(home / 'tollhouse.env'))}; set +a; env -0"
    done = subprocess.run(["bash", "-c", script], env={}, capture_output=True, text=True, check=True)
    pairs = (pair.partition("=") for pair in done.stdout.split("\0"))
    return {name: value for name, _, value in pairs if name.startswith("TOLLHOUSE_")}


def doctor(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, home: Path) -> tuple[int, list[tuple[str, str]]]:
    """The exit code of `doctor` with the branch's own settings, and (check, finding) of what is not ok."""
    for name, value in sourced(home).items():
        monkeypatch.setenv(name, value)
    called = tollhouse("doctor", "--json")
    return called.exit_code, [(one["check"], one["found"]) for one in called.json["findings"] if one["level"] != "ok"]


def test_an_empty_book_is_accepted_and_doctor_says_what_to_fill_in(
    tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    called = tollhouse("init", str(home), "--json")
    assert (called.exit_code, called.err) == (0, "")
    assert called.json["to_fill_in"] == FIRST
    found = f"{home}/reference: no call can be rated: these tables of the reference book have no rows: " + ", ".join(
        f"{table}.csv" for table in FIRST
    )
    assert doctor(tollhouse, monkeypatch, home) == (0, [("reference book", found)])


def test_a_run_with_an_empty_book_says_so(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def no_run(*arguments: object, **options: object) -> None:
        raise TollhouseError("as far as this test goes")

    monkeypatch.setattr(runs, "run_once", no_run)
    tollhouse("init", str(home))
    monkeypatch.setenv("TOLLHOUSE_REFERENCE", str(home / "reference"))
    assert "have no rows: exchanges.csv, switches.csv, " in tollhouse("run").err
    monkeypatch.setenv("TOLLHOUSE_REFERENCE", str(SAMPLE_BOOK))
    assert "have no rows" not in tollhouse("run").err


def test_the_sample_is_the_demo_citys_book(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    assert tollhouse("init", str(home), "--sample", "--json").json["to_fill_in"] == []
    for table in REFERENCE_TABLES:
        assert (home / "reference" / f"{table}.csv").read_bytes() == (SAMPLE_BOOK / f"{table}.csv").read_bytes()
    assert doctor(tollhouse, monkeypatch, home) == (0, [])


def test_the_files_are_those_that_are_named(tollhouse: Tollhouse, home: Path) -> None:
    files = tollhouse("init", str(home), "--json").json["files"]
    assert sorted(files) == sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    assert {f"reference/{table}.csv" for table in REFERENCE_TABLES} | {"sources.yml", "tollhouse.env"} < set(files)
    assert [path.name for path in sorted((home / "inbox").iterdir())] == ["bank", "cdr", "customers"]


def test_the_empty_book_has_no_price_and_no_row_of_the_demo_city(tollhouse: Tollhouse, home: Path) -> None:
    tollhouse("init", str(home))
    rows = {}
    for name, table in REFERENCE_TABLES.items():
        with (home / "reference" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows[name] = list(reader)
            assert tuple(reader.fieldnames or ()) == table.header
    assert {table for table in rows if rows[table]} == {
        "bill_items",
        "call_categories",
        "zones",
        "time_bands",
        "debit_result_codes",
    }
    assert set(FIRST) == {table for table in NEEDED_TO_RATE if not rows[table]}
    schemes = {row["bank_code"] for row in rows["debit_result_codes"]}
    assert {"ISO20022", "NACHA", "AU-BECS-DE", "BACS-ARUDD"} < schemes and not schemes & set(BANKS)


def test_its_sources_are_those_that_are_read_without_a_file(tollhouse: Tollhouse, home: Path) -> None:
    tollhouse("init", str(home))
    own, usual = (
        {entry["name"]: entry for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]}
        for path in (home / "sources.yml", DEFAULT_SOURCES)
    )
    assert own == {name: entry for name, entry in usual.items() if not name.startswith("asterisk/")}


def test_the_commented_sources_are_sources_too(
    tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """Whoever removes the # of all of them has a file that can be read; the server is then not reached."""
    tollhouse("init", str(home))
    text = (home / "sources.yml").read_text(encoding="utf-8")
    entries, commented = text.split("sources:\n", 1)[1], []
    for line in entries.splitlines():
        is_prose = line.startswith("  # ") and not line.startswith(("  # -", "  #  "))
        commented.append("" if is_prose else line.replace("  # ", "  ", 1))
    (home / "sources.yml").write_text("sources:\n" + "\n".join(commented) + "\n", encoding="utf-8")
    assert len(yaml.safe_load((home / "sources.yml").read_text(encoding="utf-8"))["sources"]) == 5
    _, findings = doctor(tollhouse, monkeypatch, home)
    (found,) = [found for check, found in findings if check == "sources"]
    assert "the environment variable MEDIATION_USER (field username_env) is not set" in found


def test_a_folder_with_blanks_and_quotes_in_its_name_can_be_sourced(tollhouse: Tollhouse, tmp_path: Path) -> None:
    home = tmp_path / "湖滨 unit's $HOME"
    assert tollhouse("init", str(home)).exit_code == 0
    assert sourced(home) == {
        "TOLLHOUSE_HOME": str(home),
        "TOLLHOUSE_REFERENCE": f"{home}/reference",
        "TOLLHOUSE_SOURCES": f"{home}/sources.yml",
        "TOLLHOUSE_TIME_ZONE": "Asia/Shanghai",
    }


def test_an_empty_folder_is_taken_and_one_that_is_not_empty_is_refused(tollhouse: Tollhouse, home: Path) -> None:
    home.mkdir(parents=True)
    assert tollhouse("init", str(home)).exit_code == 0
    (home / "reference" / "exchanges.csv").write_text("mine", encoding="utf-8")
    again = tollhouse("init", str(home))
    assert again.exit_code == 2
    assert again.err == f"tollhouse: {home} is not empty: it holds inbox; name a new folder or an empty one\n"
    assert (home / "reference" / "exchanges.csv").read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_a_home_is_refused_before_anything_is_written(tollhouse: Tollhouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name, said in {
        "file": "is not a folder; name a new folder or an empty one",
        "50%": "TOLLHOUSE_HOME: the path",
        "two\nlines": "holds a control character; name a folder without it",
        " ": "the path is empty; name one",
    }.items():
        called = tollhouse("init", str(tmp_path / name) if name.strip() else name)
        assert called.exit_code == 2 and said in called.err, name
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_written_is_named(tollhouse: Tollhouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    called = tollhouse("init", str(tmp_path / "file" / "branch"), "--json")
    assert called.exit_code == 1
    message = called.json["error"]["message"]
    assert message.startswith(f"{tmp_path}/file") and "name a folder that you can write to" in message


def test_the_text_names_the_next_steps(tollhouse: Tollhouse, home: Path) -> None:
    out = tollhouse("init", str(home)).out.splitlines()
    assert out[0] == f"{home} is ready: 31 files and the folders of the inbox."
    assert out[1] == f"1. set -a; . {home}/tollhouse.env; set +a"
    assert out[2].startswith(f"2. fill in {home}/reference: exchanges.csv, switches.csv, ")
    assert out[-2] == "5. tollhouse run"
