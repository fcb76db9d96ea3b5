"""The intake page: every file with its state, the records of each day, and the files that never came.

What the gates set aside in all files together is in intake.py.
"""

from __future__ import annotations

from dashboards import formats
from dashboards.figures.intake import records_by_day
from dashboards.i18n import Translate
from dashboards.pages import frame
from dashboards.pages.analysts.intake import CALL_FILES, SET_ASIDE, STATES, set_aside
from dashboards.pages.management.scope_note import branch_only
from dashboards.pages.model import Block, Column, Content, Figure, Message, Section, Table, Tile, Tone
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, sum_of, value_of, with_column
from dashboards.params import Params
from dashboards.view import Period, View
from orchestration.access.roles import Role

INTAKE = "intake"
_KINDS = (CALL_FILES, "bank", "customers")
_MART = "file_reconciliation"
_TONES: dict[str, Tone] = {"held": "warning", "rejected": "bad"}


def intake(view: View, params: Params) -> Content:
    """What waits first, then the days, what never came, and all files of the period."""
    t = params.t
    period = params.period(view)
    kind = params.one_of("kind", _KINDS)
    note = branch_only(view, t)
    if note is not None:
        # Files are of no unit. That none is among the rows of a scope does not mean that none waits.
        files = Section("files", t("intake_page.files", period=period.code), blocks=(note,))
        return Content((files, set_aside(view, t)))
    # Days, missing files and retries are of call files.
    has_calls = kind in (None, CALL_FILES)
    return Content(
        (
            _waiting(view, period, kind, t),
            *((_days(view, period, t), _missing(view, t)) if has_calls else ()),
            set_aside(view, t, kind),
            *((_retries(view, t),) if has_calls else ()),
            _files(view, period, kind, t),
        ),
        (
            frame.period_filter(view, params, INTAKE),
            frame.list_filter(params, INTAKE, "kind", [(each, t.code("file_kind", each)) for each in _KINDS]),
        ),
    )


def _waiting(view: View, period: Period, kind: str | None, t: Translate) -> Section:
    title = t("intake_page.waiting")
    absent = frame.missing_marts(view, t, "files_waiting", "records_by_day")
    if absent is not None:
        return Section("waiting", title, blocks=(absent,))
    rows = view.query("files_waiting", kind=kind)
    blocks: tuple[Block, ...] = (Message(t("missing.no_held_files"), "good"),)
    if rows:
        blocks = (
            mart_table(
                view,
                t,
                _MART,
                rows,
                ("file_status", "file_name", "file_kind", "source", "file_date", "status_reason", "read_records", "data_rows"),
                name="files_waiting",
                queries=("files_waiting",),
                title=t("intake.held_files"),
                definition=t("intake_page.waiting_definition"),
                marks={"file_status": lambda row: _TONES.get(row["file_status"])},
            ),
        )  # fmt: skip
    tiles = (
        Tile(t("intake_page.waiting_files"), formats.count(len(rows)), t("intake_page.waiting_files_definition")),
        *(_records(view, period, t) if kind in (None, CALL_FILES) else ()),
    )
    return Section("waiting", title, tiles=tiles, blocks=blocks, is_paired=False)


def _records(view: View, period: Period, t: Translate) -> tuple[Tile, ...]:
    """The records of the period's call files, and those of them that are set aside."""
    days = view.query("records_by_day", first_day=period.first_day, last_day=period.last_day)
    read = sum(row["read_records"] for row in days)
    aside = sum(row[state] for row in days for state in SET_ASIDE)
    share = formats.ratio_of(aside, read)
    return (
        Tile(
            t("intake.read_records"),
            formats.count(read),
            t("intake_page.read_definition", period=period.code),
            t("unit.records"),
        ),
        Tile(
            t("headline.set_aside"),
            formats.count(aside),
            t("headline.set_aside_definition"),
            t("unit.records"),
            ()
            if share is None
            else (t("headline.set_aside_share", share=formats.percent(share), read=formats.count(read)),),
        ),
    )


def _days(view: View, period: Period, t: Translate) -> Section:
    title = t("intake_page.days", period=period.code)
    absent = frame.missing_marts(view, t, "records_by_day")
    if absent is not None:
        return Section("days", title, blocks=(absent,))
    rows = view.query("records_by_day", first_day=period.first_day, last_day=period.last_day)
    if not rows:
        return Section("days", title, blocks=(Message(t("intake_page.no_days", period=period.code)),))
    columns = ("file_date", "read_records", *STATES)
    table = mart_table(
        view,
        t,
        _MART,
        rows,
        columns,
        name="records_by_day",
        queries=("records_by_day",),
        title=t("intake_page.days_table"),
        definition=t("intake_page.days_definition"),
        sums=columns[1:],
    )
    head_of_files = Column(t("intake.files"), "count")
    shown = with_column(table, 1, head_of_files, [row["files"] for row in rows], sum_of(rows, "files"))
    figure = Figure(
        records_by_day(
            [row["file_date"] for row in rows],
            [(t.code("state", state), [row[state] for row in rows]) for state in SET_ASIDE],
            t,
        ),
        t("intake_page.days_figure"),
        t("intake.definition"),
        shown,
        is_data_shown=False,
    )
    return Section("days", title, blocks=(figure,))


def _missing(view: View, t: Translate) -> Section:
    """Numbers that were skipped, and files that were due: the two ways in which a file is known to be missing."""
    blocks: list[Block] = []
    for query, mart, columns, sums in (
        (
            "files_late",
            "expected_files",
            ("switch_id", "exchange_id", "file_date", "due_files", "arrived_files", "missing_files", "days_late"),
            ("missing_files",),
        ),
        (
            "sequence_gaps",
            "sequence_gaps",
            ("switch_id", "missing_from", "missing_to", "missing_files", "gap_since", "age_days"),
            ("missing_files",),
        ),
    ):
        absent = frame.missing_marts(view, t, query)
        if absent is not None:
            blocks.append(absent)
            continue
        rows = view.query(query)
        if not rows:
            blocks.append(Message(t(f"intake_page.no_{query}"), "good"))
            continue
        blocks.append(
            mart_table(
                view,
                t,
                mart,
                rows,
                columns,
                name=query,
                queries=(query,),
                title=t(f"intake_page.{query}"),
                definition=t(f"intake_page.{query}_definition"),
                sums=sums,
            )
        )
    return Section("missing", t("intake_page.missing"), blocks=tuple(blocks), is_paired=False)


def _retries(view: View, t: Translate) -> Section:
    title = t("intake_page.retries")
    absent = frame.missing_marts(view, t, "suspense_by_tries")
    if absent is not None:
        return Section("retries", title, blocks=(absent,))
    rows = view.query("suspense_by_tries")
    if not rows:
        return Section("retries", title, blocks=(Message(t("intake_page.no_retries"), "good"),))
    mart = "suspense_retries"
    table = Table(
        columns=(
            head(mart, "state", t),
            head(mart, "tries", t),
            Column(t("intake.calls"), "count"),
            head(mart, "first_suspended_at", t),
            head(mart, "last_tried_at", t),
        ),
        rows=tuple(
            (
                value_of(view, mart, "state", row, t),
                row["tries"],
                row["calls"],
                row["first_suspended_at"],
                row["last_tried_at"],
            )
            for row in rows
        ),
        title=t("intake_page.retries_table"),
        definition=t("intake_page.retries_definition"),
        total=(t("site.total"), None, sum_of(rows, "calls"), None, None),
        name="suspense_by_tries",
        how=frame.how(t, "suspense_by_tries"),
    )
    return Section("retries", title, blocks=(table,), is_paired=False)


def _files(view: View, period: Period, kind: str | None, t: Translate) -> Section:
    title = t("intake_page.files", period=period.code)
    absent = frame.missing_marts(view, t, "intake_files")
    if absent is not None:
        return Section("files", title, blocks=(absent,))
    rows = view.query("intake_files", first_day=period.first_day, last_day=period.last_day, kind=kind)
    if not rows:
        return Section("files", title, blocks=(Message(t("intake_page.no_files", period=period.code)),))
    table = mart_table(
        view,
        t,
        _MART,
        rows,
        (
            "file_date", "file_name", "file_kind", "source", "sequence_number", "file_status", "status_reason",
            "declared_records", "read_records", "rated", "data_rows", "set_aside_rows",
        ),
        name="intake_files",
        queries=("intake_files",),
        title=t("intake_page.files_table"),
        definition=t("intake_page.files_definition"),
        sums=("read_records", "rated", "data_rows", "set_aside_rows"),
        marks={"file_status": lambda row: _TONES.get(row["file_status"])},
    )  # fmt: skip
    of_file = Column(t("intake_page.set_aside"), "count")
    shown = with_column(table, 10, of_file, [row["set_aside"] for row in rows], sum_of(rows, "set_aside"))
    return Section("files", title, blocks=(shown,), is_paired=False)


INTAKE_PAGE = PageSpec(
    INTAKE,
    "analysts",
    intake,
    queries=(
        "billing_periods", "collection_periods", "dimension_names", "files_by_kind", "files_late", "files_waiting",
        "intake_by_status", "intake_files", "money_at_risk", "records_by_day", "sequence_gaps", "suspense_by_tries",
    ),
    params=("period", "kind"),
    also=frozenset({Role.ENGINEER}),
)  # fmt: skip
