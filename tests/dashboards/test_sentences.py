"""The sentences that the product writes into its tables have Chinese: each by a template, none left out, none half translated."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import yaml

import dashboards
from dashboards.i18n import load
from dashboards.i18n.columns import column
from dashboards.i18n.sentences import sentence, templates
from tests.dashboards.test_columns import COLUMNS

ROOT = Path(dashboards.__file__).parents[1]
DBT = ROOT / "dbt_project"
CATALOGUE = [template.replace("{{", "{").replace("}}", "}") for template in templates()]

# Python that writes sentences into a table by way of the file ledger or the raw zone: why a file is rejected or held, why a line
# cannot be read. Declarations of formats and sources are not among them: their faults are for whoever writes the declaration.
WRITERS = [
    *sorted((ROOT / "orchestration/warehouse/file_verdicts").glob("*.py")),
    *sorted((ROOT / "orchestration/ingestion/cdr/layouts").glob("*.py")),
    *sorted((ROOT / "orchestration/ingestion/bank/formats").glob("*.py")),
    *(
        ROOT / "orchestration" / name
        for name in (
            "ingestion/bank/results.py",
            "ingestion/cdr/decoding.py",
            "ingestion/cdr/mapping.py",
            "ingestion/cdr/rules.py",
            "ingestion/cdr/small_files.py",
            "ingestion/cdr/text_fields.py",
            "ingestion/customers/exports.py",
            "ingestion/customers/tables.py",
            "ingestion/decoding.py",
            "ingestion/file_reading/bounds.py",
            "ingestion/file_reading/file_faults.py",
            "ingestion/file_reading/packing.py",
            "ingestion/landing/headers.py",
            "warehouse/raw/partial_records.py",
        )
    ),
]
DECLARATIONS = {"declaration.py", "declared.py"}
BILINGUAL = {
    "customer_records_incomplete.sql", "int_tariff_sentences.sql", "dunning_words.sql", "money_not_applied_words.sql",
}  # fmt: skip
PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
SQL = re.compile(
    r"\b(select|from|where|insert|update|delete|create|drop table|union all|inner join|case|when|then|else|coalesce|cast|parquet"
    r"|(order|group|partition) by|is null|is not null|distinct|lambda|timezone|regexp_\w+|line_number|bigint|varchar|preserve_order"
    r"|as (hugeint|stale|date|timestamp|decimal|integer|moment|field|\w+_\w+)|end as)\b|<>|\bin \(|\w+ as \(|len\(|\|\|"
)
NAMES_ALONE = re.compile(r"(\w+_\w+ ?|\b(name|channels|amount|channel|status|kind|reason|invited|attended|score) ?)+")


def _in_catalogue(fragment: str) -> bool:
    """Whether each stretch of prose in a literal is part of a template."""
    stretches = [part.strip(" -") for part in re.split(r"[:;,|'()]", fragment)]
    return all(any(part in template for template in CATALOGUE) for part in stretches if PROSE.search(part))


def _sql_fragments() -> Iterator[tuple[str, str]]:
    for path in sorted([*(DBT / "models").rglob("*.sql"), *(DBT / "macros").rglob("*.sql")]):
        if path.name in BILINGUAL:
            continue  # they have the Chinese beside the English
        text = re.sub(r"{#.*?#}|{%.*?%}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"--.*", "", text)
        for literal in re.findall(r"'((?:[^']|'')*)'", text):
            for fragment in re.split(r"{{.*?}}", literal.replace("''", "'"), flags=re.DOTALL):
                if PROSE.search(fragment) and not SQL.search(fragment):
                    yield path.name, fragment


def _python_fragments() -> Iterator[tuple[str, str]]:
    for path in WRITERS:
        if path.name in DECLARATIONS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        unread = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr):
                unread.add(id(node.value))
            elif isinstance(node, ast.Assert) and node.msg is not None:
                unread.update(id(part) for part in ast.walk(node.msg))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unread:
                for fragment in node.value.split("{}"):
                    if PROSE.search(fragment) and not SQL.search(fragment) and not NAMES_ALONE.fullmatch(fragment):
                        yield path.name, fragment


def test_every_sentence_of_the_models_has_a_template() -> None:
    fragments = list(_sql_fragments())
    assert len(fragments) > 100
    assert [fragment for fragment in fragments if not _in_catalogue(fragment[1])] == [], "add them to sentences_zh.yaml"


# Not in a table: what ends a run, and names in the code.
NOT_IN_A_TABLE = {") was decoded before and cannot be now: ", "file at work", "partial_kind in ("}


def test_every_sentence_about_a_file_has_a_template() -> None:
    fragments = list(_python_fragments())
    assert len(fragments) > 150
    unknown = [found for found in fragments if found[1] not in NOT_IN_A_TABLE and not _in_catalogue(found[1])]
    assert unknown == [], "add them to sentences_zh.yaml"


def _examples() -> Iterator[tuple[str, str]]:
    """The sentences that the models' unit tests expect, by column."""
    sentences = {name for mart, name, _ in COLUMNS if column(mart, name).kind == "sentence"}
    sentences |= {"undocumented_reason", "unrated_reason"}
    for path in sorted(DBT.rglob("_*unit_tests.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["unit_tests"]:
            for row in case["expect"].get("rows", []):
                for name, value in row.items():
                    if name in sentences and isinstance(value, str):
                        yield path.name, value


# Faults that the unit tests make up as their input: no model writes them.
MADE_UP = {
    "price below 0",
    "stands twice",
    "two plans",
    "two plans at one time",
    "nobody holds it",
    "plan P9 is not in tariff_plans",
}


def _english_left(text: str) -> list[str]:
    """Runs of two English words: one word alone is an id, a field or a file."""
    return re.findall(r"[a-z]{3,} [a-z]{2,}", re.sub(r"`[^`]*`", "", text))


def test_the_sentences_of_the_models_tests_are_whole_in_chinese() -> None:
    examples = [text for _, text in _examples() if PROSE.search(text)]
    assert len(examples) > 30
    shown = {text: sentence("zh", text) for text in examples if not text.endswith(tuple(MADE_UP))}
    assert {text: chinese for text, chinese in shown.items() if _english_left(chinese)} == {}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("no account holds number 2205852 at that time", "当时没有账户持有号码 2205852"),
        ("no destination prefix in force for : add one to destinations", "号码 （空） 没有有效的局向号头：请在 destinations 中加一个"),
        (
            "tariff book unsound: RES/LOCAL/*/2026-01-01/0: the lowest from_second is 60: add a row from second 0",
            "资费表有误：RES/LOCAL/*/2026-01-01/0：最小的 from_second 为 60：请加一行，从第 0 秒起",
        ),
        (
            "202 of 606 records are duplicate (33.33 %): more than the share of 0.2 allowed",
            "606 条记录中 202 条为重单（33.33 %）：超过允许的比例 0.2",
        ),
        (
            "header total_amount 60.10, details 60.00; trailer records 4, details 3",
            "文件头总金额 60.10，明细 60.00；文件尾笔数 4，明细 3",
        ),
        ("unreadable: truncated gzip: the end of the packed data is missing", "无法读取：gzip 不完整：缺少压缩数据的末尾"),
        ("released: 已与银行核对; was held: there is no trailer", "人工放行：已与银行核对；原状态：暂扣：没有文件尾"),
        (
            "bank ICBC took back 20.00 from account A1, collected on 2026-05-10: mandate (result 25)",
            "银行 ICBC 退回了 2026-05-10 从账户 A1 扣到的 20.00 元：无授权（回盘代码 25）",
        ),
        (
            "file A.txt of bank ABC is held: there is no trailer; the first: line 2: amount is empty: 2|x: y; z; line 3: amount is 0: 3|0",
            "银行 ABC 的文件 A.txt 被暂扣：没有文件尾；首批：第 2 行：金额为空：2|x: y; z；第 3 行：金额为 0：3|0",
        ),
        (
            "file A.txt of bank ABC is held: there is no trailer; the first: line 2: amount is empty: ***",
            "银行 ABC 的文件 A.txt 被暂扣：没有文件尾；首批：第 2 行：金额为空：***",
        ),
        (
            "file A.txt of bank ABC is held: there is no trailer; the first: line 2: ***",
            "银行 ABC 的文件 A.txt 被暂扣：没有文件尾；首批：第 2 行：***",
        ),
        (
            "field name of customers C1: the customer has no name (客户没有名称); outlet OU01",
            "客户资料 C1 的字段 name：客户没有名称；营业网点 OU01",
        ),
        (
            ("its amounts sum to 1000000000000, and those of one file have to stay below 1000000000000; have it corrected and "
             "delivered again"),
            "其金额合计 1000000000000，而一个文件的合计须小于 1000000000000；请对方更正后重新送达",
        ),
        (
            (
                "line 3 is longer than 1 MB; the bound is 1 MB. If the file is right, set `bounds: {line: …}` of its source in "
                "sources.yml higher and use `tollhouse files retry`"
            ),
            "第 3 行长于 1 MB；上限为 1 MB。若文件无误，请在 sources.yml 中调高其来源的 `bounds: {line: …}`，再用 `tollhouse files retry`",
        ),
        ("LOCAL no tariff plan in force for class vip: add a row to class_plans",
         "LOCAL 客户类别 vip 没有有效的资费方案：请在 class_plans 中加一行"),
    ],
)  # fmt: skip
def test_a_sentence_is_translated_with_what_stands_in_its_places(english: str, chinese: str) -> None:
    assert sentence("zh", english) == chinese
    assert sentence("en", english) == english


def test_a_text_that_no_template_has_stays_as_it_is() -> None:
    assert sentence("zh", "the clerk phoned the bank") == "the clerk phoned the bank"
    assert sentence("zh", "rejected by a person: there is no trailer; was held").startswith(
        "人工拒收：there is no trailer；"
    )
    assert sentence("zh", "") == "" and sentence("zh", None) == "–"


def test_places_and_words_are_those_of_the_english() -> None:
    content = yaml.safe_load((ROOT / "dashboards/i18n/sentences_zh.yaml").read_text(encoding="utf-8"))
    groups = set(content["words"]) | {key.split(".")[0] for key in load("zh")}
    for section in ("sentences", "field_faults"):
        for english, chinese in content[section].items():
            named = {name for _, name, _, _ in Formatter().parse(english) if name}
            used = [(name, group) for _, name, group, _ in Formatter().parse(chinese) if name]
            assert {name for name, _ in used} <= named, english
            # A place may be left out only where the Chinese has the same in another place.
            assert named - {name for name, _ in used} <= {"rule"}, english
            assert {group for _, group in used if group} <= groups, english
            assert re.search(r"[\u4e00-\u9fff]", chinese) or not PROSE.search(english), english


def test_a_hundred_thousand_sentences_take_seconds() -> None:
    begun = time.monotonic()
    for number in range(50_000):
        sentence("zh", f"no account holds number {2_000_000 + number} at that time")
        sentence("zh", f"{number} is what no template has")
    assert time.monotonic() - begun < 10
