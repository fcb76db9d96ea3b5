"""The fields of the declaration of a bank's format, a model for each layout. docs/formats.md explains the fields."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from functools import partial
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, TypeAdapter

from orchestration.declarations import BUILT_WHEN_USED, Declared, Fault, Maybe, Says

#: For how many days a debit that no file refuses may be waited for before it counts as collected.
MOST_DAYS_TO_WAIT = 60

#: What a detail line can say; account_id, amount and result_code (or a text of it) must be there.
DetailField = Literal["line", "account_id", "bank_account", "amount", "collected_amount", "result_code", "reason_text"]
SummaryField = Literal[
    "batch_id", "billing_period", "debited_on", "records", "total_amount", "success_records", "success_amount"
]  # fmt: skip


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise ValueError(f"'{name}' is unknown; write utf-8 or gb18030") from error
    return name


def _pattern(text: str, groups: Collection[str]) -> str:
    try:
        found = re.compile(text).groupindex
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    for group in groups:
        if group not in found:
            raise ValueError(f"it has no group (?P<{group}>…)")
    return text


def _places(declared: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(place) if isinstance(place, list) else place for name, place in declared.items()}


def _unknown_in(names: tuple[str, ...]) -> Says:
    return Says(lambda name: f"'{name}' is unknown; there are {', '.join(names)}")


def _places_of(names: tuple[str, ...]) -> Says:
    return Says(f"write the place of each field, of {', '.join(names)}")


Text = Annotated[str, Says("write a text in quotes")]
Texts = Annotated[list[str], Field(min_length=1), Says("write a list of texts")]
Encoding = Annotated[str, AfterValidator(_known_encoding), Says("write a text in quotes")]
ResultTexts = Annotated[
    dict[Annotated[str, Field(min_length=1)], str | int],
    Says("write the texts to look for, each with its result code"),
]
DaysToWait = Annotated[
    int,
    Field(ge=1, le=MOST_DAYS_TO_WAIT),
    Says(lambda value: f"{value!r} is not a valid number of days; write a whole number from 1 to {MOST_DAYS_TO_WAIT}"),
]
SkippedLines = Annotated[int, Field(ge=0), Says("write how many lines stand before the first that counts")]
Flag = Annotated[bool, Says("write true or false")]

DetailPattern = Annotated[
    str, AfterValidator(partial(_pattern, groups=("amount",))), Says("write a regular expression")
]
SummaryPattern = Annotated[str, AfterValidator(partial(_pattern, groups=())), Says("write a regular expression")]
ValuePattern = Annotated[str, AfterValidator(partial(_pattern, groups=("value",))), Says("write a regular expression")]

Column = Annotated[int, Field(ge=1), Says("write the number of its column, the first is 1")]
Span = Annotated[
    list[Annotated[int, Field(ge=1)]],
    Field(min_length=2, max_length=2),
    Says("write [first byte, bytes], the first byte is 1"),
]
DetailName = Annotated[DetailField, _unknown_in(get_args(DetailField))]
SummaryName = Annotated[SummaryField, _unknown_in(get_args(SummaryField))]


class _Format(Declared):
    """The fields of all layouts."""

    layout: str
    description: str | None = Field(None, description="What the bank sends, in a line.")
    result_scheme: str | None = Field(None, description="The scheme of result codes in debit_result_codes.csv.")
    collected_unless_returned: Maybe[DaysToWait] = Field(
        None,
        description="Of a bank that lists failures only: after so many days a debit that no file refuses is collected.",
    )

    @classmethod
    def unknown_field(cls) -> str:
        """The message for an unknown field."""
        (layout,) = get_args(cls.model_fields["layout"].annotation)
        return f"layout {layout} has no such field; there are {', '.join(cls.field_names())}"

    def format_values(self) -> dict[str, Any]:
        """The attributes of the BankFormat that is declared, its name apart."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "description"}
        return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


class Canonical(_Format):
    """Header H, details D, trailer T, separated by `|`, UTF-8: what a bank is asked to send."""

    layout: Literal["canonical"]


class Nacha(_Format):
    """A NACHA file of debits and returns."""

    layout: Literal["nacha"]


class Becs(_Format):
    """Returned items of Australian direct entry."""

    layout: Literal["becs"]


class Arudd(_Format):
    """The Bacs report of unpaid direct debits."""

    layout: Literal["arudd"]
    currency: Text = Field("GBP", description="The currency of the amounts.")


class Iso20022(_Format):
    """pain.002, camt.054 or camt.053 of any version."""

    layout: Literal["iso20022"]
    batch_id: Annotated[
        Literal["file", "name"], Says("write file (the request's message id) or name (of the file's name)")
    ] = Field("file", description="The batch: the request's message id in the file, or that of the file's name.")
    currency: Text = Field("CNY", description="The currency of the amounts.")
    lists_all: Flag = Field(False, description="Whether a report lists every debit of its request.")


class Mt940(_Format):
    """SWIFT statements."""

    layout: Literal["mt940"]
    encoding: Encoding | None = Field(None, description="Of field 86, like utf-8 or gb18030.")
    currency: Text = Field("CNY", description="The currency of the amounts.")
    collected_types: Texts = Field(description="Types of transactions that collect, like NDDT.")
    returned_types: Texts = Field(description="Types of transactions that give back, like NRTI.")
    account_id: ValuePattern = Field(description="A pattern for field 86 with the account as (?P<value>…).")
    result_code: ValuePattern = Field(description="A pattern for field 86 with the result code as (?P<value>…).")

    def format_values(self) -> dict[str, Any]:
        """The attributes of the BankFormat that is declared, its name apart."""
        values = super().format_values()
        values["details_encoding"] = values.pop("encoding")
        return values | {name: re.compile(values[name]) for name in ("account_id", "result_code")}


class _Lines(_Format):
    """The fields of the layouts of one debit a line."""

    encoding: Encoding = Field("gb18030", description="Like utf-8 or gb18030.")
    amount_unit: Annotated[Literal["yuan", "fen"], Says("write one of yuan, fen")] = Field(
        "yuan", description="What an amount counts."
    )
    date_format: Text = Field("%Y%m%d", description="How dates are written, as in Python's strptime.")
    summary: Annotated[
        Literal["first", "last", "none"], Says("write first, last or none: where the line with the totals stands")
    ] = Field("none", description="Where the line with the totals stands.")
    result_texts: ResultTexts = Field(
        {}, description="Texts to look for, each with its result code; the first that is found counts."
    )
    partial_codes: Maybe[Texts] = Field(
        None, description="Result codes of debits collected in part; such a line says how much was."
    )
    skip_lines: SkippedLines = Field(0, description="How many lines stand before the first that counts.")

    def format_values(self) -> dict[str, Any]:
        """The attributes of the BankFormat that is declared, its name apart."""
        return super().format_values() | {
            "result_texts": tuple((text, str(code)) for text, code in self.result_texts.items()),
            "partial_codes": tuple(self.partial_codes or ()),
        }

    def detail_faults(self, field: str, found: Collection[str]) -> Iterator[Fault]:
        """What a detail lacks: it must have its account, its amount and its result."""
        if "account_id" not in found:
            yield (field,), "account_id is missing: without it nobody knows whose debit it was"
        if "amount" not in found:
            yield (field,), "amount is missing"
        if not {"result_code", "reason_text"} & set(found):
            yield (field,), "result_code or reason_text is missing"
        elif "result_code" not in found and not self.result_texts:
            yield ("result_texts",), "without a result_code it says which text means which code"


class _Placed(_Lines):
    """The fields of the layouts in which each field has its place."""

    details: dict[Any, Any]
    summary_fields: dict[Any, Any] | None

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        yield from self.detail_faults("details", self.details)
        if self.summary != "none" and self.summary_fields is None:
            yield ("summary_fields",), f"write the place of each field, of {', '.join(get_args(SummaryField))}"

    def format_values(self) -> dict[str, Any]:
        """The attributes of the BankFormat that is declared, its name apart."""
        summary = self.summary_fields if self.summary != "none" else None
        return super().format_values() | {"details": _places(self.details), "summary_fields": _places(summary or {})}


class Delimited(_Placed):
    """One debit a line, its fields separated by a character."""

    layout: Literal["delimited"]
    details: Annotated[dict[DetailName, Column], Field(min_length=1), _places_of(get_args(DetailField))] = Field(
        description="The column of each field of a debit's line, from 1."
    )
    summary_fields: Maybe[
        Annotated[dict[SummaryName, Column], Field(min_length=1), _places_of(get_args(SummaryField))]
    ] = Field(None, description="The column of each field of the line with the totals, from 1.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1), Says("write one character")] = Field(
        "|", description="The character between two fields."
    )


class FixedWidth(_Placed):
    """One debit a line, its fields in fixed bytes."""

    layout: Literal["fixed_width"]
    details: Annotated[dict[DetailName, Span], Field(min_length=1), _places_of(get_args(DetailField))] = Field(
        description="[first byte, bytes] of each field of a debit's line; the first byte is 1."
    )
    summary_fields: Maybe[
        Annotated[dict[SummaryName, Span], Field(min_length=1), _places_of(get_args(SummaryField))]
    ] = Field(None, description="[first byte, bytes] of each field of the line with the totals.")


class Report(_Lines):
    """A printed list, whose lines are known by patterns."""

    layout: Literal["report"]
    detail_pattern: DetailPattern = Field(description="A debit's line, with groups like (?P<amount>…).")
    summary_pattern: Maybe[SummaryPattern] = Field(None, description="The line with the totals, with groups.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.summary != "none" and self.summary_pattern is None:
            yield ("summary_pattern",), "write a regular expression"
        yield from self.detail_faults("detail_pattern", re.compile(self.detail_pattern).groupindex)

    def format_values(self) -> dict[str, Any]:
        """The attributes of the BankFormat that is declared, its name apart."""
        summary = self.summary_pattern if self.summary != "none" else None
        return super().format_values() | {
            "detail_pattern": re.compile(self.detail_pattern),
            "summary_pattern": None if summary is None else re.compile(summary),
        }


LAYOUTS = ("canonical", "nacha", "iso20022", "mt940", "becs", "arudd", "delimited", "fixed_width", "report")
BankDeclaration = Annotated[
    Canonical | Nacha | Iso20022 | Mt940 | Becs | Arudd | Delimited | FixedWidth | Report,
    Field(discriminator="layout"),
    Says(f"write one of {', '.join(LAYOUTS)}"),
]
BANK_DECLARATION: TypeAdapter[BankDeclaration] = TypeAdapter(BankDeclaration, config=BUILT_WHEN_USED)
