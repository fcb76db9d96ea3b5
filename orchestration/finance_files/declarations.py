"""What each kind of finance file holds: its sheets, each a query over published marts. A new sheet is one entry and one query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from dashboards.pages.model import FINANCE_FORMATS, Kind

QUERIES = Path(__file__).resolve().parent / "queries"
FORMATS = FINANCE_FORMATS

_READS = re.compile(r"^-- reads: (.+)$", re.MULTILINE)
_PARAMETERS = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True)
class Sheet:
    """One table of a file: the rows of `queries/<query>.sql`.

    `mart` has the texts of its columns. `others` names the mart of a column that is another's; `made` gives the kind and the text of a
    column that no mart has. `sums` are the columns with a control total. `fixed` are parameters of this sheet alone. The words of `code` (a
    group and a code) or the text `title` are its title in the place of the mart's. One not `by_agent` is left out of a file of one agent.
    `on_paper` are the columns that a PDF has room for; all where it is empty.
    """

    name: str
    query: str
    mart: str
    sums: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    made: Mapping[str, tuple[Kind, str]] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    code: tuple[str, str] | None = None
    title: str = ""
    by_agent: bool = True
    on_paper: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The text of its query."""
        return query_text(self.query)

    @property
    def reads(self) -> tuple[str, ...]:
        """The marts that its query reads."""
        return query_reads(self.query)

    @property
    def parameters(self) -> frozenset[str]:
        """The parameters that its query takes."""
        return frozenset(_PARAMETERS.findall(re.sub(r"--.*", "", self.sql)))


@dataclass(frozen=True)
class FileKind:
    """A kind of finance file: its sheets in order, and whether it can be of one agent alone."""

    name: str
    sheets: tuple[Sheet, ...]
    has_agents: bool = False
    periods: str = ""  # the query that has its periods, where they are not the billing periods alone


_OPEN: Mapping[str, tuple[Kind, str]] = {"open_amount": ("money", "finance_files.columns.open_amount")}

FILE_KINDS: Mapping[str, FileKind] = {
    kind.name: kind
    for kind in (
        FileKind(
            "commissions",
            (
                Sheet("statements", "commission_statements", "commission_statements", ("lines", "amount")),
                Sheet("lines", "commission_lines", "commission_lines", ("amount",)),
                Sheet(
                    "bases",
                    "commission_bases",
                    "commission_bases",
                    ("basis_amount", "numbers"),
                    on_paper=("agent_id", "line_kind", "account_id", "billing_period", "service_number", "basis_amount", "rate"),
                ),
                Sheet(
                    "restatements",
                    "settlement_restatements",
                    "settlement_restatements",
                    ("amount",),
                    title="finance_files.restatements",
                ),
                Sheet(
                    "collection",
                    "collection_rates",
                    "collection_rates",
                    ("bills", "receivable", "received", "written_off"),
                    fixed={"dimension": "agent"},
                ),
            ),
            has_agents=True,
            periods="commission_periods",
        ),
        FileKind(
            "collections",
            # A sheet for each dimension: the rows of each sum to the branch's.
            tuple(
                Sheet(
                    dimension,
                    "collection_rates",
                    "collection_rates",
                    ("bills", "receivable", "received", "written_off"),
                    fixed={"dimension": dimension},
                    code=("dimension", dimension),
                    by_agent=dimension == "agent",
                )
                for dimension in ("branch", "business_unit", "agent", "outlet", "customer_class")
            ),
            has_agents=True,
        ),
        FileKind(
            "bills",
            (
                Sheet(
                    "bills",
                    "bills",
                    "bills",
                    ("amount",),
                    on_paper=(
                        "account_id", "customer_class", "business_unit_id", "outlet_id", "agent_id", "due_on", "amount",
                    ),
                ),
                Sheet("bill_lines", "bill_lines", "bill_lines", ("amount",)),
            ),
            has_agents=True,
        ),
        FileKind(
            "debits",
            (
                Sheet(
                    "batches",
                    "debit_batches",
                    "debit_batches",
                    ("records", "total_amount", "success_records", "success_amount", "charge_amount"),
                    on_paper=(
                        "bank_code", "batch_id", "debited_on", "is_accepted", "totals_agree", "records", "total_amount",
                        "success_records", "success_amount", "charge_amount",
                    ),
                ),
                Sheet(
                    "failures",
                    "debit_failures",
                    "debit_failures",
                    ("requested_amount", "collected_amount", "amount"),
                    on_paper=(
                        "bank_code", "batch_id", "debited_on", "line", "account_id", "cause", "requested_amount",
                        "collected_amount", "amount",
                    ),
                ),
                Sheet(
                    "corrections",
                    "debit_corrections",
                    "debit_corrections",
                    on_paper=(
                        "bank_code", "batch_id", "notified_on", "line", "account_id", "bank_account", "correction_code",
                        "corrected_data",
                    ),
                ),
                Sheet(
                    "mismatches",
                    "debit_mismatches",
                    "debit_result_mismatches",
                    ("amount", "collected_amount"),
                    on_paper=(
                        "bank_code", "batch_id", "debited_on", "line", "kind", "account_id", "request_batch_id", "request_line",
                        "amount", "collected_amount",
                    ),
                ),
            ),
            periods="debit_periods",
        ),
        FileKind(
            "providers",
            (
                Sheet(
                    "settlements",
                    "provider_settlements",
                    "info_service_settlements",
                    ("calls", "seconds", "amount", "share_amount"),
                ),
                Sheet("calls", "provider_calls", "info_service_calls", ("calls", "seconds", "amount")),
            ),
        ),
        FileKind(
            "receivables",
            (
                Sheet(
                    "bills",
                    "receivable_bills",
                    "bills",
                    ("amount", "received", "written_off", "open_amount"),
                    others={"received": "collection_rates", "written_off": "collection_rates"},
                    made=_OPEN,
                    on_paper=(
                        "account_id", "customer_class", "business_unit_id", "agent_id", "due_on", "amount", "received",
                        "written_off", "open_amount",
                    ),
                ),
                Sheet(
                    "arrears",
                    "arrears",
                    "arrears",
                    ("amount", "amount_1_30", "amount_31_60", "amount_61_90", "amount_91_plus"),
                ),
                *(
                    Sheet(
                        name,
                        "account_adjustments",
                        "account_adjustments",
                        ("counted_amount",),
                        fixed={"is_write_off": is_write_off},
                        title=f"finance_files.{name}",
                        on_paper=(
                            "adjustment_id", "account_id", "kind", "dated_on", "amount", "counted_amount", "fault", "approved_by",
                        ),
                    )
                    for name, is_write_off in (("adjustments", False), ("write_offs", True))
                ),
                Sheet(
                    "dunning",
                    "dunning",
                    "dunning_list",
                    ("amount", "covering_amount", "dunned_amount"),
                    on_paper=(
                        "settling_account_id", "account_id", "billing_period", "amount", "dunned_amount", "days_past_due", "reason",
                    ),
                ),
                Sheet(
                    "prepaid",
                    "prepaid",
                    "prepaid_balances",
                    ("prepaid_amount", "overdrawn_amount", "amount"),
                    on_paper=(
                        "settling_account_id", "business_unit_id", "prepaid_amount", "overdrawn_amount", "amount", "prepaid_since",
                    ),
                ),
            ),
            has_agents=True,
        ),
    )
}  # fmt: skip

#: The sheets of a customer's bill, in the order in which they stand on it.
BILL_SHEETS: Mapping[str, Sheet] = {
    sheet.name: sheet
    for sheet in (
        Sheet(
            "lines",
            "account_lines",
            "bill_lines",
            ("amount",),
            title="finance_files.bill.lines",
            on_paper=("service_number", "bill_item_id", "line_kind", "amount"),
        ),
        Sheet(
            "promotions",
            "account_promotions",
            "bill_lines",
            ("amount",),
            made={"how_it_came": ("text", "finance_files.columns.how_it_came")},
            title="finance_files.bill.promotions",
            on_paper=("service_number", "bill_item_id", "how_it_came", "amount"),
        ),
        Sheet(
            "payments",
            "account_payments",
            "payment_applications",
            ("amount",),
            title="finance_files.bill.payments",
            on_paper=("applied_on", "payment_id", "amount"),
        ),
        Sheet(
            "to_pay",
            "account_open_bills",
            "bills",
            ("amount", "received", "written_off", "open_amount"),
            others={"received": "collection_rates", "written_off": "collection_rates"},
            made=_OPEN,
            title="finance_files.bill.to_pay",
            on_paper=(
                "account_id",
                "billing_period",
                "issued_on",
                "due_on",
                "amount",
                "received",
                "written_off",
                "open_amount",
            ),
        ),
        Sheet(
            "balances",
            "account_money",
            "prepaid_balances",
            ("amount",),
            made={"money": ("text", "finance_files.columns.money")},
            title="finance_files.bill.balances",
            on_paper=("settling_account_id", "money", "amount"),
        ),
    )
}

CALL_DETAILS = Sheet(
    "call_details",
    "call_details",
    "rated_calls",
    ("duration_seconds", "charged_seconds", "covered_amount", "amount"),
    title="finance_files.call_details.title",
    on_paper=(
        "started_at", "charged_number", "called_number", "call_category", "zone_id", "duration_seconds", "charged_seconds", "amount",
    ),
)  # fmt: skip


@cache
def query_text(name: str) -> str:
    """The SQL of a query of this room."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def query_reads(name: str) -> tuple[str, ...]:
    """The marts that a query declares in its `-- reads:` line."""
    declared = _READS.search(query_text(name))
    assert declared is not None, f"{name}.sql has no line '-- reads: <mart>, …'"
    return tuple(part.strip() for part in declared.group(1).split(","))
