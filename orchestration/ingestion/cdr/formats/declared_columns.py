"""The fields of a column, a computed field, `ignore`, `set_aside` and `legs` of a call format, as models.

docs/formats.md explains the fields; the classes that they become are in model.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from orchestration.declarations import Declared, Fault, Maybe, Place, Says
from orchestration.ingestion.cdr.formats.model import FIRST_GROUP, Condition, Legs, Test, TextColumn

_NO_TEXTS = 'write a list of texts, numbers in quotes: ["0"]'
_WAYS = ("field", "first_of", "join", "constant", "position", "cases")


def check_pattern(text: str, groups: int = 0) -> str:
    """A regular expression that DuckDB (RE2) and Python both read, with at least so many groups. Raises ValueError."""
    try:
        found = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    if found < groups:
        raise ValueError(_NO_GROUP)
    if re.search(r"\(\?[=!<]|\\[1-9]", text):
        raise ValueError("look-around and back-references are not read; write it without them")
    return text


def check_patterns(texts: list[str]) -> list[str]:
    """The same of several. Raises ValueError."""
    return [check_pattern(text) for text in texts]


def listed(value: Any) -> Any:
    """A single text as a list of one text; a list unchanged."""
    return [value] if isinstance(value, str) else value


def _check_replacements(pairs: dict[str, str]) -> dict[str, str]:
    for pattern, text in pairs.items():
        check_pattern(pattern, int(text == FIRST_GROUP))
    return pairs


_NO_GROUP = "write a regular expression with a group: '^([0-9]+)$'"
_NO_PAIRS = 'write texts and what they become, numbers in quotes: {"ANSWERED": "16"}'

Texts = Annotated[list[str], Says(_NO_TEXTS)]
Pairs = Annotated[dict[str, str], Says(_NO_PAIRS)]
Pattern = Annotated[str, AfterValidator(check_pattern), Says("write a regular expression")]
GroupPattern = Annotated[str, AfterValidator(partial(check_pattern, groups=1)), Says(_NO_GROUP)]
Replacements = Annotated[dict[str, str], AfterValidator(_check_replacements), Says(_NO_PAIRS)]
SeveralFields = Annotated[list[str], Field(min_length=2), Says("write a list of two or more fields")]


class FieldTest(Declared):
    """What the text of a field must be."""

    values: Texts = Field([], description="One of these texts.")
    match: Annotated[
        list[str],
        BeforeValidator(listed, json_schema_input_type=str | list[str]),
        AfterValidator(check_patterns),
        Says("write a pattern or a list of patterns"),
    ] = Field([], description="A text in which this pattern, or one of these patterns, is found.")
    empty: bool = Field(False, description="No text.")
    same_as: Maybe[str] = Field(None, description="The text of this other field.")
    is_negated: bool = Field(False, alias="not", description="Turns the test round.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if not (self.values or self.match or self.empty or self.same_as is not None):
            yield (
                (),
                "write one of values, match, empty and same_as: {values: [TEXTS]}, {match: PATTERN}, {empty: true}, {same_as: FIELD}",
            )

    def test(self, field: str) -> Test:
        """The test of a field."""
        values = (*self.values, *(("",) if self.empty else ()))
        return Test(field, values, tuple(self.match), self.is_negated, self.same_as)


def _as_test(value: Any) -> Any:
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise ValueError(_NO_TEXTS)
    return {"values": listed(value)} if isinstance(value, str | list) else value


ShortTest = Annotated[FieldTest, BeforeValidator(_as_test, json_schema_input_type=str | list[str] | FieldTest)]


def _with_names(value: Any) -> Any:
    for name in value if isinstance(value, dict) else ():
        if not isinstance(name, str):
            raise ValueError(f"write the field's name in quotes, not {name!r}")
    return value


Tests = Annotated[dict[str, ShortTest], BeforeValidator(_with_names)]


def _tests(declared: Mapping[str, FieldTest]) -> tuple[Test, ...]:
    return tuple(test.test(field) for field, test in declared.items())


class Column(Declared):
    """How a column's text comes from the fields, in the order of these steps."""

    cases: Maybe[
        Annotated[
            list[Case],
            Field(min_length=1),
            Says("write a list of cases: [{when: {FIELD: [TEXTS]}, field: FIELD}, {field: FIELD}]"),
        ]
    ] = Field(None, description="The first case all of whose conditions hold decides.")
    field: Maybe[str] = Field(None, description="The field that it comes from.")
    first_of: Maybe[SeveralFields] = Field(None, description="The first of these fields that says something.")
    join: Maybe[SeveralFields] = Field(None, description="These fields, with / between.")
    constant: Maybe[str] = Field(None, description="This text in every record.")
    position: Maybe[Annotated[Literal[True], Says("write true, and only for record_number")]] = Field(
        None, description="Of record_number: the record's place in its file."
    )
    empty: Texts = Field([], description="Texts that say nothing.")
    extract: Maybe[GroupPattern] = Field(None, description="A pattern; the text becomes its first group, or nothing.")
    replace_prefixes: Pairs = Field(
        {}, description='Beginnings and what they become; the longest that fits counts. "" is before every text.'
    )
    values: Pairs = Field({}, description="Texts and what they become.")
    match: Replacements = Field(
        {}, description=r"Patterns in their order and what a text becomes; '\1' is the pattern's first group."
    )
    keep_others: bool = Field(False, description="Texts that values and match do not have are kept.")
    otherwise: Maybe[str] = Field(None, description="What texts become that values and match do not have.")
    default: str = Field("", description="Instead of nothing.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        written = self.model_fields_set
        if len(written.intersection(_WAYS)) != 1:
            yield (), "write one of field, first_of, join, constant, position and cases"
        elif self.cases is not None:
            beside = self.written_names(written - {"cases", "when", "first_in", "differs_in"})
            if beside:
                yield (beside[0],), "write it in the case that it is for"
            for at, case in enumerate(self.cases[:-1]):
                if case.when is None:
                    yield (
                        ("cases", at, "when"),
                        "only the last case may be without: it is for what no other case is for",
                    )

    def positions(self) -> Iterator[Place]:
        """Where `position` is written, in it and in its cases."""
        if self.position is not None:
            yield ("position",)
        for at, case in enumerate(self.cases or ()):
            yield from (("cases", at, *place) for place in case.positions())

    def text_column(self) -> TextColumn:
        """The column that is declared."""
        if self.cases is not None:
            return TextColumn(cases=tuple((_tests(case.when or {}), case.text_column()) for case in self.cases))
        return TextColumn(
            fields=tuple(self.first_of or self.join or (() if self.field is None else (self.field,))),
            join=self.join is not None,
            constant=self.constant,
            is_position=self.position is not None,
            empty=tuple(self.empty),
            extract=self.extract,
            replace_prefixes=tuple(self.replace_prefixes.items()),
            values=tuple(self.values.items()),
            match=tuple(self.match.items()),
            keeps_others=self.keep_others,
            otherwise=self.otherwise,
            default=self.default,
        )


class Case(Column):
    """A column for the records of which its conditions hold."""

    when: Maybe[Tests] = Field(None, description="What the fields must be; left out in the last case.")


class Computed(Column):
    """A field that comes from others."""

    first_in: Maybe[str] = Field(
        None, description="The first text of the file's records for which this other field says the same."
    )
    differs_in: Maybe[str] = Field(
        None, description="yes where the file's records for which this other field says the same have several texts."
    )

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        yield from super().faults()
        if self.first_in is not None and self.differs_in is not None:
            yield ("differs_in",), "write it without first_in"

    def text_column(self) -> TextColumn:
        """The field that is declared."""
        return replace(super().text_column(), first_in=self.first_in, differs_in=self.differs_in)


def as_field(value: Any) -> Any:
    """A part that may be written as the name of a field alone."""
    return {"field": value} if isinstance(value, str) else value


ShortColumn = Annotated[Column, BeforeValidator(as_field, json_schema_input_type=str | Column)]
ShortComputed = Annotated[Computed, BeforeValidator(as_field, json_schema_input_type=str | Computed)]


class RecordCondition(Declared):
    """Records in which all these fields pass their tests."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ShortTest] = Field(init=False)

    why: Maybe[str] = Field(None, description="The reason that is shown; without it, the condition is.")

    @classmethod
    def unknown_field(cls) -> str:
        """What to say of a field whose name is no text."""
        return "write the field's name in quotes"

    @classmethod
    def no_fields(cls) -> str:
        """The error for a text or a list in the place of fields."""
        return "write what its fields must be: {FIELD: [TEXTS]}"

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if not self.__pydantic_extra__:
            yield (), "write at least one field and what it must be: {FIELD: [TEXTS]}"

    def condition(self) -> Condition:
        """The condition that is declared."""
        tests = _tests(self.__pydantic_extra__)
        return Condition(tests, " and ".join(map(_in_words, tests)) if self.why is None else self.why)


class OneFieldCondition(FieldTest):
    """A condition on one field, written with the field's name as `answered` is."""

    field: str = Field(description="The field.")
    why: Maybe[str] = Field(None, description="The reason that is shown; without it, the condition is.")


def _by_field(value: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("field"), str):
        return value
    if not value.keys() & {"values", "match", "empty", "same_as"}:
        return value
    rest = {key: item for key, item in value.items() if key not in ("field", "why")}
    return {value["field"]: rest, **({"why": value["why"]} if "why" in value else {})}


Conditions = Annotated[
    list[
        Annotated[
            RecordCondition, BeforeValidator(_by_field, json_schema_input_type=RecordCondition | OneFieldCondition)
        ]
    ],
    Says("write a list of conditions, each with what its fields must be: [{FIELD: [TEXTS]}]"),
]


def _in_words(test: Test) -> str:
    """A test in words, for the reason that a record is ignored or set aside for."""
    said = [*(value or "empty" for value in test.values), *(f"like {pattern}" for pattern in test.match)]
    said += [f"the same as {test.same_as}"] if test.same_as else []
    return f"{test.field} is {'not ' if test.is_negated else ''}{' or '.join(said)}"


class LegsOfCall(Declared):
    """Which records are legs of one call, and which of them counts."""

    group: Annotated[
        list[str],
        Field(min_length=1),
        BeforeValidator(listed, json_schema_input_type=str | list[str]),
        Says("write the field, or the list of fields, that is the same for all legs of a call"),
    ] = Field(description="The field, or the fields, that say the same for all legs of a call.")
    counts: Literal["longest", "first", "each", "answered"] = Field(
        "longest", description="The leg that counts: the longest answered, the first answered, or each answered."
    )

    def legs(self) -> Legs:
        """What is declared; `answered` is another word for `longest`."""
        return Legs(tuple(self.group), "longest" if self.counts == "answered" else self.counts)


def _as_group(value: Any) -> Any:
    return {"group": value} if isinstance(value, str | list) else value


ShortLegs = Annotated[LegsOfCall, BeforeValidator(_as_group, json_schema_input_type=str | list[str] | LegsOfCall)]
