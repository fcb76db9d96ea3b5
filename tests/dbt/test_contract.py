"""docs/contract.md, section 10, against the models: every published table is listed there, with columns that it has."""

from __future__ import annotations

import re

from orchestration.settings import PROJECT_ROOT
from orchestration.warehouse.dbt_runner import manifest_nodes

# Listed in the contract and not built yet; its first paragraph says so.
NOT_BUILT = {"key_accounts", "number_range_usage"}


def _listed() -> dict[str, str]:
    """The rows of the table of section 10: mart → its grain and columns."""
    text = (PROJECT_ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    section = re.search(r"^## 10\..*?(?=^## 11\.)", text, re.MULTILINE | re.DOTALL)
    assert section is not None
    rows = re.findall(r"^\| ([a-z_, ]+) \| (.*) \|$", section.group(0), re.MULTILINE)
    return {mart: columns for marts, columns in rows for mart in marts.split(", ") if mart != "mart"}


def _marts() -> dict[str, set[str]]:
    """The marts as they are built: name → columns."""
    return {
        node["name"]: set(node["columns"])
        for node in manifest_nodes()["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }


def test_every_published_table_is_in_the_contract() -> None:
    assert set(_listed()) - NOT_BUILT == set(_marts())


def test_what_is_not_built_is_said_in_the_first_paragraph() -> None:
    head = (PROJECT_ROOT / "docs" / "contract.md").read_text(encoding="utf-8").split("## 1.")[0]

    assert all(mart in head for mart in NOT_BUILT)
    assert set(_marts()) & NOT_BUILT == set()


def test_a_table_has_the_columns_that_the_contract_names() -> None:
    """Of a row of the contract every word with an underscore is a column of the table, or of one that the words name."""
    marts = _marts()
    every_column = set().union(*marts.values())
    missing = {
        (mart, word)
        for mart, text in _listed().items()
        if mart in marts
        for word in re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", re.sub(r"\([^()]*\)", "", text))
        if word in every_column and word not in marts[mart]
    }

    assert missing == set()
