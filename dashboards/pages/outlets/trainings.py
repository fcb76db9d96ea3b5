"""Trainings and their exams (培训与考试): a list with who came and who passed, and the material in Markdown.

The material is what the branch writes for its people: files in the folder `trainings` of its reference book, read as notices are.
The list counts people; nobody is named.
"""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.model import Content, Message, Section
from dashboards.pages.outlets.branch_texts import read_texts
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, section_of_rows
from dashboards.params import Params
from dashboards.view import View

TRAININGS = "trainings"
#: Of the reference book.
FOLDER = "trainings"


def trainings(view: View, params: Params) -> Content:
    """The trainings, the newest first, then the material in the page's language."""
    t = params.t
    unit = params.member(view, "unit", "business_unit")
    outlet = params.member(view, "outlet", "outlet")
    counts = ("invited", "attended", "examined", "passed")
    listed = section_of_rows(
        view,
        t,
        "trainings",
        t("trainings.listed"),
        "trainings_listed",
        Message(t("trainings.none")),
        lambda rows: (
            mart_table(
                view,
                t,
                "trainings",
                rows,
                (
                    "held_on", f"title_{t.language}", "business_unit_id", "outlet_id", "is_held", "invited", "attended", "attendance",
                    "examined", "passed", "pass_share", "mean_score",
                ),
                name="trainings",
                queries=("trainings_listed",),
                title=t("trainings.listed"),
                definition=t("trainings.definition"),
                sums=counts,
            ),
        ),
        unit=unit,
        outlet=outlet,
    )  # fmt: skip
    filters = (
        frame.member_filter(view, params, TRAININGS, "unit", "business_unit"),
        frame.member_filter(view, params, TRAININGS, "outlet", "outlet"),
    )
    return Content((listed, *_material(view, t)), filters)


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
