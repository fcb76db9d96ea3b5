"""The directory of information services: their access prefixes, who provides them, and whom to call about one.

Provider and contact are the edition's. Services that nobody has called, and the names of all, are in the reference book.
"""

from __future__ import annotations

from typing import Any

from dashboards.pages import frame
from dashboards.pages.model import Block, Column, Content, Message, Section, Table
from dashboards.pages.reference import reference_book
from dashboards.pages.spec import PageSpec
from dashboards.pages.tables import head, sum_of
from dashboards.params import Params
from dashboards.view import View
from orchestration.access.roles import Role

_MART = "info_service_calls"
_QUERY = "info_services_called"


def info_services(view: View, params: Params) -> Content:
    """Every information service, called or not, with its provider."""
    t = params.t
    book = reference_book(view, t)
    listed: list[dict[str, Any]] = [] if isinstance(book, Message) else book.tables["info_services"]
    services: dict[str, dict[str, Any]] = {
        row["access_prefix"]: {**row, "name": row[f"name_{t.language}"], "calls": 0, "seconds": 0, "amount": None}
        for row in listed
    }
    blocks: list[Block] = []
    absent = frame.missing_marts(view, t, _QUERY)
    if absent is None:
        for row in view.query(_QUERY):
            services[row["access_prefix"]] = {**services.get(row["access_prefix"], {}), **row}
    else:
        blocks.append(absent)
    if isinstance(book, Message):
        blocks.append(Message(t("info_services.without_book")))
    rows = [services[prefix] for prefix in sorted(services)]
    if not rows:
        blocks.append(Message(t("info_services.none")))
        return Content((Section("services", t("info_services.services"), blocks=tuple(blocks)),))
    table = Table(
        columns=(
            head(_MART, "access_prefix", t),
            Column(t("info_services.name")),
            head(_MART, "provider_name", t),
            head(_MART, "contact", t),
            head(_MART, "calls", t),
            head(_MART, "seconds", t),
            head(_MART, "amount", t),
        ),
        rows=tuple(
            (
                row["access_prefix"], row.get("name"), row["provider_name"], row["contact"], row["calls"], row["seconds"],
                row["amount"],
            )
            for row in rows
        ),
        title=t("info_services.table"),
        definition=t("info_services.definition"),
        total=(
            t("site.total"), None, None, None, sum_of(rows, "calls"), sum_of(rows, "seconds"), sum_of(rows, "amount"),
        ),
        name="info_services",
        how=frame.how(t, _QUERY),
    )  # fmt: skip
    return Content((Section("services", t("info_services.services"), blocks=(table, *blocks), is_paired=False),))


INFO_SERVICES_PAGE = PageSpec(
    "info_services",
    "outlets",
    info_services,
    queries=("dimension_names", _QUERY),
    also=frozenset({Role.AGENT, Role.ENGINEER}),
    reads_branch_files=True,
)
