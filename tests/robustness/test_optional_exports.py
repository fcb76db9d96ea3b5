"""Exports that a branch may deliver or not: used where they are there, quiet where not, named where they are spoilt.

As of 30 April with the defaults: inspections after 90 days, complaints overdue above 360 hours.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.robustness.branch import Branch

pytestmark = pytest.mark.whole_run

TERMINALS = "terminal_id,outlet_id,access_kind,has_backup_line,installed_on,last_inspected_on,fault_since"
COMPLAINTS = "complaint_id,account_id,outlet_id,opened_at,closed_at,kind,was_billing_error"
TRAININGS = "training_id,held_on,title_zh,title_en,business_unit_id,outlet_id,invited,attended"
MARTS = ("outlet_terminals", "terminal_coverage", "complaints", "complaint_handling", "trainings")


def deliver(branch: Branch, name: str, *lines: str) -> None:
    branch.deliver("customers", name, "".join(f"{line}\n" for line in lines))


def test_they_are_used_where_they_are_sound_and_named_where_they_are_not(ran_copy: Branch) -> None:
    assert {mart: ran_copy.mart(mart) for mart in MARTS} == {mart: [] for mart in MARTS}

    deliver(
        ran_copy,
        "outlet_terminals_20260429.csv",
        TERMINALS,
        "T1,OU1,fibre,true,2025-01-01,2026-01-29,2026-04-25",  # due on 29 April
        "T2,OU1,dsl,false,2025-01-01,2026-01-30,",  # due on 30 April
        "T3,OU9,dsl,true,2026-04-01,,",
        "T4,OU2,dsl,,2026-04-01,,",  # does not say whether it has a backup line; one of 20 rows is not too many
        *(f"T{number},OU2,dsl,false,2026-04-01,," for number in range(5, 21)),
    )
    # The next day the system calls a column otherwise: the export of the day before stays.
    deliver(
        ran_copy,
        "outlet_terminals_20260430.csv",
        TERMINALS.replace("has_backup_line", "second_line"),
        "T1,OU1,fibre,false,2025-01-01,2026-01-29,",
    )
    deliver(
        ran_copy,
        "complaints_20260430.csv",
        COMPLAINTS,
        "K1,A1,OU1,2026-04-02 09:00:00,2026-04-02 12:00:00,fault,false",
        "K2,A1,OU1,2026-04-03 09:00:00,2026-04-03 14:00:00,fault,false",
        "K3,A1,OU1,2026-04-10 00:00:00,,fault,false",
        "K4,A2,,2026-03-31 23:00:00,,billing,true",
    )
    deliver(ran_copy, "trainings_20260430.csv", TRAININGS.replace("held_on", "day"), "L1,2026-04-01,a,a,BU1,,4,2")
    deliver(ran_copy, "training_exams_20260430.csv", "training_id,person_id,has_passed", "L1,lin,true")
    typed = ran_copy.tollhouse("run", "--as-of", "2026-04-30")
    assert typed.exit_code == 0, typed.message

    columns = "terminal_id, outlet_id, is_backup_there, inspection_due_on, is_inspection_overdue, days_faulty"
    assert [row for row in ran_copy.mart("outlet_terminals", columns) if row[1] != "OU2"] == [
        ("T1", "OU1", True, date(2026, 4, 29), True, 5),
        ("T2", "OU1", False, date(2026, 4, 30), False, None),
        ("T3", "unassigned", True, date(2026, 6, 30), False, None),
    ]
    columns = (
        "outlet_id, outlets, outlets_with_terminal, outlets_with_backup, terminals, inspections_overdue, open_faults"
    )
    assert ran_copy.mart("terminal_coverage", columns) == [
        ("OU1", 1, 1, 1, 2, 1, 1),
        ("OU2", 1, 1, 0, 16, 0, 0),
        ("unassigned", 0, 0, 0, 1, 0, 0),
    ]
    # K3 is open for 21 days, K4 for 30 days and an hour. K4 names no outlet: that of account A2's customer is OU1.
    columns = "opened_month, outlet_id, kind, opened, closed, still_open, overdue, median_hours, longest_hours"
    assert ran_copy.mart("complaint_handling", columns) == [
        ("2026-03", "OU1", "billing", 1, 0, 1, 1, None, None),
        ("2026-04", "OU1", "fault", 3, 2, 1, 1, 4.0, 5.0),
    ]
    assert ran_copy.mart("trainings") == []

    said = dict(ran_copy.mart("problem_bulletin", "subject, detail"))
    assert said["outlet_terminals_20260430.csv (customers)"].endswith(
        "wrong header: column has_backup_line is missing; outlet_terminals has terminal_id, outlet_id, access_kind, "
        "has_backup_line, installed_on, last_inspected_on, fault_since, fault_note"
    )
    assert "wrong header: column held_on is missing" in said["trainings_20260430.csv (customers)"]
    incomplete = ran_copy.mart("customer_records_incomplete", "export_table, record_id, field, rule_id")
    assert [row for row in incomplete if row[0] in ("outlet_terminals", "trainings", "training_exams")] == [
        ("outlet_terminals", "T3", "outlet_id", "outlet_known"),
        ("outlet_terminals", "outlet_terminals_20260429.csv line 5", "has_backup_line", "every_row_is_readable"),
        ("training_exams", "L1", "training_id", "training_known"),
    ]
