"""The problem bulletin: what is open, and who can fix it. Reads the published edition only."""

from __future__ import annotations

from collections import defaultdict

from dashboards import formats
from dashboards.figures.problems import problem_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import how, missing_marts, name_of
from dashboards.pages.model import Column, Figure, Mark, Message, Section, Table, Tone
from dashboards.view import View

PROBLEMS_SHOWN = 15

SEVERITY_TONES: dict[str, Tone] = {"critical": "bad", "error": "bad", "warn": "warning", "warning": "warning"}

_NO_UNIT = ""


def problem_bulletin(view: View, t: Translate) -> Section:
    """Open problems by kind and unit, and the gravest of them in words."""
    title = t("problems.title")
    absent = missing_marts(view, t, "problems_by_kind", "problems_open")
    if absent is not None:
        return Section("problems", title, blocks=(absent,))
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in view.query("problems_by_kind"):
        counts[row["kind"]][row["business_unit_id"] or _NO_UNIT] = row["problems"]
    if not counts:
        return Section("problems", title, blocks=(Message(t("missing.no_problems"), "good"),))
    unit_ids = sorted(
        {unit for by_unit in counts.values() for unit in by_unit}, key=lambda unit: (unit == _NO_UNIT, unit)
    )
    units = [(unit, name_of(view, "business_unit", unit or None, t)) for unit in unit_ids]
    ranked = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    kinds = [(t.code("problem_kind", kind), by_unit) for kind, by_unit in ranked]
    table = Table(
        columns=(
            Column(t("problems.kind")),
            *(Column(name, "count") for _, name in units),
            Column(t("site.total"), "count"),
        ),
        rows=tuple((kind, *(by_unit.get(unit) for unit, _ in units), sum(by_unit.values())) for kind, by_unit in kinds),
        title=t("problems.table"),
        total=(
            t("site.total"),
            *(sum(by_unit.get(unit, 0) for _, by_unit in kinds) for unit, _ in units),
            sum(sum(by_unit.values()) for _, by_unit in kinds),
        ),
        name="problems_by_kind",
        how=how(t, "problems_by_kind"),
    )
    total = sum(sum(by_unit.values()) for _, by_unit in kinds)
    return Section(
        "problems",
        title,
        t("problems.intro"),
        blocks=(
            Figure(problem_bars(kinds, units, t), t("problems.figure"), t("problems.definition"), table),
            _gravest(view, total, t),
        ),
    )


def _gravest(view: View, total: int, t: Translate) -> Table:
    rows = view.query("problems_open", at_most=PROBLEMS_SHOWN)
    return Table(
        columns=(
            Column(t("problems.severity")),
            Column(t("problems.kind")),
            Column(t("problems.unit")),
            Column(t("problems.outlet")),
            Column(t("problems.subject")),
            Column(t("problems.detail")),
            Column(t("problems.cases"), "count"),
            Column(t("problems.first_seen"), "day"),
        ),
        rows=tuple(
            (
                Mark(t.code("severity", row["severity"]), SEVERITY_TONES.get(row["severity"], "neutral")),
                t.code("problem_kind", row["kind"]),
                name_of(view, "business_unit", row["business_unit_id"], t),
                name_of(view, "outlet", row["outlet_id"], t),
                row["subject"],
                row["detail"],
                row["cases"],
                row["first_seen_on"],
            )
            for row in rows
        ),
        title=t("problems.top"),
        name="problems_open",
        how=how(t, "problems_open"),
        definition=t("problems.top_definition", count=formats.count(len(rows)), all=formats.count(total)),
    )
