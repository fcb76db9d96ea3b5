"""What an engine came to on the workload: totals that all engines must agree on, and the seconds of its steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any


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

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "amount": str(self.amount), "totals": str(self.totals)}
