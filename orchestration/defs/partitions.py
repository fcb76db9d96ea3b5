"""The partitions of the platform: call days. One home, so that assets, jobs and checks speak of the same days."""

from __future__ import annotations

from datetime import date, timedelta

import dagster as dg

from orchestration.branch_clock import machine_day
from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.settings import Settings

#: Days ahead, since a file is dated by the switch's clock and not by ours.
_DAYS_AHEAD = 366
#: How far back the days begin where no call file has come in yet.
_DAYS_BEFORE = timedelta(days=366)


def call_days(first: date) -> dg.DailyPartitionsDefinition:
    """The days that calls may begin on, from the first one."""
    return dg.DailyPartitionsDefinition(start_date=first.isoformat(), end_offset=_DAYS_AHEAD)


def first_call_day(settings: Settings) -> date:
    """The first day of a call that has come in; a year before today where none has, or where the ledger cannot be read: the
    run itself reports what is wrong with it."""
    otherwise = machine_day(settings) - _DAYS_BEFORE
    if not settings.ledger_path.is_file():
        return otherwise
    try:
        with FileLedger(settings.ledger_path, read_only=True) as ledger:
            return min((day.call_date for day in ledger.call_days()), default=otherwise)
    except TollhouseError:
        return otherwise
