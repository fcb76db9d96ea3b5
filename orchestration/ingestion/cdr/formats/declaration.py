"""The declaration of a call format, a model for each layout, and the CdrFormat that it becomes.

docs/formats.md explains the fields. Their parts are in declared_layouts.py (places of fields), declared_record.py
(columns and times) and declared_columns.py (texts and conditions); the classes that they become are in model.py.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from orchestration.declarations import (
    BUILT_WHEN_USED,
    Declared,
    Fault,
    Maybe,
    NonNegative,
    Positive,
    Says,
    read_declared,
)
from orchestration.ingestion.cdr.formats.declared_columns import (
    Conditions,
    ShortComputed,
    ShortLegs,
    Texts,
    check_patterns,
)
from orchestration.ingestion.cdr.formats.declared_layouts import (
    Asn1Field,
    ByteField,
    Encoding,
    Header,
    LineField,
    Trailer,
    name_faults,
)
from orchestration.ingestion.cdr.formats.declared_record import Record, TimesOfRecords, Zone
from orchestration.ingestion.cdr.formats.model import (
    CHARGED_COLUMN,
    LAYOUTS,
    PAGE_LINE,
    RECORD_COLUMNS,
    CdrFormat,
    Condition,
    Edge,
    Mapping,
    Test,
    TextColumn,
)
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text

_NO_ONE_CHARACTER = r'write one character, a tab as "\t"'
_NO_COMPUTED_NAME = "write a name in quotes that no field has"


class CdrDeclaration(Declared):
    """The fields of all layouts."""

    name: str = Field(description="The format's name, as the file is named.")
    layout: str
    description: str = Field("", description="A line for `tollhouse formats list`.")
    record: Maybe[Record] = Field(None, description="From which field each column of a record comes.")
    times: Maybe[TimesOfRecords] = Field(None, description="How times are written.")
    date_zone: Zone = Field(None, description="The zone of the date in file names, like UTC; without it, the branch's.")
    computed: dict[Annotated[str, Says(_NO_COMPUTED_NAME)], ShortComputed] = Field(
        {}, description="Further fields that come from others, each with its name."
    )
    ignore: Conditions = Field([], description="Records that are not calls.")
    set_aside: Conditions = Field([], description="Records that cannot be charged safely.")
    legs: Maybe[ShortLegs] = Field(None, description="Which records are legs of one call.")

    @property
    @abstractmethod
    def known_fields(self) -> tuple[str, ...]:
        """The fields of a record as they are named; none where the file names them."""

    @abstractmethod
    def layout_values(self) -> dict[str, Any]:
        """The attributes of the CdrFormat that the fields of the layout declare."""

    def page_lines_as_condition(self) -> tuple[Condition, ...]:
        """The condition that ignores the lines of a printed page."""
        return ()

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        yield from name_faults(list(self.known_fields))
        if self.record is None:
            yield from self._faults_without_record()
            return
        faults = list(self._computed_faults())
        yield from faults
        known, mapping = self.known_fields, self.mapping()
        unknown = [name for name in mapping.fields if known and name not in known] if mapping and not faults else []
        if unknown:
            yield (
                ("record",),
                f"there is no field {unknown[0]}; the fields are {', '.join([*known, *self.computed])}",
            )

    def _faults_without_record(self) -> Iterator[Fault]:
        sorted_out = self.written_names(self.model_fields_set & {"computed", "ignore", "set_aside", "legs"})
        if sorted_out:
            yield (sorted_out[0],), "it needs a record: say there from which field each column comes"
        elif not self.has_record_columns():
            yield (
                ("record",),
                (
                    f"say from which field each of {', '.join(RECORD_COLUMNS)} comes (it may only be left out where a "
                    "delimited layout's fields are just these)"
                ),
            )

    def has_record_columns(self) -> bool:
        """Whether the fields are the columns of a record themselves."""
        return False

    def _computed_faults(self) -> Iterator[Fault]:
        before: set[str] = set()
        for name, field in self.computed.items():
            if name in self.known_fields:
                yield ("computed", name), _NO_COMPUTED_NAME
            fields = field.text_column().all_fields
            later = [other for other in fields if other in self.computed and other not in before]
            if later:
                yield ("computed", name), f"{later[0]} is computed after it; write it before"
            before.add(name)

    def mapping(self) -> Mapping | None:
        """How the columns of a record come from the fields; None where the fields are the columns."""
        if self.record is None:
            return None
        record, start, duration = self.record, self.record.started_at, self.record.duration_seconds
        computed: dict[str, TextColumn] = {name: field.text_column() for name, field in self.computed.items()}
        return Mapping(
            columns=record.columns(),
            times=(self.times or TimesOfRecords.model_validate({})).times(),
            answer=start.begin(),
            seizure=start.seized(),
            answered_field=record.answered.field if record.answered is not None else None,
            answered_values=tuple(record.answered.values) if record.answered is not None else (),
            duration=duration.field,
            units_per_second=duration.units_per_second(),
            rounding=duration.rounding,
            span=duration.span(),
            clock=duration.clock(),
            ignore=(*self.page_lines_as_condition(), *(item.condition() for item in self.ignore)),
            set_aside=tuple(item.condition() for item in self.set_aside),
            legs=None if self.legs is None else self.legs.legs(),
            computed=computed,
            ends_at_answer=start.ended is not None,
            turns=None if start.turns is None else start.turns.turns(),
            answered_after=None if start.answered_after is None else start.answered_after.seconds(),
        )


class _TextDeclaration(CdrDeclaration):
    """The fields of the layouts in which a record is a line."""

    encoding: Encoding = Field("utf-8", description="Like utf-8, latin-1 or gb18030; not UTF-16.")
    header: Maybe[Header] = Field(None, description="The lines before the records.")
    trailer: Maybe[Trailer] = Field(None, description="The lines after the records.")
    damage_allowed: Texts = Field([], description="Fields whose damage costs no record; they say nothing then.")
    optional_fields: NonNegative = Field(0, description="How many of the last fields may be missing.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        known = self.known_fields
        strange = [name for name in self.damage_allowed if known and name not in known]
        if strange:
            yield ("damage_allowed",), f"there is no field {strange[0]}; the fields are {', '.join(known)}"
        yield from super().faults()

    def text_values(self) -> dict[str, Any]:
        """The attributes of the CdrFormat that these fields declare."""
        return {
            "encoding": self.encoding,
            "header": Edge() if self.header is None else self.header.edge(),
            "trailer": Edge() if self.trailer is None else self.trailer.edge(),
            "damage_allowed": tuple(self.damage_allowed),
            "optional_fields": self.optional_fields,
        }


class Delimited(_TextDeclaration):
    """Lines of fields with a character between them."""

    layout: Literal["delimited"]
    delimiter: Annotated[str, Field(pattern=r"^[^\r\n]$"), Says(_NO_ONE_CHARACTER)] = Field(
        description=r'The character between two fields; a tab is "\t".'
    )
    quote: Annotated[
        str,
        Field(pattern=r"^[^\r\n]?$"),
        Says("write one character that is not the delimiter, or '' for none"),
    ] = Field('"', description="The character around a field; '' for none.")
    fields: Texts = Field([], description="The names of the fields in their order.")
    more_fields: bool = Field(False, description="Whether lines may go on after the last field.")

    @property
    def known_fields(self) -> tuple[str, ...]:
        """The fields of a record as they are named; none where the file names them."""
        return tuple(self.fields)

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.quote == self.delimiter:
            yield ("quote",), "write one character that is not the delimiter, or '' for none"
        if not self.fields and (self.header is None or self.header.names is None):
            yield ("fields",), "write the fields in the order in which they stand, or header.names"
        elif self.optional_fields >= max(1, len(self.fields)):
            yield ("optional_fields",), "write how many of the last fields may be missing, fewer than there are"
        yield from super().faults()

    def _faults_without_record(self) -> Iterator[Fault]:
        names = self.header is not None and (self.header.lines, self.header.names) == (1, 1)
        if self.has_record_columns() and (not names or (self.trailer is not None and self.trailer.lines)):
            yield ("header",), "write {lines: 1, names: 1} and no trailer, or say the columns under record"
        yield from super()._faults_without_record()

    def has_record_columns(self) -> bool:
        """Whether the fields are the columns of a record themselves."""
        return sorted({*self.fields, CHARGED_COLUMN}) == sorted((*RECORD_COLUMNS, CHARGED_COLUMN))

    def layout_values(self) -> dict[str, Any]:
        """The attributes of the CdrFormat that the fields of the layout declare."""
        return self.text_values() | {
            "delimiter": self.delimiter,
            "quote": self.quote,
            "fields": self.known_fields,
            "has_more_fields": self.more_fields,
        }


class FixedWidth(_TextDeclaration):
    """Lines of fields in fixed columns."""

    layout: Literal["fixed_width"]
    fields: Annotated[
        list[LineField], Field(min_length=1), Says("write a list of fields, each with name, column, length")
    ] = Field(description="The fields with their columns.")
    line_length: Maybe[Positive] = Field(None, description="What each line has exactly.")
    page_lines: Annotated[
        list[str],
        AfterValidator(check_patterns),
        Says('write a list of texts, numbers in quotes: ["0"]'),
    ] = Field([], description="Patterns of the lines of a printed page that are no records.")

    @property
    def known_fields(self) -> tuple[str, ...]:
        """The fields of a record as they are named."""
        return tuple(field.name for field in self.fields)

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.header is not None and self.header.names is not None:
            yield ("header", "names"), self.header.no_names()
        if self.optional_fields >= len(self.fields) or (self.optional_fields and self.line_length is not None):
            yield (
                ("optional_fields",),
                "write how many of the last fields may be missing, fewer than there are; with line_length none may",
            )
        end = max(field.column + field.length - 1 for field in self.fields)
        if self.line_length is not None and self.line_length < end:
            yield ("line_length",), f"the fields end at column {end}; write that or more"
        yield from super().faults()

    def page_lines_as_condition(self) -> tuple[Condition, ...]:
        """The condition that ignores the lines of a printed page."""
        if not self.page_lines:
            return ()
        return (Condition((Test(PAGE_LINE, ("yes",)),), "a heading, a rule or an empty line of a printed page"),)

    def layout_values(self) -> dict[str, Any]:
        """The attributes of the CdrFormat that the fields of the layout declare."""
        return self.text_values() | {
            "fields": self.known_fields,
            "fixed": tuple(field.fixed() for field in self.fields),
            "line_length": self.line_length,
            "page_lines": tuple(self.page_lines),
        }


class FixedBinary(CdrDeclaration):
    """Records of so many bytes."""

    layout: Literal["fixed_binary"]
    fields: Annotated[
        list[ByteField], Field(min_length=1), Says("write a list of fields, each with name, offset, bytes")
    ] = Field(description="The fields with their bytes.")
    record_bytes: Positive = Field(description="The length of a record.")
    file_header_bytes: NonNegative = Field(0, description="How many bytes to skip at the file's start.")
    byte_order: Literal["little", "big"] = Field(description="The order of bytes in a whole number.")

    @property
    def known_fields(self) -> tuple[str, ...]:
        """The fields of a record as they are named."""
        return tuple(field.name for field in self.fields)

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        for at, field in enumerate(self.fields):
            end = field.offset + field.bytes
            if end > self.record_bytes:
                yield (
                    ("fields", at, "bytes"),
                    f"the field ends at byte {end}; a record has {self.record_bytes}",
                )
        yield from super().faults()

    def layout_values(self) -> dict[str, Any]:
        """The attributes of the CdrFormat that the fields of the layout declare."""
        return {
            "fields": self.known_fields,
            "fixed": tuple(field.fixed() for field in self.fields),
            "record_bytes": self.record_bytes,
            "file_header_bytes": self.file_header_bytes,
            "byte_order": self.byte_order,
        }


class Asn1Ber(CdrDeclaration):
    """Records of ASN.1 in BER."""

    layout: Literal["asn1_ber"]
    fields: Annotated[
        list[Asn1Field], Field(min_length=1), Says("write a list of fields, each with name, paths, type")
    ] = Field(description="The fields with their paths.")
    module: str = Field(description="The ASN.1 module, a file beside this one.")
    type: str = Field(description="The type of a record in it.")
    padding: Annotated[
        list[Annotated[int, Field(ge=0, le=255)]],
        Says("write the bytes that fill up between records: [0x00, 0xFF]"),
    ] = Field([], description="The bytes that fill up between records.")

    @property
    def known_fields(self) -> tuple[str, ...]:
        """The fields of a record as they are named."""
        return tuple(field.name for field in self.fields)

    def layout_values(self) -> dict[str, Any]:
        """The attributes of the CdrFormat that the fields of the layout declare."""
        return {
            "fields": self.known_fields,
            "asn1_type": self.type,
            "ber": tuple(field.ber() for field in self.fields),
            "padding": tuple(self.padding),
        }

    def module_faults(self, module: Path) -> Iterator[Fault]:
        """What is wrong with the module, or with the type in it."""
        import asn1tools

        try:
            types = asn1tools.compile_files(str(module), "ber").types
        except (OSError, asn1tools.CompileError, asn1tools.ParseError) as error:
            yield ("module",), f"{module} cannot be compiled: {error}"
            return
        if self.type not in types:
            yield ("type",), f"{module.name} has no type {self.type}; it has {', '.join(types)}"


CdrLayout = Annotated[Delimited | FixedWidth | FixedBinary | Asn1Ber, Field(discriminator="layout")]
CDR_DECLARATION: TypeAdapter[CdrLayout] = TypeAdapter(CdrLayout, config=BUILT_WHEN_USED)


def read_declaration(path: Path) -> CdrFormat:
    """The format that a file declares. Raises UsageError naming file, field and what to write."""
    text = read_text(path)

    def faults_of_files(declared: CdrDeclaration) -> Iterator[Fault]:
        if declared.name != path.stem:
            yield ("name",), f"write {path.stem}, as the file is named"
        if isinstance(declared, Asn1Ber):
            yield from declared.module_faults(path.parent / declared.module)

    declared = read_declared(path, parse_yaml(path, text), CDR_DECLARATION, tags=LAYOUTS, check=faults_of_files)
    values = declared.layout_values()
    module = path.parent / declared.module if isinstance(declared, Asn1Ber) else None
    digest = hashlib.sha256(text.encode() + (module.read_bytes() if module else b"")).hexdigest()[:12]
    return CdrFormat(
        name=declared.name,
        path=path,
        digest=digest,
        layout=declared.layout,
        description=declared.description,
        date_zone=declared.date_zone,
        mapping=declared.mapping(),
        asn1_module=module,
        **values,
    )
