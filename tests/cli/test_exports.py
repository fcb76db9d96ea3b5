"""The commands that write files for finance and print bills: what they offer, answer, and refuse."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.cli import bills, exports
from orchestration.finance_files.declarations import FILE_KINDS, FORMATS
from tests.cli.conftest import Tollhouse
from tests.dashboards.editions import write_edition
from tests.finance_files.conftest import AS_OF, GATES, MARTS


@pytest.fixture(autouse=True)
def edition(tmp_path: Path) -> None:
    """The hand-worked edition of tests/finance_files in the home of the command."""
    write_edition(tmp_path / "home" / "published", AS_OF, MARTS, GATES)


def test_the_command_offers_every_kind_and_format() -> None:
    assert list(exports._FINANCE_KINDS) == list(FILE_KINDS)
    assert exports._FINANCE_FORMATS == FORMATS and set(bills._FORMATS) == set(FORMATS)


def test_an_export_goes_into_the_home_and_says_what_it_wrote(tollhouse: Tollhouse, tmp_path: Path) -> None:
    called = tollhouse("export", "receivables", "--period", "2026-03", "--json")
    assert called.exit_code == 0
    (file,) = called.json["files"]
    folder = tmp_path / "home" / "exports" / "receivables" / "2026-03"
    assert file["file"] == str(folder / "receivables_2026-03.xlsx")
    assert Decimal(file["sheets"][0]["totals"]["open_amount"]) == Decimal("110.20")
    assert sorted(path.name for path in folder.iterdir()) == [
        "receivables_2026-03.xlsx",
        "receivables_2026-03.xlsx.manifest.json",
    ]
    printed = tollhouse("export", "commissions", "--period", "2026-03", "--agent", "A1", "--format", "pdf").out
    assert "amount 23.00" in printed and "commissions_2026-03_A1.pdf" in printed


def test_a_period_that_is_not_there_is_refused(tollhouse: Tollhouse) -> None:
    called = tollhouse("export", "commissions", "--period", "2026-01")
    assert called.exit_code == 2
    assert "--period: edition 2026-05-20-0001 has no settled period 2026-01; it has 2026-03" in called.err


def test_a_bill_is_printed(tollhouse: Tollhouse) -> None:
    called = tollhouse("bill", "K2")
    assert called.exit_code == 0
    assert "Bill of account K2 for 2026-03, edition 2026-05-20-0001" in called.out
    assert "to pay in all: 60.20" in called.out
    data = tollhouse("bill", "K1", "--now", "--json").json
    # 12.34 of the running month less 2.50 prepaid.
    assert (data["is_provisional"], data["amount_to_pay"], data["files"]) == (True, "9.84", [])
    assert "账户 K1 的即时账单 2026-05" in tollhouse("bill", "K1", "--now", "--lang", "zh").out
    assert tollhouse("bill", "K1", "--now", "--period", "2026-03").exit_code == 2
