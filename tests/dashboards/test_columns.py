"""The column texts name every column of every published table, and every code in one has words in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import dashboards
from dashboards import i18n
from dashboards.i18n import Translate, load
from dashboards.i18n.columns import catalogue, column, mart_definition, mart_title
from orchestration.ingestion.customers.tables import EXPORT_TABLES
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.reference_book.tables import REFERENCE_TABLES

DBT = Path(dashboards.__file__).parents[1] / "dbt_project"
SQL = "\n".join(path.read_text(encoding="utf-8") for path in sorted((DBT / "models").rglob("*.sql")))
KINDS = {
    "text", "code", "id", "number", "money", "amount", "count", "decimal", "percent", "seconds", "days", "hour_of_day", "date",
    "moment", "period", "flag", "sentence", "member",
}  # fmt: skip
TYPES_BY_KIND = {
    "money": {"decimal(18, 2)"},
    "amount": {"decimal(18, 6)", "decimal(24, 6)"},
    "count": {"bigint", "integer"},
    "percent": {"double", "decimal(18, 6)"},
    "seconds": {"bigint", "integer"},
    "days": {"bigint"},
    "hour_of_day": {"integer"},
    "date": {"date"},
    "moment": {"timestamp"},
    "flag": {"boolean"},
    "decimal": {"double", "decimal(18, 1)"},
    "sentence": {"varchar"},
    "text": {"varchar"},
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _models() -> dict[str, dict[str, Any]]:
    models = {}
    for path in sorted((DBT / "models/marts").rglob("_models.yml")):
        models.update({model["name"]: model for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]})
    return models


MODELS = _models()
COLUMNS = [
    (spec.name, entry["name"], entry["data_type"]) for spec in PUBLISHED_MARTS for entry in MODELS[spec.name]["columns"]
]


def _coded(name: str) -> set[str]:
    """The codes that the models write into a column as literals."""
    codes = set(re.findall(rf"'([\w+-]+)' as {name}\b", SQL))
    for block in re.findall(rf"\bcase\b((?:(?!\bcase\b).)*?)\bend as {name}\b", SQL, re.DOTALL):
        codes.update(re.findall(r"\b(?:then|else) '([\w+-]+)'", block))
    return codes


def _words(table: str, name: str) -> set[str]:
    """The words that the reference book allows in a column."""
    return next(set(entry.words) for entry in REFERENCE_TABLES[table].columns if entry.name == name)


def _listed(mart: str, name: str) -> set[str]:
    """The codes that the description of a column lists, without what stands in brackets."""
    text = next(entry["description"] for entry in MODELS[mart]["columns"] if entry["name"] == name)
    listed = re.sub(r"\([^)]*\)", "", text.split(":")[-1]).strip().rstrip(".")
    return {word.strip() for word in re.split(r", | or ", listed)}


def _reasons_of_dunning() -> set[str]:
    """The reasons that the test of the column accepts."""
    (entry,) = (entry for entry in MODELS["dunning_list"]["columns"] if entry["name"] == "reason")
    return set(entry["data_tests"][0]["accepted_values"]["arguments"]["values"])


def _doc(name: str) -> str:
    for path in sorted((DBT / "models/docs").glob("*.md")):
        found = re.search(rf"{{% docs {name} %}}(.*?){{% enddocs %}}", path.read_text(encoding="utf-8"), re.DOTALL)
        if found:
            return found.group(1)
    raise KeyError(name)


#: The ages of waiting calls and of unpaid bills, which are decided in a macro.
_AGES = set(
    re.findall(r"(?:then|else) '([\w+-]+)'", (DBT / "macros/money/age_buckets.sql").read_text(encoding="utf-8"))
)
_STATES = set(re.findall(r"'(\w+)'", " ".join(re.findall(r"for state in \[(.*?)\]", SQL))))
_MISMATCHES = {"unexpected", "answered_twice", "other_amount", "account_differs"}
CODES = {
    "adjustment_fault": {
        code
        for model in ("int_adjustments_checked", "int_write_offs", "account_adjustments")
        for path in DBT.glob(f"models/**/{model}.sql")
        for code in re.findall(r"(?:then|else) '(\w+)'", path.read_text(encoding="utf-8"))
    },
    "adjustment_kind": set(re.findall(r"\b(?:charge|credit|write_off\w*)\b", _doc("adjustment_kind"))),
    "age_bucket": _coded("age_bucket") | _AGES,
    "allowance_kind": _words("packages", "allowance_kind"),
    "assurance_measure": _coded("kpi"),
    "assurance_unit": _coded("unit"),
    "balance_item": (
        (_coded("item") - {"all", "_in", "_out"})
        | _STATES
        | {"usage", "recurring", "promotion", "adjustment", "manual_adjustment", "late_fee"}
        | {f"{reason}_{way}" for reason in _coded("reason") & {"other_month", "late"} for way in ("in", "out")}
        | {"counter", "debit", "other"}
    ),
    "balance_step": _coded("step"),
    "band_rule": _words("tariff_plans", "band_rule"),
    "charged_party": _words("zones", "charged_party"),
    "customer_class": {"unassigned", "unknown"},
    "debit_cause": _words("debit_result_codes", "cause"),
    "debit_result": _coded("result"),
    "dimension": _coded("dimension") | _listed("collection_rates", "dimension"),
    "direction": _coded("direction"),
    "dunning_reason": _reasons_of_dunning(),
    "estimated_basis": set(re.findall(r"\w+_plan\b|nothing_to_charge|with_first_piece", _doc("estimated_basis"))),
    "export_table": set(EXPORT_TABLES),
    "file_kind": {"cdr", "bank", "customers"},
    "file_status": {"loaded", "held", "rejected"},
    "item_kind": _words("bill_items", "item_kind"),
    "line_kind": _coded("line_kind"),
    "mismatch_kind": _coded("kind") & _MISMATCHES,
    "no_line_reason": set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", _doc("no_line_reason"))),
    "period_state": _coded("period_state"),
    "problem_kind": _coded("kind") - _MISMATCHES,
    "receivable_bucket": _coded("opening_bucket") | {"not_due", "1-30", "31-60", "61-90", "91+"},
    "restatement_reason": set(re.findall(r"\b(?:line|rate|basis)_\w+", _doc("restatement_reason"))),
    "rounding_mode": _words("tariff_plans", "rounding_mode"),
    "settlement_state": _listed("settlements", "state"),
    "severity": {"info", "warn", "error"},
    "state": _listed("suspended_calls", "state"),
    "band": {"ALL", "DAY", "EVENING", "NIGHT", "WEEKEND", "HOLIDAY"},
}


def test_every_published_column_has_a_text_that_fits_its_type() -> None:
    assert len(COLUMNS) > 350
    dimensions = _coded("dimension")
    for mart, name, data_type in COLUMNS:
        text = column(mart, name)
        assert CHINESE.search(text.label("zh")), (mart, name)
        assert text.label("en") and not CHINESE.search(text.label("en")), (mart, name)
        assert data_type in TYPES_BY_KIND.get(text.kind, {data_type}), (mart, name, text.kind)
        if text.dimension is not None:
            assert text.dimension in dimensions, (mart, name)
        elif text.group is not None:
            assert text.group in CODES, (mart, name)
        else:
            assert text.kind in KINDS, (mart, name)
        if text.unit is not None:
            assert CHINESE.search(text.unit_label("zh")) and text.unit_label("en")


def test_no_text_is_of_a_column_that_is_gone() -> None:
    texts = catalogue()
    assert set(texts["marts"]) == {spec.name for spec in PUBLISHED_MARTS}
    assert set(texts["columns"]) == {name for _, name, _ in COLUMNS}
    own = {(mart, name) for mart, text in texts["marts"].items() for name in text.get("columns", {})}
    assert own <= {(mart, name) for mart, name, _ in COLUMNS}


def test_two_columns_of_a_table_never_have_the_same_head() -> None:
    for spec in PUBLISHED_MARTS:
        for language in ("zh", "en"):
            heads = [column(mart, name).label(language) for mart, name, _ in COLUMNS if mart == spec.name]
            assert len(heads) == len(set(heads)), (spec.name, language, sorted(heads))


def test_every_table_has_a_title_and_a_definition() -> None:
    for spec in PUBLISHED_MARTS:
        assert CHINESE.search(mart_title(spec.name, "zh")) and CHINESE.search(mart_definition(spec.name, "zh"))
        assert mart_title(spec.name, "en")
        definition = mart_definition(spec.name, "en")
        assert definition.startswith("One row per ") and definition.endswith("."), spec.name


@pytest.mark.parametrize("group", sorted(CODES))
def test_every_code_has_words_in_both_languages(group: str) -> None:
    assert CODES[group], group
    for language in ("zh", "en"):
        missing = {code for code in CODES[group] if f"{group}.{code}" not in load(language)}
        assert not missing, (language, missing)


def test_a_flag_has_words() -> None:
    assert [Translate.to("zh").code("flag", code) for code in ("true", "false")] == ["是", "否"]


def test_a_column_means_what_it_means_in_its_table() -> None:
    assert column("bills", "amount").label("zh") == "应收"
    assert column("rated_calls", "amount").kind == "amount"
    assert (column("bill_lines", "amount").kind, column("bill_lines", "amount").unit_label("zh")) == ("money", "元")
    assert column("commission_lines", "rate").unit_label("en") == ""


def test_a_column_or_table_without_a_text_is_an_error() -> None:
    with pytest.raises(KeyError, match="column surprise of bills has no text: add it to columns.yaml"):
        column("bills", "surprise")
    with pytest.raises(KeyError, match="table surprises has no title"):
        mart_title("surprises", "zh")


def test_texts_of_several_files_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "_FOLDER", tmp_path)
    (tmp_path / "en").mkdir()
    (tmp_path / "en.yaml").write_text("site: {title: Overview}\n", encoding="utf-8")
    (tmp_path / "codes_en.yaml").write_text("state: {held: Held}\n", encoding="utf-8")
    (tmp_path / "en/bills.yaml").write_text("bills: {title: Bills}\n", encoding="utf-8")
    expected = {"site.title": "Overview", "state.held": "Held", "bills.title": "Bills"}
    assert load.__wrapped__("en") == expected
    (tmp_path / "en/calls.yaml").write_text("state: {held: On hold}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"en/calls.yaml: the text 'state.held' stands twice"):
        load.__wrapped__("en")
