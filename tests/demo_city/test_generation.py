"""Same arguments, same bytes; another seed, another city; sizes follow the lines; files keep the canonical form."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from seeds.demo_city import make_city
from tests.demo_city.conftest import REFERENCE
from tests.demo_city.reading import Delivered, plain_number, read_book, read_csv

ReadBack = tuple[dict[str, Delivered], list[str], list[str]]


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_arguments_give_the_same_bytes(inbox: Path, tmp_path: Path) -> None:
    make_city(tmp_path / "inbox", subscribers=60, months=2, seed=3)
    assert digest(tmp_path) == digest(inbox.parent)


def test_another_seed_gives_another_city(inbox: Path, tmp_path: Path) -> None:
    make_city(tmp_path / "inbox", subscribers=60, months=2, seed=4)
    assert digest(tmp_path) != digest(inbox.parent)


def test_records_grow_with_the_lines(planted: dict[str, Any], tmp_path: Path) -> None:
    larger = make_city(tmp_path / "inbox", subscribers=460, months=2, seed=3)["totals"]
    per_line_and_day = (larger["cdr_records"] - planted["totals"]["cdr_records"]) / 400 / 50
    assert 3 < per_line_and_day < 6


def test_months_and_subscribers_that_make_no_city_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="months: 0 is too few"):
        make_city(tmp_path / "inbox", months=0)
    with pytest.raises(ValueError, match="subscribers: 0 is too few"):
        make_city(tmp_path / "inbox", subscribers=0)


def test_one_running_month_can_be_made(tmp_path: Path) -> None:
    made = make_city(tmp_path / "inbox", subscribers=20, months=1, last_day=date(2026, 6, 28))
    assert (made["first_day"], made["last_day"]) == ("2026-06-01", "2026-06-28")


def test_every_switch_delivers_as_often_as_expected(read_back: ReadBack, planted: dict[str, Any]) -> None:
    files, _, unreadable = read_back
    switches = [row for row in read_book(REFERENCE)["switches"] if row["cdr_format"] == "canonical"]
    expected = {row["switch_id"]: int(row["expected_files_per_day"] or 1) for row in switches}
    per_day = Counter((file.switch_id, file.day) for file in files.values() if file.folder == file.switch_id)
    days = {file.day for file in files.values() if file.day.year == 2026}
    assert len(days) == 50
    short = sum(max(0, expected[switch] - per_day[switch, day]) for switch in expected for day in days)
    assert short == planted["cases"]["file_never_delivered"]["count"] + len(unreadable)
    assert {name.rpartition(".")[2] for name in files} == {"csv", "gz", "zst"}


def test_companions_tell_the_truth_but_for_the_planted_two(
    inbox: Path, read_back: ReadBack, planted: dict[str, Any]
) -> None:
    files, _, _ = read_back
    lying = set()
    companions = list((inbox / "cdr").glob("*/*.ctl"))
    malformed = {k["file_name"] for c, v in planted["cases"].items() if c.startswith("malformed_") for k in v["keys"]}
    for path in companions:
        said = dict(line.split("=") for line in path.read_text().split())
        file = files[path.name.removesuffix(".ctl")]
        if file.name in malformed:
            continue
        seconds = sum(int(line.split(b",")[6]) for line in file.lines)
        if (int(said["records"]), int(said["seconds"])) != (len(file.lines), seconds):
            lying.add(file.name)
    assert len(companions) > 100
    held = {planted["cases"][case]["keys"][0]["file_name"] for case in ("held_ctl_records", "held_ctl_seconds")}
    assert lying == held


def test_traffic_looks_like_traffic(read_back: ReadBack) -> None:
    records = [line.split(b",") for file in read_back[0].values() for line in file.lines]
    good = [fields for fields in records if len(fields) == 8 and fields[6].isdigit()]
    answered = sum(fields[6] != b"0" for fields in good) / len(good)
    assert 0.64 < answered < 0.72
    hours = Counter(fields[5][11:13] for fields in good)
    assert hours[b"10"] > 10 * hours[b"03"]
    directions = {row["trunk_group_id"]: row["direction"] for row in read_book(REFERENCE)["trunk_groups"]}
    inward = {fields[3].decode() for fields in good} - {""}
    outward = {fields[4].decode() for fields in good} - {"", "T9999"}
    assert {directions[trunk] for trunk in inward} <= {"in", "both"}
    assert {directions[trunk] for trunk in outward} <= {"out", "both"}


def test_every_number_dialled_has_a_prefix_but_for_the_planted(read_back: ReadBack, planted: dict[str, Any]) -> None:
    book = read_book(REFERENCE)
    prefixes = {row["prefix"] for row in book["destinations"]}
    access_codes = [row["code"] for row in book["dialling_rules"] if row["kind"] == "code"]
    without = set()
    for file in read_back[0].values():
        for line in file.lines:
            fields = line.split(b",")
            if len(fields) == 8 and fields[2].isascii() and fields[2]:
                number = plain_number(fields[2].decode())
                for code in access_codes:
                    number = number.removeprefix(code)
                if not any(number[:length] in prefixes for length in range(1, len(number) + 1)):
                    without.add(number)
    expected = {key["called_number"] for key in planted["cases"]["unrated_no_destination"]["keys"]}
    assert without == {number for number in expected if number.startswith("999")}


def test_payments_are_real_and_debits_never_among_them(inbox: Path) -> None:
    payments = read_csv(inbox / "customers" / "payments_20260520.csv")
    assert len({row["payment_id"] for row in payments}) == len(payments) > 30
    assert {row["channel"] for row in payments} <= {"counter", "other"}
    # One is entered by mistake before any bill is issued, and deleted later.
    assert sum(row["paid_at"][:10] < "2026-05-01" for row in payments) <= 1
    assert all("2026-04-20" < row["paid_at"][:10] <= "2026-05-20" for row in payments)
