"""The declaration of the reference book is sound in itself, and says what the contract says."""

from __future__ import annotations

import re

from orchestration.reference_book.declaration import DAY, NUMBER, TEXT, WHOLE, Column, Table
from orchestration.reference_book.tables import NEEDED_TO_RATE, REFERENCE_TABLES
from orchestration.settings import PROJECT_ROOT

COLUMNS = [(table, column) for table in REFERENCE_TABLES.values() for column in table.columns]


def contract_tables() -> dict[str, str]:
    """Section 2 of the contract: file → its columns as they are listed there."""
    contract = (PROJECT_ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    section = contract.partition("\n## 2. ")[2].partition("\n## 3. ")[0]
    return dict(re.findall(r"^\| (?!file )(\w+) \| (.+) \|$", section, flags=re.MULTILINE))


def test_the_contract_lists_the_same_tables_and_columns() -> None:
    listed = {
        name: tuple(re.sub(r" \([^)]*\)", "", columns).split(", ")) for name, columns in contract_tables().items()
    }

    assert listed == {name: table.header for name, table in REFERENCE_TABLES.items()}


def test_the_contract_lists_the_same_words() -> None:
    listed = {
        (name, column): tuple(words.split(", "))
        for name, columns in contract_tables().items()
        for column, words in re.findall(r"(\w+) \((\w+(?:, \w+)+)\)", columns)
    }

    assert len(listed) == 12
    assert listed == {(t.name, c.name): c.words for t, c in COLUMNS if (t.name, c.name) in listed}


def test_the_tables_that_may_be_left_out_are_those_of_the_contract() -> None:
    """The last five of its list."""
    assert set(list(contract_tables())[-5:]) == {t.name for t in REFERENCE_TABLES.values() if t.may_be_absent}


def test_each_name_that_a_table_gives_is_one_of_its_columns() -> None:
    assert [t.name for t in REFERENCE_TABLES.values() if len(set(t.header)) != len(t.header)] == []
    assert [t.name for t in REFERENCE_TABLES.values() if not set(t.key) <= set(t.header)] == []


def test_each_id_has_its_column_in_the_table_that_it_is_of() -> None:
    missing = [
        f"{table.name}.{column.name}"
        for table, column in COLUMNS
        if column.id_of is not None and column.name not in REFERENCE_TABLES[column.id_of].header
    ]

    assert missing == []


def test_what_a_column_may_hold_fits_its_kind() -> None:
    """Bounds are of numbers and words of texts, and what a header may lack is empty then, so it may be empty."""
    bounded = {column.kind for _, column in COLUMNS if (column.least, column.most) != (None, None)}
    worded = {column.kind.sql_type for _, column in COLUMNS if column.words}

    assert all(kind.is_number for kind in bounded)
    assert worded == {"varchar", "boolean"}
    assert [f"{t.name}.{c.name}" for t, c in COLUMNS if c.may_be_absent and not c.may_be_empty] == []
    assert [f"{t.name}.{c.name}" for t, c in COLUMNS if c.is_empty_a_text and not c.may_be_empty] == []


def test_every_table_and_column_is_described() -> None:
    assert [t.name for t in REFERENCE_TABLES.values() if not t.meaning.startswith("One row per ")] == []
    assert [f"{t.name}.{c.name}" for t, c in COLUMNS if not c.meaning.endswith(".")] == []


def test_the_views_of_a_table_are_worked_out_from_its_columns() -> None:
    table = Table(
        "tolls",
        "One row per toll.",
        owner="tariff",
        columns=(
            Column("toll_id", TEXT, "Toll."),
            Column("band", TEXT, "Band.", may_be_empty=True, may_be_absent=True),
        ),
    )

    assert (table.header, table.required) == (("toll_id", "band"), ("toll_id",))
    assert [(kind.is_number, kind.is_whole) for kind in (TEXT, DAY, NUMBER, WHOLE)] == [
        (False, False), (False, False), (True, False), (True, True),
    ]  # fmt: skip


def test_a_new_book_is_filled_in_from_exchanges_to_rates() -> None:
    """Each table after those whose ids it names."""
    assert (NEEDED_TO_RATE[0], NEEDED_TO_RATE[-1], len(NEEDED_TO_RATE)) == ("exchanges", "tariff_rates", 9)
    for table in NEEDED_TO_RATE:
        named = {column.id_of for column in REFERENCE_TABLES[table].columns} & set(NEEDED_TO_RATE)
        assert named <= set(NEEDED_TO_RATE[: NEEDED_TO_RATE.index(table)])
