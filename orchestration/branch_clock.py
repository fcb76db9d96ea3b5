"""The branch's wall clock, for times that are shown to people. Times that programs read (JSON, ledger, manifests) stay in UTC."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def shown_time(text: str | datetime, time_zone: str) -> str:
    """An ISO time with offset as the branch's clock shows it: `2026-05-21 07:15:04 +08:00`. Any other text stays as it is."""
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except ValueError:
        return str(text)
    if moment.tzinfo is None:
        return str(text)
    return moment.astimezone(ZoneInfo(time_zone)).replace(microsecond=0).isoformat(sep=" ").replace("+", " +")
