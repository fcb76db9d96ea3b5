"""From the fields of a switch's record to the columns of a call record, as SQL over text, written once for all layouts.

The relation that is given has `line_number`, `line_fault` and the fields of `Mapping.fields` as text, named by `field_column`;
it comes out with the record's columns as the rules of rules.py take them, and `map_fault` (`<column>|<reason>`).

Durations are rounded up to whole seconds unless the format declares another rounding: tariffs charge for begun units, so the 61st second
has begun after 60.2 s, and an answered call of 0.4 s must not become 0, which is "not answered". Of a start only the whole
second counts: it is when the clock showed that second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from orchestration.ingestion.cdr.formats.model import (
    CHARGED_COLUMN,
    FIRST_GROUP,
    OPTIONAL_COLUMNS,
    PAGE_LINE,
    RECORD_COLUMNS,
    CdrFormat,
    Legs,
    Mapping,
    Moment,
    Seconds,
    Test,
    TextColumn,
    Times,
    Turns,
    is_zulu,
)
from orchestration.ingestion.cdr.rules import literal

_MICROSECONDS = 1_000_000
# Instead of a rounding: the microseconds.
_EXACT = "exact"
_NO_INSTANT = "cast(null as timestamp)"


def field_column(layout: CdrFormat, name: str) -> str:
    """The column of a field in the relation that is mapped."""
    if name == PAGE_LINE:
        return PAGE_LINE
    if layout.mapping is not None and name in layout.mapping.computed:
        return f"computed_{list(layout.mapping.computed).index(name)}"
    return f"field_{layout.needed_fields.index(name)}"


def mapped_sql(
    layout: CdrFormat, relation: str, branch_zone: str, place: str, kept: str = "", by_file: str = ""
) -> str:
    """The relation with the record's columns. `place` is the record's place in the file; `kept` are columns to keep (with
    commas); `by_file` is the column (with a comma) that identifies the file if the relation has several.

    Where the format sorts records out, `ignored` is `<field>|<reason>` of a record that is not a call, or a leg of another.
    """
    mapping = layout.mapping
    if mapping is None:
        said = [name for name in (*RECORD_COLUMNS, CHARGED_COLUMN) if name in layout.fields]
        names = ", ".join(f"coalesce({field_column(layout, name)}, '') as {name}" for name in said)
        nothing = ", ".join(f"'' as {name}" for name in OPTIONAL_COLUMNS if name not in said)
        return (
            f"select line_number, {kept} line_fault, {names}, {nothing}, cast(null as timestamp) as started_at_utc, "
            "cast(null as hugeint) as exact_micros, cast(null as varchar) as rounding, "
            f"cast(null as varchar) as map_fault from {relation}"
        )
    texts = {column: _text(layout, how, place) for column, how in mapping.columns.items()}
    named = ", ".join(f"{texts[name]} as {name}" for name in mapping.columns)
    refused = " ".join(
        f"when {_holds(layout, one.tests)} then {literal(f'{one.tests[0].field}|{one.why}')}"
        for one in mapping.set_aside
    )
    faults = " ".join(
        f"when not ({known}) then {literal(f'{column}|is none of the texts that the format has values for')}"
        for column, how in mapping.columns.items()
        if (known := _is_known(layout, how, place))
    )
    seconds = _length(layout, mapping, branch_zone, mapping.rounding)
    exact = "cast(null as hugeint)"
    if mapping.columns["partial_kind"] != TextColumn():
        # The pieces of a long call are added up first and rounded once, so each is kept as it is written.
        exact = f"case when is_answered then {_length(layout, mapping, branch_zone, _EXACT)} else 0 end"
    moment, instant = _start(layout, mapping, branch_zone)
    if mapping.turns is not None:
        turn = f"to_seconds({_turn(layout, mapping.turns, by_file)})"
        moment, instant = f"({moment} + {turn})", f"({instant} + {turn})"
    columns = " or ".join(dict.fromkeys(" and ".join(names) for names in (mapping.answer, mapping.seizure) if names))
    no_time = literal(f"started_at|{columns} is not a valid time {mapping.times.in_words}")
    no_seconds = literal(
        f"duration_seconds|{mapping.duration or ' and '.join(name for end in mapping.span or () for name in end)} "
        "gives no duration"
    )
    measured = f"""
            select *, case when is_answered then {seconds} end as seconds
            from (select *, {_answered(layout, mapping)} as is_answered from {_computed(layout, mapping, relation, place, by_file)})"""
    timed = f"select *, {moment} as moment, {instant} as instant from ({measured})"
    ignored = ""
    if mapping.sorts_out:
        timed, ignored = _sorted_out(layout, mapping, timed, by_file), "ignored,"
    return f"""
        select line_number, {kept} line_fault, {named}, {ignored}
            coalesce(left(cast(moment as varchar), 19), '') as started_at,
            date_trunc('second', instant) as started_at_utc,
            {exact} as exact_micros, {literal(mapping.rounding)} as rounding,
            case when not is_answered then '0' else coalesce(cast(seconds as varchar), '') end as duration_seconds,
            case when line_fault is not null then null {refused} {faults}
                when moment is null then {no_time}
                when is_answered and seconds is null then {no_seconds} end as map_fault
        from ({timed}
        )"""


def _computed(layout: CdrFormat, mapping: Mapping, relation: str, place: str, by_file: str) -> str:
    """The relation with the computed fields, each made of those before it."""
    for name, how in mapping.computed.items():
        text, column = _text(layout, how, place), field_column(layout, name)
        compared = how.first_in or how.differs_in
        if compared is None:
            relation = f"(select *, {text} as {column} from {relation})"
            continue
        group = _said(layout, compared)
        if how.differs_in is not None:
            of_group = f"filter (where own_text <> '') over (partition by {by_file} {group})"
            several = f"{group} <> '' and own_text <> '' and min(own_text) {of_group} <> max(own_text) {of_group}"
            relation = (
                f"(select * exclude (own_text), case when {several} then 'yes' else '' end as {column} "
                f"from (select *, {text} as own_text from {relation}))"
            )
            continue
        first = f"arg_min(own_text, line_number) filter (where own_text <> '') over (partition by {by_file} {group})"
        relation = (
            f"(select * exclude (own_text), case when {group} = '' then own_text else coalesce({first}, '') end as {column} "
            f"from (select *, {text} as own_text from {relation}))"
        )
    return relation


def _sorted_out(layout: CdrFormat, mapping: Mapping, timed: str, by_file: str) -> str:
    """The relation with `ignored`: why a record is not a call, or which leg of its call counts instead."""
    conditions = " ".join(
        f"when {_holds(layout, one.tests)} then {literal(f'{one.tests[0].field}|ignored: {one.why}')}"
        for one in mapping.ignore
    )
    no_call = f"case when line_fault is not null then null {conditions} end" if conditions else "cast(null as varchar)"
    if mapping.legs is None:
        return f"select *, {no_call} as ignored from ({timed})"
    group = " || '/' || ".join(_said(layout, name) for name in mapping.legs.group)
    says_nothing = " and ".join(f"{_said(layout, name)} = ''" for name in mapping.legs.group)
    is_conversation, order = "(is_answered and coalesce(seconds, 1) > 0)", _leg_order(mapping.legs)
    counts = f"leg_place = 1 or ({is_conversation})" if mapping.legs.counts == "each" else "leg_place = 1"
    reason = (
        f"{literal(mapping.legs.group[0])} || '|ignored: leg of the call ' || leg_group || "
        "', of which line ' || leg_line || ' counts'"
    )
    # A record that belongs to no group is a group by itself: nothing is compared with it.
    return f"""
            select *, case when no_call is not null then no_call
                when leg_group is not null and not ({counts}) then {reason} end as ignored
            from (
                select *, row_number() over legs as leg_place, first_value(line_number) over legs as leg_line
                from (
                    select *, case when line_fault is null and no_call is null and not ({says_nothing}) then {group} end
                        as leg_group
                    from (select *, {no_call} as no_call from ({timed}))
                )
                window legs as (
                    partition by {by_file} leg_group, case when leg_group is null then line_number end
                    order by {is_conversation} desc, {order}
                )
            )"""


def _leg_order(legs: Legs) -> str:
    """Which leg counts, after those that hold a conversation."""
    longest = "case when is_answered then seconds end desc nulls last, " if legs.counts == "longest" else ""
    return f"{longest}is_answered desc, line_number"


def _holds(layout: CdrFormat, tests: tuple[Test, ...]) -> str:
    return " and ".join(_passes(layout, test) for test in tests) or "true"


def _passes(layout: CdrFormat, test: Test) -> str:
    said = _said(layout, test.field)
    ways = [f"{said} in ({_in(test.values)})"] if test.values else []
    ways += [f"regexp_matches({said}, {literal(pattern)})" for pattern in test.match]
    ways += [f"{said} = {_said(layout, test.same_as)}"] if test.same_as else []
    return f"{'not ' if test.is_negated else ''}({' or '.join(ways)})"


def _said(layout: CdrFormat, name: str) -> str:
    if name in layout.absent:
        return "''"
    return f"coalesce({field_column(layout, name)}, '')"


def _in(texts: tuple[str, ...]) -> str:
    return ", ".join(map(literal, texts))


def _answered(layout: CdrFormat, mapping: Mapping) -> str:
    if mapping.answered_field is not None:
        return f"{_said(layout, mapping.answered_field)} in ({_in(mapping.answered_values)})"
    if mapping.seizure is not None:
        return f"{_time_text(layout, mapping.answer)} not in ({_in(('', *mapping.times.none))})"
    return "true"


def _raw(layout: CdrFormat, how: TextColumn, place: str) -> str:
    """The text before values are looked up in it; '' where the format or the switch says nothing."""
    if how.constant is not None:
        return literal(how.constant)
    if how.is_position:
        return f"cast({place} as varchar)"
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


def _text(layout: CdrFormat, how: TextColumn, place: str) -> str:
    if how.cases:
        chosen = " ".join(
            f"when {_holds(layout, tests)} then {_text(layout, column, place)}" for tests, column in how.cases
        )
        return f"(case {chosen} else '' end)"
    raw = _raw(layout, how, place)
    if how.values or how.match:
        cases = [f"when {raw} = {literal(text)} then {literal(value)}" for text, value in how.values]
        for pattern, value in how.match:
            found = f"regexp_extract({raw}, {literal(pattern)}, 1)" if value == FIRST_GROUP else literal(value)
            cases.append(f"when regexp_matches({raw}, {literal(pattern)}) then {found}")
        other = raw if how.keeps_others else literal(how.otherwise or "")
        raw = f"case {' '.join(cases)} when {raw} = '' then '' else {other} end"
    return f"coalesce(nullif({raw}, ''), {literal(how.default)})" if how.default else raw


def _is_known(layout: CdrFormat, how: TextColumn, place: str) -> str:
    """The condition that a text is one that the format has a value for; '' where any is."""
    if how.cases:
        knowns = [(tests, _is_known(layout, column, place) or "true") for tests, column in how.cases]
        if all(known == "true" for _, known in knowns):
            return ""
        chosen = " ".join(f"when {_holds(layout, tests)} then ({known})" for tests, known in knowns)
        return f"case {chosen} else true end"
    if how.keeps_others or how.otherwise is not None or not (how.values or how.match):
        return ""
    raw = _raw(layout, how, place)
    looked_up = [f"{raw} in ({_in(('', *(text for text, _ in how.values)))})"]
    looked_up += [f"regexp_matches({raw}, {literal(pattern)})" for pattern, _ in how.match]
    return " or ".join(looked_up)


def _time_text(layout: CdrFormat, moment: Moment) -> str:
    """The text of a time, empty where it says that there is none; of a date and a time of day one after the other, each where
    it is said: with a blank between, where any pattern has one."""
    texts = [_said(layout, name) for name in moment]
    times = _times_of(layout)
    if len(texts) == 1:
        return f"case when {texts[0]} in ({_in(times.none)}) then '' else {texts[0]} end" if times.none else texts[0]
    nothing = _in(("", *times.none))
    between = literal(" " if any(" " in pattern for pattern in times.patterns) else "")
    return (
        f"concat_ws({between}, "
        + ", ".join(f"case when {text} not in ({nothing}) then {text} end" for text in texts)
        + ")"
    )


def _either(layout: CdrFormat, mapping: Mapping, reading: Callable[[CdrFormat, Moment, str], str], zone: str) -> str:
    """The answer of an answered call, else the seizure, read in one of two ways."""
    answer = reading(layout, mapping.answer, zone)
    if mapping.seizure is None or answer == _NO_INSTANT:
        return answer
    return f"case when is_answered then {answer} else {reading(layout, mapping.seizure, zone)} end"


def _start(layout: CdrFormat, mapping: Mapping, zone: str) -> tuple[str, str]:
    """When a call began, on the branch's wall clock and as an instant: as it is written, or counted from what is."""
    if mapping.ends_at_answer:
        count = "- to_seconds(coalesce(try_cast(seconds as integer), 0))"
    elif mapping.answered_after is not None:
        # Only a call that was answered was answered after a while; of the others the seizure counts.
        waited = f"coalesce(try_cast({_seconds(layout, mapping.answered_after)} as integer), 0)"
        count = f"+ to_seconds(case when seconds > 0 then {waited} else 0 end)"
    else:
        return _either(layout, mapping, _local, zone), _either(layout, mapping, _utc, zone)
    began = f"({_instant(layout, mapping.answer, zone)} {count})"
    is_instant = _utc(layout, mapping.answer, zone)
    instant = (
        is_instant
        if is_instant == _NO_INSTANT
        else f"case when {is_instant} is not null then timezone('UTC', {began}) end"
    )
    return f"timezone({literal(zone)}, {began})", instant


def _turn(layout: CdrFormat, turns: Turns, by_file: str) -> str:
    """How many seconds the parts of a call take that look like this record and come before it."""
    alike, apart = _said(layout, turns.alike), _said(layout, turns.told_apart_by)
    before = f"dense_rank() over (partition by {by_file} {alike} order by {apart} desc) - 1"
    return f"case when {alike} = '' then 0 else coalesce(try_cast(seconds * ({before}) as integer), 0) end"


def _times_of(layout: CdrFormat) -> Times:
    assert layout.mapping is not None, "only a mapped format has times"
    return layout.mapping.times


def _wall_clock(layout: CdrFormat, moment: Moment) -> str | None:
    """A time without an offset, as it is written; null if the text is not a time; None if all times have an offset."""
    times = _times_of(layout)
    patterns = tuple(pattern for pattern in times.patterns if not times.has_offset(pattern))
    if patterns and layout.file_date is not None:
        return _in_file_year(_time_text(layout, moment), patterns, layout.file_date)
    return f"try_strptime({_time_text(layout, moment)}, [{_in(patterns)}])" if patterns else None


def _in_file_year(text: str, patterns: tuple[str, ...], file_date: date) -> str:
    """A time without a year, in the year that brings it nearest to the file's date. 2000 has a 29 February."""
    read = f"try_strptime('2000 ' || {text}, [{_in(tuple(f'%Y {pattern}' for pattern in patterns))}])"
    day, years = f"date '{file_date.isoformat()}'", file_date.year - 2000
    near = f"({read} + to_years({years}))"
    return (
        f"({read} + to_years({years} + case when {near} > {day} + interval 183 day then -1 "
        f"when {near} < {day} - interval 183 day then 1 else 0 end))"
    )


def _with_offset(layout: CdrFormat, moment: Moment) -> str | None:
    """A time that says its offset or counts from 1970 UTC, with time zone; None where no time does."""
    times, text = _times_of(layout), _time_text(layout, moment)
    if times.epoch_per_second:
        scale = _MICROSECONDS // times.epoch_per_second
        whole = f"try_cast({text} as bigint) * {scale}"
        # A figure with a decimal point keeps its parts of a second, because the time between two times includes them.
        parts = f"cast(try_cast({text} as decimal(24, 6)) * {scale} as bigint)"
        micros = (
            f"case when regexp_full_match({text}, ' *-?[0-9]+ *') then {whole} "
            f"when regexp_full_match({text}, ' *-?[0-9]+[.][0-9]+ *') then {parts} end"
        )
        # try: a number outside the calendar is not a time, and must not end the whole file
        return f"timezone('UTC', try(make_timestamp({micros})))"
    offset = tuple(pattern for pattern in times.patterns if "%z" in pattern)
    zulu = tuple(pattern for pattern in times.patterns if is_zulu(pattern))
    ways = [f"try_strptime(regexp_replace({text}, '([Zz]|UTC|GMT)$', '+00:00'), [{_in(offset)}])"] if offset else []
    ways += [f"timezone('UTC', try_strptime({text}, [{_in(zulu)}]))"] if zulu else []
    return f"coalesce({', '.join(ways)})" if len(ways) > 1 else ways[0] if ways else None


def _instant(layout: CdrFormat, moment: Moment, branch_zone: str) -> str:
    """A time as an instant, with time zone; of two that a clock shows alike the later."""
    offset, wall_clock = _with_offset(layout, moment), _wall_clock(layout, moment)
    if wall_clock is None:
        assert offset is not None, "there is a pattern or an epoch"
        return offset
    read = f"timezone({literal(_times_of(layout).zone or branch_zone)}, {wall_clock})"
    return f"coalesce({offset}, {read})" if offset else read


def _local(layout: CdrFormat, moment: Moment, branch_zone: str) -> str:
    """A time on the branch's wall clock."""
    wall_clock = _wall_clock(layout, moment)
    if wall_clock is not None and _times_of(layout).zone in (None, branch_zone):
        offset = _with_offset(layout, moment)
        return f"coalesce(timezone({literal(branch_zone)}, {offset}), {wall_clock})" if offset else wall_clock
    return f"timezone({literal(branch_zone)}, {_instant(layout, moment, branch_zone)})"


def _utc(layout: CdrFormat, moment: Moment, branch_zone: str) -> str:
    """The instant of a time with an offset or in UTC, on the clock of UTC; null where only the wall clock is known."""
    times = _times_of(layout)
    if not times.says_instants:
        return _NO_INSTANT
    instant = _instant(layout, moment, branch_zone) if times.is_utc else _with_offset(layout, moment)
    return f"timezone('UTC', {instant})"


def _between(layout: CdrFormat, begin: Moment, end: Moment, branch_zone: str) -> str:
    """The microseconds from a time to another. Of wall clocks that were shown twice, when the clock went back, the readings
    count that are nearest and in the right order."""
    times = _times_of(layout)
    ends = [_instant(layout, moment, branch_zone) for moment in (begin, end)]
    plain = f"(epoch_us({ends[1]}) - epoch_us({ends[0]}))"
    shown = [_wall_clock(layout, moment) for moment in (begin, end)]
    if None in shown or times.is_utc:
        return plain
    zone = literal(times.zone or branch_zone)
    readings = [
        f"{late} - {early}"
        for early in (f"epoch_us({ends[0]})", _first_pass(ends[0], shown[0], zone))
        for late in (f"epoch_us({ends[1]})", _first_pass(ends[1], shown[1], zone))
    ]
    nearest = f"list_min(list_filter([{', '.join(readings)}], lambda passed : passed >= 0))"
    as_shown = f"{plain} >= 0 and {plain} = epoch_us({shown[1]}) - epoch_us({shown[0]})"
    # Times that say their offset are not shown here, and the two differ only where the clock was changed between them.
    return f"case when {as_shown} then {plain} else coalesce({nearest}, {plain}) end"


def _first_pass(instant: str, shown: str | None, zone: str) -> str:
    """The microseconds of the first of two instants at which a clock showed a time; null where it did once."""
    hours = 3 * 3600 * _MICROSECONDS
    before = f"epoch_us(timezone({zone}, {instant} - interval 3 hour))"
    earlier = f"epoch_us({instant}) - ({hours} - (epoch_us({shown}) - {before}))"
    return (
        f"case when {earlier} < epoch_us({instant}) and timezone({zone}, make_timestamptz({earlier})) = {shown} "
        f"then {earlier} end"
    )


def _length(layout: CdrFormat, mapping: Mapping, zone: str, rounding: str) -> str:
    """The duration of an answered call in whole seconds, or exactly in microseconds."""
    if mapping.span:
        return _rounded(_between(layout, *mapping.span, zone), _MICROSECONDS, rounding)
    assert mapping.duration is not None, "either a field or two times"
    return _seconds(layout, Seconds(mapping.duration, mapping.units_per_second, mapping.clock, rounding))


def _seconds(layout: CdrFormat, said: Seconds) -> str:
    """The whole seconds in a field; null where it has none."""
    text = _said(layout, said.field)
    if said.clock is not None:
        text, pattern = f"trim({text})", literal(said.clock.pattern)
        parts = " + ".join(
            f"cast(regexp_extract({text}, {pattern}, {at}) as decimal(24, 6)) * {each}"
            for at, each in enumerate(said.clock.seconds, start=1)
        )
        whole = _rounded(f"({parts}) * {_MICROSECONDS}", _MICROSECONDS, said.rounding)
        return f"case when regexp_full_match({text}, {pattern}) then {whole} end"
    whole = _rounded(f"try_cast({text} as bigint)", said.units_per_second, said.rounding, "bigint")
    # 24 digits: fractions of units, and figures too long for any call, which the rules then refuse
    parts = f"try_cast({text} as decimal(24, 6)) * {_MICROSECONDS}"
    fractions = _rounded(parts, _MICROSECONDS * said.units_per_second, said.rounding)
    return (
        f"case when regexp_full_match({text}, '[0-9]{{1,15}}') then {whole} "
        f"when regexp_full_match({text}, ' *[-+]?[0-9]*[.]?[0-9]+[.]? *') then {fractions} end"
    )


def _rounded(amount: str, per_second: int, rounding: str, kind: str = "hugeint") -> str:
    """Whole seconds of an amount, computed in whole numbers; microseconds where it is not to be rounded."""
    if rounding == _EXACT:
        return f"(cast({amount} as hugeint) * {_MICROSECONDS} // {per_second})"
    added = {"up": per_second - 1, "down": 0, "half_up": per_second // 2}[rounding]
    whole = f"cast({amount} as {kind})"
    return f"case when {whole} < 0 then -1 else ({whole} + {added}) // {per_second} end"
