"""Quality and money at risk: suspended calls and their worth, numbers without an owner, intake by switch, unusual calls."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from dashboards import formats
from dashboards.figures.series import lines, stacked_columns
from dashboards.i18n import Translate
from dashboards.i18n.sentences import sentence
from dashboards.pages import frame
from dashboards.pages.frame import how, missing_marts
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.model import Cell, Column, Content, Figure, Linked, Mark, Message, Section, Table, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of, total_of
from dashboards.params import Params
from dashboards.view import Period, Row, View

_SET_ASIDE = ("malformed", "held", "duplicate", "other_day", "undocumented", "unrated")
_MONTHS = 12


def risk(view: View, params: Params) -> Content:
    """What waits on the as-of date, and the quality of intake and of calls in a period."""
    t = params.t
    period = params.period(view)
    return Content(
        (
            _at_risk(view, t),
            _by_reason(view, t),
            _undocumented(view, t),
            _intake(view, period, t),
            _anomalies(view, period, t),
        ),
        (frame.period_filter(view, params, "risk"),),
    )


def _at_risk(view: View, t: Translate) -> Section:
    title = t("risk.money", as_of=formats.day(view.as_of))
    absent = missing_marts(view, t, "money_at_risk_by_unit")
    if absent is not None:
        return Section("money", title, blocks=(absent,))
    rows = view.query("money_at_risk_by_unit")
    if not rows:
        return Section("money", title, blocks=(Message(t("risk.nothing_waits"), "good"),))
    table = mart_table(
        view,
        t,
        "money_at_risk",
        rows,
        ("state", "age_bucket", "business_unit_id", "calls", "seconds", "estimated_amount", "calls_without_estimate"),
        name="money_at_risk",
        queries=("money_at_risk_by_unit",),
        title=t("risk.money_table"),
        sums=("calls", "seconds", "estimated_amount", "calls_without_estimate"),
    )
    ages = sorted({row["age_bucket"] for row in rows}, key=lambda age: int(age.replace("+", "-").split("-")[0]))
    calls: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        calls[row["state"]][row["age_bucket"]] += row["calls"]
    figure = stacked_columns(
        [t.code("age_bucket", age) for age in ages],
        [(t.code("state", state), [of_ages[age] for age in ages]) for state, of_ages in sorted(calls.items())],
        x_title=t("risk.axis_age"),
        y_title=t("risk.axis_calls"),
    )
    return Section("money", title, blocks=(Figure(figure, title, t("risk.money_definition"), table),))


def _by_reason(view: View, t: Translate) -> Section:
    title = t("risk.reasons", as_of=formats.day(view.as_of))
    absent = missing_marts(view, t, "suspended_by_reason")
    if absent is not None:
        return Section("reasons", title, blocks=(absent,))
    rows = view.query("suspended_by_reason")
    if not rows:
        return Section("reasons", title, blocks=(Message(t("risk.nothing_waits"), "good"),))
    table = Table(
        columns=(
            Column(t("intake.state")),
            Column(t("risk.reason")),
            Column(t("risk.variants"), "count"),
            Column(t("intake.calls"), "count"),
            head("suspended_calls", "duration_seconds", t),
            Column(t("intake.estimated_amount"), "amount", t("unit.yuan")),
            Column(t("risk.without_amount"), "count"),
            Column(t("risk.oldest"), "count"),
        ),
        rows=tuple(
            (
                t.code("state", row["state"]),
                sentence(t.language, row["example"]),
                row["reasons"],
                row["calls"],
                row["seconds"],
                row["estimated_amount"],
                row["calls_without_amount"],
                row["age_days"],
            )
            for row in rows
        ),
        title=t("risk.reasons_table"),
        definition=t("risk.reasons_definition"),
        total=(
            t("site.total"),
            None,
            sum_of(rows, "reasons"),
            sum_of(rows, "calls"),
            sum_of(rows, "seconds"),
            total_of(row["estimated_amount"] for row in rows),
            sum_of(rows, "calls_without_amount"),
            None,
        ),
        name="suspended_by_reason",
        how=how(t, "suspended_by_reason"),
    )
    return Section("reasons", title, blocks=(table,))


def _undocumented(view: View, t: Translate) -> Section:
    title = t("risk.undocumented")
    absent = missing_marts(view, t, "undocumented_by_unit")
    if absent is not None:
        return Section("undocumented", title, blocks=(absent,))
    rows = view.query("undocumented_by_unit")
    if not rows:
        return Section("undocumented", title, blocks=(Message(t("risk.no_undocumented"), "good"),))
    summed = mart_table(
        view,
        t,
        "undocumented_numbers",
        rows,
        (
            "business_unit_id",
            "calls",
            "seconds",
            "estimated_amount",
            "calls_without_estimate",
            "first_seen_at",
            "last_seen_at",
        ),
        name="undocumented_by_unit",
        queries=("undocumented_by_unit",),
        sums=("calls", "seconds", "estimated_amount", "calls_without_estimate"),
        links={"business_unit_id": lambda row: Target.to("undocumented", unit=row["business_unit_id"])},
    )
    numbers = Column(t("risk.numbers"), "count")
    table = Table(
        columns=(summed.columns[0], numbers, *summed.columns[1:]),
        rows=tuple((cells[0], row["numbers"], *cells[1:]) for cells, row in zip(summed.rows, rows, strict=True)),
        title=t("risk.undocumented_table"),
        definition=t("risk.undocumented_definition"),
        total=(
            Linked(t("site.total"), Target.to("undocumented")),
            sum_of(rows, "numbers"),
            *(summed.total or ())[1:],
        ),
        name=summed.name,
        how=summed.how,
    )
    return Section("undocumented", title, blocks=(table,))


def _intake(view: View, period: Period, t: Translate) -> Section:
    title = t("risk.intake", period=period.code)
    absent = missing_marts(view, t, "intake_by_switch", "intake_by_month")
    if absent is not None:
        return Section("intake", title, blocks=(absent,))
    rows = view.query("intake_by_switch", first_day=period.first_day, last_day=period.last_day)
    if not rows:
        return Section("intake", title, blocks=(branch_only(view, t) or Message(t("missing.no_files")),))

    def line(first: Cell, some: list[Row]) -> tuple[Cell, ...]:
        sums = {
            name: int(sum_of(some, name))
            for name in ("files", "held_files", "rejected_files", "read_records", *_SET_ASIDE)
        }
        aside = sum(sums[name] for name in _SET_ASIDE)
        held, rejected = sums["held_files"], sums["rejected_files"]
        return (
            first,
            sums["files"],
            Mark(held, "warning") if held else held,
            Mark(rejected, "bad") if rejected else rejected,
            sums["read_records"],
            *(sums[name] for name in _SET_ASIDE),
            formats.ratio_of(aside, sums["read_records"]),
        )

    table = Table(
        columns=(
            Column(t("risk.switch")),
            Column(t("intake.files"), "count"),
            Column(t("risk.held_files"), "count"),
            Column(t("risk.rejected_files"), "count"),
            Column(t("intake.read_records"), "count"),
            *(Column(t.code("state", state), "count") for state in _SET_ASIDE),
            Column(t("risk.share"), "percent"),
        ),
        rows=tuple(line(row["switch_id"] or t("risk.no_switch"), [row]) for row in rows),
        title=t("risk.intake_table"),
        definition=t("risk.intake_definition"),
        total=line(t("site.total"), rows),
        name="intake_by_switch",
        how=how(t, "intake_by_switch"),
    )
    return Section("intake", title, blocks=(*_months(view, period, t), table), is_paired=False)


@dataclass(frozen=True)
class SetAside:
    """Records of the CDR files dated in a month: read, set aside, and the share of these; None where none were read."""

    month: str
    read: int
    aside: int
    share: Decimal | None


def set_aside_by_month(view: View, period: Period) -> list[SetAside]:
    """The months up to a period in which files are dated, the oldest first."""
    first = period
    for _ in range(_MONTHS - 1):
        first = first.before
    return [
        SetAside(
            row["month"],
            row["read_records"],
            row["set_aside_records"],
            formats.ratio_of(row["set_aside_records"], row["read_records"]),
        )
        for row in view.query("intake_by_month", first_month=first.code, last_month=period.code)
    ]


def _months(view: View, period: Period, t: Translate) -> tuple[Figure, ...]:
    months = set_aside_by_month(view, period)
    if len(months) < 2:
        return ()
    table = Table(
        columns=(
            Column(t("receivables.month")),
            Column(t("intake.read_records"), "count"),
            Column(t("risk.share"), "percent"),
        ),
        rows=tuple((each.month, each.read, each.share) for each in months),
        title=t("risk.months_table"),
        name="set_aside_by_month",
        how=how(t, "intake_by_month"),
    )
    figure = lines(
        [(t("risk.share"), [each.month for each in months], [each.share for each in months])],
        x_title=t("receivables.month"),
        y_title=t("risk.axis_share"),
        at="month",
        is_share=True,
        height=280,
    )
    return (Figure(figure, t("risk.months"), t("headline.set_aside_definition"), table),)


def _anomalies(view: View, period: Period, t: Translate) -> Section:
    title = t("risk.anomalies", period=period.code)
    absent = missing_marts(view, t, "anomalies_by_kind")
    if absent is not None:
        return Section("anomalies", title, blocks=(absent,))
    rows = view.query("anomalies_by_kind", first_day=period.first_day, last_day=period.last_day)
    if not rows:
        return Section("anomalies", title, blocks=(Message(t("risk.no_anomalies"), "good"),))
    table = Table(
        columns=(
            Column(t("problems.kind")),
            Column(t("problems.cases"), "count"),
            Column(t("risk.days"), "count"),
            Column(t("risk.last_day"), "day"),
        ),
        rows=tuple(
            (
                Linked(t.code("problem_kind", row["kind"]), Target.to("bulletin", kind=row["kind"])),
                row["cases"],
                row["days"],
                row["last_day"],
            )
            for row in rows
        ),
        title=t("risk.anomalies_table"),
        definition=t("risk.anomalies_definition"),
        total=(t("site.total"), sum_of(rows, "cases"), None, None),
        name="anomalies_by_kind",
        how=how(t, "anomalies_by_kind"),
    )
    return Section("anomalies", title, blocks=(table,))


RISK = PageSpec(
    "risk",
    "management",
    risk,
    queries=(
        "anomalies_by_kind", "billing_periods", "collection_periods", "dimension_names", "intake_by_month", "intake_by_switch",
        "money_at_risk_by_unit", "suspended_by_reason", "undocumented_by_unit",
    ),
    params=("period",),
)  # fmt: skip
