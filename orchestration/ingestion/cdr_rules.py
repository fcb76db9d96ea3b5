"""The rules of a call record (SPEC 3.1 and 4.1) as SQL over text columns, written once for all ways of reading.

The relation that these expressions are applied to has `line_number`, `line_fault` and `map_fault` (text or null), the columns of
cdr_formats.RECORD_COLUMNS and OPTIONAL_COLUMNS as text, empty fields (and what a format does not say) as ''. Which file is
held, or which record is a duplicate, is not here.
"""

from __future__ import annotations

from datetime import date

# Changes whenever a rule or a column changes, so that files decoded by other rules are decoded again.
RULES_VERSION = "cdr-3"

# What only some switches write of a record; '' where the format does not say.
#   call_kind       subscriber, or transit: the switch itself declares it a tandem call
#   charge_party    who is to be charged for the record, as the format maps it: calling, called or any other (a carrier)
#   partial_kind    single, or which piece of a long call that is written in pieces: first, middle, last
#   call_reference  what ties the pieces of one call together on its switch
OPTIONAL_COLUMNS = ("call_kind", "charge_party", "partial_kind", "call_reference")
CALL_KINDS = ("subscriber", "transit")
PIECES = ("first", "middle", "last")
PARTIAL_KINDS = ("single", *PIECES)
NOT_SAID_SQL = ", ".join(f"'' as {column}" for column in OPTIONAL_COLUMNS)

LONGEST_CALL_SECONDS = 86_400

_STARTED_AT = r"[0-9]{4}-[0-9]{2}-[0-9]{2} ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _whole(column: str, largest: int, faults: list[tuple[str, str]]) -> list[str]:
    """The cases of a whole number's faults; `faults` are further (condition, reason)."""
    return [
        f"when {column} = '' then {literal(column + '|is empty')}",
        f"when not regexp_full_match({column}, '-?[0-9]+') then {literal(column + '|is no whole number')}",
        f"when {column}[1] = '-' then {literal(column + '|is negative')}",
        (
            f"when coalesce(try_cast({column} as bigint), {largest + 1}) > {largest} then "
            + literal(column + f"|is greater than {largest}")
        ),
        *(f"when {condition} then {literal(column + '|' + reason)}" for condition, reason in faults),
    ]


def _one_of(column: str, words: tuple[str, ...]) -> str:
    """The case of an optional column that says something else than its words."""
    allowed = ", ".join(map(literal, ("", *words)))
    return f"when {column} not in ({allowed}) then {literal(column + '|is none of ' + ', '.join(words))}"


def normalised_number_sql(column: str) -> str:
    """A number as it is compared: a leading + is 00, and what people write between digits is gone."""
    # Nearly every number is plain digits already; only the others are worth rewriting.
    with_zeros = f"case when {column}[1] = '+' then '00' || {column}[2:] else {column} end"
    return (
        f"case when regexp_full_match({column}, '[0-9]*') then {column} else translate({with_zeros}, ' -().#*', '') end"
    )


def normalised_sql(relation: str) -> str:
    """The relation with the numbers normalised and the start parsed (null where it is no time)."""

    def digits(column: str) -> str:
        return f"{normalised_number_sql(column)} as {column.removesuffix('_number')}_normalised"

    return f"""
        select *, {digits("calling_number")}, {digits("called_number")},
            case when regexp_full_match(started_at, '{_STARTED_AT}') and started_at[1:4] <> '0000'
                then try_cast(started_at as timestamp) end as started
        from {relation}"""


def fault_sql(file_date: date, file_fault: str | None, repeated: str) -> str:
    """`<field>|<reason>` of the first thing wrong with a normalised record, in column order; null where it is sound.

    `file_fault` (of the same form) condemns every record, `map_fault` is what the mapping of a foreign format found;
    `repeated` is a condition that holds where the record number stood before.
    """
    day = f"date '{file_date.isoformat()}'"
    cases = ["when line_fault is not null then 'line|' || line_fault"]
    if file_fault is not None:
        cases.append(f"when true then {literal(file_fault)}")
    cases.append("when map_fault is not null then map_fault")
    cases += _whole("record_number", 2**63 - 2, [("try_cast(record_number as bigint) = 0", "is less than 1")])
    cases.append(f"when {repeated} then 'record_number|repeats an earlier one'")
    cases += [
        "when not regexp_full_match(calling_normalised, '[0-9]*') then 'calling_number|is no number'",
        "when calling_normalised = '' then 'calling_number|is empty'",
        "when not regexp_full_match(called_normalised, '[0-9]*') then 'called_number|is no number'",
        "when started is null then 'started_at|is no time YYYY-MM-DD HH:MM:SS'",
        f"when cast(started as date) > {day} + 1 then 'started_at|is later than the day after the file''s date'",
    ]
    cases += _whole("duration_seconds", LONGEST_CALL_SECONDS, [])
    cases += _whole("release_cause", 2**31 - 1, [])
    cases += [_one_of("call_kind", CALL_KINDS), _one_of("partial_kind", PARTIAL_KINDS)]
    return f"case {' '.join(cases)} end"


def record_number_sql() -> str:
    """The record number where it is a whole number from 1, else null: what later lines may not repeat."""
    return (
        "case when line_fault is null and regexp_full_match(record_number, '[0-9]+') "
        "and try_cast(record_number as bigint) >= 1 then try_cast(record_number as bigint) end"
    )


def pieces_sql(calls: str) -> str:
    """The records of raw/calls that are pieces of a long call: what raw/pieces holds of a file, which few files have."""
    return f"select * from {calls} where partial_kind in ({', '.join(map(literal, PIECES))})"


def typed_sql(relation: str, file_id: str, switch_id: str, file_date: date) -> str:
    """The sound records of a normalised relation as they stand in raw/calls."""
    day = f"date '{file_date.isoformat()}'"
    return f"""
        select
            {literal(file_id)} as file_id,
            cast(record_number as bigint) as record_number,
            cast(line_number as bigint) as line_number,
            calling_normalised as calling_number,
            called_normalised as called_number,
            nullif(trunk_group_in, '') as trunk_group_in,
            nullif(trunk_group_out, '') as trunk_group_out,
            started as started_at,
            cast(started as date) as call_date,
            cast(duration_seconds as integer) as duration_seconds,
            cast(release_cause as integer) as release_cause,
            cast(started as date) <> {day} and not (
                cast(started as date) = {day} - 1
                and started + to_seconds(cast(duration_seconds as integer)) >= {day}
            ) as is_other_day,
            {", ".join(f"nullif({column}, '') as {column}" for column in OPTIONAL_COLUMNS)},
            cast(null as varchar) as charged_number,
            cast(null as timestamp) as started_at_utc,
            hash({literal(switch_id)}, calling_normalised, called_normalised, started,
                cast(duration_seconds as integer), trunk_group_in, trunk_group_out) as key_hash
        from {relation}"""
