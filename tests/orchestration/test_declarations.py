"""The one reader of declarations: what each kind of fault is called, that all of a file are told at once, and the schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field, TypeAdapter

from orchestration.declarations import (
    MOST_FAULTS_SHOWN,
    Declared,
    Fault,
    Maybe,
    Positive,
    Says,
    declaration_schema,
    read_declared,
)
from orchestration.errors import UsageError

PATH = Path("garden.yml")


def tall(height: int) -> int:
    if height > 9:
        raise ValueError("nothing grows so high")
    return height


class Bed(Declared):
    plant: str
    height: Annotated[int, AfterValidator(tall)] = 1
    months: Annotated[list[str], Says("write a list of months")] = Field([])
    from_month: Maybe[str] = Field(None, alias="from")
    rows: Maybe[Positive] = Field(None, description="How many rows.")
    is_wet: bool = False

    def faults(self) -> Iterator[Fault]:
        if self.is_wet and self.plant == "cactus":
            yield ("is_wet",), "a cactus would rot"


class Garden(Declared):
    layout: Literal["garden"]
    beds: Annotated[list[Bed], Field(min_length=1), Says("write a list of beds")]
    names: dict[Annotated[str, Says(lambda name: f"{name!r} is a name in no language")], str] = Field({})


class Pond(Declared):
    layout: Literal["pond"]
    depth: Positive


MODEL: TypeAdapter[Any] = TypeAdapter(Annotated[Garden | Pond, Field(discriminator="layout")])


def faults(content: Any, **how: Any) -> list[str]:
    """The lines of the error that reading a content raises."""
    with pytest.raises(UsageError) as raised:
        read_declared(PATH, content, MODEL, tags=("garden", "pond"), **how)
    return str(raised.value).splitlines()


def bed(**members: Any) -> dict[str, Any]:
    """A garden with one bed."""
    return {"layout": "garden", "beds": [{"plant": "leek", **members}]}


def test_what_is_sound_is_read() -> None:
    read = read_declared(PATH, bed(**{"from": "May", "rows": 3}), MODEL, tags=("garden", "pond"))
    (only,) = read.beds
    assert (only.plant, only.height, only.from_month, only.rows, only.is_wet) == ("leek", 1, "May", 3, False)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (bed(plant=None), "field beds[1].plant: write a text"),
        ({"layout": "garden", "beds": [{}]}, "field beds[1].plant: write a text"),
        (bed(plant=12), "field beds[1].plant: write a text in quotes, not 12"),
        (bed(plant=False), "field beds[1].plant: write a text in quotes, not False"),
        (bed(height=True), "field beds[1].height: write a whole number"),
        (bed(height=10), "field beds[1].height: nothing grows so high"),
        (bed(months=["May", 6]), "field beds[1].months: write a list of months"),
        (bed(is_wet="yes"), "field beds[1].is_wet: write true or false"),
        (bed(is_wet=1), "field beds[1].is_wet: write true or false"),
        (bed(plant="cactus", is_wet=True), "field beds[1].is_wet: a cactus would rot"),
        (bed(rows=None), "field beds[1].rows: write a whole number from 1"),
        (bed(rows=0), "field beds[1].rows: write a whole number from 1"),
        (bed(**{"from": 5}), "field beds[1].from: write a text in quotes, not 5"),
        (bed(from_month="May"), "field beds[1].from_month: no such field; there are plant, height, months, from, rows, is_wet"),
        ({"layout": "garden", "beds": ["leek"]}, "field beds[1]: write its members, one a line: plant, height, months, from, rows, is_wet"),
        ({"layout": "garden", "beds": []}, "field beds: write a list of beds"),
        ({"layout": "garden"}, "field beds: write a list of beds"),
        ({**bed(), 7: 1}, "field 7: no such field; there are layout, beds, names"),
        ({**bed(), True: 1}, "field True: no such field; there are layout, beds, names"),
        (
            {"layout": "garden", "beds": [{"plant": "leek", False: 1}]},
            "field beds[1].False: no such field; there are plant, height, months, from, rows, is_wet",
        ),
        ({**bed(), "names": {5: "x"}}, "field names: 5 is a name in no language"),
        ({**bed(), "names": []}, "field names: write its members, one a line"),
        ({"layout": "wood"}, "field layout: write garden or pond"),
        ({}, "field layout: it is missing"),
        ([], "write its members, one a line"),
    ],
)  # fmt: skip
def test_a_fault_names_file_field_and_what_to_write(content: Any, fault: str) -> None:
    assert faults(content) == [f"garden.yml: {fault}"]


def test_all_faults_of_a_file_are_told_at_once() -> None:
    content = {"layout": "garden", "beds": [{"plant": 1, "colour": "red"}, {"plant": "cactus", "is_wet": True}], "x": 1}
    assert faults(content) == [
        "garden.yml: field beds[1].plant: write a text in quotes, not 1",
        "garden.yml: field beds[1].colour: no such field; there are plant, height, months, from, rows, is_wet",
        "garden.yml: field beds[2].is_wet: a cactus would rot",
        "garden.yml: field x: no such field; there are layout, beds, names",
    ]


def test_of_very_many_faults_the_first_are_told() -> None:
    told = faults({"layout": "garden", "beds": [{"plant": at} for at in range(MOST_FAULTS_SHOWN + 3)]})
    assert len(told) == MOST_FAULTS_SHOWN + 1
    assert told[-2:] == ["garden.yml: field beds[20].plant: write a text in quotes, not 19", "garden.yml: and 3 more"]


def test_a_caller_may_check_more_and_write_places_in_its_own_way() -> None:
    found = faults(
        {"layout": "pond", "depth": 3},
        check=lambda pond: [(("depth",), "the pump is too weak")] if pond.depth > 2 else [],
        show=lambda place: " of ".join(map(str, place)),
    )
    assert found == ["garden.yml: depth: the pump is too weak"]


def test_the_schema_has_what_an_editor_shows() -> None:
    schema = declaration_schema(MODEL, "A garden")
    assert (schema["title"], schema["discriminator"]["propertyName"]) == ("A garden", "layout")
    described = schema["$defs"]["Bed"]
    assert described["properties"]["rows"] == {"description": "How many rows.", "minimum": 1, "type": "integer"}
    assert (described["required"], described["additionalProperties"]) == (["plant"], False)
    assert "from" in described["properties"]
