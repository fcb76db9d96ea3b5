"""What a file is of: the edition, the period and its state, the rules, the gates, and the control totals of its sheets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.columns import column
from dashboards.i18n.gate_claims import claim
from dashboards.pages.frame import branch_name
from dashboards.pages.model import Kind
from dashboards.pages.tables import KINDS
from dashboards.view import Period, View
from orchestration.finance_files.declarations import Sheet
from orchestration.finance_files.settlement import cut_off, settlement_state
from orchestration.finance_files.sheets import SheetRows
from orchestration.reference_book.reading import ReferenceBook


@dataclass(frozen=True)
class ControlTotal:
    """The rows of a sheet, or the sum of one of its columns."""

    sheet: str
    label: str
    value: Decimal | int
    kind: Kind


@dataclass(frozen=True)
class GateOutcome:
    """A gate of the edition: its name, what it claims, and how it came out."""

    name: str
    claim: str
    outcome: str


@dataclass(frozen=True)
class Cover:
    """The cover of a file, in one language. `warning` is empty where the figures are those of an ended period."""

    title: str
    as_of: date
    warning: str
    facts: tuple[tuple[str, str], ...]
    totals: tuple[ControlTotal, ...]
    gates: tuple[GateOutcome, ...]


def cover_of(
    view: View,
    title: str,
    subject: Sequence[tuple[str, str]],
    period: str,
    book: ReferenceBook,
    sheets: Sequence[SheetRows],
    t: Translate,
    *,
    for_customer: bool = False,
) -> Cover:
    """The cover of a file whose sheets have been read. `subject` says whose it is, beyond the branch and the period.

    A customer's has no gates, rules and settlements, which are the branch's own.
    """
    own = []
    if not for_customer:
        own = [*period_facts(view, period, t), gates_fact(view, t), *rule_facts(view, book, period, t)]
    return Cover(
        title=title,
        as_of=view.as_of,
        warning=provisional_warning(view, period, t),
        facts=(
            (t("finance_files.cover.branch"), branch_name(view, t)),
            (t("finance_files.cover.period"), period),
            *subject,
            *edition_facts(view, t),
            *own,
        ),
        totals=control_totals(sheets, t),
        gates=() if for_customer else gate_outcomes(view, t),
    )


def provisional_warning(view: View, period: str, t: Translate) -> str:
    """That the bills of the period are not issued yet; empty where they are."""
    if view.periods.get(period) != "provisional":
        return ""
    return t("finance_files.provisional", period=period, issued_on=formats.day(Period(period).issued_on))


def period_facts(view: View, period: str, t: Translate) -> list[tuple[str, str]]:
    """The state of the period and of its settlement."""
    state = settlement_state(view, period)
    return [
        (t("finance_files.cover.period_state"), t.code("period_state", view.periods.get(period))),
        (
            t("finance_files.cover.settlement"),
            t(f"finance_files.settlement.{state}", cut_off=formats.day(cut_off(period))),
        ),
    ]


def edition_facts(view: View, t: Translate) -> list[tuple[str, str]]:
    """The edition and its dates."""
    return [
        (t("finance_files.cover.edition"), view.name),
        (t("finance_files.cover.as_of"), formats.day(view.as_of)),
        (t("finance_files.cover.built_at"), formats.moment(view.built_at, view.time_zone)),
    ]


def gates_fact(view: View, t: Translate) -> tuple[str, str]:
    """How the gates of the edition came out, and those that failed by severity: a critical one would have blocked it."""
    failed: Counter[str] = Counter(gate.severity for gate in view.gates if not gate.success)
    counts = {severity: formats.count(failed[severity]) for severity in ("critical", "error", "warn")}
    counts |= {"passed": formats.count(len(view.gates) - failed.total()), "gates": formats.count(len(view.gates))}
    return t("finance_files.cover.gates"), t("finance_files.cover.gates_of", **counts)


def rule_facts(view: View, book: ReferenceBook, period: str, t: Translate) -> list[tuple[str, str]]:
    """The reference book of the edition, the one as it lies now where it is another, and the versions of the commission plans of the
    latter in force on the last day of the period.
    """
    day = Period(period).last_day
    plans = sorted(
        {
            (row["commission_plan_id"], row["valid_from"])
            for row in book.tables["commission_plans"]
            if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])
        }
    )
    made_from = view.found.manifest.reference_book
    books = [] if made_from is None else [(t("finance_files.cover.edition_book"), made_from)]
    if made_from != book.fingerprint:
        books.append((t("finance_files.cover.book"), book.fingerprint))
    listed = ", ".join(f"{plan} ({formats.day(since)})" for plan, since in plans)
    return [
        *books,
        (t("finance_files.cover.plans"), listed or t("finance_files.cover.no_plans")),
    ]


def control_totals(sheets: Sequence[SheetRows], t: Translate) -> tuple[ControlTotal, ...]:
    """The rows and sums of sheets that have been read."""
    found: list[ControlTotal] = []
    for rows in sheets:
        found.append(ControlTotal(rows.title, t("finance_files.cover.rows"), rows.rows, "count"))
        for name in rows.sheet.sums:
            label, kind = _label(rows.sheet, name, t)
            value = rows.totals[name]
            found.append(ControlTotal(rows.title, label, int(value) if kind == "count" else value, kind))
    return tuple(found)


def gate_outcomes(view: View, t: Translate) -> tuple[GateOutcome, ...]:
    """Every gate of the edition; those that did not hold come first."""
    outcomes = [
        (
            gate.success,
            GateOutcome(
                f"{gate.suite}.{gate.gate}",
                claim(t.language, gate.suite, gate.gate, gate.description),
                t("finance_files.cover.passed")
                if gate.success
                else t("finance_files.cover.failed", severity=t.code("severity", gate.severity)),
            ),
        )
        for gate in view.gates
    ]
    return tuple(outcome for _, outcome in sorted(outcomes, key=lambda pair: (pair[0], pair[1].name)))


def _label(sheet: Sheet, name: str, t: Translate) -> tuple[str, Kind]:
    if name in sheet.made:
        kind, key = sheet.made[name]
        return t(key), kind
    text = column(sheet.others.get(name, sheet.mart), name)
    return text.label(t.language), KINDS.get(text.kind, "text")
