"""Direct debit (代扣): requests to the banks, their results, what failed and why, and what the next request can ask for."""

from __future__ import annotations

from collections import defaultdict

from dashboards import formats
from dashboards.figures.debit import failure_bars
from dashboards.i18n import Translate
from dashboards.pages.frame import finance_files, how, list_filter, missing_marts, period_filter
from dashboards.pages.model import Block, Column, Content, Figure, Message, Section, Table, Target, Tile
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, section_of_rows, sum_of, total_of, value_of
from dashboards.params import Params, UnknownParameter
from dashboards.view import Period, Row, View

_MONEY_OF_REQUESTS = ("requested_amount", "collected_amount", "returned_amount")


def direct_debit(view: View, params: Params) -> Content:
    """The direct debits of one period's bills, of one bank or of all; the bills still to debit are of every period."""
    t = params.t
    period = params.period(view)
    banks = tuple(row["bank_code"] for row in view.query("debit_banks"))
    bank = params.get("bank")
    if bank is not None and bank not in banks:
        raise UnknownParameter("bank", bank)
    return Content(
        (
            _requests(view, period, bank, t),
            _batches(view, period, bank, t),
            _failures(view, period, bank, t),
            _mismatches(view, period, bank, t),
            _corrections(view, period, bank, t),
            _open_bills(view, bank, t),
        ),
        filters=(
            period_filter(view, params, "direct_debit"),
            list_filter(params, "direct_debit", "bank", [(code, code) for code in banks]),
        ),
        finance_files=finance_files(t, period.code, "debits"),
    )


def _account(row: Row) -> Target:
    return Target.to("bills", account=row["account_id"])


def _requests(view: View, period: Period, bank: str | None, t: Translate) -> Section:
    title = t("debit.requests", period=period.code)
    absent = missing_marts(view, t, "debit_requests_by_batch")
    if absent is not None:
        return Section("requests", title, blocks=(absent,))
    rows = view.query("debit_requests_by_batch", period=period.code, bank=bank)
    if not rows:
        return Section("requests", title, blocks=(Message(t("debit.no_requests", period=period.code)),))
    table = Table(
        columns=(
            head("debit_requests", "bank_code", t),
            head("debit_requests", "batch_id", t),
            head("debit_requests", "requested_on", t),
            head("debit_requests", "debit_on", t),
            Column(t("debit.lines"), "count"),
            *(head("debit_requests", name, t) for name in ("amount", "collected_amount", "returned_amount")),
            Column(t("debit.unanswered"), "count"),
            Column(t("debit.unanswered_amount"), "money", t("unit.yuan")),
            Column(t("debit.overdue"), "count"),
        ),
        rows=tuple(tuple(row.values()) for row in rows),
        title=t("debit.requests_table"),
        definition=t("debit.requests_definition"),
        total=(
            t("site.total"),
            None,
            None,
            None,
            sum_of(rows, "requests"),
            *(sum_of(rows, name) for name in _MONEY_OF_REQUESTS),
            *(sum_of(rows, name) for name in ("unanswered", "unanswered_amount", "overdue")),
        ),
        name="requests",
        how=how(t, "debit_requests_by_batch"),
    )
    return Section("requests", title, blocks=(table, _results(view, period, bank, t)), is_paired=False)


def _results(view: View, period: Period, bank: str | None, t: Translate) -> Table:
    rows = view.query("debit_requests_by_result", period=period.code, bank=bank)
    return Table(
        columns=(
            head("debit_requests", "bank_code", t),
            head("debit_requests", "result", t),
            Column(t("debit.lines"), "count"),
            *(head("debit_requests", name, t) for name in ("amount", "collected_amount", "returned_amount")),
        ),
        rows=tuple(
            (
                row["bank_code"],
                value_of(view, "debit_requests", "result", row, t),
                row["requests"],
                *(row[name] for name in _MONEY_OF_REQUESTS),
            )
            for row in rows
        ),
        title=t("debit.results_table"),
        definition=t("debit.results_definition"),
        total=(
            t("site.total"),
            None,
            sum_of(rows, "requests"),
            *(sum_of(rows, name) for name in _MONEY_OF_REQUESTS),
        ),
        name="results",
        how=how(t, "debit_requests_by_result"),
    )


def _batches(view: View, period: Period, bank: str | None, t: Translate) -> Section:
    title = t("debit.batches", period=period.code)
    absent = missing_marts(view, t, "debit_batches_of_period")
    if absent is not None:
        return Section("batches", title, blocks=(absent,))
    rows = view.query("debit_batches_of_period", period=period.code, bank=bank)
    if not rows:
        return Section("batches", title, blocks=(Message(t("debit.no_batches", period=period.code)),))
    accepted = [row for row in rows if row["is_accepted"]]
    blocks: list[Block] = [
        mart_table(
            view,
            t,
            "debit_batches",
            rows,
            (
                "bank_code", "batch_id", "debited_on", "file_name", "records", "total_amount", "detail_total_amount",
                "success_records", "success_amount", "detail_success_amount", "totals_agree", "is_difference_accepted", "is_accepted",
            ),
            name="batches",
            queries=("debit_batches_of_period",),
            title=t("debit.batches_table"),
            definition=t("debit.batches_definition"),
            sums=(
                "records", "total_amount", "detail_total_amount", "success_records", "success_amount", "detail_success_amount",
            ),
            marks={
                "totals_agree": lambda row: None if row["totals_agree"] else "bad",
                "is_accepted": lambda row: None if row["is_accepted"] else "warning",
            },
        )
    ]  # fmt: skip
    others = ("pending_records", "correction_records", "passed_over_records", "no_amount_records", "charge_amount")
    with_others = [row for row in rows if any(row[name] for name in others)]
    if with_others:
        blocks.append(
            mart_table(
                view,
                t,
                "debit_batches",
                with_others,
                ("bank_code", "batch_id", "debited_on", *others),
                name="batches_other_lines",
                queries=("debit_batches_of_period",),
                title=t("debit.other_lines"),
                definition=t("debit.other_lines_definition"),
                sums=others,
            )
        )
    total, collected = (total_of(row[name] for row in accepted) for name in ("total_amount", "success_amount"))
    held = len(rows) - len(accepted)
    tiles = (
        Tile(t("debit.sent"), formats.money(total), t("debit.sent_definition"), t("unit.yuan")),
        Tile(t("debit.collected"), formats.money(collected), t("debit.collected_definition"), t("unit.yuan")),
        Tile(t("debit.rate"), formats.percent(formats.ratio_of(collected, total)), t("debit.rate_definition")),
        Tile(
            t("debit.held"),
            formats.count(held),
            t("debit.held_definition"),
            t("debit.unit_files"),
            tone="warning" if held else "neutral",
        ),
    )
    return Section("batches", title, tiles=tiles, blocks=tuple(blocks), is_paired=False)


def _failures(view: View, period: Period, bank: str | None, t: Translate) -> Section:
    title = t("debit.failures", period=period.code)
    absent = missing_marts(view, t, "debit_failures_of_period")
    if absent is not None:
        return Section("failures", title, blocks=(absent,))
    rows = view.query("debit_failures_of_period", period=period.code, bank=bank)
    if not rows:
        return Section("failures", title, blocks=(Message(t("debit.no_failures", period=period.code), "good"),))
    of_cause: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_cause[row["cause"]].append(row)
    ranked = sorted(of_cause.items(), key=lambda item: (-total_of(row["amount"] for row in item[1]), item[0]))
    causes = [(t.code("debit_cause", cause), total_of(row["amount"] for row in some)) for cause, some in ranked]
    by_cause = Table(
        columns=(
            head("debit_failures", "cause", t),
            Column(t("debit.lines"), "count"),
            head("debit_failures", "amount", t),
            Column(t("debit.returned_lines"), "count"),
        ),
        rows=tuple(
            (cause, len(some), amount, _returned(some))
            for (cause, amount), (_, some) in zip(causes, ranked, strict=True)
        ),
        title=t("debit.causes_table"),
        total=(t("site.total"), len(rows), sum_of(rows, "amount"), _returned(rows)),
        name="failures_by_cause",
        how=how(t, "debit_failures_of_period"),
    )
    listed = mart_table(
        view,
        t,
        "debit_failures",
        rows,
        (
            "account_id", "outlet_id", "amount", "requested_amount", "collected_amount", "cause", "is_cause_inferred", "result_code",
            "reason_text", "bank_code", "batch_id", "debited_on", "line", "returned_payment_id",
        ),
        name="failures",
        queries=("debit_failures_of_period",),
        title=t("debit.failures_table"),
        definition=t("debit.failures_definition"),
        sums=("amount", "requested_amount", "collected_amount"),
        links={"account_id": _account},
    )  # fmt: skip
    figure = Figure(failure_bars(causes, t), t("debit.causes"), t("debit.causes_definition"), by_cause)
    return Section("failures", title, blocks=(figure, listed))


def _returned(rows: list[Row]) -> int:
    return sum(1 for row in rows if row["returned_payment_id"] is not None)


def _mismatches(view: View, period: Period, bank: str | None, t: Translate) -> Section:
    return section_of_rows(
        view,
        t,
        "mismatches",
        t("debit.mismatches", period=period.code),
        "debit_mismatches_of_period",
        Message(t("debit.no_mismatches", period=period.code)),
        lambda rows: (
            mart_table(
                view,
                t,
                "debit_result_mismatches",
                rows,
                (
                    "kind", "bank_code", "batch_id", "debited_on", "line", "account_id", "requested_account_id", "amount",
                    "requested_amount", "collected_amount", "bank_account", "requested_bank_account", "result_code",
                    "request_batch_id", "request_line", "file_name",
                ),
                name="mismatches",
                queries=("debit_mismatches_of_period",),
                title=t("debit.mismatches_table"),
                definition=t("debit.mismatches_definition"),
                links={"account_id": _account},
            ),
        ),
        period=period.code,
        bank=bank,
    )  # fmt: skip


def _corrections(view: View, period: Period, bank: str | None, t: Translate) -> Section:
    month = Period.of(period.issued_on).code
    return section_of_rows(
        view,
        t,
        "corrections",
        t("debit.corrections", month=month),
        "debit_corrections_of_period",
        Message(t("debit.no_corrections", month=month)),
        lambda rows: (
            mart_table(
                view,
                t,
                "debit_corrections",
                rows,
                (
                    "account_id", "outlet_id", "bank_account", "correction_code", "corrected_data", "bank_code", "batch_id",
                    "notified_on", "line",
                ),
                name="corrections",
                queries=("debit_corrections_of_period",),
                title=t("debit.corrections_table"),
                definition=t("debit.corrections_definition"),
                links={"account_id": _account},
            ),
        ),
        period=period.code,
        bank=bank,
    )  # fmt: skip


def _open_bills(view: View, bank: str | None, t: Translate) -> Section:
    title = t("debit.open_bills")
    absent = missing_marts(view, t, "open_debit_bills_by_bank", "open_debit_bills_listed")
    if absent is not None:
        return Section("open_bills", title, blocks=(absent,))
    groups = view.query("open_debit_bills_by_bank", bank=bank)
    if not groups:
        return Section("open_bills", title, blocks=(Message(t("debit.no_open_bills"), "good"),))
    by_bank = Table(
        columns=(
            head("open_debit_bills", "bank_code", t),
            head("open_debit_bills", "billing_period", t),
            Column(t("debit.can_be_requested")),
            Column(t("debit.open_bill_count"), "count"),
            head("open_debit_bills", "amount", t),
        ),
        rows=tuple(
            (
                row["bank_code"] or t("debit.no_bank"),
                row["billing_period"],
                t("site.yes") if row["fault"] is None else value_of(view, "open_debit_bills", "fault", row, t),
                row["bills"],
                row["amount"],
            )
            for row in groups
        ),
        title=t("debit.open_by_bank"),
        definition=t("debit.open_by_bank_definition", as_of=formats.day(view.as_of)),
        total=(t("site.total"), None, None, sum_of(groups, "bills"), sum_of(groups, "amount")),
        name="open_bills_by_bank",
        how=how(t, "open_debit_bills_by_bank"),
    )
    rows = view.query("open_debit_bills_listed", bank=bank)
    listed = mart_table(
        view,
        t,
        "open_debit_bills",
        rows,
        (
            "billing_period", "account_id", "bill_account_id", "bank_code", "bank_account", "customer_name", "amount", "due_on", "fault",
        ),
        name="open_bills",
        queries=("open_debit_bills_listed",),
        title=t("debit.open_list"),
        definition=t("debit.open_list_definition"),
        sums=("amount",),
        links={"account_id": _account},
    )  # fmt: skip
    return Section("open_bills", title, t("debit.open_intro"), blocks=(by_bank, listed), is_paired=False)


DIRECT_DEBIT = PageSpec(
    "direct_debit",
    "finance",
    direct_debit,
    queries=(
        "billing_periods", "collection_periods", "debit_banks", "debit_batches_of_period", "debit_corrections_of_period",
        "debit_failures_of_period", "debit_mismatches_of_period", "debit_requests_by_batch", "debit_requests_by_result",
        "dimension_names", "open_debit_bills_by_bank", "open_debit_bills_listed",
    ),
    params=("period", "bank"),
)  # fmt: skip
