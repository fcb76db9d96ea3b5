"""Charges, credits and write-offs that a person approved (调账与核销), what counts of them and why not; and late fees (滞纳金)."""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts
from dashboards.pages.model import Content, Message, Section, Target
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table
from dashboards.params import Params
from dashboards.view import Row, View

#: In two tables, so that each fits on paper: what counts, and who stands for it.
_COUNTED = (
    "adjustment_id", "account_id", "kind", "dated_on", "billing_period", "amount", "possible_amount", "counted_amount", "fault",
)  # fmt: skip
_PERSONS = (
    "adjustment_id", "business_unit_id", "outlet_id", "bill_item_id", "service_number", "reason", "prepared_by", "approved_by",
    "reverses_adjustment_id",
)  # fmt: skip


def adjustments(view: View, params: Params) -> Content:
    """What was adjusted by period and kind, every adjustment, the parts of write-offs on bills, and late fees."""
    t = params.t
    return Content((*_by_hand(view, t), _late_fees(view, t)))


def _by_hand(view: View, t: Translate) -> tuple[Section, ...]:
    title = t("adjustments.title")
    absent = missing_marts(view, t, "adjustments_by_kind", "adjustments_listed")
    if absent is not None:
        return (Section("adjustments", title, blocks=(absent,)),)
    rows = view.query("adjustments_listed")
    if not rows:
        return (Section("adjustments", title, blocks=(Message(t("adjustments.none")),)),)
    return (_sums(view, t), _listed(view, rows, t), _bills(view, t))


def _account(row: Row) -> Target:
    return Target.to("bills", account=row["account_id"])


def _sums(view: View, t: Translate) -> Section:
    table = mart_table(
        view,
        t,
        "account_adjustments",
        view.query("adjustments_by_kind"),
        ("billing_period", "kind", "fault", "amount", "counted_amount"),
        name="by_kind",
        queries=("adjustments_by_kind",),
        title=t("adjustments.by_kind"),
        definition=t("adjustments.by_kind_definition"),
    )
    return Section("by_kind", t("adjustments.by_kind"), t("adjustments.intro"), blocks=(table,), is_paired=False)


def _listed(view: View, rows: list[Row], t: Translate) -> Section:
    counted = mart_table(
        view,
        t,
        "account_adjustments",
        rows,
        _COUNTED,
        name="adjustments",
        queries=("adjustments_listed",),
        title=t("adjustments.listed"),
        definition=t("adjustments.listed_definition"),
        links={"account_id": _account},
    )
    persons = mart_table(
        view,
        t,
        "account_adjustments",
        rows,
        _PERSONS,
        name="approvals",
        queries=("adjustments_listed",),
        title=t("adjustments.approvals"),
    )
    return Section("adjustments", t("adjustments.listed"), blocks=(counted, persons), is_paired=False)


def _bills(view: View, t: Translate) -> Section:
    title = t("adjustments.write_offs")
    rows = view.query("write_offs_of_bills")
    if not rows:
        return Section("write_offs", title, blocks=(Message(t("adjustments.no_write_offs")),))
    table = mart_table(
        view,
        t,
        "bill_write_offs",
        rows,
        ("adjustment_id", "account_id", "billing_period", "written_off_account_id", "written_off_on", "amount"),
        name="write_offs",
        queries=("write_offs_of_bills",),
        title=title,
        definition=t("adjustments.write_offs_definition"),
        sums=("amount",),
        links={"account_id": _account},
    )
    return Section("write_offs", title, blocks=(table,), is_paired=False)


def _late_fees(view: View, t: Translate) -> Section:
    title = t("adjustments.late_fees")
    absent = missing_marts(view, t, "late_fees_listed")
    if absent is not None:
        return Section("late_fees", title, blocks=(absent,))
    rows = view.query("late_fees_listed")
    if not rows:
        return Section("late_fees", title, blocks=(Message(t("adjustments.no_late_fees")),))
    table = mart_table(
        view,
        t,
        "late_fees",
        rows,
        ("account_id", "unpaid_period", "fee_period", "bill_item_id", "days", "principal", "amount"),
        name="late_fees",
        queries=("late_fees_listed",),
        title=title,
        definition=t("adjustments.late_fees_definition"),
        sums=("amount",),
        links={"account_id": _account},
    )
    return Section("late_fees", title, blocks=(table,), is_paired=False)


ADJUSTMENTS = PageSpec(
    "adjustments",
    "finance",
    adjustments,
    queries=("adjustments_by_kind", "adjustments_listed", "dimension_names", "late_fees_listed", "write_offs_of_bills"),
)
