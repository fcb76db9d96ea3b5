"""From the fields of a switch's record to the columns of a call record, as SQL over text, written once for all layouts.

The relation that is given has `line_number`, `line_fault` and the fields of `Mapping.fields` as text, named by `field_column`;
it comes out with the record's columns as the rules of cdr_rules.py take them, and `map_fault` (`<column>|<reason>`).

Durations are rounded up to whole seconds unless the format says otherwise: tariffs charge for begun units, so the 61st second
has begun after 60.2 s, and an answered call of 0.4 s must not become 0, which is "not answered". Of a start only the whole
second counts: it is when the clock showed that second.
"""

from __future__ import annotations

from orchestration.ingestion.cdr_formats import FIRST_GROUP, RECORD_COLUMNS, CdrFormat, Mapping, TextColumn
from orchestration.ingestion.cdr_rules import NOT_SAID_SQL, literal

_MICROSECONDS = 1_000_000


def field_column(layout: CdrFormat, name: str) -> str:
    """The column of a field in the relation that is mapped."""
    return f"field_{layout.needed_fields.index(name)}"


def mapped_sql(layout: CdrFormat, relation: str, branch_zone: str, first_line: int, kept: str = "") -> str:
    """The relation with the record's columns. `first_line` is the line of record 1; `kept` are columns to keep (with commas)."""
    mapping = layout.mapping
    if mapping is None:
        names = ", ".join(f"coalesce({field_column(layout, name)}, '') as {name}" for name in RECORD_COLUMNS)
        return (
            f"select line_number, {kept} line_fault, {names}, {NOT_SAID_SQL}, cast(null as varchar) as map_fault "
            f"from {relation}"
        )
    texts = {column: _text(layout, how, first_line) for column, how in mapping.columns.items()}
    named = ", ".join(f"{texts[name]} as {name}" for name in mapping.columns)
    faults = " ".join(
        f"when not ({known}) then {literal(f'{column}|is none of the texts that the format has values for')}"
        for column, how in mapping.columns.items()
        if (known := _is_known(layout, how, first_line))
    )
    # What lies between two times needs both as instants: the same wall clock may be shown twice in a year.
    seconds = (
        _rounded(f"(epoch_us({_instant(layout, mapping.span[1], branch_zone)}) - "
                 f"epoch_us({_instant(layout, mapping.span[0], branch_zone)}))", _MICROSECONDS, mapping.rounding)
        if mapping.span
        else _duration(layout, mapping)
    )  # fmt: skip
    moment = _local(layout, mapping.answer, branch_zone)
    if mapping.seizure is not None:
        moment = f"case when is_answered then {moment} else {_local(layout, mapping.seizure, branch_zone)} end"
    told = " or ".join(dict.fromkeys(filter(None, (mapping.answer, mapping.seizure))))
    no_time = literal(f"started_at|{told} is no time {mapping.times.told}")
    no_seconds = literal(f"duration_seconds|{mapping.duration or ' and '.join(mapping.span or ())} gives no duration")
    return f"""
        select line_number, {kept} line_fault, {named},
            coalesce(left(cast(moment as varchar), 19), '') as started_at,
            case when not is_answered then '0' else coalesce(cast(seconds as varchar), '') end as duration_seconds,
            case when line_fault is not null then null {faults}
                when moment is null then {no_time}
                when is_answered and seconds is null then {no_seconds} end as map_fault
        from (
            select *, {moment} as moment, case when is_answered then {seconds} end as seconds
            from (select *, {_answered(layout, mapping)} as is_answered from {relation})
        )"""


def _said(layout: CdrFormat, name: str) -> str:
    return f"coalesce({field_column(layout, name)}, '')"


def _in(texts: tuple[str, ...]) -> str:
    return ", ".join(map(literal, texts))


def _answered(layout: CdrFormat, mapping: Mapping) -> str:
    if mapping.answered_field is not None:
        return f"{_said(layout, mapping.answered_field)} in ({_in(mapping.answered_values)})"
    if mapping.seizure is not None:
        return f"{_said(layout, mapping.answer)} not in ({_in(('', *mapping.times.none))})"
    return "true"


def _raw(layout: CdrFormat, how: TextColumn, first_line: int) -> str:
    """The text before values are looked up in it; '' where the format or the switch says nothing."""
    if how.constant is not None:
        return literal(how.constant)
    if how.is_position:
        return f"cast(line_number - {first_line - 1} as varchar)"
    if not how.fields:
        return "''"
    texts = [_said(layout, name) for name in how.fields]
    if how.empty:
        texts = [f"case when {text} in ({_in(how.empty)}) then '' else {text} end" for text in texts]
    text = " || '/' || ".join(texts)
    if not how.join and len(texts) > 1:
        texts = [f"nullif({text}, '')" for text in texts]
        text = f"coalesce({', '.join(texts)}, '')"
    if how.extract is not None:
        text = f"regexp_extract({text}, {literal(how.extract)}, 1)"
    if how.replace_prefixes:
        longest_first = sorted(how.replace_prefixes, key=lambda pair: -len(pair[0]))
        cases = " ".join(
            f"when starts_with({text}, {literal(prefix)}) then {literal(new)} || substr({text}, {len(prefix) + 1})"
            for prefix, new in longest_first
        )
        text = f"case when {text} = '' then '' {cases} else {text} end"
    return text


def _text(layout: CdrFormat, how: TextColumn, first_line: int) -> str:
    raw = _raw(layout, how, first_line)
    if how.values or how.match:
        cases = [f"when {raw} = {literal(text)} then {literal(value)}" for text, value in how.values]
        for pattern, value in how.match:
            found = f"regexp_extract({raw}, {literal(pattern)}, 1)" if value == FIRST_GROUP else literal(value)
            cases.append(f"when regexp_matches({raw}, {literal(pattern)}) then {found}")
        other = raw if how.keeps_others else literal(how.otherwise or "")
        raw = f"case {' '.join(cases)} when {raw} = '' then '' else {other} end"
    return f"coalesce(nullif({raw}, ''), {literal(how.default)})" if how.default else raw


def _is_known(layout: CdrFormat, how: TextColumn, first_line: int) -> str:
    """The condition that a text is one that the format has a value for; '' where any is."""
    if how.keeps_others or how.otherwise is not None or not (how.values or how.match):
        return ""
    raw = _raw(layout, how, first_line)
    looked_up = [f"{raw} in ({_in(('', *(text for text, _ in how.values)))})"]
    looked_up += [f"regexp_matches({raw}, {literal(pattern)})" for pattern, _ in how.match]
    return " or ".join(looked_up)


def _parsed(layout: CdrFormat, name: str) -> str:
    """A time as it is written, without its zone; null where it is none."""
    assert layout.mapping is not None, "only a mapped format has times"
    times, text = layout.mapping.times, _said(layout, name)
    if times.epoch_per_second:
        scale = _MICROSECONDS // times.epoch_per_second
        # try: a number that lies outside the calendar is no time, and no end of the whole file
        return f"try(make_timestamp(try_cast({text} as bigint) * {scale}))"
    return f"try_strptime({text}, [{_in(times.patterns)}])"


def _instant(layout: CdrFormat, name: str, branch_zone: str) -> str:
    assert layout.mapping is not None, "only a mapped format has times"
    times = layout.mapping.times
    return (
        _parsed(layout, name)
        if times.has_offset
        else f"timezone({literal(times.zone or branch_zone)}, {_parsed(layout, name)})"
    )


def _local(layout: CdrFormat, name: str, branch_zone: str) -> str:
    """A time on the branch's wall clock."""
    assert layout.mapping is not None, "only a mapped format has times"
    if layout.mapping.times.zone is None and not layout.mapping.times.has_offset:
        return _parsed(layout, name)
    return f"timezone({literal(branch_zone)}, {_instant(layout, name, branch_zone)})"


def _duration(layout: CdrFormat, mapping: Mapping) -> str:
    assert mapping.duration is not None, "either a field or two times"
    text = _said(layout, mapping.duration)
    whole = _rounded(f"try_cast({text} as bigint)", mapping.units_per_second, mapping.rounding, "bigint")
    # 24 digits: fractions of units, and figures too long for any call, which the rules then refuse
    parts = f"try_cast({text} as decimal(24, 6)) * {_MICROSECONDS}"
    fractions = _rounded(parts, _MICROSECONDS * mapping.units_per_second, mapping.rounding)
    return f"case when regexp_full_match({text}, '[0-9]{{1,15}}') then {whole} else {fractions} end"


def _rounded(amount: str, per_second: int, rounding: str, kind: str = "hugeint") -> str:
    """Whole seconds of an amount, in whole numbers throughout."""
    added = {"up": per_second - 1, "down": 0, "half_up": per_second // 2}[rounding]
    whole = f"cast({amount} as {kind})"
    return f"case when {whole} < 0 then -1 else ({whole} + {added}) // {per_second} end"
