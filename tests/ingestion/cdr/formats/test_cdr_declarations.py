"""What is wrong with a format's YAML is told with file, field and what to write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import UsageError
from orchestration.ingestion.cdr.formats.registry import FORMATS_FOLDER, declared_formats, load_cdr_format
from tests.ingestion.cdr.foreign import read

RECORD = {
    "calling_number": "a",
    "called_number": "b",
    "started_at": "t",
    "duration_seconds": "d",
    "release_cause": {"constant": "16"},
}
TEXT: dict[str, Any] = {
    "name": "dms",
    "layout": "delimited",
    "delimiter": ";",
    "fields": list("abtd"),
    "record": RECORD,
}
WIDE: dict[str, Any] = {
    "name": "dms",
    "layout": "fixed_width",
    "fields": [{"name": name, "column": at * 10 + 1, "length": 10} for at, name in enumerate("abtd")],
    "record": RECORD,
}
BINARY: dict[str, Any] = {
    "name": "dms",
    "layout": "fixed_binary",
    "record_bytes": 40,
    "byte_order": "big",
    "fields": [{"name": name, "offset": at * 10, "bytes": 8, "type": "uint"} for at, name in enumerate("abtd")],
    "record": RECORD,
}
BER: dict[str, Any] = {
    "name": "dms",
    "layout": "asn1_ber",
    "module": str(FORMATS_FOLDER / "ts32298.asn"),
    "type": "CallEventRecord",
    "fields": [{"name": name, "paths": [name]} for name in "abtd"],
    "record": RECORD,
}


def fields(declaration: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    """The fields of a declaration, the first with other members."""
    return [{**declaration["fields"][0], **members}, *declaration["fields"][1:]]


def record(**columns: Any) -> dict[str, Any]:
    """The record's columns, some of them written otherwise; None leaves one out."""
    return {name: how for name, how in {**RECORD, **columns}.items() if how is not None}


def write(folder: Path, declaration: dict[str, Any]) -> Path:
    """The file of a declaration."""
    path = folder / "dms.yml"
    path.write_text(yaml.safe_dump(declaration))
    return path


def load(folder: Path, declaration: dict[str, Any]) -> Any:
    """Write a declaration and load it."""
    return load_cdr_format.__wrapped__(str(write(folder, declaration)))


@pytest.mark.parametrize("declaration", [TEXT, WIDE, BINARY, BER])
def test_these_are_sound_before_they_are_spoilt(tmp_path: Path, declaration: dict[str, Any]) -> None:
    assert load(tmp_path, declaration).needed_fields == ("a", "b", "t", "d")


@pytest.mark.parametrize("name", declared_formats())
def test_the_shipped_formats_are_sound_and_say_what_they_are(name: str) -> None:
    assert load_cdr_format(name).description


@pytest.mark.parametrize(
    ("declaration", "spoilt", "message"),
    [
        (TEXT, {"layout": "csv"}, "field layout: write delimited or fixed_width or fixed_binary or asn1_ber"),
        (TEXT, {"name": "other"}, "field name: write dms, as the file is named"),
        (TEXT, {"name": 5}, "field name: write a text in quotes, not 5"),
        (TEXT, {"colour": "red"}, "field colour: no such field; there are name, layout"),
        (TEXT, {"record_bytes": 5}, "field record_bytes: no such field"),
        (TEXT, {"delimiter": ""}, "field delimiter: write one character"),
        (TEXT, {"quote": ";"}, "field quote: write one character that is not the delimiter"),
        (TEXT, {"encoding": "klingon"}, "field encoding: no such encoding"),
        (TEXT, {"encoding": "utf-16"}, "field encoding: utf-16 has line breaks of more than a byte"),
        (TEXT, {"damage_allowed": ["x"]}, "field damage_allowed: there is no field x"),
        (TEXT, {"fields": ["a", "b", "t", "a"]}, "field fields: a stands twice"),
        (TEXT, {"fields": ["a", 5]}, "field fields: write a list of texts, numbers in quotes"),
        (TEXT, {"fields": []}, "field fields: write the fields in the order in which they stand, or header.names"),
        (TEXT, {"optional_fields": 4}, "field optional_fields: write how many of the last fields may be missing"),
        (TEXT, {"optional_fields": -1}, "field optional_fields: write a whole number from 0"),
        (TEXT, {"more_fields": "yes"}, "field more_fields: write true or false"),
        (TEXT, {"header": 1}, "field header: write its members, one a line: lines, names, records"),
        (TEXT, {"header": {"lines": 1, "names": 2}}, "field header.names: write which of the 1 header lines"),
        (TEXT, {"header": {"lines": 1, "records": {"line": 2, "pattern": "(x)"}}}, "field header.records.line: there are 1"),
        (TEXT, {"header": {"lines": 1, "records": {"pattern": "x"}}}, "field header.records.pattern: write a regular"),
        (TEXT, {"header": {"lines": 1, "records": {"pattern": "("}}}, "field header.records.pattern: no regular expression"),
        (TEXT, {"trailer": {"lines": 1}}, "field trailer.records: say by what a trailer is known"),
        (TEXT, {"times": {"zone": "Mars"}}, "field times.zone: 'Mars' is not a valid time zone"),
        (TEXT, {"times": {"format": "iso"}}, "field times.format: write epoch, epoch_ms, epoch_us, or a pattern"),
        (TEXT, {"times": {"none": [0]}}, "field times.none: write a list of texts, numbers in quotes"),
        (TEXT, {"record": record(called_number=None)}, "field record.called_number: say which field it comes from"),
        (TEXT, {"record": record(called_number="x")}, "field record: there is no field x; the fields are a, b, t, d"),
        (TEXT, {"record": record(caller="a")}, "field record.caller: no such field"),
        (TEXT, {"record": record(called_number={})}, "field record.called_number: write one of field, first_of, join"),
        (TEXT, {"record": record(called_number={"field": "a", "constant": "1"})}, "record.called_number: write one of field"),
        (TEXT, {"record": record(called_number={"position": True})}, "record.called_number.position: write true, and only"),
        (TEXT, {"record": record(called_number={"join": ["a"]})}, "record.called_number.join: write a list of two or more"),
        (TEXT, {"record": record(release_cause={"field": "d", "values": {"a": 1}})}, "release_cause.values: write texts and"),
        (TEXT, {"record": record(release_cause={"field": "d", "match": {"(?=x)": "1"}})}, "release_cause.match: look-around"),
        (TEXT, {"record": record(calling_number={"field": "a", "extract": "x"})}, "calling_number.extract: write a regular"),
        (TEXT, {"record": record(duration_seconds={"field": "d", "unit": "min"})}, "duration_seconds.unit: write s, 100ms"),
        (TEXT, {"record": record(duration_seconds={"field": "d", "unit": "7ms"})}, "duration_seconds.unit: write s, 100ms"),
        (TEXT, {"record": record(duration_seconds={"field": "d", "rounding": "even"})}, "rounding: write up or down or half_up"),
        (TEXT, {"record": record(duration_seconds={"field": "d", "from": "t"})}, "duration_seconds.field: write a field, or"),
        (TEXT, {"record": record(answered={"field": "d"})}, "field record.answered: write the field and the values"),
        (TEXT, {"header": {"lines": 1, "optional_names": ["a"]}}, "field header.optional_names: write names too"),
        (TEXT, {"computed": {"a": "b"}}, "field computed.a: write a name in quotes that no field has"),
        (TEXT, {"computed": {"x": "y"}}, "field record: there is no field y; the fields are a, b, t, d, x"),
        (TEXT, {"computed": {"x": "y", "y": "a"}}, "field computed.x: y is computed after it; write it before"),
        (TEXT, {"record": record(called_number={"cases": []})}, "called_number.cases: write a list of cases"),
        (TEXT, {"record": record(called_number={"cases": [{"field": "a"}, {"field": "b"}]})}, r"cases\[1\].when: only the last"),
        (TEXT, {"record": record(called_number={"cases": [{"field": "a"}], "extract": "(x)"})}, "number.extract: write it in the"),
        (TEXT, {"record": record(called_number={"field": "a", "first_in": "b"})}, "called_number.first_in: no such field"),
        (TEXT, {"record": record(called_number={"cases": [{"when": {"a": {"same": "b"}}, "field": "b"}]})}, "when.a.same: no such"),
        (TEXT, {"record": record(called_number={"cases": [{"when": {"a": {"not": True}}, "field": "b"}]})}, "when.a: write one of"),
        (TEXT, {"record": record(called_number={"cases": [{"when": {5: 1}, "field": "b"}]})}, "name in quotes, not 5$"),
        (TEXT, {"record": record(started_at={"ended": "t", "seizure": "t"})}, "started_at.ended: write it alone"),
        (TEXT, {"record": record(started_at={"answer": "t", "answered_after": "d"})}, "answered_after: write it with seizure"),
        (TEXT, {"record": record(started_at={"seizure": "t", "answered_after": {"field": "d", "unit": "min"}})}, "after.unit: write s"),
        (TEXT, {"record": record(started_at={"answer": "t", "turns": {"alike": "a"}})}, "started_at.turns.told_apart_by: write a text"),
        (TEXT, {"record": record(called_number={"field": "a", "differs_in": "b"})}, "called_number.differs_in: no such field"),
        (TEXT, {"computed": {"x": {"field": "a", "first_in": "b", "differs_in": "b"}}}, "computed.x.differs_in: write it without"),
        (TEXT, {"set_aside": [{"why": "no test"}]}, r"set_aside\[1\]: write at least one field"),
        (TEXT, {"set_aside": [{"z": ["1"]}]}, "there is no field z"),
        (WIDE, {"optional_fields": 4}, "field optional_fields: write how many of the last fields may be missing"),
        (WIDE, {"optional_fields": 1, "line_length": 40}, "field optional_fields: .*with line_length none may"),
        (WIDE, {"page_lines": ["("]}, "field page_lines: no regular expression"),
        (WIDE, {"fields": fields(WIDE, column=0)}, r"field fields\[1\].column: write a whole number from 1"),
        (WIDE, {"fields": fields(WIDE, length=None)}, r"field fields\[1\].length: write a whole number from 1"),
        (WIDE, {"fields": []}, "field fields: write a list of fields, each with name, column, length"),
        (WIDE, {"line_length": 39}, "field line_length: the fields end at column 40"),
        (WIDE, {"header": {"lines": 1, "names": 1}}, "field header.names: .*delimited layouts only"),
        (BINARY, {"record_bytes": 37}, r"field fields\[4\].bytes: the field ends at byte 38; a record has 37"),
        (BINARY, {"byte_order": "middle"}, "field byte_order: write little or big"),
        (BINARY, {"fields": fields(BINARY, type="float")}, r"fields\[1\].type: write uint or int or bcd or time or text"),
        (BINARY, {"fields": fields(BINARY, bytes=9)}, r"fields\[1\].bytes: write 1 to 8 for a whole number"),
        (BINARY, {"fields": fields(BINARY, bits=[3, 70])}, r"fields\[1\].bits: write the lowest and the highest bit"),
        (BINARY, {"fields": fields(BINARY, type="bcd", filler=3)}, r"fields\[1\].filler: write the nibble"),
        (BINARY, {"fields": fields(BINARY, type="bcd", digits="0-9")}, r"fields\[1\].digits: write what the nibbles"),
        (BINARY, {"fields": fields(BINARY, type="bcd", nibbles="both")}, r"fields\[1\].nibbles: write high_first"),
        (BINARY, {"fields": fields(BINARY, type="time", parts=["YY", "MM"])}, r"fields\[1\].parts: write the parts of the 8"),
        (BER, {"module": "none.asn"}, "field module: .*none.asn cannot be compiled"),
        (BER, {"type": "SmsRecord"}, "field type: ts32298.asn has no type SmsRecord; it has CallEventRecord"),
        (BER, {"fields": fields(BER, paths=[])}, r"fields\[1\].paths: write where it stands in the record"),
        (BER, {"fields": fields(BER, type="bcd")}, r"fields\[1\].type: write text or tbcd or address or timestamp"),
        (BER, {"padding": [256]}, "field padding: write the bytes that fill up"),
    ],
)  # fmt: skip
def test_a_fault_names_file_field_and_what_to_write(
    tmp_path: Path, declaration: dict[str, Any], spoilt: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=rf"dms\.yml: (field )?.*{message.removeprefix('field ')}"):
        load(tmp_path, {**declaration, **spoilt})


def test_all_faults_of_a_declaration_are_told_at_once(tmp_path: Path) -> None:
    """Each part is told by itself; what is between parts is looked at once they are sound."""
    spoilt = {
        "colour": "red",
        "delimiter": "",
        "header": {"lines": 1, "names": 2, "records": {"line": 3, "pattern": "x"}},
        "ignore": [{"a": {"same": "b"}}, {"why": "no test"}, "a"],
        "record": record(called_number=None, calling_number={"cases": [{"when": {"a": [5]}, "field": 7}]}),
    }
    with pytest.raises(UsageError) as raised:
        load(tmp_path, {**TEXT, **spoilt})
    told = [line.removeprefix(f"{tmp_path / 'dms.yml'}: field ") for line in str(raised.value).splitlines()]
    assert [line.split(";")[0] for line in told] == [
        "record.calling_number.cases[1].field: write a text in quotes, not 7",
        'record.calling_number.cases[1].when.a: write a list of texts, numbers in quotes: ["0"]',
        "record.called_number: say which field it comes from, as {field: NAME}",
        "ignore[1].a.same: no such field",
        "ignore[2]: write at least one field and what it must be: {FIELD: [TEXTS]}",
        "ignore[3]: write what its fields must be: {FIELD: [TEXTS]}",
        "header.records.pattern: write a regular expression with a group: '^([0-9]+)$'",
        'delimiter: write one character, a tab as "\\t"',
        "colour: no such field",
    ]


def test_without_a_record_the_fields_are_its_columns(tmp_path: Path) -> None:
    declaration = {name: value for name, value in TEXT.items() if name != "record"}
    with pytest.raises(UsageError, match=r"dms\.yml: field record: say from which field each of record_number, "):
        load(tmp_path, declaration)


@pytest.mark.parametrize("text", ["layout: [", "- a\n- b\n", "\udcff"])
def test_what_is_no_declaration_at_all_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "dms.yml").write_bytes(text.encode("utf-8", errors="surrogateescape"))
    with pytest.raises(UsageError, match=r"dms\.yml: (no valid YAML|write its members)"):
        load_cdr_format.__wrapped__(str(tmp_path / "dms.yml"))


def test_a_field_that_is_computed_may_be_used_wherever_a_field_is(tmp_path: Path) -> None:
    declaration = {
        **TEXT,
        "computed": {
            "first": {"field": "a", "extract": "^(.)"},
            "of_all": {"first_in": "first", "cases": [{"when": {"b": {"same_as": "a", "not": True}}, "field": "b"}]},
        },
        "ignore": [{"first": ["9"]}],
        "record": record(called_number="of_all"),
    }
    found = read(tmp_path, "15;15;2026-03-01 10:00:00;1\n16;2;2026-03-01 10:00:00;1\n17;3;2026-03-01 10:00:00;1\n"
                 "25;;2026-03-01 10:00:00;1\n95;7;2026-03-01 10:00:00;1\n", write(tmp_path, declaration))  # fmt: skip
    # 15 says nothing of its own, 2 is the first of what those that begin with 1 say; 25 is the only one with a 2 and says nothing.
    assert [row[1:3] for row in found.records] == [("15", "2"), ("16", "2"), ("17", "2"), ("25", "")]
    assert found.no_calls == {5: "ignored: first is 9"}


def test_what_looks_like_another_record_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    """The records of one called number are compared by their durations; the reason names the first field of the condition."""
    declaration = {
        **TEXT,
        "computed": {"several": {"field": "d", "differs_in": "b"}},
        "set_aside": [{"b": {"empty": True, "not": True}, "several": ["yes"], "why": "may be one call"}],
    }
    lines = [
        "15;2;2026-03-01 10:00:00;1",
        "16;2;2026-03-01 10:00:00;2",
        "17;3;2026-03-01 10:00:00;1",
        "18;3;2026-03-01 10:00:00;1",
    ]
    lines += ["19;;2026-03-01 10:00:00;1", "20;;2026-03-01 10:00:00;2"]
    found = read(tmp_path, "\n".join(lines) + "\n", write(tmp_path, declaration))
    assert [row[1] for row in found.records] == ["17", "18", "19", "20"]
    assert found.malformed == [(1, "b", "may be one call"), (2, "b", "may be one call")]
