"""The members of a format's YAML that belong to one layout: where its fields stand. The others are in declaration.py."""

from __future__ import annotations

from typing import Any

from orchestration.ingestion.cdr.formats.declaration_node import Node
from orchestration.ingestion.cdr.formats.model import BerField, FixedField

_BINARY_TYPES = ("uint", "int", "bcd", "time", "text")
_BER_TYPES = ("text", "tbcd", "address", "timestamp")
_TIME_PARTS = ("YYYY", "YY", "MM", "DD", "hh", "mm", "ss")


def read_layout(node: Node, layout: str) -> dict[str, Any]:
    """The members of a layout's own. Raises UsageError."""
    return {"delimited": _delimited, "fixed_width": _fixed_width, "fixed_binary": _binary, "asn1_ber": _ber}[layout](
        node
    )


def _delimited(node: Node) -> dict[str, Any]:
    delimiter, quote = node.text("delimiter", ""), node.text("quote", '"')
    if len(delimiter) != 1 or delimiter in "\r\n":
        raise node.fault("delimiter", r'write one character, a tab as "\t"')
    if len(quote) > 1 or (quote and (quote == delimiter or quote in "\r\n")):
        raise node.fault("quote", "write one character that is not the delimiter, or '' for none")
    fields = node.texts("fields")
    _check_names(node, fields)
    header = node.content.get("header")
    if not fields and not (isinstance(header, dict) and header.get("names")):
        raise node.fault("fields", "write the fields in the order in which they stand, or header.names")
    optional = node.number("optional_fields", 0, 0)
    if optional >= max(1, len(fields)):
        raise node.fault("optional_fields", "write how many of the last fields may be missing, fewer than there are")
    return {
        "delimiter": delimiter,
        "quote": quote,
        "fields": fields,
        "optional_fields": optional,
        "has_more_fields": node.flag("more_fields"),
    }


def _check_names(node: Node, names: tuple[str, ...]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise node.fault("fields", f"{twice[0]} stands twice; give each field its own name")


def _parts(node: Node, members: tuple[str, ...]) -> list[Node]:
    content = node.content.get("fields")
    if not isinstance(content, list) or not content:
        raise node.fault("fields", f"write a list of fields, each with {', '.join(members[:3])}")
    parts = [Node(node.path, f"fields[{at}]", item, members) for at, item in enumerate(content, start=1)]
    _check_names(node, tuple(part.text("name") for part in parts))
    return parts


def _fixed_width(node: Node) -> dict[str, Any]:
    parts = _parts(node, ("name", "column", "length"))
    fixed = tuple(FixedField(p.text("name"), p.number("column", 1) - 1, p.number("length", 1)) for p in parts)
    optional = node.number("optional_fields", 0, 0)
    if optional >= len(fixed) or (optional and "line_length" in node.content):
        raise node.fault(
            "optional_fields",
            "write how many of the last fields may be missing, fewer than there are; with line_length none may",
        )
    end = max(field.start + field.length for field in fixed)
    line_length = node.number("line_length", 1) if "line_length" in node.content else None
    if line_length is not None and line_length < end:
        raise node.fault("line_length", f"the fields end at column {end}; write that or more")
    patterns = node.texts("page_lines")
    return {
        "fields": tuple(field.name for field in fixed),
        "fixed": fixed,
        "line_length": line_length,
        "optional_fields": optional,
        "page_lines": tuple(node.pattern("page_lines", 0, pattern) for pattern in patterns),
    }


def _binary(node: Node) -> dict[str, Any]:
    record_bytes = node.number("record_bytes", 1)
    members = ("name", "offset", "bytes", "type", "nibbles", "filler", "digits", "parts", "encoding", "bits")
    fixed = tuple(_binary_field(part, record_bytes) for part in _parts(node, members))
    return {
        "fields": tuple(field.name for field in fixed),
        "fixed": fixed,
        "record_bytes": record_bytes,
        "file_header_bytes": node.number("file_header_bytes", 0, 0),
        "byte_order": node.one_of("byte_order", ("little", "big")),
    }


def _binary_field(part: Node, record_bytes: int) -> FixedField:
    offset, length, kind = part.number("offset", 0), part.number("bytes", 1), part.one_of("type", _BINARY_TYPES)
    if offset + length > record_bytes:
        raise part.fault("bytes", f"the field ends at byte {offset + length}; a record has {record_bytes}")
    if kind in ("uint", "int") and length > 8:
        raise part.fault("bytes", "write 1 to 8 for a whole number")
    filler = part.content.get("filler", 15)
    if not isinstance(filler, int) or not 10 <= filler <= 15:
        raise part.fault("filler", "write the nibble that fills up, 0xA to 0xF")
    digits = part.text("digits", "0123456789*#abc")
    if len(digits) != 15:
        raise part.fault("digits", 'write what the nibbles 0 to 14 stand for, as "0123456789*#abc"')
    parts = part.texts("parts")
    encoding = part.one_of("encoding", ("binary", "bcd"), "binary")
    if kind == "time":
        needed = sum(2 if name == "YYYY" else 1 for name in parts)
        if sorted(name.replace("YYYY", "YY") for name in parts) != sorted(_TIME_PARTS[1:]) or needed != length:
            raise part.fault(
                "parts", f"write the parts of the {length} bytes in their order, as [YY, MM, DD, hh, mm, ss]"
            )
    bits = part.content.get("bits")
    if bits is not None and not (
        kind == "uint"
        and isinstance(bits, list)
        and len(bits) == 2
        and all(isinstance(bit, int) for bit in bits)
        and 0 <= bits[0] <= bits[1] < 8 * length
    ):
        raise part.fault("bits", "write the lowest and the highest bit of a uint, counted from 0: [0, 3]")
    nibbles = part.one_of("nibbles", ("high_first", "low_first"), "high_first")
    return FixedField(
        part.text("name"), offset, length, kind, nibbles, filler, digits, parts, encoding, tuple(bits) if bits else None
    )


def _ber(node: Node) -> dict[str, Any]:
    import asn1tools

    module = node.path.parent / node.text("module")
    kind = node.text("type")
    try:
        types = asn1tools.compile_files(str(module), "ber").types
    except (OSError, asn1tools.CompileError, asn1tools.ParseError) as error:
        raise node.fault("module", f"{module} cannot be compiled: {error}") from error
    if kind not in types:
        raise node.fault("type", f"{module.name} has no type {kind}; it has {', '.join(types)}")
    fields = []
    for part in _parts(node, ("name", "paths", "type")):
        paths = part.texts("paths")
        if not paths:
            raise part.fault("paths", "write where it stands in the record, as [moCallRecord.callingNumber]")
        split = tuple(tuple(path.split(".")) for path in paths)
        fields.append(BerField(part.text("name"), split, part.one_of("type", _BER_TYPES, "text")))
    padding = node.content.get("padding", [])
    if not isinstance(padding, list) or not all(isinstance(byte, int) and 0 <= byte <= 255 for byte in padding):
        raise node.fault("padding", "write the bytes that fill up between records: [0x00, 0xFF]")
    return {
        "fields": tuple(field.name for field in fields),
        "asn1_module": module,
        "asn1_type": kind,
        "ber": tuple(fields),
        "padding": tuple(padding),
    }
