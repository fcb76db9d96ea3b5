"""The partitions of the platform: call days. One home, so that assets, jobs and checks speak of the same days."""

from __future__ import annotations

import dagster as dg

# Calls of any day a branch may still hold, and of days ahead, since a file is dated by the switch's clock and not by ours.
CALL_DAYS = dg.DailyPartitionsDefinition(start_date="2000-01-01", end_offset=366)
