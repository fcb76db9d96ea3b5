"""The overview and its sections: figures worked by hand from the edition of conftest.py, in both languages."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.formats import plain
from tests.dashboards.conftest import AS_OF, GATES, MARTS
from tests.dashboards.editions import gate, write_edition
from tests.dashboards.reading import drawn, figures_of, html_of, table_of, text_of


def text(edition_dir: Path, language: str = "en", **params: str) -> str:
    return text_of(html_of(drawn(edition_dir, "overview", language, **params)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_headline_shows_the_newest_complete_period(edition_dir: Path, language: str) -> None:
    shown = text(edition_dir, language)
    for figure in (
        "2026-02 ",
        "1,300.00",  # receivable
        "1,040.00",  # received
        "80.00 %",  # 1040 / 1300
        "-15.00",  # 80.00 % - 95.00 %
        "+5.00",  # 80.00 % - 150.00 / 200.00 received by 20 February
        "2026-02-20",
        "62 ",  # (90 + 3600) s = 61.5 minutes, half up
        "1,015",  # set aside: 1 + 2 + 3 + 4 + 5 and 1000 held
        "50.75 %",  # of 2000 read
    ):
        assert figure in shown
    assert "999.00" not in shown, "the running period's provisional bill must not be shown"


def test_another_period_is_shown_where_the_address_asks_for_it(edition_dir: Path) -> None:
    january = text(edition_dir, period="2026-01")
    assert "The branch in 2026-01" in january and "200.00" in january and "95.00 %" in january
    running = drawn(edition_dir, "overview", period="2026-03")
    assert running.status == 200 and "2026-03 still runs" in text_of(html_of(running))


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2025-12", "Billing period: this edition has no '2025-12', or it is not among the rows that you may see."),
        ("2026-04", "Billing period: this edition has no '2026-04', or it is not among the rows that you may see."),
        ("x", "Billing period: 'x' is not a valid period. Write it like 2026-05."),
        ("2026-13", "Billing period: '2026-13' is not a valid period."),
        ("2026-02' or 1=1", "Billing period: '2026-02' or 1=1' is not a valid period."),
        ("\u202e50-6202", "Billing period: '\\u202e50-6202' is not a valid period."),
    ],
)
def test_a_period_that_the_edition_does_not_have_is_a_sentence(edition_dir: Path, period: str, said: str) -> None:
    page = drawn(edition_dir, "overview", period=period)
    assert page.status == 404 and said in text_of(html_of(page))


def test_an_order_by_what_is_no_column_is_a_sentence(edition_dir: Path) -> None:
    for order in ("x", "by_business_unit.99.up", "by_business_unit.1.sideways"):
        page = drawn(edition_dir, "overview", "zh", sort=order)
        assert page.status == 404 and f"排序：“{order}”不是本页表格的列" in text_of(html_of(page))


def test_a_filter_that_the_page_does_not_have_is_a_sentence(edition_dir: Path) -> None:
    page = drawn(edition_dir, "overview", "zh", colour="red")
    assert page.status == 404 and "本页没有筛选项“colour”（red）" in text_of(html_of(page))


def test_periods_are_closed_open_or_provisional(edition_dir: Path) -> None:
    for language, states in (("en", ("Provisional", "Open", "Closed")), ("zh", ("暂估", "未关账", "已关账"))):
        (choice,) = [each for each in drawn(edition_dir, "overview", language).filters if each.name == "period"]
        assert [option.text.split(" · ")[1] for option in choice.options] == list(states)
        assert [option.value for option in choice.options if option.is_chosen] == ["2026-02"]


def test_rows_of_a_dimension_sum_to_the_branch(edition_dir: Path) -> None:
    """1,100.00 + 200.00 billed and 880.00 + 160.00 received; the rate of the foot is 1,040.00 / 1,300.00."""
    table = table_of(drawn(edition_dir, "overview"), "by_business_unit")
    assert table.total == ("Total", 3, Decimal("1300.00"), Decimal("1040.00"), Decimal("0.8"))
    for position in (1, 2, 3):
        assert sum(row[position] for row in table.rows) == table.total[position]  # type: ignore[misc]


def test_searching_leaves_the_rows_that_hold_the_words_and_no_total_of_others(edition_dir: Path) -> None:
    found = table_of(drawn(edition_dir, "overview", find="WEST"), "by_business_unit")
    assert [plain(row[0]) for row in found.rows] == ["West Unit"] and found.total is None
    money = table_of(drawn(edition_dir, "overview", find="1,100.00"), "by_business_unit")
    assert len(money.rows) == 1, "what is read on the screen is what is searched"


def test_sorting_is_by_value(edition_dir: Path) -> None:
    up = table_of(drawn(edition_dir, "overview", sort="by_business_unit.2.up"), "by_business_unit")
    assert [row[2] for row in up.rows] == [Decimal("200.00"), Decimal("1100.00")]
    by_unit = [f"by_business_unit.{rest}" for rest in ("9.up", "x.up", "\u00b2.up", "1.left")]
    for sort in (*by_unit, "no_table.1.up"):
        assert drawn(edition_dir, "overview", sort=sort).status == 404


def test_bars_start_at_zero_and_say_their_unit(edition_dir: Path) -> None:
    figures = figures_of(html_of(drawn(edition_dir, "overview")))
    assert figures
    for name, figure in figures.items():
        bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
        axis = figure["layout"]["xaxis" if bars and bars[0].get("orientation") == "h" else "yaxis"]
        assert not bars or axis.get("rangemode") == "tozero" or axis["range"][0] == 0, name
        assert figure["layout"]["xaxis"]["title"]["text"] or figure["layout"]["yaxis"]["title"]["text"], name


def test_edition_without_marts_says_what_is_missing(published: Path) -> None:
    edition_dir = write_edition(published, AS_OF, {}, GATES)
    for language in ("zh", "en"):
        assert "collection_rates" in text(edition_dir, language)


def test_first_running_period_is_not_taken_for_a_complete_one(published: Path) -> None:
    running = [row for row in MARTS["collection_rates"] if row[0] == "2026-03"]
    edition_dir = write_edition(published, AS_OF, {**MARTS, "collection_rates": running})
    shown = text(edition_dir)
    assert "No billing period is complete yet" in shown and "999.00" not in shown


@pytest.mark.parametrize(
    ("gates", "badge"),
    [
        ([gate("a"), gate("b")], "All 2 gates passed"),
        ([gate("a"), gate("b", success=False)], "Blocked by 1 of 2 gates"),
        ([gate("a", exception="no such table")], "Blocked by 1 of 1 gates"),
        (
            [gate("a", "error", False), gate("b", "warn", False), gate("c", "warn", False)],
            "1 gate reports errors · 2 gates warn",
        ),
        ([], "No gate results"),
    ],
)
def test_badge_says_how_the_gates_ended(published: Path, gates: list, badge: str) -> None:
    assert drawn(write_edition(published, AS_OF, {}, gates), "overview").badge.text == badge


def test_gates_page_lists_every_gate_with_its_sample(edition_dir: Path) -> None:
    html = html_of(drawn(edition_dir, "gates"))
    shown = text_of(html)
    assert "Failed Warning release hardly_any_duplicates Claim of hardly_any_duplicates. 1,200 2 1 row" in shown
    assert "Passed Critical release call_rated_twice Claim of call_rated_twice. 1,200 0" in shown
    assert shown.index("hardly_any_duplicates") < shown.index("call_rated_twice"), "what failed stands first"
    assert "<b>& 0.31" in shown
