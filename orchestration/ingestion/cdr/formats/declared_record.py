"""The fields of `record` and `times` of a call format, as models: the columns, the start, the duration.

docs/formats.md explains the fields; the classes that they become are in model.py.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidatorFunctionWrapHandler, WrapValidator, create_model

from orchestration.call_columns import RECORD, CallColumn
from orchestration.declarations import Declared, Fault, Maybe, Says, no_text
from orchestration.ingestion.cdr.formats.declared_columns import ShortColumn, Texts, as_field
from orchestration.ingestion.cdr.formats.model import TEXT_COLUMNS, Clock, Moment, Seconds, TextColumn, Times, Turns

_EPOCHS = {"epoch": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_UNIT = re.compile(r"(?P<count>[1-9][0-9]*)?(?P<unit>s|ms|us)")
_NO_UNIT = 'write s, 100ms, 10ms, ms or us (a part that a second is made of), or "hh:mm:ss", "mm:ss", "hh:mm"'
# A letter alone is read as two are: of the first part any number of digits is read.
_CLOCK_PART = re.compile("hh|mm|ss|[hm](?=[^A-Za-z0-9])")
_CLOCK_SECONDS = {"h": 3600, "m": 60, "s": 1}
_NO_TIMES = f"write {', '.join(_EPOCHS)}, or a pattern like '%Y-%m-%d %H:%M:%S' or a list of them"


def _zone_fault(zone: Any) -> str:
    return f"'{zone}' is not a valid time zone; write one like UTC or Asia/Shanghai, or leave it out"


def _known_zone(zone: str) -> str:
    if zone not in zoneinfo.available_timezones():
        raise ValueError(_zone_fault(zone))
    return zone


def _clock(unit: str) -> Clock | None:
    """What a unit like hh:mm:ss says; None where the unit is a part of a second. Raises ValueError."""
    parts = _CLOCK_PART.findall(unit)
    if not parts or "".join(part[0] for part in parts) not in ("hms", "ms", "hm"):
        return None
    between = _CLOCK_PART.split(unit)
    if any(re.search("[A-Za-z0-9]", text) for text in between) or between[0]:
        raise ValueError('write the parts with signs between them: "hh:mm:ss", "mm:ss", "hhmmss"')
    # The first part has no upper limit, 30:00:00 is thirty hours; without separators it has exactly two digits.
    digits = ["[0-9]{1,6}" if between[1] else "[0-9]{2}", *["[0-5][0-9]"] * (len(parts) - 1)]
    if parts[-1] == "ss":
        digits[-1] += r"(?:\.[0-9]{1,6})?"
    texts = [f"({digit}){re.escape(text)}" for digit, text in zip(digits, between[1:], strict=True)]
    return Clock("".join(texts), tuple(_CLOCK_SECONDS[part[0]] for part in parts))


def _units_per_second(unit: str) -> int:
    match = _UNIT.fullmatch(unit)
    if match:
        each = int(match["count"] or 1)
        per_second = {"s": 1, "ms": 1_000, "us": 1_000_000}[match["unit"]]
        if per_second % each == 0:
            return per_second // each
    raise ValueError(_NO_UNIT)


def _known_unit(unit: str) -> str:
    if _clock(unit) is None:
        _units_per_second(unit)
    return unit


def _check_form(form: str | list[str]) -> str | list[str]:
    if isinstance(form, str) and form in _EPOCHS:
        return form
    patterns = [form] if isinstance(form, str) else form
    if not patterns or not all("%" in pattern for pattern in patterns):
        raise ValueError(_NO_TIMES)
    named = [pattern for pattern in patterns if "%Z" in pattern]
    if named:
        raise ValueError(f"{named[0]}: names of zones are not read; write %z for an offset, or times.zone")
    return form


DateAndTime = Annotated[
    list[str], Field(min_length=2), Says("write the field of the date and that of the time of day: [DATE, TIME]")
]
Unit = Annotated[str, AfterValidator(_known_unit), Says(_NO_UNIT)]
Zone = Annotated[str, AfterValidator(_known_zone), Says(_zone_fault)] | None


class JoinedFields(Declared):
    """A date and a time of day in two fields."""

    join: DateAndTime = Field(description="The field of the date and that of the time of day.")


def _moment(value: Any, _: ValidatorFunctionWrapHandler) -> list[str]:
    if isinstance(value, dict):
        return JoinedFields.model_validate(value).join
    if not isinstance(value, str):
        raise ValueError(no_text(value))
    return [value]


MomentFields = Annotated[list[str], WrapValidator(_moment, json_schema_input_type=str | JoinedFields)]


class Wait(Declared):
    """How long something took."""

    field: str = Field(description="The field that says it.")
    unit: Unit = Field("s", description='s, ms, us, 100ms … or "hh:mm:ss".')

    def seconds(self) -> Seconds:
        """What is declared."""
        clock = _clock(self.unit)
        return Seconds(self.field, 1 if clock else _units_per_second(self.unit), clock, "down")


class TurnsOfCall(Declared):
    """Records that are parts of one call, one after the other."""

    alike: str = Field(description="The field that is the same for them.")
    told_apart_by: str = Field(description="The field by which they differ.")

    def turns(self) -> Turns:
        """What is declared."""
        return Turns(self.alike, self.told_apart_by)


class Start(Declared):
    """When a call began."""

    answer: Maybe[MomentFields] = Field(None, description="The field of the answer's time.")
    seizure: Maybe[MomentFields] = Field(None, description="The field of the seizure's time.")
    join: Maybe[DateAndTime] = Field(None, description="The answer's time, in a field of the date and one of the time.")
    ended: Maybe[MomentFields] = Field(None, description="The field of the end: a call began its duration before.")
    answered_after: Maybe[Annotated[Wait, BeforeValidator(as_field, json_schema_input_type=str | Wait)]] = Field(
        None, description="How long after its seizure an answered call began."
    )
    turns: Maybe[TurnsOfCall] = Field(None, description="Records that are parts of one call, one after the other.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        is_alone = len(self.model_fields_set) == 1
        if self.join is not None and not is_alone:
            yield ("join",), "write it under answer and under seizure: {answer: {join: [DATE, TIME]}}"
        elif self.ended is not None and not is_alone:
            yield ("ended",), "write it alone: a call began its duration before it ended"
        elif self.answered_after is not None:
            if self.answer is not None or self.seizure is None:
                yield (
                    ("answered_after",),
                    "write it with seizure and without answer: {seizure: FIELD, answered_after: FIELD}",
                )
        elif self.join is None and self.ended is None and self.answer is None:
            yield ("answer",), no_text(None)

    def begin(self) -> Moment:
        """The time that the start is counted from: the answer's, the end's, or the seizure's where an answer is so long after."""
        counted = self.seizure if self.answered_after is not None else self.answer
        return tuple(self.join or self.ended or counted or ())

    def seized(self) -> Moment | None:
        """The seizure's time, where the start is counted from another."""
        return tuple(self.seizure) if self.seizure is not None and self.answered_after is None else None


class Duration(Declared):
    """How long a call lasted: a field, or what lies between two times."""

    field: Maybe[str] = Field(None, description="The field that says it.")
    unit: Unit = Field("s", description='s, ms, us, 100ms … or "hh:mm:ss", "mm:ss", "hh:mm", "hhmmss".')
    rounding: Literal["up", "down", "half_up"] = Field("up", description="How parts of a second are rounded.")
    from_time: Maybe[MomentFields] = Field(None, alias="from", description="The field of the time at which it began.")
    to_time: Maybe[MomentFields] = Field(None, alias="to", description="The field of the time at which it ended.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        times = {"from": self.from_time, "to": self.to_time}
        missing = [name for name, time in times.items() if time is None]
        if (len(missing) < 2) == (self.field is not None):
            yield ("field",), "write a field, or from and to: the fields of two times"
        elif len(missing) == 1:
            yield (missing[0],), no_text(None)

    def span(self) -> tuple[Moment, Moment] | None:
        """The two times that it lies between; None where a field says it."""
        if self.from_time is None or self.to_time is None:
            return None
        return tuple(self.from_time), tuple(self.to_time)

    def clock(self) -> Clock | None:
        """What a unit like hh:mm:ss says."""
        return None if self.field is None else _clock(self.unit)

    def units_per_second(self) -> int:
        """What the field counts; millionths of a second of a span and of a clock."""
        return 1_000_000 if self.field is None or _clock(self.unit) else _units_per_second(self.unit)


class Answered(Declared):
    """Which calls were answered."""

    field: Maybe[str] = Field(None, description="The field of the outcome.")
    values: Texts = Field([], description="Its texts of an answered call.")

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        if self.model_fields_set and (self.field is None or not self.values):
            yield (), "write the field and the values that say so: {field: NAME, values: [ANSWERED]}"


class TimesOfRecords(Declared):
    """How times are written."""

    format: Annotated[str | list[str], AfterValidator(_check_form), Says(_NO_TIMES)] = Field(
        "%Y-%m-%d %H:%M:%S", description="epoch, epoch_ms, epoch_us, or a pattern, or a list of them."
    )
    zone: Zone = Field(None, description="The zone they are in, like UTC; without it, the branch's.")
    none: Texts = Field([], description="Texts that are no time.")

    def times(self) -> Times:
        """What is declared."""
        if isinstance(self.format, str) and self.format in _EPOCHS:
            return Times(_EPOCHS[self.format], (), "UTC", tuple(self.none) or ("0",))
        patterns = (self.format,) if isinstance(self.format, str) else tuple(self.format)
        return Times(None, patterns, self.zone, tuple(self.none))


def _is_written(value: Any) -> Any:
    if value is None:
        raise ValueError("say which field it comes from, as {field: NAME}")
    return value


def _as_answer(value: Any) -> Any:
    return {"answer": value} if isinstance(value, str) else value


NeededColumn = Annotated[ShortColumn, BeforeValidator(_is_written)]


#: The columns that every record must have.
_NEEDED = ("calling_number", "called_number", "release_cause")


class _Record(Declared):
    """From which field each column of a record comes."""

    started_at: Annotated[
        Start, BeforeValidator(_as_answer, json_schema_input_type=str | Start), BeforeValidator(_is_written)
    ] = Field(description="When the call began.")
    duration_seconds: Annotated[
        Duration, BeforeValidator(as_field, json_schema_input_type=str | Duration), BeforeValidator(_is_written)
    ] = Field(description="How long the conversation lasted.")
    answered: Maybe[Answered] = Field(
        None, description="Which calls were answered; without it those with an answer time."
    )

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        for name in TEXT_COLUMNS:
            column = getattr(self, name)
            if column is not None and name != "record_number":
                yield from (((name, *place), "write true, and only for record_number") for place in column.positions())

    def columns(self) -> dict[str, TextColumn]:
        """The columns of text; a switch may not number its records, or know no trunk groups."""
        written = {name: getattr(self, name) for name in TEXT_COLUMNS}
        return {
            name: TextColumn(is_position=name == "record_number") if column is None else column.text_column()
            for name, column in written.items()
        }


def _text_column(column: CallColumn) -> tuple[Any, Any]:
    if column.name in _NEEDED:
        return NeededColumn, Field(description=column.meaning)
    return Maybe[ShortColumn], Field(None, description=column.meaning)  # type: ignore[misc]


if TYPE_CHECKING:
    Record = _Record
else:
    #: With a field for each column that is said as text: one that is added to call_columns.py can be declared of a format.
    Record = create_model(
        "Record",
        __base__=_Record,
        **{column.name: _text_column(column) for column in RECORD if column.name in TEXT_COLUMNS},
    )
