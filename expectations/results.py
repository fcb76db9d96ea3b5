"""The outcome of one gate, as shown in asset checks, manifests and on the gate page. It evaluates nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

Severity = Literal["warn", "error", "critical"]

SAMPLE_ROWS = 20


@dataclass(frozen=True)
class GateResult:
    """The result of one gate. `exception` is set where it could not be evaluated, which is never a success."""

    suite: str
    gate: str
    description: str
    severity: Severity
    success: bool
    checked_rows: int
    failed_rows: int
    sample: list[dict[str, Any]] = field(default_factory=list)
    exception: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The result as plain JSON values, in the order of the fields."""
        return asdict(self)

    @property
    def blocks(self) -> bool:
        """Whether this result alone keeps an edition from being published."""
        return self.severity == "critical" and not self.success


def blocking(results: Iterable[GateResult]) -> list[GateResult]:
    """The results that keep an edition from being published."""
    return [result for result in results if result.blocks]


def json_value(value: Any) -> Any:
    """A sample's value as JSON shows it: decimals and times as text, so that no digit is lost."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, (Decimal, timedelta, float)):
        return str(value)
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    return str(value)
