"""docs/first-day.md: its commands exist, its files have the columns of their tables, and its bill is the sum of its calls.

tests/packaging/test_wheel.py types the whole page in an environment that has the wheel alone.
"""

from __future__ import annotations

import csv
import re
import shlex
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.cli.application import make_parser
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.reference_book.tables import REFERENCE_TABLES
from orchestration.settings import PROJECT_ROOT
from tests.docs.first_day import TEXT, steps

FILES = [(step.path, step.text) for step in steps() if step.path is not None]
COMMANDS = sorted(
    {
        line.strip()
        for step in steps()
        if step.path is None
        for line in re.findall(r"^tollhouse ([a-z].*)$", step.text, re.MULTILINE)
    }
)


def test_the_page_has_files_commands_and_what_they_print() -> None:
    assert len(FILES) == 16 and len(COMMANDS) == 7
    assert sum(step.printed is not None for step in steps()) == 6
    assert TEXT.count("```csv") + TEXT.count("```sh runnable") == len(steps())


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_exists(words: str) -> None:
    assert callable(make_parser().parse_args(shlex.split(words)).command)


@pytest.mark.parametrize(("path", "text"), FILES, ids=lambda value: str(value).rpartition("/")[2][:30])
def test_every_file_is_named_above_it_and_has_its_columns(path: str, text: str) -> None:
    name = Path(path).name
    assert re.search(rf"`[\w/]*{re.escape(name)}`", TEXT[: TEXT.index(f"```csv {path}")].rpartition("```csv")[2])
    header, *rows = csv.reader(text.splitlines())
    assert rows and all(len(row) == len(header) for row in rows)
    if path.startswith("reference/"):
        assert tuple(header) == REFERENCE_TABLES[Path(path).stem].header
    elif path.startswith("inbox/customers/"):
        table = EXPORT_TABLES[name.rpartition("_")[0]]
        assert header == [column for column in table.columns if column not in table.may_lack]


def test_the_bill_is_worked_out_right() -> None:
    """The amounts of the table, added up, and each from the prices that the page states."""
    amounts = [Decimal(text) for text in re.findall(r"^\| [123] \|.*\| (\d+\.\d\d) \|$", TEXT, re.MULTILINE)]
    local, long_distance = Decimal("0.22"), 17 * Decimal("0.07")
    assert amounts == [local, local + Decimal("0.11"), long_distance]
    totals = [Decimal(text) for text in re.findall(r"\*\*(\d+\.\d\d)\*\*", TEXT)]
    assert totals == [sum(amounts), Decimal("20.00"), sum(amounts) + 20]


@pytest.mark.parametrize("document", ["docs/first-day.md", "README.md", "README.zh-CN.md"])
def test_it_names_the_wheel_of_this_version(document: str) -> None:
    version = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    text = (PROJECT_ROOT / document).read_text(encoding="utf-8")
    assert set(re.findall(r"tollhouse-[\d.]+-py3-none-any\.whl", text)) == {f"tollhouse-{version}-py3-none-any.whl"}


def test_every_page_that_is_linked_to_is_there() -> None:
    for page, heading in re.findall(r"\]\(([\w-]+\.md)(?:#([\w-]+))?\)", TEXT):
        text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
        headings = {found.lower().replace(" ", "-") for found in re.findall(r"^#+ ([\w -]+)$", text, re.MULTILINE)}
        assert not heading or heading in headings, (page, heading)
