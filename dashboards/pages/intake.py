"""Intake: what the gates set aside, and which files wait. Reads the published edition only."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from dashboards import formats
from dashboards.edition import Edition, Row
from dashboards.figures.intake import set_aside_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import missing_marts
from dashboards.pages.model import Block, Column, Figure, Mark, Message, Section, Table

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


def set_aside(edition: Edition, t: Translate) -> Section:
    """Records by state and file status, files by kind, and the files that are held or rejected."""
    absent = missing_marts(edition, t, "intake_by_status", "files_by_kind", "files_not_loaded")
    if absent is not None:
        return Section("intake", t("intake.title"), blocks=(absent,))
    by_status = {row["file_status"]: row for row in edition.query("intake_by_status")}
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
        blocks.append(Message(t("missing.no_files")))
    blocks.extend(_money_at_risk(edition, t))
    blocks.extend(_files(edition, t))
    return Section("intake", t("intake.title"), t("intake.intro"), blocks=tuple(blocks))


def _states_table(by_status: Mapping[str, Row], t: Translate) -> Table:
    statuses = [status for status in _STATUSES if status in by_status] + sorted(set(by_status).difference(_STATUSES))

    def line(label: str, field: str) -> tuple[str, ...]:
        numbers = [int(by_status[status][field]) for status in statuses]
        return (label, *(formats.count(number) for number in numbers), formats.count(sum(numbers)))

    return Table(
        columns=(
            Column(t("intake.state")),
            *(Column(t.code("file_status", status), is_figure=True) for status in statuses),
            Column(t("intake.all_files"), is_figure=True),
        ),
        rows=(
            line(t("intake.files"), "files"),
            *(line(t.code("state", state), state) for state in STATES),
        ),
        title=t("intake.table"),
        total=line(t("intake.read_records"), "read_records"),
    )


def _money_at_risk(edition: Edition, t: Translate) -> tuple[Block, ...]:
    """Waiting records by state and age, with their estimated amount; empty if nothing waits or the edition has no such mart."""
    rows = () if edition.lacks("money_at_risk") else edition.query("money_at_risk")
    if not rows:
        return ()
    return (
        Table(
            columns=(
                Column(t("intake.state")),
                Column(t("intake.age_days")),
                Column(t("intake.calls"), is_figure=True),
                Column(t("intake.minutes"), is_figure=True),
                Column(t("intake.estimated_amount"), is_figure=True),
                Column(t("intake.calls_without_estimate"), is_figure=True),
            ),
            rows=tuple(
                (
                    t.code("state", row["state"]),
                    row["age_bucket"].replace("-", "–"),
                    formats.count(row["calls"]),
                    formats.minutes(row["seconds"]),
                    formats.money(row["estimated_amount"]),
                    formats.count(row["calls_without_estimate"]),
                )
                for row in rows
            ),
            title=t("intake.money_at_risk"),
            total=(
                t("site.total"),
                "",
                formats.count(sum(row["calls"] for row in rows)),
                formats.minutes(sum(row["seconds"] for row in rows)),
                formats.money(sum((row["estimated_amount"] or Decimal(0) for row in rows), Decimal(0))),
                formats.count(sum(row["calls_without_estimate"] for row in rows)),
            ),
        ),
    )


def _files(edition: Edition, t: Translate) -> tuple[Block, ...]:
    kinds = edition.query("files_by_kind")
    waiting = edition.query("files_not_loaded")
    by_kind = Table(
        columns=(
            Column(t("intake.file_kind")),
            Column(t("intake.files"), is_figure=True),
            *(Column(t.code("file_status", status), is_figure=True) for status in _STATUSES),
        ),
        rows=tuple(
            (
                t.code("file_kind", row["file_kind"]),
                formats.count(row["files"]),
                *(formats.count(row[status]) for status in _STATUSES),
            )
            for row in kinds
        ),
        title=t("intake.kinds_table"),
    )
    if not kinds:
        return ()
    if not waiting:
        return (by_kind, Message(t("missing.no_held_files"), "good"))
    files = Table(
        columns=(
            Column(t("intake.file_name")),
            Column(t("intake.file_kind")),
            Column(t("intake.source")),
            Column(t("intake.file_date")),
            Column(t("intake.file_status")),
            Column(t("intake.status_reason")),
            Column(t("intake.read_records"), is_figure=True),
        ),
        rows=tuple(
            (
                row["file_name"],
                t.code("file_kind", row["file_kind"]),
                row["source"],
                formats.day(row["file_date"]),
                Mark(
                    t.code("file_status", row["file_status"]), "bad" if row["file_status"] == "rejected" else "warning"
                ),
                row["status_reason"] or formats.NOTHING,
                formats.count(row["read_records"]),
            )
            for row in waiting
        ),
        title=t("intake.held_files"),
    )
    return (by_kind, files)
