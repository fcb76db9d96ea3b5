"""What makes a run find something new: the signature of all that an edition depends on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from orchestration.ledger.file_ledger import FileLedger
from orchestration.reference_book.reading import read_reference_book
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.dbt_runner import PRODUCT_FOLDERS, PRODUCT_SUFFIXES
from orchestration.warehouse.planning.run_signature import run_signature
from orchestration.warehouse.raw.raw_schema import RunFacts


def test_a_bank_that_begins_to_list_failures_only_is_something_new(tmp_path: Path) -> None:
    """No file need have come: what was asked of the bank counts as collected from then on."""
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path)})
    book = read_reference_book(settings.reference)
    facts = RunFacts(date(2026, 5, 19), None)

    def signature(form_name: str, declared: str) -> str:
        form, sources = tmp_path / f"{form_name}.yml", tmp_path / "sources.yml"
        form.write_text(f"layout: iso20022\n{declared}", encoding="utf-8")
        sources.write_text(
            f"sources:\n  - {{name: icbc, kind: bank, url: 'file:{tmp_path}', bank_code: ICBC, format: '{form}',"
            ' pattern: "{bank_code}_{date:YYYYMMDD}_{batch}.xml"}\n',
            encoding="utf-8",
        )
        return run_signature(replace(settings, sources_file=sources), ledger, book, facts, [])

    with FileLedger(settings.ledger_path) as ledger:
        found = [
            signature(f"form{days}", f"collected_unless_returned: {days}\n" if days else "") for days in (0, 5, 6, 0)
        ]
    assert found[0] == found[3] and len(set(found)) == 3


def test_every_kind_of_file_of_the_product_counts() -> None:
    """A changed template or text makes a new edition, as changed SQL does; what only describes (Markdown) does not."""
    files = [path for folder in PRODUCT_FOLDERS for path in (PROJECT_ROOT / folder).rglob("*") if path.is_file()]
    shipped = {path.suffix for path in files if "__pycache__" not in path.parts}
    assert shipped - {".md"} == set(PRODUCT_SUFFIXES)
