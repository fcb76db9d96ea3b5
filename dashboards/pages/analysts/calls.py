"""The look-up of single calls: those of a number or an account in some days, and why one of them costs what it costs.

Only for viewers who may see single calls. A call is explained by the code of `tollhouse explain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from dashboards import formats
from dashboards.i18n import Translate
from dashboards.i18n.sentences import sentence
from dashboards.pages import frame
from dashboards.pages.model import Block, Cell, Column, Content, Message, Section, Table, Target, Tile
from dashboards.pages.outlets.tariff import charge_blocks
from dashboards.pages.reference import reference_book
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, mart_table, value_of
from dashboards.params import Params
from dashboards.view import Row, View
from orchestration.rating.explaining import CallNotFound, Explanation, explain_call, find_call, who_is_charged
from orchestration.telephone_numbers import normalised_called_number

CALLS = "calls"
MOST_CALLS = 5_000
_MARTS = {"rated": "rated_calls", "suspended": "suspended_calls", "duplicate": "duplicate_calls"}
_COLUMNS = {
    "rated": (
        "started_at", "call_id", "calling_number", "called_number", "charged_number", "account_id", "duration_seconds",
        "charged_seconds", "zone_id", "tariff_plan_id", "amount", "bill_item_id", "billing_period",
    ),
    "suspended": (
        "started_at", "call_id", "state", "reason", "calling_number", "called_number", "charged_number", "account_id",
        "duration_seconds", "zone_id", "estimated_amount", "age_days",
    ),
    "duplicate": (
        "started_at", "call_id", "original_call_id", "calling_number", "called_number", "duration_seconds", "file_name",
        "record_number",
    ),
}  # fmt: skip
_SUMS = {
    "rated": ("duration_seconds", "charged_seconds", "amount"),
    "suspended": ("duration_seconds", "estimated_amount"),
    "duplicate": ("duration_seconds",),
}


def calls(view: View, params: Params) -> Content:
    """The explanation of the call that is asked for, and the calls of the number or account."""
    t = params.t
    first_day, last_day = _days(view, params)
    filters = (
        frame.text_filter(params, "number", "2200100"),
        frame.text_filter(params, "account", "A000001"),
        frame.period_filter(view, params, CALLS),
        frame.text_filter(params, "date", formats.day(last_day)),
        frame.text_filter(params, "call", "0a1b2c3d4e5f6789:12"),
    )
    sections = []
    call_id = params.get("call")
    if call_id is not None:
        sections.append(_explained(view, call_id, t))
    given = params.get("number")
    number = None if given is None else normalised_called_number(given)
    account = params.get("account")
    if number or account:
        sections.extend(_found(view, state, number, account, first_day, last_day, t) for state in _MARTS)
    elif call_id is None:
        sections.append(Section("ask", t("calls.look_up"), blocks=(Message(t("calls.how_to_ask")),)))
    return Content(tuple(sections), filters)


def _days(view: View, params: Params) -> tuple[date, date]:
    """The day asked for, else those of the period. Raises UnknownParameter."""
    day = params.day("date")
    if day is None:
        period = params.period(view)
        return period.first_day, period.last_day
    return day, day


def _found(
    view: View, state: str, number: str | None, account: str | None, first_day: date, last_day: date, t: Translate
) -> Section:
    days = {"first_day": formats.day(first_day), "last_day": formats.day(last_day)}
    title = t(f"calls.{state}", **days)
    query = f"calls_{state}_found"
    absent = frame.missing_marts(view, t, query)
    if absent is not None:
        return Section(state, title, blocks=(absent,))
    if state == "duplicate":
        if number is None:
            return Section(state, title, blocks=(Message(t("calls.duplicate_by_number")),))
        ask = partial(view.query, query, number=number)
    else:
        ask = partial(view.query, query, number=number, account=account)
    rows = ask(first_day=first_day, last_day=last_day, at_most=MOST_CALLS + 1)
    if not rows:
        return Section(state, title, blocks=(Message(t(f"calls.no_{state}")),))
    is_cut = len(rows) > MOST_CALLS
    shown = rows[:MOST_CALLS]
    table = mart_table(
        view,
        t,
        _MARTS[state],
        shown,
        _COLUMNS[state],
        name=f"calls_{state}",
        queries=(query,),
        title=t(f"calls.{state}_table"),
        definition=t(f"calls.{state}_definition"),
        sums=() if is_cut else _SUMS[state],
        links={"call_id": _to_call, **({"original_call_id": _to_original} if state == "duplicate" else {})},
    )
    cut = (Message(t("calls.cut", most=formats.count(MOST_CALLS)), "warning"),) if is_cut else ()
    return Section(state, title, blocks=(*cut, table), is_paired=False)


def _to_call(row: Row) -> Target:
    return Target.to(CALLS, call=row["call_id"])


def _to_original(row: Row) -> Target:
    return Target.to(CALLS, call=row["original_call_id"])


def _explained(view: View, call_id: str, t: Translate) -> Section:
    title = t("calls.one", call=call_id)
    absent = frame.missing_marts(view, t, "call_rated", "call_suspended", "call_duplicate")
    if absent is not None:
        return Section("call", title, blocks=(absent,))
    try:
        book = reference_book(view, t)
        if isinstance(book, Message):
            state, call = find_call(view, call_id)
            return Section("call", title, blocks=(_facts(view, state, call, t), book), is_paired=False)
        found = explain_call(view, book, call_id)
    except CallNotFound:
        return Section("call", title, blocks=(Message(t("calls.not_found", call=call_id), "warning"),))
    state = found.state if found.state in _MARTS else "suspended"
    blocks: list[Block] = [_verdict(found, t), _facts(view, state, found.call, t)]
    if found.differences:
        blocks.append(_differences(found.differences, t))
    tiles: tuple[Tile, ...] = ()
    if found.charge is not None:
        blocks.extend(charge_blocks(view, found.charge, t))
        tiles = (
            Tile(
                t("calls.published"),
                formats.amount(found.call["amount"]),
                t("calls.published_definition"),
                t("unit.yuan"),
                _taken_off(found.call, t),
            ),
            Tile(
                t("calls.present"), formats.amount(found.charge.amount), t("calls.present_definition"), t("unit.yuan")
            ),
        )
    return Section("call", title, t("calls.one_intro"), tiles=tiles, blocks=tuple(blocks), is_paired=False)


def _verdict(found: Explanation, t: Translate) -> Message:
    call = found.call
    if found.state == "duplicate":
        return Message(t("calls.is_duplicate", call=str(call["original_call_id"])))
    if found.state != "rated":
        return Message(
            t("calls.waits", state=t.code("state", found.state), why=sentence(t.language, call["reason"])), "warning"
        )
    if found.charge is None:
        return Message(t("calls.no_charge", why=sentence(t.language, found.no_charge)), "warning")
    if found.differences:
        return Message(t("calls.differs"), "warning")
    return Message(t("calls.same"), "good")


def _taken_off(call: Row, t: Translate) -> tuple[str, ...]:
    """Why a call adds less to the bill than its tariff charges."""
    reasons = []
    if call.get("package_id") is not None:
        covered = formats.amount(call["covered_amount"])
        reasons.append(t("calls.covered", package=str(call["package_id"]), amount=covered))
    if call.get("is_capped"):
        reasons.append(t("calls.capped"))
    return tuple(reasons)


def _facts(view: View, state: str, call: Row, t: Translate) -> Table:
    """What the edition has of the call, one line for each column that is filled."""
    mart = _MARTS[state]
    rows: list[tuple[Cell, ...]] = [
        (head(mart, name, t).label, _written(view, mart, name, call, t)) for name in call if call[name] is not None
    ]
    if state != "duplicate" and call.get("charged_number") is not None:
        rows.append((t("calls.who_pays"), t(f"calls.charged_{who_is_charged(call)}")))
    return Table(
        columns=(Column(t("charge.what")), Column(t("charge.value"))),
        rows=tuple(rows),
        title=t("calls.facts"),
        name="call",
        how=frame.how(t, f"call_{state}"),
    )


def _written(view: View, mart: str, name: str, call: Row, t: Translate) -> str:
    column = head(mart, name, t)
    text = formats.written(value_of(view, mart, name, call, t), column.kind, t)
    return f"{text} {column.unit}".rstrip()


def _differences(found: Sequence[tuple[str, str, str]], t: Translate) -> Table:
    return Table(
        columns=(Column(t("charge.what")), Column(t("calls.as_published")), Column(t("calls.by_the_present_book"))),
        rows=tuple((t.code("call_fact", what.replace(" ", "_")), said, now) for what, said, now in found),
        title=t("calls.differences"),
        name="differences",
    )


CALLS_PAGE = PageSpec(
    CALLS,
    "analysts",
    calls,
    queries=(
        "billing_periods", "call_duplicate", "call_rated", "call_suspended", "calls_duplicate_found", "calls_rated_found",
        "calls_suspended_found", "collection_periods", "dimension_names",
    ),
    params=("number", "account", "call", "date", "period"),
    shows_calls=True,
    reads_branch_files=True,
    variants=lambda view: [],
)  # fmt: skip
