"""The branch's wall clock, for the present day and for times that are shown to people. Times that programs read (JSON, ledger,
manifests) stay in UTC. No other module uses today's date to check a file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from orchestration.settings import Settings


def machine_day(settings: Settings) -> date:
    """The day it is now in the branch's time zone; `TOLLHOUSE_TODAY` takes its place in tests and drills."""
    return settings.today or branch_now(settings.time_zone).date()


def shown_time(text: str | datetime, time_zone: str) -> str:
    """An ISO time with offset as the branch's clock shows it: `2026-05-21 07:15:04 +08:00`. Any other text stays as it is."""
    moment = _moment(text)
    if moment is None:
        return str(text)
    shown = moment.astimezone(ZoneInfo(time_zone)).replace(microsecond=0).isoformat(sep=" ")
    return f"{shown[:19]} {shown[19:]}"


def branch_day(text: str, time_zone: str) -> date:
    """The day on which an ISO time with offset falls by the branch's clock."""
    return datetime.fromisoformat(text).astimezone(ZoneInfo(time_zone)).date()


def branch_time(text: str, time_zone: str) -> datetime:
    """An ISO time with offset as the branch's clock shows it, without an offset."""
    return datetime.fromisoformat(text).astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)


def branch_now(time_zone: str) -> datetime:
    """What the branch's clock shows now, to the second and without an offset."""
    return datetime.now(UTC).astimezone(ZoneInfo(time_zone)).replace(microsecond=0, tzinfo=None)


def _moment(text: str | datetime) -> datetime | None:
    try:
        moment = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment
