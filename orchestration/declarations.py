"""One reader of what people declare in YAML: a model checks it, and a fault names the file, the field and what to write.

The fields of a declaration are in the models of its package: bank/formats/declaration.py, cdr/formats/declaration.py and
sources/entries.py below orchestration/ingestion. How YAML is parsed is in ingestion/file_reading/bounded_yaml.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from orchestration.errors import UsageError

MOST_FAULTS_SHOWN = 20
#: Of the adapter of a union: importing it costs no time, the first declaration that is read does.
BUILT_WHEN_USED = ConfigDict(defer_build=True)

#: The way to a field: names, and places in lists from 0.
Place = tuple[str | int, ...]
Fault = tuple[Place, str]

T = TypeVar("T")

# The type of an error that has its words; all others are pydantic's.
_WORDED = "worded"


@dataclass(frozen=True)
class Says:
    """Of a type: what to write where a value is not of it. What a part of the value says for itself counts before it."""

    what: str | Callable[[Any], str]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(self._read, handler(source))

    def _read(self, value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            faults = [fault for fault in map(_worded, error.errors()) if fault is not None]
            if len(faults) < error.error_count():
                faults.append(((), self.what if isinstance(self.what, str) else self.what(value)))
            raise declaration_error(faults) from error


class _NotNull:
    """Of `X | None`: the field may be left out, and is None then; written without a value it is a fault."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        assert schema["type"] == "nullable", source
        inner: CoreSchema = schema["schema"]
        return inner


Maybe = Annotated[T | None, _NotNull()]
NonNegative = Annotated[int, Field(ge=0), Says("write a whole number from 0")]
Positive = Annotated[int, Field(ge=1), Says("write a whole number from 1")]


class Declared(BaseModel):
    """A part of a declaration. A field that has to be there and is not gets the fault of one that is written empty."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    def faults(self) -> Iterator[Fault]:
        """The faults between fields that are each valid."""
        yield from ()

    @classmethod
    def unknown_field(cls) -> str:
        """The message for an unknown field."""
        return f"no such field; there are {', '.join(cls.field_names())}"

    @classmethod
    def no_fields(cls) -> str:
        """The error for a text or a list in the place of fields."""
        return f"write its members, one a line: {', '.join(cls.field_names())}"

    @classmethod
    def field_names(cls) -> list[str]:
        """The fields as they are written."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def written_names(cls, names: Collection[str]) -> list[str]:
        """Of the attributes of these names the fields as they are written, in the order of the model."""
        return [field.alias or name for name, field in cls.model_fields.items() if name in names]

    @model_validator(mode="wrap")
    @classmethod
    def _check(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, dict):
            # YAML reads the keys yes and no as true and false, which pydantic's errors would call 1 and 0.
            value = {str(key): of_key for key, of_key in value.items()}
            needed = [field.alias or name for name, field in cls.model_fields.items() if field.is_required()]
            value = {**value, **{name: None for name in needed if name not in value}}
        try:
            read = handler(value)
        except ValidationError as error:
            raise declaration_error([cls._fault(details) for details in error.errors()]) from error
        faults = list(read.faults())
        if faults:
            raise declaration_error(faults)
        return read

    @classmethod
    def _fault(cls, details: Any) -> Fault:
        place: Place = details["loc"]
        if details["type"] == "extra_forbidden" and len(place) == 1:
            return place, cls.unknown_field()
        if details["type"] in ("model_type", "model_attributes_type") and not place:
            return place, cls.no_fields()
        return _worded(details) or _plain(details)


def read_declared(
    path: Path,
    content: Any,
    model: TypeAdapter[T],
    *,
    tags: Collection[str] = (),
    show: Callable[[Place], str] | None = None,
    check: Callable[[T], Iterable[Fault]] | None = None,
    context: dict[str, Any] | None = None,
) -> T:
    """What the content of a YAML file declares. Raises one UsageError with every fault, one a line.

    `tags` are the names of the models in a union, which belong to no field's name; `show` writes a place in its own way;
    `check` finds what more than the content is needed for; `context` is for the validators of the model.
    """
    try:
        declared = model.validate_python(content, context=context)
        faults = list(check(declared)) if check is not None else []
    except ValidationError as error:
        faults = [_worded(details) or _plain(details) for details in error.errors()]
    if not faults:
        return declared
    lines = [_line(path, (show or field_name)(_without_tag(place, tags)), what) for place, what in faults]
    more = len(lines) - MOST_FAULTS_SHOWN
    raise UsageError("\n".join([*lines[:MOST_FAULTS_SHOWN], *([f"{path}: and {more} more"] if more > 0 else [])]))


def field_name(place: Place) -> str:
    """A field by the way to it, as `field fields[1].name`; nothing for the file as a whole."""
    name = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"field {name.removeprefix('.')}" if name else ""


def declaration_schema(model: TypeAdapter[Any], title: str) -> dict[str, Any]:
    """The JSON Schema of a declaration, for editors."""
    schema = model.json_schema(schema_generator=_Schema)
    return {"$schema": _Schema.schema_dialect, **schema, "title": title}


class _Schema(GenerateJsonSchema):
    """A field that may be left out has no default to show, and titles that only repeat its name are noise."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        written = super().default_schema(schema)
        if written.get("default", "") is None:
            del written["default"]
        return written

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def declaration_error(faults: list[Fault]) -> ValidationError:
    """What a validator raises for faults below its own place."""
    return ValidationError.from_exception_data(
        "declaration",
        [
            InitErrorDetails(type=PydanticCustomError(_WORDED, "{what}", {"what": what}), loc=place, input=None)
            for place, what in faults
        ],
    )


def no_text(value: Any) -> str:
    """The message for a value that is not a text."""
    return "write a text" if value is None else f"write a text in quotes, not {value!r}"


def _line(path: Path, place: str, what: str) -> str:
    return ": ".join(filter(None, (str(path), place, what)))


def _without_tag(place: Place, tags: Collection[str]) -> Place:
    # The message of a key's fault names the key: its place is that of the mapping.
    place = place[:-2] if place[-1:] == ("[key]",) else place
    at = next((at for at, part in enumerate(place) if part in tags), None)
    return place if at is None else (*place[:at], *place[at + 1 :])


def _worded(details: Any) -> Fault | None:
    """A fault that has its words from a model or a validator of it; None of pydantic's own."""
    if details["type"] == _WORDED:
        return details["loc"], details["ctx"]["what"]
    if details["type"] == "value_error":
        return details["loc"], str(details["ctx"]["error"])
    return None


def _plain(details: Any) -> Fault:
    """A fault of pydantic's in the words of the house."""
    kind, place, value, context = details["type"], details["loc"], details["input"], details.get("ctx", {})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        model = context["discriminator"].strip("'")
        expected = context.get("expected_tags", "")
        return (*place, model), f"write {_either(expected)}" if expected else "it is missing"
    if kind == "literal_error":
        return place, f"write {_either(context['expected'])}"
    if kind == "string_type":
        return place, no_text(value)
    words = {
        "bool_type": "write true or false",
        "int_type": "write a whole number",
        "list_type": "write a list",
        "dict_type": "write its members, one a line",
        "model_attributes_type": "write its members, one a line",
    }
    return place, words.get(kind, details["msg"])


def _either(expected: str) -> str:
    """Pydantic's list of words, as "'a', 'b' or 'c'", as a or b or c."""
    return expected.replace("'", "").replace(", ", " or ")
