"""What the optional exports say of the outlets, in a few tiles: terminals, complaints, trainings. Absent where none was delivered."""

from __future__ import annotations

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.model import Section, Target, Tile
from dashboards.view import Row, View

QUERIES = ("outlets_summary",)


def outlets_summary(view: View, t: Translate) -> tuple[Section, ...]:
    """A tile for each export that was delivered; no section where there is none."""
    if view.lacks(*QUERIES):
        return ()
    row = view.one("outlets_summary")
    tiles = (*_terminals(row, t), *_complaints(row, t), *_trainings(row, t))
    return (Section("outlets", t("outlets_summary.title"), tiles=tiles),) if tiles else ()


def _terminals(row: Row, t: Translate) -> tuple[Tile, ...]:
    if not row["outlets"]:
        return ()
    to_do = row["inspections_overdue"] + row["open_faults"]
    return (
        Tile(
            t("outlets_summary.covered"),
            formats.count(row["outlets_with_terminal"]),
            t("outlets_summary.covered_definition"),
            t("outlets_summary.of", all=formats.count(row["outlets"])),
            (t("outlets_summary.with_backup", outlets=formats.count(row["outlets_with_backup"])),),
            link=Target.to("terminals"),
        ),
        Tile(
            t("outlets_summary.faults"),
            formats.count(row["open_faults"]),
            t("outlets_summary.faults_definition"),
            notes=(t("outlets_summary.inspections", terminals=formats.count(row["inspections_overdue"])),),
            tone="warning" if to_do else "good",
            link=Target.to("terminals"),
        ),
    )


def _complaints(row: Row, t: Translate) -> tuple[Tile, ...]:
    if not row["complaints"]:
        return ()
    return (
        Tile(
            t("outlets_summary.complaints"),
            formats.count(row["complaints_open"]),
            t("outlets_summary.complaints_definition"),
            notes=(t("outlets_summary.overdue", complaints=formats.count(row["complaints_overdue"])),),
            tone="warning" if row["complaints_overdue"] else "neutral",
            link=Target.to("complaints"),
        ),
    )


def _trainings(row: Row, t: Translate) -> tuple[Tile, ...]:
    if not row["trainings"]:
        return ()
    passed = formats.ratio_of(row["passed"], row["examined"])
    return (
        Tile(
            t("outlets_summary.trainings"),
            formats.count(row["trainings_held"]),
            t("outlets_summary.trainings_definition"),
            notes=(t("outlets_summary.passed", share=formats.percent(passed)),) if passed is not None else (),
            link=Target.to("trainings"),
        ),
    )
