"""The wheel: it holds every file of the product, and in an environment without the checkout it carries a branch from `tollhouse init`
to the first bill, by docs/first-day.md, and writes nothing beside its code."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import duckdb
import pytest

from orchestration.publishing.reading import current_edition
from tests.docs import first_day
from tests.packaging.wheel import FOLDERS, Installed, build_wheel, install, project_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    return build_wheel(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """It in an environment of its own."""
    return install(wheel, tmp_path_factory.mktemp("installed") / "environment")


def test_it_holds_the_files_of_the_product_and_no_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = sorted(name for name in archive.namelist() if ".dist-info/" not in name)
    assert held == project_files(*FOLDERS)
    assert {Path(name).suffix for name in held} == {
        ".asn", ".css", ".csv", ".html", ".js", ".md", ".py", ".sql", ".yaml", ".yml",
    }  # fmt: skip


def test_what_is_imported_is_the_wheel(installed: Installed, tmp_path: Path) -> None:
    program = (
        f"import importlib, json; found = [list(importlib.import_module(name).__path__) for name in {FOLDERS}]; "
        "from importlib.metadata import distribution; "
        "print(json.dumps([found, str(distribution('tollhouse').locate_file(''))]))"
    )
    done = installed.run(["python", "-c", program], tmp_path)
    found, place = json.loads(done.stdout)
    assert found == [[str(installed.packages / name)] for name in FOLDERS]
    assert Path(place) == installed.packages


def test_without_a_home_it_asks_for_one(installed: Installed, tmp_path: Path) -> None:
    done = installed.run(["tollhouse", "status"], tmp_path)
    assert done.returncode == 2
    assert f"TOLLHOUSE_HOME is not set, and there is no folder {tmp_path}/var; set it to the folder" in done.stderr
    (tmp_path / "var").mkdir()
    found = json.loads(installed.run(["tollhouse", "doctor", "--json"], tmp_path).stdout)["findings"]
    assert f"TOLLHOUSE_HOME = {tmp_path}/var (default)" in [one["found"] for one in found]
    assert [one for one in found if one["level"] == "error"] == []


def test_the_demo_makes_its_home_in_the_working_folder(installed: Installed, tmp_path: Path) -> None:
    done = installed.run(["tollhouse", "demo", "--subscribers", "200", "--months", "1", "--no-run"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var" / "planted.json").is_file() and any((tmp_path / "var" / "inbox" / "cdr").iterdir())


def test_the_first_day_ends_with_the_bill_that_is_worked_out_by_hand(installed: Installed, tmp_path: Path) -> None:
    home = tmp_path / "srv" / "lakeside"
    before = installed.content()
    with installed.read_only():
        done = installed.run(["bash", "-c", first_day.script(home)], tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    printed = re.split(r"^@ \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    steps = first_day.steps()
    assert len(printed) == len(steps)
    for step, text in zip(steps, printed, strict=True):
        if step.printed is not None:
            assert first_day.pattern(step.printed, home).search(text), f"{step.text}\nprints\n{text}"

    edition = current_edition(home / "published")
    assert edition is not None and edition.edition == "2026-04-01-0001"
    bills = duckdb.sql(
        f"select account_id, billing_period, amount::varchar, is_provisional from '{edition.folder}/bills/*.parquet' order by all"
    ).fetchall()
    assert bills == [("A1", "2026-03", "21.74", False), ("A1", "2026-04", "20.00", True)]
    assert installed.content() == before, "nothing was written beside the code"
    assert any((tmp_path / "user" / ".cache" / "tollhouse").glob("*/manifest.json"))
