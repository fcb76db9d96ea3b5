"""`tollhouse trace`: what a figure is made of, and what is made of it. Each step is one query over the published tables.

The queries are in queries/; `--sql` prints them, so that anybody can put the same questions to the Parquet files of the edition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.view import View
from orchestration.errors import UsageError

QUERIES = Path(__file__).resolve().parent / "queries"
_BATCH_ROWS = 50_000

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One table of a trail: what it shows, the rows, and the query with its parameters."""

    name: str
    rows: Sequence[Row]
    sql: str
    parameters: Mapping[str, str | None]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the rows; none where there are no rows."""
        return tuple(self.rows[0]) if self.rows else ()


def trace(view: View, kind: str, name: str) -> list[Step]:
    """The trail of a commission line, bill, payment, call or file.

    Raises UsageError where `name` is not written as its kind is, or nothing of that name is published.
    """
    return _KINDS[kind](view, name)


def _step(view: View, query: str, **parameters: str | None) -> Step:
    sql = (QUERIES / f"{query}.sql").read_text(encoding="utf-8")
    stream = view.stream(sql, f"query '{query}'", parameters, _BATCH_ROWS)
    return Step(query, [row for batch in stream for row in batch.to_pylist()], sql, parameters)


def _first(step: Step, what: str, view: View) -> Row:
    if not step.rows:
        raise UsageError(f"edition {view.name} has no {what}")
    return step.rows[0]


def _parts(name: str, least: int, most: int, form: str) -> list[str]:
    parts = name.split("/")
    if not least <= len(parts) <= most or not all(parts):
        raise UsageError(f"'{name}' is not valid here; write it like {form}")
    return parts


def _commission(view: View, name: str) -> list[Step]:
    agent, period, *kinds = _parts(name, 2, 3, "AG01/2026-03 or AG01/2026-03/on_time")
    given = {"agent": agent, "period": period, "kind": kinds[0] if kinds else None}
    bases = _step(view, "commission_line_bases", **given)
    _first(bases, f"commission of {name}", view)
    return [_step(view, "commission_lines", **given), bases, _step(view, "commission_bills", **given)]


def _bill(view: View, name: str) -> list[Step]:
    account, period = _parts(name, 2, 2, "A000088/2026-03")
    bill = _step(view, "bill", account=account, period=period)
    _first(bill, f"bill {name}", view)
    of_bill = {"account": account, "period": period}
    return [
        bill,
        _step(view, "bill_lines", **of_bill, number=None),
        _step(view, "bill_calls", **of_bill),
        _step(view, "bill_payments", **of_bill),
        _step(view, "bill_commission", **of_bill),
    ]


def _payment(view: View, name: str) -> list[Step]:
    bills = _step(view, "payment_bills", payment=name)
    _first(bills, f"payment {name} on a bill", view)
    return [bills, _step(view, "payment_commission", payment=name)]


def _call(view: View, name: str) -> list[Step]:
    call = _step(view, "call", call=name)
    row = _first(call, f"call {name}", view)
    steps = [
        call,
        _step(view, "file", file=name.rpartition(":")[0]),
    ]  # a call's id is that of its file and its record number
    if row["billing_period"] is None:
        return steps
    of_bill = {"account": row["account_id"], "period": row["billing_period"]}
    return [
        *steps,
        _step(view, "bill", **of_bill),
        _step(view, "bill_lines", **of_bill, number=row["charged_number"]),
        _step(view, "bill_payments", **of_bill),
        _step(view, "bill_commission", **of_bill),
    ]


def _file(view: View, name: str) -> list[Step]:
    file = _step(view, "file", file=name)
    row = _first(file, f"file {name}", view)
    if len(file.rows) > 1:
        listed = ", ".join(f"{each['file_id']} ({each['file_status']})" for each in file.rows)
        raise UsageError(f"{len(file.rows)} files have the name {name}: trace one of them by its id: {listed}")
    if row["file_kind"] == "bank":
        return [file, _step(view, "file_debits", file=row["file_id"])]
    if row["file_kind"] == "cdr":
        of_file = {"file": row["file_id"]}
        return [file, _step(view, "file_calls", **of_file), _step(view, "file_suspended", **of_file)]
    return [file]


_KINDS: Mapping[str, Callable[[View, str], list[Step]]] = {
    "commission": _commission,
    "bill": _bill,
    "payment": _payment,
    "call": _call,
    "file": _file,
}
KINDS = tuple(_KINDS)
