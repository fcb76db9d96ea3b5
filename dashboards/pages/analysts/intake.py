"""What the gates set aside, over all files of an edition: records by state, the money in them, and files by kind."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.figures.intake import set_aside_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import how, missing_marts
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.model import Block, Cell, Column, Figure, Message, Section, Table
from dashboards.pages.tables import head, sum_of
from dashboards.view import Row, View

STATES = (
    "malformed",
    "ignored",
    "held",
    "duplicate",
    "other_day",
    "partial",
    "not_answered",
    "not_charged",
    "undocumented",
    "unrated",
    "rated",
)
SET_ASIDE = ("malformed", "held", "duplicate", "other_day", "undocumented", "unrated")
_STATUSES = ("loaded", "held", "rejected")
#: The kind of file whose records have a state.
CALL_FILES = "cdr"


def set_aside(view: View, t: Translate, kind: str | None = None) -> Section:
    """Records by state and file status, the money that waits in them, and files by kind; all of one kind of file, or of any.

    Records with a state, and money, are those of call files: of another kind there are its files alone.
    """
    absent = missing_marts(view, t, "intake_by_status", "files_by_kind")
    if absent is not None:
        return Section("intake", t("intake.title"), blocks=(absent,))
    if kind not in (None, CALL_FILES):
        files = _files(view, kind, t) or (Message(t("intake.no_files_of_kind")),)
        return Section("intake", t("intake.title"), blocks=files, is_paired=False)
    by_status = {row["file_status"]: row for row in view.query("intake_by_status")}
    blocks: list[Block] = []
    if by_status:
        sums = {state: sum(int(row[state]) for row in by_status.values()) for state in STATES}
        blocks.append(
            Figure(
                set_aside_bars([(t.code("state", state), sums[state]) for state in SET_ASIDE], t),
                t("intake.figure"),
                t("intake.definition"),
            )
        )
        blocks.append(_states_table(by_status, t))
    else:
        blocks.append(branch_only(view, t) or Message(t("missing.no_files")))
    blocks.extend(_money_at_risk(view, t))
    blocks.extend(_files(view, kind, t))
    return Section("intake", t("intake.title"), t("intake.intro"), blocks=tuple(blocks))


def _states_table(by_status: Mapping[str, Row], t: Translate) -> Table:
    statuses = [status for status in _STATUSES if status in by_status] + sorted(set(by_status).difference(_STATUSES))

    def line(label: str, field: str) -> tuple[Cell, ...]:
        numbers = [int(by_status[status][field]) for status in statuses]
        return (label, *numbers, sum(numbers))

    return Table(
        columns=(
            Column(t("intake.state")),
            *(Column(t.code("file_status", status), "count") for status in statuses),
            Column(t("intake.all_files"), "count"),
        ),
        rows=tuple(line(t.code("state", state), state) for state in STATES),
        title=t("intake.table"),
        name="records_by_state",
        how=how(t, "intake_by_status"),
        total=line(t("intake.read_records"), "read_records"),
    )


def _money_at_risk(view: View, t: Translate) -> tuple[Block, ...]:
    """Waiting records by state and age, with their estimated amount; empty if nothing waits or the edition has no such mart."""
    rows = () if view.lacks("money_at_risk") else view.query("money_at_risk")
    if not rows:
        return ()
    return (
        Table(
            columns=(
                Column(t("intake.state")),
                Column(t("intake.age_days")),
                Column(t("intake.calls"), "count"),
                head("money_at_risk", "seconds", t),
                Column(t("intake.estimated_amount"), "money"),
                Column(t("intake.calls_without_estimate"), "count"),
            ),
            rows=tuple(
                (
                    t.code("state", row["state"]),
                    row["age_bucket"].replace("-", "–"),
                    row["calls"],
                    row["seconds"],
                    row["estimated_amount"],
                    row["calls_without_estimate"],
                )
                for row in rows
            ),
            title=t("intake.money_at_risk"),
            name="money_at_risk",
            how=how(t, "money_at_risk"),
            total=(
                t("site.total"),
                None,
                sum_of(rows, "calls"),
                sum_of(rows, "seconds"),
                sum_of(rows, "estimated_amount"),
                sum_of(rows, "calls_without_estimate"),
            ),
        ),
    )


def _files(view: View, kind: str | None, t: Translate) -> tuple[Block, ...]:
    kinds = view.query("files_by_kind", kind=kind)
    if not kinds:
        return ()
    return (
        Table(
            columns=(
                Column(t("intake.file_kind")),
                Column(t("intake.files"), "count"),
                *(Column(t.code("file_status", status), "count") for status in _STATUSES),
            ),
            rows=tuple(
                (t.code("file_kind", row["file_kind"]), row["files"], *(row[status] for status in _STATUSES))
                for row in kinds
            ),
            total=(t("site.total"), *(sum_of(kinds, name) for name in ("files", *_STATUSES))),
            title=t("intake.kinds_table"),
            name="files_by_kind",
            how=how(t, "files_by_kind"),
        ),
    )
