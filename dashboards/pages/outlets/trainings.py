"""Trainings and their exams (培训与考试): a list with who came and who passed, and the material in Markdown.

The material is what the branch writes for its people: files in the folder `trainings` of its reference book, read as notices are.
The list counts people; nobody is named.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.model import Column, Content, Message, Section, Table
from dashboards.pages.outlets.branch_texts import read_texts
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, section_of_rows, with_column
from dashboards.params import Params
from dashboards.view import Row, View

TRAININGS = "trainings"
#: Of the reference book.
FOLDER = "trainings"


def trainings(view: View, params: Params) -> Content:
    """The trainings, the newest first, then the material in the page's language."""
    t = params.t
    unit = params.member(view, "unit", "business_unit")
    outlet = params.member(view, "outlet", "outlet")
    listed = section_of_rows(
        view,
        t,
        "trainings",
        t("trainings.listed"),
        "trainings_listed",
        Message(t("trainings.none")),
        lambda rows: (_table(view, rows, t),),
        unit=unit,
        outlet=outlet,
    )
    filters = (
        frame.member_filter(view, params, TRAININGS, "unit", "business_unit"),
        frame.member_filter(view, params, TRAININGS, "outlet", "outlet"),
    )
    return Content((listed, *_material(view, t)), filters)


def _table(view: View, rows: Sequence[Row], t: Translate) -> Table:
    counts = ("invited", "attended", "examined", "passed")
    table = mart_table(
        view,
        t,
        "trainings",
        rows,
        (
            "held_on",
            f"title_{t.language}",
            "is_held",
            "invited",
            "attended",
            "attendance",
            "examined",
            "passed",
            "pass_share",
            "mean_score",
        ),
        name="trainings",
        queries=("trainings_listed",),
        title=t("trainings.listed"),
        definition=t("trainings.definition"),
        sums=counts,
    )
    return with_column(table, 2, Column(t("trainings.whose")), [_whose(view, row, t) for row in rows])


def _whose(view: View, row: Row, t: Translate) -> str:
    """The outlet that a training is for, else the unit, else the whole branch."""
    for dimension in ("outlet", "business_unit"):
        member = row[f"{dimension}_id"]
        if member is not None:
            return frame.name_of(view, dimension, member, t)
    return t("trainings.branch")


def _material(view: View, t: Translate) -> tuple[Section, ...]:
    """A section for each file; one with a sentence where there is none."""
    if view.branch is None:
        return (Section("material", t("trainings.material"), blocks=(Message(t("trainings.nowhere")),)),)
    found = read_texts(view.branch.reference / FOLDER, "material", t)
    return found or (Section("material", t("trainings.material"), blocks=(Message(t("trainings.no_material")),)),)


TRAININGS_PAGE = PageSpec(
    TRAININGS,
    "outlets",
    trainings,
    queries=("dimension_names", "trainings_listed"),
    params=("unit", "outlet"),
    reads_branch_files=True,
)
