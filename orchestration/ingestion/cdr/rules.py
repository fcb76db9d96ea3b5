"""The rules of a call record (SPEC 3.1 and 4.1) as SQL over text columns, written once for all ways of reading.

The relation that these expressions are applied to has `line_number`, `line_fault` and `map_fault` (text or null), the columns of
formats/model.py: RECORD_COLUMNS and OPTIONAL_COLUMNS as text, with '' for empty fields and for columns that a format does not have. Formats
with pieces of long calls also have `exact_micros` and `rounding`: the duration before it was rounded, and how. Which file is
held, and which record is a duplicate, is decided elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from orchestration.call_columns import RECORD
from orchestration.ingestion.cdr.formats.model import CHARGED_COLUMN, OPTIONAL_COLUMNS
from orchestration.telephone_numbers import called_number_sql, number_sql

# Changes whenever a rule or a column changes, so that files decoded by other rules are decoded again.
RULES_VERSION = "cdr-6"

# The words of the optional columns that have some; '' where the format does not have them.
CALL_KINDS = ("subscriber", "transit")
PIECES = ("first", "middle", "last")
PARTIAL_KINDS = ("single", *PIECES)

LONGEST_CALL_DAYS = 7
LONGEST_CALL_SECONDS = LONGEST_CALL_DAYS * 86_400

_STARTED_AT = r"[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class FileSql:
    """What the rules take of a record's file, as SQL: the literals of one file, or the columns of a relation of many files."""

    file_id: str = "file_id"
    switch_id: str = "switch_id"
    file_date: str = "file_date"

    @classmethod
    def of(cls, file_id: str, switch_id: str, file_date: date) -> FileSql:
        """The literals of one file."""
        return cls(literal(file_id), literal(switch_id), f"date '{file_date.isoformat()}'")


def _whole(column: str, largest: int, faults: list[tuple[str, str]]) -> list[str]:
    """The cases of a whole number's faults; `faults` are further (condition, reason)."""
    return [
        f"when {column} = '' then {literal(column + '|is empty')}",
        f"when not regexp_full_match({column}, '-?[0-9]+') then {literal(column + '|is not a valid whole number')}",
        f"when {column}[1] = '-' then {literal(column + '|is negative')}",
        (
            f"when coalesce(try_cast({column} as bigint), {largest + 1}) > {largest} then "
            + literal(column + f"|is greater than {largest}")
        ),
        *(f"when {condition} then {literal(column + '|' + reason)}" for condition, reason in faults),
    ]


def _one_of(column: str, words: tuple[str, ...]) -> str:
    """The case of an optional column with another text than its allowed words."""
    allowed = ", ".join(map(literal, ("", *words)))
    return f"when {column} not in ({allowed}) then {literal(column + '|is none of ' + ', '.join(words))}"


def normalised_sql(relation: str) -> str:
    """The relation with the numbers normalised and the start parsed (null where it is not a time).

    Blanks around the id of a trunk group are not part of it: of blanks alone no trunk would bring a call in.
    """
    return f"""
        select * replace (trim(trunk_group_in) as trunk_group_in, trim(trunk_group_out) as trunk_group_out),
            {number_sql("calling_number")} as calling_normalised,
            {called_number_sql("called_number")} as called_normalised,
            {number_sql(CHARGED_COLUMN)} as charged_normalised,
            case when regexp_full_match(started_at, '{_STARTED_AT}') and started_at[1:4] <> '0000'
                then try_cast(started_at as timestamp) end as started
        from {relation}"""


def fault_sql(file: FileSql, file_fault: str | None, repeated: str, sorts_out: bool = False) -> str:
    """`<field>|<reason>` of the first thing wrong with a normalised record, in column order; null where it is sound.

    `file_fault` (of the same form) condemns every record, `map_fault` is what the mapping of a foreign format found;
    `repeated` is a condition that holds if an earlier record has the record number. `sorts_out`: the records have a column
    `ignored`, and an ignored record may have invalid columns.
    """
    day = file.file_date
    cases = ["when line_fault is not null then 'line|' || line_fault"]
    if file_fault is not None:
        cases.append(f"when true then {literal(file_fault)}")
    if sorts_out:
        cases.append("when ignored is not null then null")
    cases.append("when map_fault is not null then map_fault")
    cases += _whole("record_number", 2**63 - 2, [("try_cast(record_number as bigint) = 0", "is less than 1")])
    cases.append(f"when {repeated} then 'record_number|repeats an earlier one'")
    cases += [
        "when not regexp_full_match(calling_normalised, '[0-9]*') then 'calling_number|is not a valid number'",
        # A caller who withholds his number has come in over a trunk.
        "when calling_normalised = '' and trunk_group_in = '' then 'calling_number|is empty'",
        "when not regexp_full_match(called_normalised, '[0-9]*|[*#][0-9*#]*') then 'called_number|is not a valid number'",
        "when started is null then 'started_at|is not a valid time YYYY-MM-DD HH:MM:SS'",
        f"when cast(started as date) > {day} + 1 then 'started_at|is later than the day after the file''s date'",
    ]
    cases += _whole("duration_seconds", LONGEST_CALL_SECONDS, [])
    cases += _whole("release_cause", 2**31 - 1, [])
    cases.append(
        f"when not regexp_full_match(charged_normalised, '[0-9]*') then '{CHARGED_COLUMN}|is not a valid number'"
    )
    cases += [_one_of("call_kind", CALL_KINDS), _one_of("partial_kind", PARTIAL_KINDS)]
    return f"case {' '.join(cases)} end"


def record_number_sql(sorts_out: bool) -> str:
    """The record number where it is a whole number from 1, else null: what later lines may not repeat."""
    counts = "line_fault is null" + (" and ignored is null" if sorts_out else "")
    return (
        f"case when {counts} and regexp_full_match(record_number, '[0-9]+') "
        "and try_cast(record_number as bigint) >= 1 then try_cast(record_number as bigint) end"
    )


IS_PIECE_SQL = f"partial_kind in ({', '.join(map(literal, PIECES))})"


def pieces_sql(calls: str) -> str:
    """The records of raw/calls that are pieces of a long call: what raw/pieces holds of a file, which few files have."""
    return f"select * from {calls} where {IS_PIECE_SQL}"


def typed_sql(relation: str, file: FileSql, has_instants: bool) -> str:
    """The sound records of a normalised relation, in the form of raw/calls.

    `has_instants` is True where records may have an instant, which is part of their key then: no key with one equals a key
    without.
    """
    day = file.file_date
    instant = ", started_at_utc" if has_instants else ""
    typed = {
        **{name: f"nullif({name}, '')" for name in OPTIONAL_COLUMNS},
        "file_id": file.file_id,
        "record_number": "cast(record_number as bigint)",
        "line_number": "cast(line_number as bigint)",
        "calling_number": "calling_normalised",
        "called_number": "called_normalised",
        "trunk_group_in": "nullif(trunk_group_in, '')",
        "trunk_group_out": "nullif(trunk_group_out, '')",
        CHARGED_COLUMN: "nullif(charged_normalised, '')",
        "started_at": "started",
        "started_at_utc": "started_at_utc",
        "call_date": "cast(started as date)",
        "duration_seconds": "cast(duration_seconds as integer)",
        "release_cause": "cast(release_cause as integer)",
        "is_other_day": f"""cast(started as date) <> {day} and not (
                cast(started as date) between {day} - {LONGEST_CALL_DAYS} and {day} - 1
                and started + to_seconds(cast(duration_seconds as integer)) >= {day}
            )""",
        "exact_micros": f"case when {IS_PIECE_SQL} then cast(exact_micros as bigint) end",
        "rounding": f"case when {IS_PIECE_SQL} then rounding end",
        "key_hash": f"""hash({file.switch_id}, calling_normalised, called_normalised, started,
                cast(duration_seconds as integer), trunk_group_in, trunk_group_out{instant})""",
    }
    columns = ",\n            ".join(f"{typed[column.name]} as {column.name}" for column in RECORD)
    return f"""
        select
            {columns}
        from {relation}"""
