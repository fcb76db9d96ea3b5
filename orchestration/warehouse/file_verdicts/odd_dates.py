"""Files whose date cannot be right (SPEC 4): after the machine's day, or far from the dates of all other files.

One wrong clock or file name must not move the branch's as-of date or its first billing period. The content of such a file is
not checked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from orchestration.ledger.file_ledger import ACCEPT_DATE, FileLedger
from orchestration.ledger.schema import ODD_DATE, FileEntry


def date_faults(dates: Sequence[date], today: date, gap_days: Decimal | None) -> dict[date, str]:
    """Date → why files of it are held. `dates` are those of all registered files, one for each file.

    A date may be one day after `today`: a switch far to the east is ahead. The other dates are sorted and cut where two
    neighbours are more than `gap_days` apart (None: never). The group with the most files is the branch's; of two equal
    groups it is the newer one. An older group is held; a newer group is held until it has files of two days.
    """
    last = today + timedelta(days=1)
    faults = {day: f"{ODD_DATE}{day} lies after the machine's day" for day in dates if day > last}
    groups = _groups([day for day in dates if day <= last], gap_days)
    branch = max(groups, key=lambda group: (len(group), group[-1]), default=[])
    for group in groups:
        fault = f"lies more than {gap_days} days (date_gap) from the branch's other files"
        if group[-1] < branch[0]:
            faults |= {day: f"{ODD_DATE}{day} {fault}" for day in group}
        elif group[0] > branch[-1] and len(set(group)) < 2:
            faults |= {day: f"{ODD_DATE}{day} {fault}; a file of another day near it lets it in" for day in group}
    return faults


def _groups(dates: Iterable[date], gap_days: Decimal | None) -> list[list[date]]:
    groups: list[list[date]] = []
    for day in sorted(dates):
        if groups and (gap_days is None or (day - groups[-1][-1]).days <= gap_days):
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


def check_dates(ledger: FileLedger, today: date, gap_days: Decimal | None) -> list[FileEntry]:
    """Hold the files whose date cannot be right, and let in those whose date is accepted now. Returns the newly held files.

    Checked are the files without a verdict and those held for their date. A loaded file stays loaded, and a date that a person
    has accepted is not checked again.
    """
    held = []
    accepted = {decision.file_id for decision in ledger.decisions(ACCEPT_DATE)}
    with ledger.transaction():
        dated = [(entry, entry.file_date) for entry in ledger.files() if entry.file_date is not None]
        waiting = [
            (entry, day)
            for entry, day in dated
            if entry.file_id not in accepted and (entry.status == "registered" or entry.is_held_for_date)
        ]
        faults = date_faults([day for _, day in dated], today, gap_days) if waiting else {}
        for entry, day in waiting:
            fault = faults.get(day)
            if fault is not None:
                ledger.set_status(entry.file_id, "held", fault)
                if not entry.is_held_for_date:
                    held.append(ledger.file(entry.file_id))
            elif entry.is_held_for_date:
                ledger.set_status(entry.file_id, "registered", None)
    return held
