"""The sample of rated fixed-line calls: reading it, what it says about itself, and its delivery in canonical form.

Shares no code with the product. What a call cost is the other system's word; nothing here is asked to work it out but
`stated_cost`, which checks the rates read off the sample before anything is tested with them.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

SAMPLE = Path("rated_calls") / "np-dl-telco_cdr.csv.gz"
SWITCH = "SWR"
SNAPSHOT = "20140301"  # the day after the last month of calls: every bill is issued

# Type → price of a whole minute, Tuesday to Saturday and Sunday to Monday, by the day the call began on.
RATES = {
    "Local": (4, 1),
    "National": (8, 4),
    "Mobile": (25, 15),
    "Intl": (30, 25),
    "PRS": (50, 50),
    "Free": (0, 0),
}

_CDR_HEADER = "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,release_cause"


@dataclass(frozen=True)
class RatedCall:
    """A call with what the other system charged for it."""

    calling_number: str
    called_number: str
    line: str
    started_at: datetime
    ended_at: datetime
    kind: str
    cost: Decimal

    @property
    def duration_seconds(self) -> int:
        """From start to end."""
        return int((self.ended_at - self.started_at).total_seconds())

    @property
    def stated_cost(self) -> Decimal:
        """Whole minutes at the rate of the type and the weekday of the start."""
        is_sunday_or_monday = self.started_at.isoweekday() in (7, 1)
        return Decimal(self.duration_seconds // 60 * RATES[self.kind][is_sunday_or_monday])

    @property
    def key(self) -> tuple[str, str, datetime, int]:
        """What makes two records one call, for one switch and no trunk groups."""
        return (self.calling_number, self.called_number, self.started_at, self.duration_seconds)


def read_rated_calls(path: Path) -> list[RatedCall]:
    """The sample's calls, in its order."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [
            RatedCall(
                calling_number=row["phoneNumber"],
                called_number=row["destPhoneNumber"],
                line=row["Line"],
                started_at=_moment(row["startDate"], row["startTime"]),
                ended_at=_moment(row["endDate"], row["endTime"]),
                kind=row["Type"],
                cost=Decimal(row["Cost"]),
            )
            for row in csv.DictReader(file, skipinitialspace=True)
        ]


def destinations(calls: Iterable[RatedCall]) -> dict[str, str]:
    """Prefix → type: of every called number its shortest start that no number of another type shares.

    The sample is anonymised, so its numbering plan is not printed anywhere; this is the plan that it shows.
    """
    types_of: dict[str, set[str]] = defaultdict(set)
    for number, kind in {(call.called_number, call.kind) for call in calls}:
        for length in range(1, len(number) + 1):
            types_of[number[:length]].add(kind)
    found: dict[str, str] = {}
    for call in calls:
        starts = (call.called_number[:length] for length in range(1, len(call.called_number) + 1))
        # A whole number can itself start a longer one of another type, which then has a longer prefix of its own.
        prefix = next((start for start in starts if len(types_of[start]) == 1), call.called_number)
        assert found.setdefault(prefix, call.kind) == call.kind, f"{prefix} has two types"
    return found


def deliver_calls(calls: Iterable[RatedCall], inbox: Path) -> dict[tuple[str, int], RatedCall]:
    """Write a canonical CDR file per day of start; which call stands at (file name, record number).

    The sample's second line of a number is not written: no two calls are one by number, start and duration, so a call
    needs nothing more to stay itself.
    """
    by_day: dict[date, list[RatedCall]] = defaultdict(list)
    for call in calls:
        by_day[call.started_at.date()].append(call)
    folder = inbox / "cdr" / SWITCH
    folder.mkdir(parents=True)
    placed = {}
    for sequence, (day, of_day) in enumerate(sorted(by_day.items()), start=1):
        name = f"{SWITCH}_{day:%Y%m%d}_{sequence:06d}.csv"
        lines = [_CDR_HEADER]
        for number, call in enumerate(of_day, start=1):
            cause = 16 if call.duration_seconds else 19
            lines.append(
                f"{number},{call.calling_number},{call.called_number},,,{call.started_at},{call.duration_seconds},{cause}"
            )
            placed[(name, number)] = call
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        seconds = sum(call.duration_seconds for call in of_day)
        (folder / f"{name}.ctl").write_text(f"records={len(of_day)}\nseconds={seconds}\n", encoding="utf-8")
    return placed


def deliver_exports(calls: Iterable[RatedCall], inbox: Path) -> None:
    """Write the customer exports: each calling number is the one number of an account and customer of its own."""
    numbers = sorted({call.calling_number for call in calls})
    folder = inbox / "customers"
    folder.mkdir(parents=True)
    tables = {
        "customers": (
            "customer_id,name,customer_class,is_key_account,business_unit_id,outlet_id,agent_id,opened_on,closed_on",
            [f"C{number},Subscriber {number},subscriber,false,BU1,OU1,,2013-01-01," for number in numbers],
        ),
        "accounts": (
            "account_id,customer_id,payment_method,bank_code,bank_account,opened_on,closed_on",
            [f"A{number},C{number},counter,,,2013-01-01," for number in numbers],
        ),
        "service_numbers": (
            "service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to",
            [f"{number},A{number},EX1,,2013-01-01 00:00:00," for number in numbers],
        ),
    }
    for table, (header, rows) in tables.items():
        (folder / f"{table}_{SNAPSHOT}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def _moment(day: str, clock: str) -> datetime:
    return datetime.strptime(f"{day} {clock}", "%d/%m/%Y %H:%M:%S")
