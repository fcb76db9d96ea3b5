"""The descriptions of the published tables: those that dbt itself gives, which the generated dictionary in docs/ has."""

from __future__ import annotations

from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.model_texts import mart_texts


def test_every_published_table_is_described_as_dbt_describes_it() -> None:
    dictionary = (PROJECT_ROOT / "docs/data-dictionary.md").read_text(encoding="utf-8")
    published = dictionary.split("## Marts", 1)[1].split("\n## ", 1)[0]
    tables = {part.split("\n", 1)[0].strip(): part for part in published.split("\n### ")[1:]}
    texts = mart_texts()
    assert {mart.name for mart in PUBLISHED_MARTS} == set(texts) == set(tables)
    for name, text in texts.items():
        for column, (kind, description) in text.columns.items():
            line = f"| {column} | {kind} | {description.replace('|', chr(92) + '|')} |"
            assert line in tables[name], line
