"""The pages of traffic: trunk groups by hour, day and month; exchanges and customer classes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.pages.model import Mark
from orchestration.access.roles import Role, Viewer
from tests.dashboards.pages.management_edition import (
    OF_U1,
    bare,
    figure_of,
    links_of,
    messages_of,
    page_of,
    rows_of,
    table_of,
)

ENGINEER = Viewer(Role.ENGINEER)


def test_heat_map_is_the_mean_over_the_days_of_each_trunk_group(published: Path) -> None:
    page = page_of(published, "traffic")
    table = table_of(page, "load_by_hour_of_day")
    by_group = {row[0]: row[1:] for row in rows_of(table)}
    assert list(by_group) == ["East to toll", "T2"], "the greatest hour is on top"
    assert by_group["East to toll"][10] == pytest.approx(15.0), "10 and 20 erlangs on two days"
    assert by_group["East to toll"][11] == pytest.approx(0.5), "1 erlang on one of two days"
    assert by_group["T2"][9] == pytest.approx(0.5), "its only day"
    assert by_group["T2"][10] is None
    assert links_of(table)[0] == ("traffic", {"trunk_group": "T1", "period": "2026-02"})
    figure = figure_of(page, "heat")
    heat = figure.figure.data[0]
    assert list(heat.y) == ["T2", "East to toll"] and heat.z[1][10] == pytest.approx(15.0) and heat.zmin == 0
    assert figure.links[0][0] == "East to toll"


def test_trunk_groups_that_are_short_of_circuits_are_marked(published: Path) -> None:
    table = table_of(page_of(published, "traffic"), "trunk_groups")
    ((*_, needed, days_short),) = table.rows
    assert needed == Mark(30, "bad") and days_short == 1
    # 8 + 60 answers of 100 seizures; the busiest day is the 9th, when it had 28 circuits.
    assert rows_of(table)[0] == ("East to toll", 100, 68, 0.68, date(2026, 2, 9), 10, 20.0, 28, 30, 1)


def test_months_stand_side_by_side(published: Path) -> None:
    table = table_of(page_of(published, "traffic"), "busy_hour_by_month")
    assert rows_of(table) == [("East to toll", 12.0, 20, 15.0, 24)]


def test_a_trunk_group_has_its_days_hours_and_months(published: Path) -> None:
    page = page_of(published, "traffic", trunk_group="T1")
    hours = {row[0]: row[1:] for row in rows_of(table_of(page, "load_by_day_and_hour"))}
    assert hours["2026-02-09"][10:12] == (20.0, 1.0) and hours["2026-02-02"][11] is None
    assert [row[0] for row in rows_of(table_of(page, "days"))] == [date(2026, 2, 2), date(2026, 2, 9)]
    months = table_of(page, "months")
    assert [row[:3] for row in rows_of(months)] == [("2026-01", 9, 12.0), ("2026-02", 10, 15.0)]
    assert links_of(months)[0] == ("traffic", {"trunk_group": "T1", "period": "2026-01"})
    needed = figure_of(page, "days").figure.data[1]
    assert list(needed.y) == [18, 30]
    assert page_of(published, "traffic", trunk_group="T7").status == 404


def test_ratios_of_exchanges_are_of_the_sums(published: Path) -> None:
    table = table_of(page_of(published, "exchanges"), "by_exchange")
    assert rows_of(table) == [
        ("East Exchange", 40, 30, 0.75, 3000, 100.0, pytest.approx(3000 / 3600)),
        ("E2", 60, 30, 0.5, 600, 20.0, pytest.approx(600 / 3600)),
    ]
    assert table.total is not None
    # 60 of 100, and not the mean 62.5 % of the two.
    assert bare(table.total) == ("Total", 100, 60, Decimal("0.6"), 3600, Decimal(60), Decimal(1))
    assert links_of(table)[0] == ("exchanges", {"exchange": "E1", "period": "2026-02"})


def test_classes_have_their_own_table_and_days(published: Path) -> None:
    page = page_of(published, "exchanges")
    assert rows_of(table_of(page, "by_customer_class")) == [("Residential", 100, 60, 0.6, 3600, 60.0, 1.0)]
    assert rows_of(table_of(page, "class_erlangs_by_day")) == [(date(2026, 2, 2), 1.0)]
    by_day = rows_of(table_of(page, "exchange_asr_by_day"))
    assert by_day == [(date(2026, 2, 2), 0.5, 0.5), (date(2026, 2, 3), pytest.approx(25 / 30), None)]


def test_an_exchange_has_ner_by_day_and_none_in_the_foot(published: Path) -> None:
    table = table_of(page_of(published, "exchanges", exchange="E1"), "days")
    assert [row[4] for row in rows_of(table)] == [0.9, 0.9]
    assert table.total is not None
    assert bare(table.total) == (
        "Total",
        40,
        30,
        Decimal("0.75"),
        None,
        3000,
        Decimal(100),
        Decimal(3000) / Decimal(3600),
    )
    assert page_of(published, "exchanges", exchange="E7").status == 404


@pytest.mark.parametrize("name", ["traffic", "exchanges"])
def test_engineers_read_the_pages_of_traffic(published: Path, name: str) -> None:
    assert page_of(published, name, viewer=ENGINEER).status == 200
    assert page_of(published, "bills", viewer=ENGINEER).status == 403


@pytest.mark.parametrize("name", ["traffic", "exchanges"])
def test_a_viewer_with_a_scope_is_told_that_traffic_is_of_the_branch(published: Path, name: str) -> None:
    texts = messages_of(page_of(published, name, viewer=OF_U1))
    assert texts and any("about the whole branch" in text for text in texts)
    assert not any("No traffic" in text or "No month" in text for text in texts)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "key"), [("traffic", {"trunk_group": "T1"}), ("exchanges", {"exchange": "E1"})])
def test_a_period_without_traffic_says_so(published: Path, language: str, name: str, key: dict[str, str]) -> None:
    for values in ({}, key):
        page = page_of(published, name, language, period="2026-03", **values)
        assert page.status == 200 and any("2026-03-01" in text for text in messages_of(page))
