"""Reading a format's YAML: every member is checked, and a fault names the file, the field and what to write.

What the members mean is told in docs/formats.md; the classes they become are in model.py.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import zoneinfo
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestration.ingestion.cdr.formats.declaration_node import Node
from orchestration.ingestion.cdr.formats.layout_fields import read_layout
from orchestration.ingestion.cdr.formats.model import (
    CHARGED_COLUMN,
    COUNTED_LEGS,
    FIRST_GROUP,
    LAYOUTS,
    OPTIONAL_COLUMNS,
    PAGE_LINE,
    RECORD_COLUMNS,
    TEXT_COLUMNS,
    CdrFormat,
    Clock,
    Condition,
    Control,
    Edge,
    Legs,
    Mapping,
    Moment,
    Seconds,
    Test,
    TextColumn,
    Times,
    Turns,
)
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text

_COMMON = ("name", "layout", "description", "record", "times", "date_zone", "computed", "ignore", "set_aside", "legs")
_TEXT = ("encoding", "header", "trailer", "fields", "damage_allowed")
_MEMBERS = {
    "delimited": (*_COMMON, *_TEXT, "delimiter", "quote", "optional_fields", "more_fields"),
    "fixed_width": (*_COMMON, *_TEXT, "line_length", "optional_fields", "page_lines"),
    "fixed_binary": (*_COMMON, "fields", "record_bytes", "file_header_bytes", "byte_order"),
    "asn1_ber": (*_COMMON, "fields", "module", "type", "padding"),
}
_RECORD_MEMBERS = (*RECORD_COLUMNS, *OPTIONAL_COLUMNS, "answered")
_WAYS = ("field", "first_of", "join", "constant", "position", "cases")
_COLUMN_MEMBERS = (
    "cases", "field", "first_of", "join", "constant", "position", "empty", "extract", "replace_prefixes", "values", "match",
    "keep_others", "otherwise", "default",
)  # fmt: skip
# What only a computed field may say: with which records of the file it is compared.
_COMPARED = ("first_in", "differs_in")
_EPOCHS = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_UNIT = re.compile(r"(?P<count>[1-9][0-9]*)?(?P<unit>s|ms|us)")
# A letter alone is read as two are: of the first part any number of digits is read.
_CLOCK_PART = re.compile("hh|mm|ss|[hm](?=[^A-Za-z0-9])")
_CLOCK_SECONDS = {"h": 3600, "m": 60, "s": 1}
ROUNDINGS = ("up", "down", "half_up")


def read_declaration(path: Path) -> CdrFormat:
    """The format that a file declares. Raises UsageError naming file, field and what to write."""
    text = read_text(path)
    content = parse_yaml(path, text)
    layout = Node(path, "", content).one_of("layout", LAYOUTS)
    node = Node(path, "", content, _MEMBERS[layout])
    name = node.text("name")
    if name != path.stem:
        raise node.fault("name", f"write {path.stem}, as the file is named")
    members = {"description": node.text("description", ""), **read_layout(node, layout)}
    if layout in ("delimited", "fixed_width"):
        members |= {"header": _edge(node, "header", layout), "trailer": _edge(node, "trailer", layout)}
        members["encoding"] = _encoding(node)
    known: tuple[str, ...] = members.get("fields", ())
    if "damage_allowed" in content:
        members["damage_allowed"] = node.texts("damage_allowed")
        strange = [name for name in members["damage_allowed"] if known and name not in known]
        if strange:
            raise node.fault("damage_allowed", f"there is no field {strange[0]}; the fields are {', '.join(known)}")
    members["date_zone"] = zone_name(node, "date_zone")
    sorted_out = next((member for member in ("computed", "ignore", "set_aside", "legs") if member in content), None)
    if "record" in content:
        members["mapping"] = _mapping(node, known)
    elif sorted_out is not None:
        raise node.fault(sorted_out, "it needs a record: say there from which field each column comes")
    elif layout != "delimited" or sorted({*known, CHARGED_COLUMN}) != sorted((*RECORD_COLUMNS, CHARGED_COLUMN)):
        raise node.fault(
            "record",
            f"say from which field each of {', '.join(RECORD_COLUMNS)} comes (it may only be left out where a "
            "delimited layout's fields are just these)",
        )
    elif members["header"].lines != 1 or members["header"].names != 1 or members["trailer"].lines:
        raise node.fault("header", "write {lines: 1, names: 1} and no trailer, or say the columns under record")
    asn1 = members.get("asn1_module")
    digest = hashlib.sha256(text.encode() + (asn1.read_bytes() if asn1 else b"")).hexdigest()[:12]
    return CdrFormat(name=name, path=path, digest=digest, layout=layout, **members)


def _encoding(node: Node) -> str:
    name = node.text("encoding", "utf-8")
    try:
        known = codecs.lookup(name).name
        line_break = "\n".encode(known)
    except LookupError as error:
        raise node.fault("encoding", "no such encoding; write utf-8, latin-1 or gb18030") from error
    if known == "utf-8-sig":
        return "utf-8"  # a byte order mark is accepted of every file
    if line_break != b"\n":
        raise node.fault(
            "encoding", f"{name} has line breaks of more than a byte, which are not read; have the files converted"
        )
    return known


def _edge(node: Node, side: str, layout: str) -> Edge:
    members = {"header": ("lines", "names", "records", "optional_names"), "trailer": ("lines", "records", "md5")}[side]
    edge = node.node(side, members)
    lines = edge.number("lines", 0, 0)
    names = edge.number("names", 1) if "names" in edge.content else 0
    if names and (names > lines or layout != "delimited"):
        raise edge.fault("names", f"write which of the {lines} header lines names the fields (delimited layouts only)")
    if side == "trailer" and lines and not {"records", "md5"} & set(edge.content):
        raise edge.fault("records", "say by what a trailer is known: records or md5, {line: 1, pattern: '^([0-9]+)$'}")
    optional = edge.texts("optional_names") if side == "header" else ()
    if optional and not names:
        raise edge.fault("optional_names", "write names too: which of the header lines names the fields")
    return Edge(lines, names, _control(edge, "records", lines), _control(edge, "md5", lines), optional)


def _control(edge: Node, member: str, lines: int) -> Control | None:
    if member not in edge.content:
        return None
    control = edge.node(member, ("line", "pattern"))
    line = control.number("line", 1, 1)
    if line > lines:
        raise control.fault("line", f"there are {lines} lines; write lines, or another line")
    return Control(line, control.pattern("pattern", 1))


def _mapping(node: Node, known: tuple[str, ...]) -> Mapping:
    record = node.node("record", _RECORD_MEMBERS)
    for column in ("calling_number", "called_number", "started_at", "duration_seconds", "release_cause"):
        if column not in record.content:
            raise record.fault(column, "say which field it comes from, as {field: NAME}")
    computed = _computed(node)
    columns = {name: _column(record, name) for name in TEXT_COLUMNS}
    start = _short(record, "started_at", ("answer", "seizure", "join", "ended", "answered_after", "turns"), "answer")
    duration = _short(record, "duration_seconds", ("field", "unit", "rounding", "from", "to"), "field")
    has_span = "from" in duration.content or "to" in duration.content
    if has_span == ("field" in duration.content):
        raise duration.fault("field", "write a field, or from and to: the fields of two times")
    answered = record.node("answered", ("field", "values"))
    if answered.content and not (answered.texts("values") and "field" in answered.content):
        raise answered.fault("", "write the field and the values that say so: {field: NAME, values: [ANSWERED]}")
    if "join" in start.content and len(start.content) > 1:
        raise start.fault("join", "write it under answer and under seizure: {answer: {join: [DATE, TIME]}}")
    wait, turns = _wait(start), _turns(start)
    begin = "ended" if "ended" in start.content else "seizure" if wait else "answer"
    if "ended" in start.content and len(start.content) > 1:
        raise start.fault("ended", "write it alone: a call began its duration before it ended")
    clock = None if has_span else _clock(duration)
    mapping = Mapping(
        columns=columns,
        times=_times(node),
        answer=_joined(start) if "join" in start.content else _moment(start, begin),
        seizure=_moment(start, "seizure") if "seizure" in start.content and not wait else None,
        answered_field=answered.text("field") if answered.content else None,
        answered_values=answered.texts("values"),
        duration=None if has_span else duration.text("field"),
        units_per_second=1_000_000 if has_span or clock else _units_per_second(duration),
        rounding=duration.one_of("rounding", ROUNDINGS, "up"),
        span=(_moment(duration, "from"), _moment(duration, "to")) if has_span else None,
        clock=clock,
        ignore=(*_page_lines(node), *_conditions(node, "ignore")),
        set_aside=_conditions(node, "set_aside"),
        legs=_legs(node),
        computed=computed,
        ends_at_answer=begin == "ended",
        turns=turns,
        answered_after=wait,
    )
    unknown = [name for name in mapping.fields if known and name not in known]
    if unknown:
        raise record.fault("", f"there is no field {unknown[0]}; the fields are {', '.join([*known, *computed])}")
    return mapping


def _computed(node: Node) -> dict[str, TextColumn]:
    """The fields that come from others, in their order: each from the file's fields and from those before it."""
    content = node.content.get("computed", {})
    parts = Node(node.path, "computed", content)
    known = node.content.get("fields", [])
    written = [item.get("name") if isinstance(item, dict) else item for item in known if isinstance(known, list)]
    columns: dict[str, TextColumn] = {}
    for name in content:
        if not isinstance(name, str) or name in written:
            raise parts.fault(str(name), "write a name in quotes that no field has")
        column = _column(parts, name, (*_COLUMN_MEMBERS, *_COMPARED))
        later = [other for other in column.all_fields if other in content and other not in columns]
        if later:
            raise parts.fault(name, f"{later[0]} is computed after it; write it before")
        columns[name] = column
    return columns


def _wait(start: Node) -> Seconds | None:
    """How long after its seizure a call was answered; None where the format does not say it."""
    if "answered_after" not in start.content:
        return None
    if "answer" in start.content or "seizure" not in start.content:
        raise start.fault(
            "answered_after", "write it with seizure and without answer: {seizure: FIELD, answered_after: FIELD}"
        )
    wait = Node(
        start.path, f"{start.where}.answered_after", _as_field(start.content["answered_after"]), ("field", "unit")
    )
    clock = _clock(wait)
    return Seconds(wait.text("field"), 1 if clock else _units_per_second(wait), clock, "down")


def _turns(start: Node) -> Turns | None:
    if "turns" not in start.content:
        return None
    turns = start.node("turns", ("alike", "told_apart_by"))
    return Turns(turns.text("alike"), turns.text("told_apart_by"))


def _as_field(value: Any) -> Any:
    return {"field": value} if isinstance(value, str) else value


def _page_lines(node: Node) -> tuple[Condition, ...]:
    if not node.content.get("page_lines"):
        return ()
    return (Condition((Test(PAGE_LINE, ("yes",)),), "a heading, a rule or an empty line of a printed page"),)


def _moment(node: Node, member: str) -> Moment:
    """The field of a time, or the fields of its date and its time of day, which are joined with a blank."""
    value = node.content.get(member)
    if not isinstance(value, dict):
        return (node.text(member),)
    return _joined(node.node(member, ("join",)))


def _joined(node: Node) -> Moment:
    fields = node.texts("join")
    if len(fields) < 2:
        raise node.fault("join", "write the field of the date and that of the time of day: [DATE, TIME]")
    return fields


def _clock(duration: Node) -> Clock | None:
    """What a unit like hh:mm:ss says; None where the unit is a part of a second."""
    unit = duration.content.get("unit")
    parts = _CLOCK_PART.findall(unit) if isinstance(unit, str) else []
    if not parts or "".join(part[0] for part in parts) not in ("hms", "ms", "hm"):
        return None
    assert isinstance(unit, str), "it has parts"
    between = _CLOCK_PART.split(unit)
    if any(re.search("[A-Za-z0-9]", text) for text in between) or between[0]:
        raise duration.fault("unit", 'write the parts with signs between them: "hh:mm:ss", "mm:ss", "hhmmss"')
    # The first part counts on, 30:00:00 is thirty hours; where nothing stands between them, two digits are two digits.
    digits = ["[0-9]{1,6}" if between[1] else "[0-9]{2}", *["[0-5][0-9]"] * (len(parts) - 1)]
    if parts[-1] == "ss":
        digits[-1] += r"(?:\.[0-9]{1,6})?"
    texts = [f"({digit}){re.escape(text)}" for digit, text in zip(digits, between[1:], strict=True)]
    return Clock("".join(texts), tuple(_CLOCK_SECONDS[part[0]] for part in parts))


def _conditions(node: Node, member: str) -> tuple[Condition, ...]:
    content = node.content.get(member, [])
    if not isinstance(content, list) or not all(isinstance(item, dict) and item for item in content):
        raise node.fault(member, "write a list of conditions, each with what its fields must be: [{FIELD: [TEXTS]}]")
    conditions = []
    for at, item in enumerate(content, start=1):
        condition = Node(node.path, f"{member}[{at}]", _by_field(item))
        tests = tuple(_test(condition, field) for field in condition.content if field != "why")
        if not tests:
            raise condition.fault("", "write at least one field and what it must be: {FIELD: [TEXTS]}")
        conditions.append(Condition(tests, condition.text("why", " and ".join(map(_told, tests)))))
    return tuple(conditions)


def _by_field(item: dict[Any, Any]) -> dict[Any, Any]:
    """A condition on one field that is written as `answered` is, {field: NAME, values: [TEXTS]}, as the others are."""
    if not isinstance(item.get("field"), str) or not item.keys() & {"values", "match", "empty", "same_as"}:
        return item
    rest = {key: value for key, value in item.items() if key not in ("field", "why")}
    return {item["field"]: rest, **({"why": item["why"]} if "why" in item else {})}


def _test(condition: Node, field: Any) -> Test:
    if not isinstance(field, str):
        raise condition.fault(str(field), "write the field's name in quotes")
    value = condition.content[field]
    if isinstance(value, str):
        return Test(field, (value,))
    if isinstance(value, list):
        return Test(field, condition.texts(field))
    test = condition.node(field, ("values", "match", "empty", "same_as", "not"))
    patterns = test.content.get("match", [])
    patterns = [patterns] if isinstance(patterns, str) else patterns
    if not isinstance(patterns, list):
        raise test.fault("match", "write a pattern or a list of patterns")
    values = (*test.texts("values"), *(("",) if test.flag("empty") else ()))
    same_as = test.text("same_as") if "same_as" in test.content else None
    if not values and not patterns and same_as is None:
        raise test.fault(
            "",
            "write one of values, match, empty and same_as: {values: [TEXTS]}, {match: PATTERN}, {empty: true}, {same_as: FIELD}",
        )
    return Test(field, values, tuple(test.pattern("match", 0, one) for one in patterns), test.flag("not"), same_as)


def _told(test: Test) -> str:
    """A test in words, for the reason that a record is ignored or set aside for."""
    said = [*(value or "empty" for value in test.values), *(f"like {pattern}" for pattern in test.match)]
    said += [f"the same as {test.same_as}"] if test.same_as else []
    return f"{test.field} is {'not ' if test.is_negated else ''}{' or '.join(said)}"


def _legs(node: Node) -> Legs | None:
    if "legs" not in node.content:
        return None
    short = node.content["legs"]
    legs = Node(node.path, "legs", {"group": short} if isinstance(short, str | list) else short, ("group", "counts"))
    group = legs.content.get("group")
    fields = (group,) if isinstance(group, str) else legs.texts("group")
    if not fields:
        raise legs.fault("group", "write the field, or the list of fields, that is the same for all legs of a call")
    counts = legs.one_of("counts", (*COUNTED_LEGS, "answered"), "longest")
    return Legs(fields, "longest" if counts == "answered" else counts)


def _short(record: Node, member: str, members: tuple[str, ...], short: str) -> Node:
    """A part that may be written as a name alone, which then stands for one of its members."""
    value = record.content[member]
    return Node(record.path, f"{record.where}.{member}", {short: value} if isinstance(value, str) else value, members)


def _column(record: Node, name: str, members: tuple[str, ...] = _COLUMN_MEMBERS) -> TextColumn:
    if name not in record.content:
        # A switch that does not number its records, or knows no trunk groups: the place in the file, and nothing.
        return TextColumn(is_position=name == "record_number")
    node = _short(record, name, members, "field")
    first_in, differs_in = (node.text(member) if member in node.content else None for member in _COMPARED)
    if first_in is not None and differs_in is not None:
        raise node.fault("differs_in", "write it without first_in")
    return replace(_text_column(node, name), first_in=first_in, differs_in=differs_in)


def _text_column(node: Node, name: str) -> TextColumn:
    ways = [member for member in _WAYS if member in node.content]
    if len(ways) != 1:
        raise node.fault("", "write one of field, first_of, join, constant, position and cases")
    (way,) = ways
    if way == "position" and (name != "record_number" or node.content[way] is not True):
        raise node.fault(way, "write true, and only for record_number")
    if way == "cases":
        beside = [member for member in node.content if member not in ("cases", *_COMPARED)]
        if beside:
            raise node.fault(beside[0], "write it in the case that it is for")
        return TextColumn(cases=_cases(node, name))
    if way in ("first_of", "join") and len(node.texts(way)) < 2:
        raise node.fault(way, "write a list of two or more fields")
    return TextColumn(
        fields=(node.text("field"),) if way == "field" else node.texts(way) if way in ("first_of", "join") else (),
        join=way == "join",
        constant=node.text("constant") if way == "constant" else None,
        is_position=way == "position",
        empty=node.texts("empty"),
        extract=node.pattern("extract", 1) if "extract" in node.content else None,
        replace_prefixes=node.pairs("replace_prefixes"),
        values=node.pairs("values"),
        match=tuple(
            (node.pattern("match", int(value == FIRST_GROUP), pattern), value) for pattern, value in node.pairs("match")
        ),
        keeps_others=node.flag("keep_others"),
        otherwise=node.text("otherwise") if "otherwise" in node.content else None,
        default=node.text("default", ""),
    )


def _cases(node: Node, name: str) -> tuple[tuple[tuple[Test, ...], TextColumn], ...]:
    content = node.content["cases"]
    if not isinstance(content, list) or not content:
        raise node.fault("cases", "write a list of cases: [{when: {FIELD: [TEXTS]}, field: FIELD}, {field: FIELD}]")
    cases = []
    for at, item in enumerate(content, start=1):
        case = Node(node.path, f"{node.where}.cases[{at}]", item, ("when", *_COLUMN_MEMBERS))
        if "when" not in case.content and at < len(content):
            raise case.fault("when", "only the last case may be without: it is for what no other case is for")
        when = Node(node.path, f"{case.where}.when", case.content.get("when", {}))
        rest = Node(node.path, case.where, {key: value for key, value in case.content.items() if key != "when"})
        cases.append((tuple(_test(when, field) for field in when.content), _text_column(rest, name)))
    return tuple(cases)


def _times(node: Node) -> Times:
    times = node.node("times", ("format", "zone", "none"))
    form = times.content.get("format", "%Y-%m-%d %H:%M:%S")
    zone = zone_name(times, "zone")
    if isinstance(form, str) and form in _EPOCHS:
        return Times(_EPOCHS[form], (), "UTC", times.texts("none") or ("0",))
    patterns = [form] if isinstance(form, str) else form
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) and "%" in p for p in patterns):
        raise times.fault(
            "format", f"write {', '.join(_EPOCHS)}, or a pattern like '%Y-%m-%d %H:%M:%S' or a list of them"
        )
    named = [pattern for pattern in patterns if "%Z" in pattern]
    if named:
        raise times.fault("format", f"{named[0]}: names of zones are not read; write %z for an offset, or times.zone")
    return Times(None, tuple(patterns), zone, times.texts("none"))


def zone_name(node: Node, member: str) -> str | None:
    """A time zone's name; None where none is written."""
    zone = node.content.get(member)
    if zone is not None and zone not in zoneinfo.available_timezones():
        raise node.fault(
            member, f"'{zone}' is not a valid time zone; write one like UTC or Asia/Shanghai, or leave it out"
        )
    return None if zone is None else str(zone)


def _units_per_second(duration: Node) -> int:
    text = duration.content.get("unit", "s")
    match = _UNIT.fullmatch(text) if isinstance(text, str) else None
    if match:
        each = int(match["count"] or 1)
        per_second = {"s": 1, "ms": 1_000, "us": 1_000_000}[match["unit"]]
        if per_second % each == 0:
            return per_second // each
    raise duration.fault(
        "unit", 'write s, 100ms, 10ms, ms or us (a part that a second is made of), or "hh:mm:ss", "mm:ss", "hh:mm"'
    )
