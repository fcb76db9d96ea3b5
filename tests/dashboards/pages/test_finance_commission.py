"""Commission and the statement of an agent, worked by hand as of 2026-03-20.

The settlement of 2026-01 had its cut-off on 2026-02-28, that of 2026-02 has it on 2026-03-31. In 2026-01 A1 billed 150.00 + 50.00 and
received 150.00 + 40.00 by the cut-off: 95.00 %, 5 % of 190.00 is 9.50; the bonus of 2.25 of a number that ended goes back. In March
10.00 more came in for 2026-01 and 20.00 went back. Of 2026-02 A1 has 100.00 of 400.00. A2 received 400.00 of 1,000.00: no tier.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dashboards.figures.commission import commission_months
from dashboards.i18n import Translate, load
from dashboards.pages.model import Target
from orchestration.access.roles import Role, Scope, Viewer
from tests.dashboards.editions import Rows
from tests.dashboards.pages.drawing import column, drawn, figures, names, rows, sentences, targets, tile, total

_MONTHS = {"2026-01": ("open", 2), "2026-02": ("open", 3), "2026-03": ("provisional", 4)}


def _bill(account: str, period: str, agent: str | None, amount: str) -> dict[str, object]:
    month = _MONTHS[period][1]
    return {
        "account_id": account,
        "billing_period": period,
        "customer_id": f"K-{account}",
        "customer_class": "residential",
        "business_unit_id": "U1",
        "agent_id": agent,
        "amount": Decimal(amount),
        "issued_on": date(2026, month, 1),
        "due_on": date(2026, month, 25),
        "is_provisional": period == "2026-03",
    }


def _paid(payment: str, account: str, period: str, on: date, amount: str) -> dict[str, object]:
    return {
        "payment_id": payment,
        "account_id": account,
        "billing_period": period,
        "settling_account_id": account,
        "paying_account_id": account,
        "applied_on": on,
        "amount": Decimal(amount),
    }


def _line(agent: str, period: str, kind: str, basis: str, rate: str | None, amount: str) -> dict[str, object]:
    return {
        "agent_id": agent,
        "settlement_period": period,
        "line_kind": kind,
        "basis_amount": Decimal(basis),
        "rate": None if rate is None else Decimal(rate),
        "amount": Decimal(amount),
    }


def _statement(agent: str, period: str, lines: int, amount: str) -> dict[str, object]:
    return {"agent_id": agent, "settlement_period": period, "lines": lines, "amount": Decimal(amount)}


def _collected(period: str, agent: str, bills: int, receivable: str, received: str, rate: float) -> dict[str, object]:
    return {
        "billing_period": period,
        "dimension": "agent",
        "dimension_id": agent,
        "as_of": date(2026, 3, 20),
        "bills": bills,
        "receivable": Decimal(receivable),
        "received": Decimal(received),
        "collection_rate": rate,
    }


def _counts(agent: str, period: str, kind: str, amount: str | None, **values: Any) -> dict[str, object]:
    """A row of commission_bases; numbers and texts as Decimal where they are money or rates."""
    if "rate" in values:
        values["rate"] = Decimal(values["rate"])
    basis = None if amount is None else Decimal(amount)
    rule = {"commission_plan_id": "CP1", "plan_valid_from": date(2025, 1, 1)}
    key = {"agent_id": agent, "settlement_period": period, "line_kind": kind, "basis_amount": basis}
    paid = {"applied_on": date(2026, 2, 20)} if "payment_id" in values else {}
    return {**key, **rule, **paid, **values}


def _forecast(agent: str, period: str, kind: str, basis: str | None, amount: str, **values: Any) -> dict[str, object]:
    cut_off = date(2026, 3, 31) if period == "2026-02" else date(2026, 4, 30)
    state = {"is_provisional": True, "as_of": date(2026, 3, 20), "cut_off_on": cut_off, "amount": Decimal(amount)}
    return {**_counts(agent, period, kind, basis, **values), **state}


#: 190.00 of 200.00 reach the tier from 0.95; 400.00 of 1,000.00 reach none.
RATE_A1 = {
    "receivable": Decimal(200),
    "received": Decimal(190),
    "collection_rate": 0.95,
    "tier_from_rate": Decimal("0.95"),
}
RATE_A2 = {"receivable": Decimal(1000), "received": Decimal(400), "collection_rate": 0.4}
#: 100.00 of 400.00; 80 % are 320.00.
FAR_A1 = {
    "receivable": Decimal(400), "received": Decimal(100), "collection_rate": 0.25, "next_tier_from_rate": Decimal("0.80"),
    "next_commission_percent": Decimal(3), "missing_amount": Decimal(220),
}  # fmt: skip
MARTS: Mapping[str, Rows] = {
    "dimension_names": [
        {"dimension": "agent", "dimension_id": "A1", "name_zh": "宏达代理", "name_en": "Hongda Agency"},
        {"dimension": "agent", "dimension_id": "A2", "name_zh": "东信代理", "name_en": "Dongxin Agency"},
        {"dimension": "agent", "dimension_id": "A3", "name_zh": "新代理", "name_en": "New Agency"},
    ],
    "billing_periods": [
        {
            "billing_period": period,
            "period_state": state,
            "issued_on": date(2026, month, 1),
            "due_on": date(2026, month, 25),
        }
        for period, (state, month) in _MONTHS.items()
    ],
    "bills": [
        _bill("C1", "2026-01", "A1", "150.00"),
        _bill("C2", "2026-01", "A1", "50.00"),
        _bill("C1", "2026-02", "A1", "300.00"),
        _bill("C3", "2026-02", "A1", "100.00"),
        _bill("C1", "2026-03", "A1", "77.00"),
        _bill("C4", "2026-01", "A2", "1000.00"),
        _bill("C4", "2026-02", "A2", "500.00"),
        _bill("C9", "2026-01", None, "10.00"),
    ],
    "payment_applications": [
        _paid("P1", "C1", "2026-01", date(2026, 2, 20), "150.00"),
        _paid("P2", "C2", "2026-01", date(2026, 2, 28), "40.00"),
        _paid("P3", "C2", "2026-01", date(2026, 3, 5), "10.00"),
        _paid("P1", "C1", "2026-01", date(2026, 3, 7), "-20.00"),
        _paid("P4", "C1", "2026-02", date(2026, 3, 6), "100.00"),
        _paid("P5", "C4", "2026-01", date(2026, 2, 10), "400.00"),
    ],
    "bill_write_offs": [
        {"adjustment_id": "W1", "account_id": "C1", "billing_period": "2026-01", "amount": Decimal("5.00")}
    ],
    "commission_lines": [
        _line("A1", "2025-12", "on_time", "1000.00", "8", "80.00"),
        _line("A1", "2026-01", "clawback", "1.00", "2.25", "-2.25"),
        _line("A1", "2026-01", "on_time", "190.00", "5", "9.50"),
        _line("A2", "2026-01", "activation", "3.00", "20", "60.00"),
    ],
    "commission_statements": [
        _statement("A1", "2025-12", 1, "80.00"),
        _statement("A1", "2026-01", 2, "7.25"),
        _statement("A2", "2026-01", 1, "60.00"),
    ],
    "commission_bases": [
        _counts("A1", "2026-01", "on_time", "150.00", account_id="C1", payment_id="P1", rate="5", **RATE_A1),
        _counts("A1", "2026-01", "on_time", "40.00", account_id="C2", payment_id="P2", rate="5", **RATE_A1),
        _counts("A1", "2026-01", "clawback", None, service_number="5550001", numbers=1, rate="2.25"),
        _counts("A1", "2026-01", "late", "0.00", reason="nothing_applied", rate="2"),
        _counts("A1", "2026-01", "activation", None, numbers=0, reason="nothing_activated", rate="2.25"),
        _counts("A1", "2026-01", "restatement", "0.00", reason="nothing_returned"),
        _counts(
            "A2", "2026-01", "on_time", "250.00", account_id="C4", payment_id="P5", reason="no_tier_reached", **RATE_A2
        ),
        _counts(
            "A2", "2026-01", "on_time", "150.00", account_id="C4", payment_id="P6", reason="no_tier_reached", **RATE_A2
        ),
        *(
            _counts("A2", "2026-01", "activation", None, service_number=f"555100{n}", numbers=1, rate="20")
            for n in range(3)
        ),
        _counts("A3", "2026-01", "on_time", "0.00", reason="no_plan", receivable=Decimal(0), received=Decimal(0)),
    ],
    "commission_forecast": [
        _forecast("A1", "2026-02", "on_time", "100.00", "0.00", reason="no_tier_reached", **FAR_A1),
        _forecast("A1", "2026-02", "late", "10.00", "0.20", rate="2"),
        _forecast("A1", "2026-02", "activation", None, "4.50", numbers=2, rate="2.25"),
        _forecast(
            "A1",
            "2026-03",
            "on_time",
            "0.00",
            "0.00",
            reason="bills_not_issued",
            receivable=Decimal(0),
            received=Decimal(0),
        ),
        _forecast(
            "A2", "2026-02", "on_time", "500.00", "20.00", rate="4", receivable=Decimal(500), received=Decimal(500)
        ),
    ],
    "collection_rates": [
        _collected("2026-01", "A1", 2, "200.00", "180.00", 0.9),
        _collected("2026-02", "A1", 2, "400.00", "100.00", 0.25),
        _collected("2026-01", "A2", 1, "1000.00", "400.00", 0.4),
        {**_collected("2026-01", "branch", 4, "1210.00", "580.00", 0.4793), "dimension": "branch"},
        {**_collected("2026-02", "branch", 3, "900.00", "100.00", 0.1111), "dimension": "branch"},
    ],
}
AGENT_A1 = Viewer(Role.AGENT, Scope(agents=frozenset({"A1"})), "Hongda")


def test_newest_settlement_is_shown_with_its_statements(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", MARTS)
    assert rows(page, "statements") == [
        ("Dongxin Agency", "Open", 1, Decimal("60.00")),
        ("Hongda Agency", "Open", 2, Decimal("7.25")),
    ]
    assert total(page, "statements") == ("Total", None, 3, Decimal("67.25"))
    assert tile(page, "Commission") == "67.25"
    assert targets(page, "statements") == {Target.to("agent", agent="A1"), Target.to("agent", agent="A2")}
    # On time, activation, clawback and their sum: 9.50 + 60.00 - 2.25 = 67.25.
    assert rows(page, "commission_by_agent")[1] == (
        "Hongda Agency",
        Decimal("9.50"),
        None,
        Decimal("-2.25"),
        Decimal("7.25"),
    )
    assert total(page, "commission_by_agent")[1:] == (
        Decimal("9.50"),
        Decimal("60.00"),
        Decimal("-2.25"),
        Decimal("67.25"),
    )
    assert column(page, "commission_by_period", "Total") == [Decimal("80.00"), Decimal("67.25")]
    assert total(page, "commission_by_period")[-1] == Decimal("147.25")


def test_older_settlement_leads_to_the_statements_of_that_period(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", MARTS, period="2025-12")
    assert rows(page, "statements") == [("Hongda Agency", None, 1, Decimal("80.00"))]
    assert targets(page, "statements") == {Target.to("agent", agent="A1", period="2025-12")}


def test_period_that_is_not_settled_yet_says_when_it_is(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", MARTS, period="2026-02")
    assert "statements" not in names(page)
    assert any("(2026-03-31)" in sentence for sentence in sentences(page))


def test_unknown_period_is_refused(tmp_path: Path) -> None:
    assert drawn(tmp_path, "commission", MARTS, period="2024-01").status == 404
    assert drawn(tmp_path, "agent", MARTS, agent="A1", period="2024-01").status == 404


def test_without_a_settlement_the_page_says_so(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", {**MARTS, "commission_lines": [], "commission_statements": []})
    assert sentences(page) == [load("en")["missing.no_statement"]]


def test_finance_with_a_scope_sees_only_its_agents(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", MARTS, viewer=Viewer(Role.FINANCE, Scope(agents=frozenset({"A1"}))))
    assert column(page, "statements", "Agent") == ["Hongda Agency"]
    assert total(page, "statements") == ("Total", None, 2, Decimal("7.25"))
    assert total(page, "commission_by_period")[-1] == Decimal("87.25")


def test_a_scope_without_an_agent_is_not_told_that_nothing_is_settled(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", MARTS, viewer=Viewer(Role.FINANCE, Scope(units=frozenset({"U1"}))))
    assert sentences(page) == [load("en")["missing.no_statement_seen"]]


def test_statement_has_the_lines_with_their_basis(tmp_path: Path) -> None:
    page = drawn(tmp_path, "agent", MARTS, agent="A1")
    assert page.heading == "Agent statement: Hongda Agency"
    lines = [row[:6] for row in rows(page, "lines")]
    assert lines == [
        ("On time", Decimal("190.00"), None, Decimal("0.05"), None, Decimal("9.50")),
        ("Clawback", None, 1, None, Decimal("2.25"), Decimal("-2.25")),
    ]
    assert total(page, "lines")[5] == Decimal("7.25")
    assert tile(page, "Commission") == "7.25"
    assert tile(page, "Collection rate at the cut-off") == "95.00 %", "what came in March is not in it"


def test_each_basis_of_a_line_is_listed_with_its_rule_and_sums_to_the_line(tmp_path: Path) -> None:
    page = drawn(tmp_path, "agent", MARTS, agent="A1")
    rule = (Decimal(5), Decimal("0.95"), "CP1", date(2025, 1, 1))
    assert [(row[0], row[2:]) for row in rows(page, "bases_on_time")] == [
        ("C1", ("P1", date(2026, 2, 20), Decimal("150.00"), *rule)),
        ("C2", ("P2", date(2026, 2, 20), Decimal("40.00"), *rule)),
    ]
    assert total(page, "bases_on_time")[4] == Decimal("190.00")
    assert targets(page, "bases_on_time") == {Target.to("bills", account="C1"), Target.to("bills", account="C2")}
    assert [row[0] for row in rows(page, "bases_clawback")] == ["5550001"]
    assert "bases_late" not in names(page), "nothing counts there: the reason is among the kinds without a line"


def test_kinds_without_a_line_have_their_reason_and_what_would_have_counted(tmp_path: Path) -> None:
    reasons = {
        language: {
            name: load(language)[f"no_line_reason.{name}"] for name in ("nothing_applied", "no_tier_reached", "no_plan")
        }
        for language in ("en", "zh")
    }
    page = drawn(tmp_path, "agent", MARTS, agent="A1")
    assert [row[0] for row in rows(page, "kinds_without_a_line")] == ["Late", "Activation", "Restatement"]
    assert rows(page, "kinds_without_a_line")[0] == ("Late", reasons["en"]["nothing_applied"], Decimal("0.00"), None)
    page = drawn(tmp_path, "agent", MARTS, agent="A2", language="zh")
    assert rows(page, "kinds_without_a_line") == [("当期", reasons["zh"]["no_tier_reached"], Decimal("400.00"), None)]
    assert total(page, "bases_on_time")[4] == Decimal("400.00"), "listed, though no commission is paid for it"
    page = drawn(tmp_path, "agent", MARTS, agent="A3")
    assert rows(page, "kinds_without_a_line")[0][1] == reasons["en"]["no_plan"]
    t = load("en")
    assert {t["agent_statement.no_lines"], t["agent_statement.no_bases"]} <= set(sentences(page))


def test_every_reason_has_its_words_in_both_languages() -> None:
    """The words of the model: what a line can lack, each told on the page."""
    sql = (Path(__file__).parents[3] / "dbt_project/models/intermediate/commission").glob("int_commission_*.sql")
    told = {word for path in sql for word in re.findall(r"(?:then|else) '([a-z_]+)'", path.read_text(encoding="utf-8"))}
    assert {"no_tier_reached", "no_plan"} <= told
    for language in ("en", "zh"):
        assert told == {key.split(".")[1] for key in load(language) if key.startswith("no_line_reason.")}


def test_forecast_has_the_lines_as_they_stand_and_the_way_to_the_next_tier(tmp_path: Path) -> None:
    page = drawn(tmp_path, "agent", MARTS, agent="A1")
    section = next(each for each in page.sections if each.section_id == "next")
    assert "2026-02 (provisional)" in section.title and "2026-03-31" in section.intro
    assert [(each.label, each.value) for each in section.tiles] == [
        ("Commission as it stands", "4.70"),
        ("Rate so far", "25.00 %"),
        ("Missing to the next tier", "220.00"),
    ]
    assert [row[0] for row in rows(page, "forecast_next")] == ["On time", "Late", "Activation"]
    assert rows(page, "forecast_next")[0][5] == load("en")["no_line_reason.no_tier_reached"]
    assert total(page, "forecast_next")[4] == Decimal("4.70")
    after = next(each for each in page.sections if each.section_id == "after_next")
    assert "2026-03 (provisional)" in after.title and [each.label for each in after.tiles] == [
        "Commission as it stands"
    ]


def test_forecast_of_all_agents_is_on_the_page_of_commission(tmp_path: Path) -> None:
    page = drawn(tmp_path, "commission", MARTS)
    assert rows(page, "forecast") == [
        ("Dongxin Agency", Decimal(500), Decimal(500), None, None, None, None, Decimal("20.00")),
        ("Hongda Agency", Decimal(400), Decimal(100), 0.25, None, Decimal("0.80"), Decimal(220), Decimal("4.70")),
    ]
    assert total(page, "forecast") == ("Total", Decimal(900), Decimal(600), None, None, None, None, Decimal("24.70"))
    assert [row[0] for row in rows(page, "forecast_after")] == ["Hongda Agency"]
    page = drawn(tmp_path, "commission", MARTS, viewer=Viewer(Role.FINANCE, Scope(agents=frozenset({"A1"}))))
    assert column(page, "forecast", "Agent") == ["Hongda Agency"]


def test_an_edition_without_bases_says_so(tmp_path: Path) -> None:
    older = {
        mart: rows_of for mart, rows_of in MARTS.items() if mart not in ("commission_bases", "commission_forecast")
    }
    page = drawn(tmp_path, "agent", older, agent="A1")
    assert page.status == 200 and {"lines", "bases_on_time", "forecast_next"}.isdisjoint(names(page))
    assert any("commission_bases" in sentence for sentence in sentences(page))
    assert any("commission_forecast" in sentence for sentence in sentences(drawn(tmp_path, "commission", older)))


def test_bills_of_the_agent_have_what_is_open_on_top(tmp_path: Path) -> None:
    page = drawn(tmp_path, "agent", MARTS, agent="A1")
    # C1: 150.00 came, 20.00 went back and 5.00 were written off; C2: 40.00 and 10.00 of 50.00.
    assert [row[0] for row in rows(page, "bills")] == ["C1", "C2"]
    assert [row[5:] for row in rows(page, "bills")] == [
        (Decimal("150.00"), Decimal("130.00"), Decimal("5.00"), Decimal("15.00")),
        (Decimal("50.00"), Decimal("50.00"), Decimal("0.00"), Decimal("0.00")),
    ]
    assert total(page, "bills")[5:] == (Decimal("200.00"), Decimal("180.00"), Decimal("5.00"), Decimal("15.00"))
    assert targets(page, "bills") == {Target.to("bills", account="C1"), Target.to("bills", account="C2")}
    assert total(page, "next_bills")[5:] == (Decimal("400.00"), Decimal("100.00"), Decimal("0.00"), Decimal("300.00"))
    assert [row[0] for row in rows(page, "collection")] == ["2026-02", "2026-01"]


def test_agent_who_signs_in_sees_himself_and_nobody_else(tmp_path: Path) -> None:
    page = drawn(tmp_path, "agent", MARTS, viewer=AGENT_A1)
    assert page.status == 200 and page.heading == "Agent statement: Hongda Agency"
    assert {row[0] for name in ("bills", "next_bills") for row in rows(page, name)} == {"C1", "C2", "C3"}
    assert targets(page, "bills") == set(), "the page of an account's bills is not for agents"
    assert targets(page, "bases_on_time") == set() and len(rows(page, "bases_on_time")) == 2
    assert total(page, "forecast_next")[4] == Decimal("4.70")
    assert total(page, "lines")[5] == Decimal("7.25")
    assert total(page, "commission_by_period")[-1] == Decimal("87.25")
    assert [row[-1] for row in rows(page, "collection")] == [0.25, 0.9]
    assert [each.name for each in page.filters] == ["period"], "there is no other agent to choose"
    assert drawn(tmp_path, "agent", MARTS, viewer=AGENT_A1, agent="A2").status == 404
    assert drawn(tmp_path, "commission", MARTS, viewer=AGENT_A1).status == 403


def test_manager_of_two_agents_chooses_between_them(tmp_path: Path) -> None:
    viewer = Viewer(Role.AGENT, Scope(agents=frozenset({"A1", "A3"})))
    page = drawn(tmp_path, "agent", MARTS, viewer=viewer)
    choice = next(each for each in page.filters if each.name == "agent")
    assert [option.value for option in choice.options] == ["", "A1", "A3"]
    assert [row[0] for row in rows(page, "agents")] == ["Hongda Agency"], "A3 has no bill yet"


def test_viewer_of_a_unit_sees_bills_but_no_statement(tmp_path: Path) -> None:
    of_unit = {**_collected("2026-02", "U1", 3, "900.00", "100.00", 0.1111), "dimension": "business_unit"}
    marts = {**MARTS, "collection_rates": [*MARTS["collection_rates"], of_unit]}
    viewer = Viewer(Role.MANAGEMENT, Scope(units=frozenset({"U1"})))
    page = drawn(tmp_path, "agent", marts, viewer=viewer, agent="A1")
    assert load("en")["agent_statement.not_in_scope"] in sentences(page)
    assert "lines" not in names(page) and [row[0] for row in rows(page, "bills")] == ["C1", "C3"]


def test_without_an_agent_the_page_lists_them(tmp_path: Path) -> None:
    page = drawn(tmp_path, "agent", MARTS, language="zh")
    assert rows(page, "agents") == [
        ("东信代理", 1, Decimal("1000.00"), Decimal("400.00"), Decimal("0.4"), Decimal("60.00")),
        ("宏达代理", 2, Decimal("200.00"), Decimal("180.00"), Decimal("0.9"), Decimal("7.25")),
    ]
    # 580.00 of 1,200.00 and no mean of 40 % and 90 %.
    assert total(page, "agents")[1:4] == (3, Decimal("1200.00"), Decimal("580.00"))
    assert total(page, "agents")[4] == Decimal("580.00") / Decimal("1200.00")


def test_bars_of_the_months_start_at_zero_and_keep_their_digits() -> None:
    figure = commission_months(
        [("2026-01", {"on_time": Decimal("9.50"), "clawback": Decimal("-2.25")})],
        ["on_time", "clawback"],
        Translate.to("en"),
    )
    data: list[Any] = list(figure.data)
    assert [list(bar.y) for bar in data] == [["9.50"], ["-2.25"]]
    assert figure.layout.yaxis.rangemode == "tozero"
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text == "yuan"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_name_the_bars_after_the_agents(tmp_path: Path, language: str) -> None:
    page = drawn(tmp_path, "commission", MARTS, language=language)
    first = figures(page)[0]
    name = {"zh": "东信代理", "en": "Dongxin Agency"}[language]
    assert dict(first.links)[name] == Target.to("agent", agent="A2")
