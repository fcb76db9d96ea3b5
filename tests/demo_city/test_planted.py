"""Every case that planted.json counts is found in the files again, by code of its own."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.demo_city.conftest import REFERENCE
from tests.demo_city.reading import Delivered, Row, plain_number, read_book, read_csv, why_malformed

ReadBack = tuple[dict[str, Delivered], list[str], list[str]]
Cases = dict[str, dict[str, Any]]
HELD = (
    "held_ctl_records",
    "held_ctl_seconds",
    "held_malformed_share",
    "held_other_day_share",
    "held_duplicate_share",
    "held_clock_ahead",
)


@pytest.fixture(scope="session")
def cases(planted: dict[str, Any]) -> Cases:
    return planted["cases"]


@pytest.fixture(scope="session")
def table(inbox: Path) -> dict[str, list[Row]]:
    return {path.stem[:-9]: read_csv(path) for path in (inbox / "customers").glob("*_20260520.csv")}


@pytest.fixture(scope="session")
def read_files(read_back: ReadBack, cases: Cases) -> dict[str, Delivered]:
    """The files that are neither held nor rejected, in the order of their registration."""
    apart = {key["file_name"] for case in (*HELD, "rejected_same_content") for key in cases[case]["keys"]}
    apart |= {f"{key['file_name']}.gz" for key in cases["rejected_same_name"]["keys"]}
    apart |= {key["file_name"] for c in ("unknown_switch_folder", "unknown_switch_file") for key in cases[c]["keys"]}
    files = sorted(read_back[0].values(), key=lambda file: (file.day, file.name))
    return {file.name: file for file in files if file.name not in apart}


def records(files: dict[str, Delivered]) -> list[tuple[Delivered, list[str]]]:
    """The well-formed records."""
    found = []
    for file in files.values():
        seen: set[str] = set()
        found += [(file, line.decode().split(",")) for line in file.lines if not why_malformed(line, file.day, seen)]
    return found


def test_every_malformed_line_is_found_with_its_reason(read_files: dict[str, Delivered], cases: Cases) -> None:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for file in read_files.values():
        seen: set[str] = set()
        for place, line in enumerate(file.lines):
            reason = why_malformed(line, file.day, seen)
            if reason:
                found[f"malformed_{reason}"].append((file.name, place + 2))
    expected = {
        case: [(key["file_name"], key["line_number"]) for key in entry["keys"]]
        for case, entry in cases.items()
        if case.startswith("malformed_")
    }
    assert found == expected
    assert len(expected) == 13


def test_every_duplicate_is_found(read_files: dict[str, Delivered], cases: Cases) -> None:
    first: dict[tuple[str, ...], str] = {}
    found: Counter[str] = Counter()
    for file, fields in records(read_files):
        key = (file.switch_id, plain_number(fields[1]), plain_number(fields[2]), fields[5], fields[6], *fields[3:5])
        if key in first:
            found["duplicate_in_file" if first[key] == file.name else "duplicate_across_files"] += 1
        first.setdefault(key, file.name)
    assert found == {case: cases[case]["count"] for case in ("duplicate_in_file", "duplicate_across_files")}


def test_other_days_are_the_planted_ones(read_files: dict[str, Delivered], cases: Cases) -> None:
    found, first_keys = [], set()
    for file, fields in records(read_files):
        start = datetime.fromisoformat(fields[5])
        end = start + timedelta(seconds=int(fields[6]))
        is_legit = start.date() == file.day or (
            file.day - timedelta(7) <= start.date() < file.day and end.date() >= file.day
        )
        key = (file.switch_id, *fields[1:7])
        if not is_legit and key not in first_keys:
            found.append((file.name, int(fields[0])))
        first_keys.add(key)
    expected = [(k["file_name"], k["record_number"]) for k in cases["other_day_in_normal_file"]["keys"]]
    assert sorted(found) == sorted(expected)


def test_held_files_are_above_their_share(read_back: ReadBack, cases: Cases) -> None:
    files = read_back[0]
    thresholds = {row["gate_id"]: row["hold_above"] for row in read_book(REFERENCE)["gate_thresholds"]}
    key = cases["held_malformed_share"]["keys"][0]
    assert key["malformed"] / len(files[key["file_name"]].lines) > float(thresholds["malformed"])
    key = cases["held_duplicate_share"]["keys"][0]
    assert key["duplicates"] / len(files[key["file_name"]].lines) > float(thresholds["duplicate"])
    file = files[cases["held_other_day_share"]["keys"][0]["file_name"]]
    assert all(
        datetime.fromisoformat(line.decode().split(",")[5]).date() < file.day - timedelta(1) for line in file.lines
    )


def test_rejected_files_and_gaps_are_there(inbox: Path, read_back: ReadBack, cases: Cases) -> None:
    files, odd, unreadable = read_back
    assert sorted(odd) == sorted(key["file_name"] for key in cases["rejected_file_name"]["keys"])
    assert unreadable == [key["file_name"] for key in cases["rejected_truncated"]["keys"]]
    twin = cases["rejected_same_name"]["keys"][0]["file_name"]
    assert files[twin].lines != files[twin + ".gz"].lines
    again = files[cases["rejected_same_content"]["keys"][0]["file_name"]]
    assert any(file.lines == again.lines for file in files.values() if file.name != again.name)
    for key in cases["half_written_file"]["keys"]:
        assert (inbox / "cdr" / key["folder"] / key["file_name"]).exists()
    gaps = []
    for switch in sorted({file.switch_id for file in files.values() if file.folder == file.switch_id}):
        numbers = sorted({f.sequence for f in files.values() if f.switch_id == switch and f.name != again.name})
        gaps += [(switch, a + 1, b - 1) for a, b in pairwise(numbers) if b > a + 1]
    assert gaps == [(g["switch_id"], g["missing_from"], g["missing_to"]) for g in cases["sequence_gap"]["keys"]]
    empty = {name for name, file in files.items() if not file.lines}
    assert empty == {key["file_name"] for key in cases["empty_file"]["keys"]}


def test_every_planted_call_is_in_a_file_that_is_read(read_files: dict[str, Delivered], cases: Cases) -> None:
    there = {(file.switch_id, *fields[1:3], *fields[5:7]) for file, fields in records(read_files)}
    columns = ("switch_id", "calling_number", "called_number", "started_at", "duration_seconds")
    calls = [
        k for entry in cases.values() for k in entry.get("keys", []) if isinstance(k, dict) and "called_number" in k
    ]
    assert len(calls) > 80
    assert [call for call in calls if tuple(str(call[c]) for c in columns) not in there] == []


def test_undocumented_numbers_are_the_planted_ones(
    read_files: dict[str, Delivered], table: dict[str, list[Row]], cases: Cases
) -> None:
    customers = {row["customer_id"] for row in table["customers"]}
    known = {row["account_id"] for row in table["accounts"] if row["customer_id"] in customers}
    intervals = defaultdict(list)
    for row in table["service_numbers"]:
        if row["account_id"] in known:
            intervals[row["service_number"]].append((row["valid_from"], row["valid_to"] or "9999"))
    found = set()
    for file, fields in records(read_files):
        called = plain_number(fields[2])
        is_toll_free = called.startswith("800")
        charged = called if is_toll_free else plain_number(fields[1])
        if fields[6] == "0" or (fields[3] and not is_toll_free):
            continue
        if not any(begin <= fields[5] < end for begin, end in intervals[charged]):
            found.add((file.switch_id, *fields[1:3], fields[5]))
    expected = {
        tuple(key[c] for c in ("switch_id", "calling_number", "called_number", "started_at"))
        for case, entry in cases.items()
        if case.startswith("undocumented_")
        for key in entry["keys"]
    }
    assert found == expected


def test_overlapping_calls_are_the_planted_ones(read_files: dict[str, Delivered], cases: Cases) -> None:
    by_number = defaultdict(set)
    for _, fields in records(read_files):
        start = datetime.fromisoformat(fields[5])
        by_number[plain_number(fields[1])].add(
            (start, start + timedelta(seconds=int(fields[6])), plain_number(fields[2]))
        )
    overlaps = 0
    for calls in by_number.values():
        ordered = sorted(calls)
        overlaps += sum(b[0] < a[1] for a, b in pairwise(ordered))
    assert overlaps == cases["overlapping_calls"]["count"] + cases["simultaneous_calls"]["count"]


def test_conflicts_of_numbers_are_the_planted_ones(table: dict[str, list[Row]], cases: Cases) -> None:
    ranges = [
        (int(r["range_start"]), int(r["range_end"]), r["sales_area_id"]) for r in read_book(REFERENCE)["number_ranges"]
    ]
    areas = {row["outlet_id"]: row["sales_area_id"] for row in read_book(REFERENCE)["outlets"]}

    def area(number: str) -> str:
        return next((sales_area for start, end, sales_area in ranges if start <= int(number) <= end), "")

    spans = defaultdict(list)
    for row in table["service_numbers"]:
        spans[row["service_number"]].append((row["valid_from"], row["valid_to"] or "9999"))
    double = {n for n, s in spans.items() if any(a < d and c < b for i, (a, b) in enumerate(s) for c, d in s[i + 1 :])}
    assert double == set(cases["double_assignment"]["keys"])
    assert {number for number in spans if not area(number)} == set(cases["number_outside_range"]["keys"])
    orders = Counter(row["service_number"] for row in table["number_orders"] if row["status"] == "open")
    assert {number for number, count in orders.items() if count > 1} == set(cases["double_order"]["keys"])
    ordered = {
        (r["service_number"], areas[r["outlet_id"]]) for r in table["number_orders"] if area(r["service_number"])
    }
    other = {number for number, outlet_area in ordered if outlet_area != area(number)}
    assert other == set(cases["number_other_area"]["keys"])


def test_incomplete_records_are_the_planted_ones(table: dict[str, list[Row]], cases: Cases) -> None:
    book = read_book(REFERENCE)
    classes = {row["customer_class"] for row in book["class_plans"]}
    units = {row["business_unit_id"] for row in book["business_units"]}
    outlets = {row["outlet_id"] for row in book["outlets"]}
    found: dict[str, list[str]] = defaultdict(list)
    rules = {
        "no_name": lambda row: not row["name"],
        "unknown_class": lambda row: row["customer_class"] not in classes,
        "unknown_unit": lambda row: row["business_unit_id"] not in units,
        "unknown_outlet": lambda row: row["outlet_id"] not in outlets,
        "opened_after_closed": lambda row: bool(row["closed_on"]) and row["opened_on"] > row["closed_on"],
    }
    account_rules = {
        "account_opened_after_closed": rules["opened_after_closed"],
        "debit_without_bank": lambda row: row["payment_method"] == "debit" and not row["bank_code"],
        "debit_without_bank_account": lambda row: row["payment_method"] == "debit" and not row["bank_account"],
        "account_without_customer": lambda row: (
            row["customer_id"] not in {c["customer_id"] for c in table["customers"]}
        ),
    }
    for rows, checks, key in (
        (table["customers"], rules, "customer_id"),
        (table["accounts"], account_rules, "account_id"),
    ):
        for rule, broken in checks.items():
            found[f"incomplete_{rule}"] = [row[key] for row in rows if broken(row)]
    assert found == {case: cases[case]["keys"] for case in found}


def test_late_documentation_is_in_the_last_snapshot_only(inbox: Path, cases: Cases) -> None:
    number = cases["documented_only_in_last_snapshot"]["keys"][0]
    snapshots = sorted((inbox / "customers").glob("service_numbers_*.csv"))
    holding = [path.name for path in snapshots if any(row["service_number"] == number for row in read_csv(path))]
    assert holding == ["service_numbers_20260520.csv"]
    assert len(snapshots) == 4


def test_debit_files_add_up_but_for_the_held(inbox: Path, cases: Cases) -> None:
    codes = {(row["bank_code"], row["result_code"]): row["cause"] for row in read_book(REFERENCE)["debit_result_codes"]}
    held = {cases[case]["keys"][0]["file_name"] for case in cases if case.startswith("debit_held_")}
    wrong, failures, seen = set(), Counter[str](), set()
    for path in sorted((inbox / "bank").glob("*/*_*_*.txt")):
        header, *details, trailer = (line.split("|") for line in path.read_text(encoding="utf-8").splitlines())
        bank = header[1]
        paid = [Decimal(d[4]) for d in details if codes.get((bank, d[5])) == "none"]
        total = sum((Decimal(d[4]) for d in details), Decimal(0))
        told = (int(header[5]), Decimal(header[6]), int(header[7]), Decimal(header[8]), int(trailer[1]))
        unknown = any((bank, d[5]) not in codes for d in details)
        if told != (len(details), total, len(paid), sum(paid, Decimal(0)), len(details)) or unknown:
            wrong.add(path.name)
        elif (bank, header[2], header[4]) not in seen:
            failures.update(codes[bank, d[5]] for d in details)
        seen.add((bank, header[2], header[4]))
    assert wrong == held and len(held) == 3
    del failures["none"]
    assert failures == {cause: cases[f"debit_failure_{cause}"]["count"] for cause in failures}
    assert set(failures) == {"insufficient_funds", "account_fault", "mandate", "other"}


def test_spoilt_exports_lie_between_sound_ones(inbox: Path, cases: Cases) -> None:
    folder = inbox / "customers"
    (shrunk,), (encoded,) = (cases[case]["keys"] for case in ("export_held_shrunk", "export_held_encoding"))
    accounts = {path.name: len(read_csv(path)) for path in sorted(folder.glob("accounts_*.csv"))}
    names = list(accounts)
    place = names.index(shrunk["file_name"])
    assert 0 < place < len(names) - 1 and accounts[shrunk["file_name"]] == shrunk["rows"]
    assert shrunk["rows"] < accounts[names[place - 1]] / 2 and accounts[names[place - 1]] >= 20
    content = (folder / encoded["file_name"]).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert content.decode("gb18030").count("\n") == encoded["rows"] + 1


def test_a_clock_ahead_is_in_name_and_calls(read_back: ReadBack, cases: Cases) -> None:
    (ahead,) = (read_back[0][key["file_name"]] for key in cases["held_clock_ahead"]["keys"])
    assert ahead.day.year == 2046 and len(ahead.lines) == 3
    assert all(line.split(b",")[5].startswith(b"2046-") for line in ahead.lines)


def test_every_record_of_the_pbx_is_of_a_planted_case(inbox: Path, table: dict[str, list[Row]], cases: Cases) -> None:
    """Figures by the columns of cdr_csv: 2 is the number dialled, 5 and 6 the channels, 13 the conversation, 14 the outcome."""
    folder = inbox / "asterisk" / "PB1"
    lines = {
        (path.name, number): fields
        for path in sorted(folder.glob("*.csv"))
        for number, fields in enumerate(csv.reader(path.read_text(encoding="utf-8").splitlines()), start=1)
    }
    planted_at: dict[tuple[str, int], str] = {}
    for case, entry in cases.items():
        if case.startswith("pbx_") and case != "pbx_file":
            assert entry["count"] == len(entry["keys"])
            for key in entry["keys"]:
                numbers = [key["record_number"], *key.get("ignored_legs", [])]
                planted_at |= {(key["file_name"], number): case for number in numbers}
    assert planted_at.keys() == lines.keys()
    documented = {row["service_number"] for row in table["service_numbers"]}
    for at, fields in lines.items():
        case, is_answered = planted_at[at], fields[14] == "ANSWERED"
        assert len(fields) == 21 and (int(fields[13]) > 0) == is_answered
        is_from_trunk = fields[5].startswith("PJSIP/trunk-pb1-")
        if not is_from_trunk and "forwarded" not in case:
            assert fields[1] in documented or fields[0] in documented
        expected = {
            "pbx_answered_call": is_answered and not is_from_trunk,
            "pbx_caller_by_account_code": is_answered and fields[1] == "anonymous" and fields[0] in documented,
            "pbx_forwarded_call": is_answered
            and fields[6].startswith("PJSIP/trunk-pb1-")
            and fields[1] not in documented,
            "pbx_incoming_call": is_answered and is_from_trunk and fields[1] != "anonymous",
            "pbx_no_call": not fields[6] or fields[5].startswith("Local/"),
            "pbx_ring_group": fields[19].endswith(".group"),
            "pbx_unanswered_call": not is_answered,
            "pbx_withheld_caller": is_answered and is_from_trunk and fields[1] == "anonymous",
        }
        assert expected[case], (at, case)
    for key in cases["pbx_ring_group"]["keys"]:
        legs = [lines[key["file_name"], number] for number in (key["record_number"], *key["ignored_legs"])]
        assert [fields[14] == "ANSWERED" for fields in legs] == [key["is_answered"], False, False]
        assert len({(fields[5], fields[19]) for fields in legs}) == 1
    assert sum(key["records"] for key in cases["pbx_file"]["keys"]) == len(lines)


def test_companions_of_the_pbx_count_what_is_ignored_and_not_its_seconds(inbox: Path, cases: Cases) -> None:
    apart = {(k["file_name"], k["record_number"]) for k in cases["pbx_no_call"]["keys"]}
    apart |= {(k["file_name"], leg) for k in cases["pbx_ring_group"]["keys"] for leg in k["ignored_legs"]}
    for key in cases["pbx_file"]["keys"]:
        path = inbox / "asterisk" / "PB1" / key["file_name"]
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        seconds = sum(int(f[13]) for number, f in enumerate(lines, start=1) if (path.name, number) not in apart)
        assert path.with_name(f"{path.name}.ctl").read_text() == f"records={len(lines)}\nseconds={seconds}\n"
        assert key["ignored"] == sum(name == path.name for name, _ in apart) > 0


def test_merges_payments_and_agents_numbers_are_there(table: dict[str, list[Row]], cases: Cases) -> None:
    merges = {row["from_account_id"]: row["into_account_id"] for row in table["account_merges"]}
    first, second, last = cases["merge_chain"]["keys"][0]
    assert merges[first] == second and merges[second] == last
    accounts = {row["account_id"] for row in table["accounts"]}
    # The newest exports know nothing of a customer who left them; his payments are older.
    left = {key["account_id"] for key in cases["customer_left_exports"]["keys"]}
    stray = {row["account_id"] for row in table["payments"]} - accounts - left
    assert stray == set(cases["payment_unknown_account"]["keys"])
    debtor = cases["merge_with_arrears"]["keys"][0]["from_account_id"]
    assert debtor not in {row["account_id"] for row in table["payments"]}
    owner = {row["account_id"]: row["customer_id"] for row in table["accounts"]}
    agents = {row["customer_id"]: row["agent_id"] for row in table["customers"]}
    spans = {row["service_number"]: row for row in table["service_numbers"]}
    for key in (*cases["activation"]["keys"], *cases["clawback"]["keys"]):
        row = spans[key["service_number"]]
        assert agents[owner[row["account_id"]]] == key["agent_id"] != ""
        assert row["valid_from"][:10] == key.get("on", key.get("from"))
        assert row["valid_to"][:10] == key.get("to", "")
    errors = [row["complaint_id"] for row in table["complaints"] if row["was_billing_error"] == "true"]
    assert errors == cases["billing_error_complaint"]["keys"]


def test_adjustments_are_approved_by_another_person_but_the_planted_ones(
    table: dict[str, list[Row]], cases: Cases
) -> None:
    rows = {row["adjustment_id"]: row for row in table["account_adjustments"]}
    wrong = [
        name
        for name, row in rows.items()
        if row["approved_by"] in ("", row["prepared_by"]) or Decimal(row["amount"]) > 90_000
    ]
    assert wrong == cases["adjustment_not_counted"]["keys"]
    (name,) = cases["write_off"]["keys"]
    assert rows[name]["kind"] == "write_off"
    assert rows[name]["account_id"] not in {row["account_id"] for row in table["payments"]}
