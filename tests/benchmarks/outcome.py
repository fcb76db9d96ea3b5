"""What an engine came to on the workload: totals that all engines must agree on, and the seconds of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

#: What an engine writes of a rated call, besides its state or amount: the columns of the published mart.
RATED_COLUMNS = [
    "call_id", "switch_id", "exchange_id", "trunk_group_in", "trunk_group_out", "calling_number", "called_number", "charged_number",
    "started_at", "call_date", "duration_seconds", "account_id", "customer_id", "customer_class", "business_unit_id", "agent_id",
    "outlet_id", "file_name", "record_number", "destination_prefix", "zone_id", "call_category", "bill_item_id", "tariff_plan_id",
    "charged_seconds", "billing_period",
]  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Records per state, the sum of the rated calls' amounts, their charged seconds, and how many usage lines they make."""

    states: dict[str, int]
    amount: Decimal
    charged_seconds: int
    usage_lines: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def totals(self) -> tuple[dict[str, int], Decimal, int, int]:
        """What must be equal."""
        states = {state: int(records) for state, records in sorted(self.states.items()) if records}
        return (
            states,
            Decimal(self.amount).quantize(Decimal("0.000001")),
            int(self.charged_seconds),
            int(self.usage_lines),
        )
