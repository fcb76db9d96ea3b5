"""Open problems by kind and unit as a figure: how many there are, and who can fix them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dashboards.figures.problems import problem_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import how, name_of
from dashboards.pages.model import Column, Figure, Table, Tone
from dashboards.view import Row, View

SEVERITY_TONES: dict[str, Tone] = {"critical": "bad", "error": "bad", "warn": "warning", "warning": "warning"}

_NO_UNIT = ""


def problems_by_kind(view: View, open_ones: Sequence[Row], query: str, t: Translate) -> Figure:
    """The problems, rows of a query over the bulletin, by kind and unit; each counts once."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in open_ones:
        counts[row["kind"]][row["business_unit_id"] or _NO_UNIT] += 1
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
            len(open_ones),
        ),
        name="problems_by_kind",
        how=how(t, query),
    )
    return Figure(problem_bars(kinds, units, t), t("problems.figure"), t("problems.definition"), table)
