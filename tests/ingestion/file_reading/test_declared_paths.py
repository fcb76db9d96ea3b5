"""A format is named by its name or by a path, with or without .yml, for banks and switches alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.ingestion.bank.formats.declared import load_bank_format
from orchestration.ingestion.cdr.formats.registry import FORMATS_FOLDER, load_cdr_format


def test_a_bank_format_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "refusals.yml").write_text("layout: iso20022\ncollected_unless_returned: 5\n", encoding="utf-8")
    for name in (f"{tmp_path}/refusals", f"{tmp_path}/refusals.yml"):
        assert load_bank_format(name).collected_unless_returned == 5
    monkeypatch.chdir(tmp_path)
    assert load_bank_format("refusals.yml").layout == "iso20022"
    assert load_bank_format("./refusals").layout == "iso20022"
    with pytest.raises(UsageError, match=r"there is no .*none\.yml; there are au_becs, bacs_arudd"):
        load_bank_format(f"{tmp_path}/none")


def test_a_call_format_is_found_by_its_path(tmp_path: Path) -> None:
    text = (FORMATS_FOLDER / "asterisk.yml").read_text(encoding="utf-8")
    (tmp_path / "asterisk.yml").write_text(text, encoding="utf-8")
    for name in (f"{tmp_path}/asterisk", f"{tmp_path}/asterisk.yml"):
        assert load_cdr_format(name).name == "asterisk"
