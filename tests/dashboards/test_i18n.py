"""The texts: the same keys and places in both languages, and every key that the code asks for is there."""

from __future__ import annotations

import re
from pathlib import Path

import dashboards
from dashboards.i18n import Translate, load
from dashboards.i18n.gate_claims import chinese_claim, claim
from expectations.catalogue import all_suites

SOURCES = sorted(Path(dashboards.__file__).parent.rglob("*.py"))


def test_both_languages_have_the_same_texts() -> None:
    zh, en = load("zh"), load("en")
    assert set(zh) == set(en)
    for key in zh:
        assert zh[key].strip() and en[key].strip()
        assert set(re.findall(r"{(\w+)}", zh[key])) == set(re.findall(r"{(\w+)}", en[key])), key


def test_chinese_texts_are_chinese() -> None:
    shared = {
        "gates.no_sample",
        "arrears.bands.amount_1_30",
        "arrears.bands.amount_31_60",
        "arrears.bands.amount_61_90",
    }
    shared |= {"unit.percent"}
    for key, text in load("zh").items():
        assert key in shared or re.search(r"[\u4e00-\u9fff]", text) or not re.sub(r"{\w+}|[\W\d_]", "", text), key


def test_every_text_the_code_asks_for_is_there() -> None:
    asked = {
        key for source in SOURCES for key in re.findall(r'\bt\(\s*"([a-z_.]+)"', source.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    assert asked <= set(load("en"))


def test_every_kind_of_problem_has_a_name() -> None:
    """The kinds that the contract lists are those that the pages name."""
    contract = (Path(dashboards.__file__).parents[1] / "docs/contract.md").read_text(encoding="utf-8")
    listed = contract.split("Kinds in problem_bulletin: ", 1)[1].split(". Each names", 1)[0]
    kinds = set(re.sub(r"\([^)]*\)", "", listed).replace(" ", "").split(","))
    named = {key.removeprefix("problem_kind.") for key in load("en") if key.startswith("problem_kind.")}
    assert len(kinds) > 30 and kinds == named


def test_an_unknown_code_is_shown_as_it_is() -> None:
    t = Translate.to("en")
    assert t.code("state", "other_day") == "Other day"
    assert t.code("state", "brand_new") == "brand_new"


def test_every_gate_has_its_claim_in_chinese() -> None:
    gates = [(suite.name, gate.name) for suite in all_suites() for gate in suite.gates]
    assert gates
    assert [name for name in gates if chinese_claim(*name) is None] == [], "add them to dashboards/i18n/gates_zh.yaml"


def test_a_claim_is_of_its_suite_or_its_own_description() -> None:
    assert claim("zh", "crm_complaints", "opened_before_closed", "-") == "没有投诉的办结早于受理。"
    assert claim("zh", "crm_payments", "paid_at_filled", "-") == "缴费资料的每一行都有 paid_at。"
    assert claim("zh", "release", "brand_new", "A new claim.") == "A new claim."
    assert claim("en", "crm_payments", "paid_at_filled", "Every row has it.") == "Every row has it."
