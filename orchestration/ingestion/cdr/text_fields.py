"""The fields of the text lines in a relation, as SQL: for damaged files, and for many small files at once.

The relation has the columns of LINE_COLUMNS. How bytes become such lines is in lines.py.
"""

from __future__ import annotations

import pyarrow as pa

from orchestration.ingestion.cdr.formats.model import PAGE_LINE, CdrFormat
from orchestration.ingestion.cdr.layouts.lines import TextRecord
from orchestration.ingestion.cdr.mapping import field_column
from orchestration.ingestion.cdr.rules import literal

LINE_COLUMNS = pa.schema(
    [
        ("line_number", pa.int64()),
        ("place", pa.int64()),
        ("record_text", pa.string()),
        ("damage", pa.string()),
        ("read_fields", pa.list_(pa.string())),
    ]
)
LINE_COLUMNS_SQL = "line_number bigint, place bigint, record_text varchar, damage varchar, read_fields varchar[]"


def line_values(record: TextRecord) -> tuple[int, int, str, str | None, list[str] | None]:
    """A record as a row of LINE_COLUMNS."""
    return record.line_number, record.place, record.text, record.damage, record.fields


def text_fields_sql(layout: CdrFormat, relation: str, kept: str = "") -> str:
    """The query for line_number, place, record_text, line_fault and the needed fields of lines, damaged ones too.

    `kept` are further columns of the relation to keep, with a comma.
    """
    if layout.layout == "fixed_width":
        fault, fields = fixed_width_columns(layout, "coalesce(read_fields[1], record_text)")
        # An empty line is damage where lines are records; on a printed page it is one of the lines that are none.
        damage = "case when record_text <> '' then damage end" if layout.page_lines else "damage"
        return (
            f"select {kept} line_number, place, record_text, coalesce({damage}, {fault}) as line_fault, {fields} "
            f"from {relation}"
        )
    width, optional = len(layout.fields), layout.optional_fields
    expected = (
        f"{width - optional} or more"
        if layout.has_more_fields
        else f"{width - optional} to {width}"
        if optional
        else f"{width}"
    )
    most = "" if layout.has_more_fields else f"or len(fields) > {width}"
    fields = ", ".join(
        f"case when line_fault is null then fields[{layout.fields.index(name) + 1}] end as {field_column(layout, name)}"
        for name in layout.needed_fields
    )
    return f"""
        select {kept} line_number, place, record_text, line_fault, {fields} from (
            select *, case when damage is not null then damage when len(fields) < {width - optional} {most}
                then 'has ' || len(fields) || ' columns instead of {expected}' end as line_fault
            from (
                select {kept} line_number, place, record_text, damage,
                    case when damage is null then
                        coalesce(read_fields, string_split(record_text, {literal(layout.delimiter)}))
                    end as fields
                from {relation}
            )
        )"""


def fixed_width_columns(layout: CdrFormat, line: str) -> tuple[str, str]:
    """The fault of a line's length, and its fields without the blanks around them."""
    needed = {item.name: item for item in layout.fixed}
    fields = ", ".join(
        f"trim(substr({line}, {needed[name].start + 1}, {needed[name].length})) as {field_column(layout, name)}"
        for name in layout.needed_fields
    )
    required = layout.fixed[: len(layout.fixed) - layout.optional_fields]
    length = layout.line_length or max(item.start + item.length for item in required)
    wrong, at_least = ("<>", "") if layout.line_length else ("<", "at least ")
    fault = (
        f"case when length({line}) {wrong} {length} then 'has ' || length({line}) || "
        f"' characters instead of {at_least}{length}' end"
    )
    if layout.page_lines:
        on_page = " or ".join(f"regexp_matches({line}, {literal(pattern)})" for pattern in layout.page_lines)
        fields = f"case when {on_page} then 'yes' else '' end as {PAGE_LINE}, {fields}"
        fault = f"case when not ({on_page}) then {fault} end"
    return fault, fields
