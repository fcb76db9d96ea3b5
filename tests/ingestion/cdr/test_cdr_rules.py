"""What only some switches write of a record: how the rules take the optional columns, which no canonical file has."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from orchestration.ingestion.cdr import rules
from orchestration.ingestion.cdr.formats.model import OPTIONAL_COLUMNS

FILE = rules.FileSql.of("F1", "SC1", date(2026, 1, 5))


def lines(**said: str) -> str:
    """A relation of one sound record that says this besides."""
    columns = {
        "record_number": "1", "calling_number": "2345678", "called_number": "010123", "trunk_group_in": "",
        "trunk_group_out": "TG1", "started_at": "2026-01-05 10:00:00", "duration_seconds": "60", "release_cause": "16",
        **dict.fromkeys(OPTIONAL_COLUMNS, ""), **said,
    }  # fmt: skip
    values = ", ".join(f"{rules.literal(value)} as {name}" for name, value in columns.items())
    return (
        "(select 2 as line_number, cast(null as varchar) as line_fault, cast(null as varchar) as map_fault, "
        f"cast(null as timestamp) as started_at_utc, cast(null as hugeint) as exact_micros, 'up' as rounding, {values})"
    )


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"call_kind": "transit"}, None),
        ({"call_kind": "tandem"}, "call_kind|is none of subscriber, transit"),
        ({"partial_kind": "middle"}, None),
        ({"partial_kind": "4"}, "partial_kind|is none of single, first, middle, last"),
        ({"charge_party": "outgoing_carrier", "call_reference": "0000815"}, None),
    ],
)
def test_a_word_that_no_format_may_map_to_is_malformed(said: dict[str, str], fault: str | None) -> None:
    rows = duckdb.sql(
        f"with normalised as ({rules.normalised_sql(lines(**said))}) "
        f"select {rules.fault_sql(FILE, None, 'false')} from normalised"
    ).fetchall()
    assert rows == [(fault,)]


def test_only_pieces_of_a_long_call_stand_among_the_pieces() -> None:
    relations = " union all ".join(
        f"select * from {lines(record_number=str(number), partial_kind=kind, call_reference='77')}"
        for number, kind in enumerate(("", "single", "first", "middle", "last"), start=1)
    )
    normalised = f"with normalised as ({rules.normalised_sql(f'({relations})')}) "
    typed = rules.typed_sql("normalised", FILE, has_instants=False)
    rows = duckdb.sql(
        f"{normalised} select record_number, partial_kind, call_reference, call_kind, charge_party "
        f"from ({rules.pieces_sql(f'({typed})')}) order by 1"
    ).fetchall()
    assert rows == [(3, "first", "77", None, None), (4, "middle", "77", None, None), (5, "last", "77", None, None)]
