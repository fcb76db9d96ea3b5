"""How a gate and a suite are declared. Plain values: nothing here imports Great Expectations or touches data.

`{batch}` in a query is the table the gate stands on, as its engine names it; it takes no alias, so queries
begin with `with b as (select * from {batch}) ...`. Any other brace is doubled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from expectations.results import Severity

Stage = Literal["intake", "tariff", "release"]

# The one expectation of our own (expectations/engine.py): a query that must return no row, run once.
NO_ROWS = "NoRows"


@dataclass(frozen=True)
class Gate:
    """One claim about a table: the name states it, the description explains it to a billing clerk."""

    name: str
    description: str
    severity: Severity
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    failing_rows: str | None = None
    """Query of the rows that break the claim, for the exact count and the sample."""
    table: str | None = None
    """The table that it checks, where that is not the suite's table."""


@dataclass(frozen=True)
class Suite:
    """The gates of one table at one stage of a run."""

    name: str
    stage: Stage
    table: str
    gates: Sequence[Gate]

    def table_of(self, gate: Gate) -> str:
        """The table, `schema.name`, that a gate of this suite checks."""
        return gate.table or self.table


def no_rows(name: str, description: str, query: str, *, severity: Severity, table: str | None = None) -> Gate:
    """The query finds no row; every row it finds is one failure."""
    return Gate(name, description, severity, NO_ROWS, {"unexpected_rows_query": query}, query, table)


def row_count_at_least(
    name: str, description: str, minimum: int, *, severity: Severity, table: str | None = None
) -> Gate:
    """The table has at least `minimum` rows; needed beside `not_null`, which an empty table passes."""
    return Gate(name, description, severity, "ExpectTableRowCountToBeBetween", {"min_value": minimum}, None, table)


def columns_present(
    name: str, description: str, columns: Sequence[str], *, severity: Severity, table: str | None = None
) -> Gate:
    """The table has all these columns; others are allowed."""
    arguments = {"column_set": list(columns), "exact_match": False}
    return Gate(name, description, severity, "ExpectTableColumnsToMatchSet", arguments, None, table)


def not_null(name: str, description: str, column: str, *, severity: Severity, table: str | None = None) -> Gate:
    """The column is filled in every row."""
    failing = f"select * from {{batch}} where {column} is null"
    return Gate(name, description, severity, "ExpectColumnValuesToNotBeNull", {"column": column}, failing, table)


def values_in_set(
    name: str, description: str, column: str, values: Sequence[str], *, severity: Severity, table: str | None = None
) -> Gate:
    """The column has only these values; an empty value passes (add `not_null` where it must not)."""
    listed = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    failing = f"select * from {{batch}} where {column} is not null and {column} not in ({listed})"
    arguments = {"column": column, "value_set": list(values)}
    return Gate(name, description, severity, "ExpectColumnValuesToBeInSet", arguments, failing, table)


def key_once(
    name: str, description: str, columns: Sequence[str], *, severity: Severity, table: str | None = None
) -> Gate:
    """No two rows have the same key; empty values count as equal. A duplicate key is one failure."""
    key = ", ".join(columns)
    query = f"select {key}, count(*) as rows_with_key from {{batch}} group by {key} having count(*) > 1"
    return no_rows(name, description, query, severity=severity, table=table)


def value_known(
    name: str,
    description: str,
    column: str,
    known: str,
    known_column: str | None = None,
    *,
    severity: Severity,
    table: str | None = None,
) -> Gate:
    """Every value of the column is in `known`.`known_column`; an empty value passes."""
    query = (
        f"select * from {{batch}} where {column} is not null"
        f" and {column} not in (select {known_column or column} from {known}"
        f" where {known_column or column} is not null)"
    )
    return no_rows(name, description, query, severity=severity, table=table)


def control_totals_equal(
    name: str,
    description: str,
    keys: Sequence[str],
    ours: str,
    theirs: str,
    *,
    severity: Severity,
    table: str | None = None,
) -> Gate:
    """Two queries of (keys…, total) agree for every key; a key on one side only is a failure.

    Compared with `is distinct from`: the pair expectations of Great Expectations skip what is empty on both sides,
    and numeric limits become binary floats there.
    """
    key = ", ".join(keys)
    matched = " and ".join(f"ours.{column} is not distinct from theirs.{column}" for column in keys)
    columns = ", ".join(f"coalesce(ours.{column}, theirs.{column}) as {column}" for column in keys)
    query = (
        f"with ours as (select {key}, total from ({ours}) as o), theirs as (select {key}, total from ({theirs}) as t)"
        f" select {columns}, ours.total as total, theirs.total as expected_total"
        f" from ours full join theirs on {matched} where ours.total is distinct from theirs.total"
    )
    return no_rows(name, description, query, severity=severity, table=table)
