"""Hand-worked files: names, packing, repetitions, holds, duplicates over files, other days, gaps."""

from __future__ import annotations

import gzip
from datetime import date
from typing import Any

import pytest
import zstandard

from tests.oracle import compute
from tests.oracle.records import Malformed, normalised
from tests.oracle_tests.conftest import NO_LIMITS

HEADER = (
    "record_number,calling_number,called_number,trunk_group_in,trunk_group_out,started_at,duration_seconds,"
    "release_cause\n"
)
CALL = "5550001,5550002,,,2026-01-05 10:00:00,60,16"
OTHER_CALL = "5550001,5550002,,,2026-01-05 11:00:00,60,16"


def reconciliation(branch: Any) -> dict[str, dict[str, Any]]:
    return {row["file_name"]: row for row in compute(branch.inbox, branch.book)["file_reconciliation"]}


def test_numbers_are_normalised() -> None:
    assert normalised("+86 (548) 220-4.1*#") == "008654822041"
    assert normalised("") == ""
    for text in ("12a", "86+1", "１２"):
        with pytest.raises(Malformed):
            normalised(text)


def test_every_kind_of_malformed_line(branch: Any) -> None:
    lines = [
        CALL.replace("5550001", ""),
        CALL.replace("5550001", "55x"),
        CALL.replace(",60,", ",-1,"),
        CALL.replace(",60,", ",604801,"),
        CALL.replace("10:00:00", "24:00:00"),
        CALL.replace("2026-01-05", "2026-01-07"),  # after the file's date + 1 day
        CALL.replace(",16", ",x"),
        CALL + ",more",
        CALL,
    ]
    branch.write_table("gate_thresholds", NO_LIMITS)
    name = branch.calls("20260105", 1, *lines)
    again = f"8,{OTHER_CALL}\n9,{OTHER_CALL}\n0,{OTHER_CALL}\n"  # 8 had no readable number, 9 repeats, 0 is below 1
    branch.deliver("cdr/SW1", name, (branch.inbox / "cdr/SW1" / name).read_text() + again)
    row = reconciliation(branch)[name]
    assert (row["read_records"], row["malformed"], row["undocumented"], row["read_seconds"]) == (12, 10, 2, 120)


def test_an_unknown_switch_makes_every_record_malformed(branch: Any) -> None:
    name = branch.calls("20260105", 1, CALL, OTHER_CALL, switch="SW9")
    row = reconciliation(branch)[name]
    assert (row["malformed"], row["held"], row["file_status"]) == (2, 0, "held")


def test_names_packing_and_repetitions(branch: Any) -> None:
    first, other = HEADER + f"1,{CALL}\n", HEADER + f"1,{OTHER_CALL}\n"
    branch.deliver("cdr/SW1", "SW1_20260105_000001.csv", first)
    branch.deliver("cdr/SW1", "SW1_20260105_000001.csv.gz", gzip.compress(first.encode()))  # same name, same content
    branch.deliver(
        "cdr/SW1", "SW1_20260105_000001.csv.zst", zstandard.compress(other.encode())
    )  # same name, other content
    branch.deliver("cdr/SW1", "SW1_20260105_000002.csv", first)  # same content
    branch.deliver("cdr/SW1", "SW1_20260105_000003.csv", HEADER)  # no record: loaded, however often
    branch.deliver("cdr/SW1", "SW1_20260105_000004.csv", HEADER)
    branch.deliver("cdr/SW1", "SW1_20260105_000005.csv.gz", gzip.compress(first.encode())[:-9])
    branch.deliver("cdr/SW1", "SW1_20260105_000006.csv", "")
    branch.deliver("cdr/SW1", "SW1_20260230_000007.csv", other)
    branch.deliver("cdr/SW1", "SW2_20260105_000008.csv", other)
    branch.deliver("cdr/SW1", "SW1_20260105_000009.csv.zst", zstandard.compress(other.encode()))
    for ignored in (".hidden", "x.csv.part", "y.tmp", "SW1_20260105_000001.csv.done"):
        branch.deliver("cdr/SW1", ignored, "")
    rows = reconciliation(branch)
    assert {name[4:]: row["file_status"] for name, row in rows.items()} == {
        "20260105_000001.csv": "loaded",
        "20260105_000001.csv.gz": "rejected",
        "20260105_000001.csv.zst": "rejected",
        "20260105_000002.csv": "rejected",
        "20260105_000003.csv": "loaded",
        "20260105_000004.csv": "loaded",
        "20260105_000005.csv.gz": "rejected",
        "20260105_000006.csv": "rejected",
        "20260230_000007.csv": "rejected",
        "20260105_000008.csv": "rejected",
        "20260105_000009.csv.zst": "loaded",
    }
    assert "other content" in rows["SW1_20260105_000001.csv.zst"]["status_reason"]
    assert rows["SW1_20260105_000002.csv"]["read_records"] == 0


@pytest.mark.parametrize(
    ("control", "status"),
    [("records=2\nseconds=120\n", "loaded"), ("records=3\n", "held"), ("seconds=119\n", "held"), ("", "loaded")],
)
def test_the_control_file_agrees_or_holds(branch: Any, control: str, status: str) -> None:
    name = branch.calls("20260105", 1, CALL, OTHER_CALL)
    branch.deliver("cdr/SW1", f"{name}.ctl", control)
    row = reconciliation(branch)[name]
    assert (row["file_status"], row["held"]) == (status, 2 if status == "held" else 0)


def test_a_share_holds_strictly_above(branch: Any) -> None:
    late = "5550001,5550002,,,2026-01-02 10:00:00,60,16"
    half = branch.calls("20260105", 1, CALL, late)  # 1 of 2 is other_day: not above 0.5
    more = branch.calls("20260105", 2, OTHER_CALL, late, late.replace(":00:00", ":01:00"), "bad,,,,,,")
    rows = reconciliation(branch)
    assert (rows[half]["file_status"], rows[half]["other_day"]) == ("loaded", 1)
    # 2 of 4 are other_day, 1 of 4 malformed: loaded too.
    assert (rows[more]["file_status"], rows[more]["other_day"], rows[more]["malformed"]) == ("loaded", 2, 1)
    held = branch.calls("20260105", 3, late, late, OTHER_CALL.replace("11:", "12:"))
    row = reconciliation(branch)[held]  # 2 of 3
    assert (row["file_status"], row["held"], row["other_day"]) == ("held", 3, 0)


def test_duplicates_within_and_over_files_up_to_90_days(branch: Any) -> None:
    branch.write_table("gate_thresholds", NO_LIMITS)
    first = branch.calls("20260105", 1, CALL, OTHER_CALL, CALL)
    branch.calls("20260405", 1, CALL)  # 90 days after: duplicate of the first
    branch.calls("20260406", 1, OTHER_CALL)  # 91 days after: a call of another day
    branch.calls("20260106", 1, CALL, "5550001,5550002,T1,,2026-01-05 10:00:00,60,16")  # the second came over a trunk
    marts = compute(branch.inbox, branch.book)
    assert [
        (row["file_name"][4:12], row["record_number"], row["original_file_name"], row["original_record_number"])
        for row in marts["duplicate_calls"]
    ] == [("20260105", 3, first, 1), ("20260106", 1, first, 1), ("20260405", 1, first, 1)]
    assert [row["file_name"][4:12] for row in marts["suspended_calls"] if row["state"] == "other_day"] == [
        "20260106",
        "20260406",
    ]


def test_a_held_file_is_no_first(branch: Any) -> None:
    held = branch.calls("20260105", 1, CALL)
    branch.deliver("cdr/SW1", f"{held}.ctl", "records=5")
    later = branch.calls("20260105", 2, CALL, OTHER_CALL)
    assert reconciliation(branch)[later]["duplicate"] == 0


def test_a_call_that_reaches_into_the_files_day_is_of_it(branch: Any) -> None:
    branch.write_table("gate_thresholds", NO_LIMITS)
    name = branch.calls(
        "20260105",
        1,
        "5550001,5550002,,,2026-01-04 23:59:30,30,16",  # ends at 00:00:00 on the 5th
        "5550001,5550002,,,2026-01-04 23:59:30,29,16",
        "5550001,5550002,,,2026-01-03 23:59:30,86400,16",
        "5550001,5550002,,,2026-01-06 00:00:00,30,16",
    )
    row = reconciliation(branch)[name]
    assert (row["undocumented"], row["other_day"]) == (1, 3)


def test_gaps_between_registered_numbers(branch: Any) -> None:
    for sequence in (3, 4, 7, 9):
        branch.calls("20260105", sequence, CALL.replace("10:00:00", f"10:00:0{sequence}"))
    branch.deliver("cdr/SW1", "SW1_20260105_000008.csv", "")  # rejected: still missing
    gaps = compute(branch.inbox, branch.book)["sequence_gaps"]
    assert [(row["missing_from"], row["missing_to"]) for row in gaps] == [(5, 6), (8, 8)]


def test_a_gap_over_the_counters_end_has_its_age(branch: Any) -> None:
    """9998, (9999, 1) and 2 by a counter that goes from 9999 to 1; known since the 7th, three days as of the 10th."""
    header = "switch_id,exchange_id,cdr_format,expected_files_per_day,first_sequence,last_sequence\n"
    (branch.book / "switches.csv").write_text(f"{header}SW1,X1,canonical,2,1,9999\n")
    branch.calls("20260105", 9998, CALL)
    branch.calls("20260107", 2, CALL.replace("-05 ", "-07 "))
    marts = compute(branch.inbox, branch.book, as_of=date(2026, 1, 10))
    assert marts["sequence_gaps"] == [
        {
            "switch_id": "SW1", "missing_from": 9999, "missing_to": 1, "missing_files": 2,
            "gap_since": date(2026, 1, 7), "age_days": 3,
        },
    ]  # fmt: skip
    assert [(row["arrived_files"], row["missing_files"], row["days_late"]) for row in marts["expected_files"]] == [
        (1, 1, 5),
        (0, 2, 4),
        (1, 1, 3),
    ]


def test_files_after_the_as_of_date_are_not_there(branch: Any) -> None:
    branch.calls("20260105", 1, CALL)
    branch.calls("20260106", 2, CALL.replace("-05 ", "-06 "))
    assert len(compute(branch.inbox, branch.book)["file_reconciliation"]) == 2
    assert len(compute(branch.inbox, branch.book, as_of=date(2026, 1, 5))["file_reconciliation"]) == 1


def test_rows_of_an_export_that_do_not_parse_are_set_aside(branch: Any) -> None:
    branch.export(
        "payments",
        "20260105",
        "P1,A1,2026-01-02 10:00:00,5.00,counter,O1",
        "P1,A1,2026-01-03 10:00:00,6.00,counter,O1",  # the key repeats
        "P2,A1,03/01/2026 10:00:00,6.00,counter,O1",  # day or month first
        "P3,A1,2026-01-03 10:00:00,0.00,counter,O1",
        "P4,A1,2026-01-03 10:00:00,1.00,counter",
    )
    row = reconciliation(branch)["payments_20260105.csv"]
    assert (row["data_rows"], row["set_aside_rows"], row["read_records"]) == (5, 4, 0)


def test_a_spoilt_export_is_held_by_the_limits_of_the_contract(branch: Any) -> None:
    """1 of 20 rows is the share of 0.05, 1 of 19 is more; 9 rows are less than half of 20, 10 are half."""
    branch.write_table("gate_thresholds", "gate_id,warn_above,hold_above\n")
    orders = [f"R{number},5550001,O1,2026-01-02 10:00:00,open" for number in range(19)]
    branch.export("number_orders", "20260105", *orders, "R,x")
    branch.export("number_orders", "20260106", *orders[:18], "R,x")
    branch.export("number_orders", "20260107", *orders[:9])
    branch.export("number_orders", "20260108", *orders[:10])
    found = reconciliation(branch)
    assert [found[f"number_orders_2026010{day}.csv"]["file_status"] for day in (5, 6, 7, 8)] == [
        "loaded",
        "held",
        "held",
        "loaded",
    ]


def test_a_file_far_from_all_others_is_held_and_moves_no_date(branch: Any) -> None:
    """63 days lie between 29 December and 2 March, and two files are more than one."""
    branch.write_table("gate_thresholds", "gate_id,warn_above,hold_above\n")
    old = branch.calls("20251229", 1, CALL.replace("2026-01-05", "2025-12-29"))
    branch.calls("20260302", 1)
    branch.calls("20260303", 1)
    marts = compute(branch.inbox, branch.book)
    rows = {row["file_name"]: row for row in marts["file_reconciliation"]}
    assert (rows[old]["file_status"], rows[old]["held"], rows[old]["read_records"]) == ("held", 1, 1)
    assert {row["file_status"] for name, row in rows.items() if name != old} == {"loaded"}
