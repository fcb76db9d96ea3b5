"""The commission statement that an agent is handed, in Chinese and English: its lines, what they rest on, and the agent's bills."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.pages.frame import branch_name, name_of
from dashboards.view import Row, View
from orchestration.finance_files.declarations import query_text
from orchestration.finance_files.pdf import Font, PdfColumn, PdfDocument
from orchestration.finance_files.settlement import cut_off, settlement_state
from orchestration.finance_files.sheets import BATCH_ROWS

#: The lines whose basis is a count of numbers and whose rate is a bonus; of the others both are money and a percent.
_OF_NUMBERS = ("activation", "clawback")
#: More bills than these are in the XLSX alone: nobody reads them on paper.
MOST_BILLS = 1_000


def agents_with_statement(view: View, period: str) -> list[str]:
    """The agents with a statement of a settlement period, in order."""
    return [row["agent_id"] for row in _rows(view, "commission_statements", period=period, agent=None)]


def agent_statement(view: View, agent: str, period: str, font: Font) -> tuple[bytes, int, Decimal]:
    """The statement as a PDF, with the number of its lines and its amount."""
    zh, en = Translate.to("zh"), Translate.to("en")

    def both(key: str, between: str = " ", **values: str) -> str:
        return f"{zh(key, **values)}{between}{en(key, **values)}"

    names = dict.fromkeys((name_of(view, "agent", agent, zh), name_of(view, "agent", agent, en)))
    foot = " · ".join((branch_name(view, zh), view.name, agent, period))
    title = zh("finance_files.statement.title")
    document = PdfDocument(f"{title} {agent} {period}", foot, font, view.as_of)
    document.page()
    document.title(title, f"{en('finance_files.statement.title')} · {period}")
    state = settlement_state(view, period)
    last_day = formats.day(cut_off(period))
    document.facts(
        [
            (both("finance_files.cover.branch"), f"{branch_name(view, zh)} {branch_name(view, en)}"),
            (both("finance_files.cover.agent"), f"{agent} {' '.join(names)}"),
            (both("finance_files.cover.period"), period),
            (both("finance_files.cover.settlement"), both(f"finance_files.settlement.{state}", "\n", cut_off=last_day)),
            (both("finance_files.cover.edition"), view.name),
            (both("finance_files.cover.as_of"), formats.day(view.as_of)),
        ]
    )
    lines = _rows(view, "commission_lines", period=period, agent=agent)
    document.heading(both("finance_files.statement.lines"))
    total = sum((row["amount"] for row in lines), Decimal(0))
    document.table(
        [
            PdfColumn(both("finance_files.statement.kind", "\n"), 3),
            PdfColumn(both("finance_files.statement.basis", "\n"), 2, True),
            PdfColumn(both("finance_files.statement.rate", "\n"), 2.4, True),
            PdfColumn(both("finance_files.statement.amount", "\n"), 2, True),
        ],
        [_line(row, zh, en) for row in lines],
        (both("site.total"), "", "", formats.money(total)),
    )
    _collection(document, view, agent, period, both)
    document.heading(both("finance_files.statement.how"))
    for t in (zh, en):
        document.note(t("finance_files.statement.explanation", cut_off=last_day))
    document.text(f"\n\n{both('finance_files.statement.signatures', chr(10))}")
    document.page()
    _bills(document, view, agent, period, both)
    return document.content(), len(lines), total


def _line(row: Row, zh: Translate, en: Translate) -> list[str]:
    kind = row["line_kind"]
    is_count = kind in _OF_NUMBERS
    basis = formats.count(row["basis_amount"]) if is_count else formats.money(row["basis_amount"])
    rate = formats.NOTHING
    if row["rate"] is not None:
        rate = formats.money(row["rate"]) if is_count else f"{_plain(row['rate'])} %"
    return [f"{zh.code('line_kind', kind)} {en.code('line_kind', kind)}", basis, rate, formats.money(row["amount"])]


def _plain(rate: Decimal) -> str:
    return f"{rate.normalize():f}"


def _collection(document: PdfDocument, view: View, agent: str, period: str, both: Callable[..., str]) -> None:
    """What the lines rest on: the agent's bills and what came in by the cut-off."""
    (row,) = _rows(view, "agent_basis", agent=agent, period=period)
    document.heading(both("finance_files.statement.basis_title"))
    rate = formats.ratio_of(row["on_time_amount"], row["receivable"])
    document.table(
        [
            PdfColumn(both("finance_files.statement.what"), 5),
            PdfColumn(both("finance_files.statement.figure"), 2, True),
        ],
        [
            (both("finance_files.statement.receivable"), formats.money(row["receivable"])),
            (both("finance_files.statement.on_time"), formats.money(row["on_time_amount"])),
            (both("finance_files.statement.rate_at_cut_off"), formats.percent(rate)),
            (
                both("finance_files.statement.tier"),
                both("finance_files.statement.no_tier")
                if row["tier_from_rate"] is None
                else formats.percent(row["tier_from_rate"]),
            ),
            (both("finance_files.statement.late"), formats.money(row["late_amount"])),
            (both("finance_files.statement.returned"), formats.money(row["returned_amount"])),
        ],
    )


def _bills(document: PdfDocument, view: View, agent: str, period: str, both: Callable[..., str]) -> None:
    rows = _rows(view, "receivable_bills", period=period, agent=agent)
    document.heading(both("finance_files.statement.bills", period=period))
    if not rows:
        document.text(both("finance_files.no_rows"))
        return
    if len(rows) > MOST_BILLS:
        document.text(both("finance_files.statement.too_many_bills", "\n", bills=formats.count(len(rows))))
        return
    figures = ("amount", "received", "written_off", "open_amount")
    document.table(
        [
            PdfColumn(both("finance_files.statement.account", "\n"), 2),
            PdfColumn(both("finance_files.statement.due_on", "\n"), 1.6),
            *(PdfColumn(both(f"finance_files.statement.bill_{name}", "\n"), 1.5, True) for name in figures),
        ],
        [
            [row["account_id"], formats.day(row["due_on"]), *(formats.money(row[name]) for name in figures)]
            for row in rows
        ],
        (
            both("site.total"),
            "",
            *(formats.money(sum((row[name] or Decimal(0) for row in rows), Decimal(0))) for name in figures),
        ),
    )


def _rows(view: View, query: str, **parameters: Any) -> list[Row]:
    stream = view.stream(query_text(query), query, parameters, BATCH_ROWS)
    return [row for batch in stream for row in batch.to_pylist()]
