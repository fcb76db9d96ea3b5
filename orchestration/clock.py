"""The machine's clock, as far as a run asks it for the day. No other module asks for today's date to judge a file by."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from orchestration.settings import Settings


def machine_day(settings: Settings) -> date:
    """The day it is now in the branch's time zone; `TOLLHOUSE_TODAY` takes its place in tests and drills."""
    return settings.today or datetime.now(ZoneInfo(settings.time_zone)).date()
