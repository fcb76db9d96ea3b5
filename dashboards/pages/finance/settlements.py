"""The settlements with their states, and what is restated of those that are locked."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.i18n import Translate
from dashboards.pages.model import Block, Content, Message, Target, Tone
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import mart_table, section_of_rows
from dashboards.params import Params
from dashboards.view import Row, View

_TONES: dict[str, Tone] = {"locked": "good", "approved": "good", "open": "warning"}


def settlements(view: View, params: Params) -> Content:
    """Every settlement, the newest first, and the restated lines."""
    t = params.t

    def states(rows: Sequence[Row]) -> tuple[Block, ...]:
        listed = mart_table(
            view,
            t,
            "settlements",
            rows,
            ("settlement_period", "state", "cut_off_on", "agents", "lines", "amount", "restated_amount"),
            name="settlements",
            queries=("settlements_listed",),
            definition=t("settlement_states.definition"),
            sums=("lines", "amount", "restated_amount"),
            links={"settlement_period": _statements_of},
            marks={"state": lambda row: _TONES.get(row["state"])},
        )
        decided = [row for row in rows if row["approved_by"] is not None]
        if not decided:
            return (Message(t("settlement_states.how")), listed)
        decisions = mart_table(
            view,
            t,
            "settlements",
            decided,
            (
                "settlement_period", "prepared_by", "approved_by", "approved_at", "approved_amount",
                "lines_changed_since_approval", "locked_by", "locked_at",
            ),
            name="decisions",
            queries=("settlements_listed",),
            title=t("settlement_states.decisions"),
            definition=t("settlement_states.decisions_definition"),
        )  # fmt: skip
        return (Message(t("settlement_states.how")), listed, decisions)

    def restated(rows: Sequence[Row]) -> tuple[Block, ...]:
        table = mart_table(
            view,
            t,
            "settlement_restatements",
            rows,
            (
                "settlement_period", "restated_period", "agent_id", "line_kind", "locked_amount", "restated_before",
                "recalculated_amount", "amount", "reason",
            ),
            name="restatements",
            queries=("settlement_restatements_listed",),
            definition=t("settlement_states.restatements_definition"),
            sums=("amount",),
        )  # fmt: skip
        return (table,)

    return Content(
        (
            section_of_rows(
                view, t, "settlements", t("settlement_states.title"), "settlements_listed", _none(view, t), states
            ),
            section_of_rows(
                view,
                t,
                "restatements",
                t("settlement_states.restatements"),
                "settlement_restatements_listed",
                Message(t("settlement_states.no_restatements")),
                restated,
            ),
        )
    )


def _none(view: View, t: Translate) -> Message:
    is_whole = view.viewer.scope.is_whole_branch
    return Message(t("settlement_states.none" if is_whole else "settlement_states.not_seen"))


def _statements_of(row: Row) -> Target | None:
    """The page of a settlement's statements; nothing while it has none."""
    return Target.to("commission", period=row["settlement_period"]) if row["agents"] else None


SETTLEMENTS = PageSpec(
    "settlements",
    "finance",
    settlements,
    queries=("dimension_names", "settlement_restatements_listed", "settlements_listed"),
)
