"""The gate results: every check of the edition, what it claims, how it ended, and rows that broke it."""

from __future__ import annotations

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.gate_claims import claim
from dashboards.i18n.sentences import sentence
from dashboards.pages import frame
from dashboards.pages.analysts.problems import SEVERITY_TONES
from dashboards.pages.model import Cell, Column, Content, Details, Mark, Message, Section, Table
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import View
from expectations.results import GateResult
from orchestration.access.roles import Role

_SEVERITIES = ("critical", "error", "warn")


def gates(view: View, params: Params) -> Content:
    """Gates that failed first, the gravest on top; then the others in the order of their suites."""
    return Content((_results(view, params.t),))


def _results(view: View, t: Translate) -> Section:
    title = t("site.gates")
    if not view.gates:
        return Section("gates", title, blocks=(Message(t("missing.no_gates"), "warning"),))
    ordered = sorted(
        view.gates, key=lambda gate: (gate.success, _SEVERITIES.index(gate.severity) if not gate.success else 0)
    )
    table = Table(
        columns=(
            Column(t("gates.result")),
            Column(t("gates.severity")),
            Column(t("gates.suite")),
            Column(t("gates.gate")),
            Column(t("gates.description")),
            Column(t("gates.checked"), "count"),
            Column(t("gates.failed"), "count"),
            Column(t("gates.sample")),
        ),
        rows=tuple(_row(gate, t) for gate in ordered),
        title=t("gates.all"),
        name="gates",
    )
    return Section("gates", title, t("gates.intro"), blocks=(_summary(view.gates, t), table), is_paired=False)


def _summary(all_gates: tuple[GateResult, ...], t: Translate) -> Table:
    present = {gate.severity for gate in all_gates}
    severities = [severity for severity in _SEVERITIES if severity in present]

    def line(label: str, some: list[GateResult]) -> tuple[Cell, ...]:
        failed = sum(1 for gate in some if not gate.success)
        return (label, len(some), len(some) - failed, failed)

    return Table(
        columns=(
            Column(t("gates.severity")),
            Column(t("gates.count"), "count"),
            Column(t("gates.passed"), "count"),
            Column(t("gates.failed_result"), "count"),
        ),
        rows=tuple(
            line(t.code("severity", severity), [gate for gate in all_gates if gate.severity == severity])
            for severity in severities
        ),
        title=t("gates.summary"),
        name="gates_by_severity",
        total=line(t("site.total"), list(all_gates)),
    )


def _row(gate: GateResult, t: Translate) -> tuple[Cell, ...]:
    if gate.success:
        result = Mark(t("gates.passed"), "good")
    else:
        text = t("gates.raised") if gate.exception else t("gates.failed_result")
        result = Mark(text, SEVERITY_TONES.get(gate.severity, "warning"))
    return (
        result,
        t.code("severity", gate.severity),
        gate.suite,
        gate.gate,
        claim(t.language, gate.suite, gate.gate, gate.description),
        gate.checked_rows,
        gate.failed_rows,
        _sample(gate, t),
    )


def _sample(gate: GateResult, t: Translate) -> Cell:
    if gate.exception:
        return Details(t("gates.error_text"), text=gate.exception)
    if not gate.sample:
        return t("gates.no_sample")
    fields = list(dict.fromkeys(field for row in gate.sample for field in row))
    number = len(gate.sample)
    return Details(
        t("gates.rows_one") if number == 1 else t("gates.rows", count=formats.count(number)),
        Table(
            columns=tuple(Column(field) for field in fields),
            rows=tuple(
                tuple(sentence(t.language, None if row.get(field) is None else str(row[field])) for field in fields)
                for row in gate.sample
            ),
        ),
    )


GATES = PageSpec(
    frame.GATES, "analysts", gates, queries=("dimension_names",), also=frozenset({Role.ENGINEER, Role.FINANCE})
)
