"""The guides that everybody looks things up in: prices, bill items, information services, number ranges, notices.

The reference book is the demo city's. By it a local call of plan RESIDENTIAL costs 0.22 for the first 3 minutes, then 0.11 a
minute: 200 seconds are one increment of 180 s and one of 60 s, 0.33 in all.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboards.pages.model import Page, Prose
from dashboards.pages.outlets.branch_texts import MOST_BYTES, MOST_TEXTS
from dashboards.view import BranchFiles
from orchestration.access.roles import Role, Scope, Viewer
from orchestration.settings import PROJECT_ROOT
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, names, rows, sentences, targets, tile, total

NAMES = [
    ("zone", "LOCAL", "市话", "Local"),
    ("exchange", "E01", "中心机房", "Central"),
    ("business_unit", "BU01", "城中", "Middle"),
    ("sales_area", "SA0101", "鼓楼片区", "Drum Tower"),
    ("outlet", "OU01", "鼓楼营业厅", "Drum Tower Hall"),
    ("bill_item", "LOCAL", "市话费", "Local calls"),
    ("bill_item", "RENTAL", "月租费", "Rental"),
    ("call_category", "local", "市话", "Local"),
]


def _price(plan: str, customer_class: str | None, zone: str, amount: str) -> dict[str, Any]:
    return {
        "tariff_plan_id": plan,
        "customer_class": customer_class,
        "zone_id": zone,
        "band": "DAY",
        "band_hours": "12345 07:00–22:00",
        "connect_fee": Decimal("0"),
        "amount_1_minute": Decimal(amount),
        "amount_3_minutes": Decimal(amount),
        "amount_10_minutes": Decimal(amount),
        "sentence_zh": "每分钟",
        "sentence_en": "a minute",
        "rate_valid_from": date(2015, 1, 1),
    }


GUIDE: dict[str, Rows] = {
    "dimension_names": NAMES,
    "tariff_guide": [
        _price("BUSINESS", "business", "LOCAL", "0.11"),
        _price("RESIDENTIAL", "residential", "LOCAL", "0.22"),
        _price("RESIDENTIAL", "residential", "NATIONAL", "0.60"),
    ],
}


@pytest.fixture
def branch(tmp_path: Path) -> BranchFiles:
    """The demo city's book, and an empty folder of notices."""
    folder = tmp_path / "notices"
    folder.mkdir()
    return BranchFiles(PROJECT_ROOT / "seeds/reference", folder)


def _quoted(published: Path, branch: BranchFiles | None, language: str = "en", **params: str) -> Page:
    return drawn(published, "tariff", GUIDE, language=language, branch=branch, **params)


def test_a_price_has_its_steps_and_sums_to_the_amount(published: Path, branch: BranchFiles) -> None:
    page = _quoted(published, branch, plan="RESIDENTIAL", to="2200100", date="2026-05-20", time="10:00", seconds="200")
    assert (tile(page, "Amount"), tile(page, "Charged seconds"), tile(page, "Tariff zone")) == ("0.33", "240", "Local")
    assert column(page, "steps", "Price of an increment") == [Decimal("0.22"), Decimal("0.11")]
    assert column(page, "steps", "Charged") == [180, 60]
    assert total(page, "steps")[8:] == (240, None, Decimal("0.33"))
    assert dict(rows(page, "charge"))["Tariff plan"] == "RESIDENTIAL"


def test_a_class_and_a_zone_will_do(published: Path, branch: BranchFiles) -> None:
    page = _quoted(published, branch, class_="residential", zone="LOCAL", seconds="180")
    assert tile(page, "Amount") == "0.22"
    assert "Destination prefix" not in dict(rows(page, "charge"))


def test_the_guide_is_of_the_chosen_plan_and_zone(published: Path, branch: BranchFiles) -> None:
    assert len(rows(_quoted(published, branch), "tariff_guide")) == 3
    page = _quoted(published, branch, plan="RESIDENTIAL", zone="LOCAL")
    assert column(page, "tariff_guide", "1 minute") == [Decimal("0.22")]
    assert column(page, "tariff_guide", "Price in words") == ["a minute"]
    assert column(_quoted(published, branch, "zh", plan="BUSINESS"), "tariff_guide", "资费说明") == ["每分钟"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "To compute a price"),
        ({"to": "1"}, "a tariff plan or a customer class; the duration in seconds"),
        ({"plan": "RESIDENTIAL", "to": "x1", "seconds": "1"}, "'x1' is not a valid number"),
        ({"plan": "RESIDENTIAL", "to": "1", "seconds": "0"}, "'0' is not a valid duration"),
        ({"plan": "RESIDENTIAL", "to": "1", "seconds": "604801"}, "from 1 to 604,800"),
        ({"plan": "RESIDENTIAL", "to": "1", "seconds": "9", "date": "2026-02-30"}, "'2026-02-30' is not a valid date"),
        ({"plan": "RESIDENTIAL", "to": "1", "seconds": "9", "date": "9999-12-31"}, "'9999-12-31' is not a valid date"),
        ({"plan": "RESIDENTIAL", "to": "1", "seconds": "9", "time": "25:00"}, "'25:00' is not a valid time"),
        ({"class": "residential", "zone": "LOCAL", "seconds": "9", "date": "1990-01-01"}, "no tariff plan for class"),
    ],
)
def test_what_cannot_be_priced_is_a_sentence(
    published: Path, branch: BranchFiles, given: dict[str, str], words: str
) -> None:
    page = _quoted(published, branch, **given)
    assert page.status == 200 and words in sentences(page)[0]
    assert "steps" not in names(page)


def test_why_there_is_no_price_is_said_in_chinese(published: Path, branch: BranchFiles) -> None:
    page = _quoted(published, branch, "zh", class_="residential", zone="LOCAL", seconds="9", date="1990-01-01")
    assert "客户类别 residential 在 1990-01-01 没有资费方案" in sentences(page)[0]


def test_an_unknown_plan_is_not_there(published: Path, branch: BranchFiles) -> None:
    assert _quoted(published, branch, plan="NONE").status == 404


def test_without_a_book_there_is_the_guide(published: Path) -> None:
    page = _quoted(published, None)
    assert "there is no reference book" in sentences(page)[0]
    assert len(rows(page, "tariff_guide")) == 3


def test_a_book_with_faults_is_a_sentence(published: Path, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    page = _quoted(published, BranchFiles(tmp_path / "book", tmp_path))
    assert "the reference book has faults" in sentences(page)[0]


def test_a_bill_item_has_its_calls_and_one_without_has_none(published: Path) -> None:
    guide = [
        {"bill_item_id": "RENTAL", "item_kind": "rental"},
        {
            "bill_item_id": "LOCAL",
            "item_kind": "call",
            "call_category": "local",
            "zone_id": "LOCAL",
            "charged_party": "calling",
        },
    ]
    marts: dict[str, Rows] = {"dimension_names": NAMES, "bill_item_guide": guide}
    page = drawn(published, "bill_items", marts)
    assert rows(page, "bill_items") == [
        ("Local calls", "Calls", "Local", "Local", "Calling party"),
        ("Rental", "Rental", None, None, None),
    ]
    assert rows(drawn(published, "bill_items", marts, language="zh"), "bill_items")[0][0] == "市话费"
    assert sentences(drawn(published, "bill_items", {**marts, "bill_item_guide": []})) == [
        "The edition has no bill item."
    ]


def _called(prefix: str, customer: str, calls: int, amount: str) -> dict[str, Any]:
    return {
        "billing_period": "2026-02",
        "customer_id": customer,
        "access_prefix": prefix,
        "provider_id": "SP9",
        "provider_name": "Nine",
        "contact": "0548-9",
        "calls": calls,
        "seconds": calls * 60,
        "amount": Decimal(amount),
    }


INFO: dict[str, Rows] = {
    "dimension_names": NAMES,
    "info_service_calls": [
        _called("121", "K1", 2, "1.50"),
        _called("121", "K2", 1, "0.75"),
        _called("777", "K2", 1, "4.00"),
    ],
}


def test_services_are_those_called_and_those_of_the_book(published: Path, branch: BranchFiles) -> None:
    page = drawn(published, "info_services", INFO, branch=branch)
    by_prefix = {row[0]: row for row in rows(page, "info_services")}
    assert by_prefix["121"] == ("121", "Weather forecast", "Nine", "0548-9", 3, 180, Decimal("2.25"))
    assert by_prefix["777"][1] is None
    assert by_prefix["160"][3:5] == ("0548-2214160", 0)
    assert total(page, "info_services")[4:] == (4, 240, Decimal("6.25"))


def test_services_without_a_book_are_those_called(published: Path) -> None:
    page = drawn(published, "info_services", INFO)
    assert column(page, "info_services", "Access prefix") == ["121", "777"]
    assert "in the reference book, which is not beside this page" in sentences(page)[0]


def test_a_scope_counts_its_own_calls(published: Path) -> None:
    bills = [
        {"account_id": "A1", "customer_id": "K1", "billing_period": "2026-02", "outlet_id": "OU01"},
        {"account_id": "A2", "customer_id": "K2", "billing_period": "2026-02", "outlet_id": "OU02"},
    ]
    viewer = Viewer(Role.OUTLET, Scope(outlets=frozenset({"OU01"})))
    page = drawn(published, "info_services", {**INFO, "bills": bills}, viewer=viewer)
    assert rows(page, "info_services") == [("121", None, "Nine", "0548-9", 2, 120, Decimal("1.50"))]
    assert total(page, "info_services")[4:] == (2, 120, Decimal("1.50"))


NUMBERS: dict[str, Rows] = {
    "dimension_names": NAMES,
    "number_conflicts": [{"service_number": "2204", "kind": "double_order", "outlet_id": "OU01"}],
    "undocumented_numbers": [
        {"calling_number": number, "exchange_id": exchange, "business_unit_id": unit, "outlet_id": outlet, "calls": 2,
         "seconds": 60, "estimated_amount": Decimal("0.22"), "calls_without_estimate": 0}
        for number, exchange, unit, outlet in (
            ("2205852", "E01", "BU01", "OU01"), ("2205853", "E01", "BU01", "OU01"), ("99", None, None, None),
        )
    ],
}  # fmt: skip


def test_a_number_is_found_in_its_range(published: Path, branch: BranchFiles) -> None:
    page = drawn(published, "ranges", NUMBERS, branch=branch, number="220 0100")
    assert rows(page, "number_ranges")[0][:6] == ("2200000", "2203999", 4000, "Central", "Middle", "Drum Tower")
    assert rows(page, "number_ranges")[0][6].startswith("Drum Tower Hall")
    outside = drawn(published, "ranges", NUMBERS, branch=branch, number="22001000")
    assert sentences(outside)[0].startswith("Number 22001000 lies in no range")


def test_undocumented_numbers_are_counted_by_place_and_lead_to_their_page(published: Path, branch: BranchFiles) -> None:
    page = drawn(published, "ranges", NUMBERS, branch=branch)
    assert rows(page, "undocumented_by_place") == [
        ("Central", "Middle", "Drum Tower Hall", 2, 4, 120, Decimal("0.44"), 0),
        ("not assigned", "not assigned", "not assigned", 1, 2, 60, Decimal("0.22"), 0),
    ]
    assert total(page, "undocumented_by_place")[3:] == (3, 6, 180, Decimal("0.66"), 0)
    unassigned = next(target for target in targets(page, "undocumented_by_place") if "unassigned" in str(target))
    found = drawn(published, "undocumented", NUMBERS, **dict(unassigned.params))
    assert column(found, "undocumented_numbers", "Charged number") == ["99"]


def test_an_agent_reads_the_guides_with_numbers_masked(published: Path, branch: BranchFiles) -> None:
    page = drawn(published, "ranges", NUMBERS, branch=branch, viewer=Viewer(Role.AGENT))
    assert page.status == 200 and column(page, "number_conflicts", "Service number") == ["***"]


def test_ranges_without_a_book_have_the_numbers(published: Path) -> None:
    page = drawn(published, "ranges", NUMBERS)
    assert names(page) == {"undocumented_by_place", "number_conflicts"}


def _headings(page: Page) -> list[str]:
    return [section.title for section in page.sections]


def test_notices_are_in_the_readers_language_and_the_newest_comes_first(published: Path, branch: BranchFiles) -> None:
    for name, text in (
        ("2026-01-05-both.md", "# Both\n\nfor *all*"),
        ("2026-03-05-new.zh.md", "# 新\n\n内容"),
        ("2026-03-05-new.en.md", "# New\n\ncontent"),
        ("2026-02-05-plain.md", "no heading"),
        (".hidden.md", "# Hidden"),
        ("note.txt", "# Other"),
    ):
        (branch.notices / name).write_text(text, encoding="utf-8")
    page = drawn(published, "notices", {"dimension_names": NAMES}, branch=branch)
    assert _headings(page) == ["New", "2026-02-05-plain", "Both"]
    assert page.sections[0].intro == "2026-03-05"
    assert page.sections[0].blocks == (Prose("\ncontent"),)
    chinese = drawn(published, "notices", {"dimension_names": NAMES}, branch=branch, language="zh")
    assert _headings(chinese) == ["新", "2026-02-05-plain", "Both"]


def test_a_notice_that_cannot_be_shown_is_a_sentence(published: Path, branch: BranchFiles) -> None:
    (branch.notices / "2026-03-01-bad.md").write_bytes(b"\xff\xfe")
    (branch.notices / "2026-02-01-large.md").write_bytes(b"a" * (MOST_BYTES + 1))
    (branch.notices / "2026-01-01-largest.md").write_bytes(b"a" * MOST_BYTES)
    page = drawn(published, "notices", {"dimension_names": NAMES}, branch=branch)
    assert ["not UTF-8" in text or "more than 200 kB" in text for text in sentences(page)] == [True, True]
    assert isinstance(page.sections[2].blocks[0], Prose)


def test_no_notice_is_a_sentence_too(published: Path, branch: BranchFiles, tmp_path: Path) -> None:
    marts: dict[str, Rows] = {"dimension_names": NAMES}
    assert sentences(drawn(published, "notices", marts, branch=branch))[0].startswith("There is no notice.")
    absent = BranchFiles(branch.reference, tmp_path / "nowhere")
    assert sentences(drawn(published, "notices", marts, branch=absent))[0].startswith("There is no notice.")
    assert sentences(drawn(published, "notices", marts))[0].startswith("Not shown")


def test_only_so_many_notices_are_shown(published: Path, branch: BranchFiles) -> None:
    for number in range(MOST_TEXTS + 1):
        (branch.notices / f"2026-01-01-{number:03d}.md").write_text(f"# N{number}", encoding="utf-8")
    page = drawn(published, "notices", {"dimension_names": NAMES}, branch=branch)
    assert _headings(page)[0] == f"N{MOST_TEXTS}" and "N0" not in _headings(page)
    assert sentences(page) == ["The newest 50 of 51 notices are shown. Remove old files from the folder."]
