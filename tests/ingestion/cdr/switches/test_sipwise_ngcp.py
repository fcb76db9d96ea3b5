"""Sipwise NGCP's exporter: a count in the first line, an MD5 of every byte before it in the last."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.ingestion.cdr.foreign import read

FIELDS = 32  # up to the duration; later ones are prices


def line(
    number: int, cli: str, dialled: str, code: str, status: str, began: str, answered: str, seconds: str, **ids: str
) -> str:
    """One record: the fields that are read at their places (from 1), the others empty; two more at the end."""
    fields = [""] * FIELDS
    fields[0], fields[2], fields[3] = str(number), ids.get("source", "uuid-1"), ids.get("source_provider", "1")
    fields[10], fields[13], fields[14] = cli, ids.get("destination", "uuid-2"), ids.get("destination_provider", "1")
    fields[8], fields[26] = ids.get("user", ""), ids.get("call_type", "call")
    fields[21], fields[27], fields[28] = dialled, status, code
    fields[29], fields[30], fields[31] = began, answered, seconds
    return ",".join(f"'{text}'" for text in [*fields, "call-id@x", "ok"])


LINES = [
    line(501, "4312345", "4398765", "200", "ok", "2026-03-01 10:00:00.120", "2026-03-01 10:00:05.999", "61.001"),
    line(502, "4312345", "4398765", "486", "busy", "2026-03-01 10:02:00.500", "0", "0.000"),
    line(503, "4312345", "00441", "200", "ok", "2026-03-01 10:03:00", "2026-03-01 10:03:02", "60.000",
         destination="0", destination_provider="7"),
]  # fmt: skip


def export(lines: list[str], count: int | None = None, md5: str | None = None) -> str:
    """A file as the exporter writes it (NGCP::CDR::Export::write_file)."""
    body = "".join(f"{text}\n" for text in [f"007,{len(lines) if count is None else count:04d}", *lines])
    return f"{body}{md5 or hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()}\n"


def test_a_whole_file_is_read_in_one_pass(tmp_path: Path) -> None:
    found = read(tmp_path, export(LINES), "sipwise_ngcp")
    assert found.in_one_pass
    # 61.001 s has begun its 62nd second; the answer showed second 05; provider 7 is where the third call went.
    assert found.records == [
        (501, "4312345", "4398765", None, None, "2026-03-01 10:00:05", 62, 16),
        (502, "4312345", "4398765", None, None, "2026-03-01 10:02:00", 0, 17),
        (503, "4312345", "00441", None, "7", "2026-03-01 10:03:02", 60, 16),
    ]
    assert (found.decoded.trailer_records, found.decoded.content_fault) == (3, None)


def test_a_file_without_calls_is_whole(tmp_path: Path) -> None:
    found = read(tmp_path, export([]), "sipwise_ngcp")
    assert (found.decoded.read_records, found.decoded.trailer_records, found.decoded.content_fault) == (0, 0, None)


def test_a_count_that_disagrees_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, export(LINES, count=4), "sipwise_ngcp")
    assert found.decoded.content_fault == "the header says 4 records, the file has 3"
    assert found.decoded.read_records == 3


def test_a_count_that_no_file_can_have_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, export(LINES, count=10**40), "sipwise_ngcp")
    assert found.decoded.trailer_records is None
    assert (
        found.decoded.content_fault is not None
        and "line 1 of the header has no valid count" in found.decoded.content_fault
    )
    assert found.decoded.read_records == 3


def test_a_changed_byte_is_found_by_the_md5(tmp_path: Path) -> None:
    whole = export(LINES)
    changed = whole.replace("4398765", "4398766", 1)
    is_so = hashlib.md5(changed.rsplit("\n", 2)[0].encode() + b"\n", usedforsecurity=False).hexdigest()
    said = whole.rstrip("\n").rsplit("\n", 1)[1]
    assert read(tmp_path, changed, "sipwise_ngcp").decoded.content_fault == (
        f"the MD5 of the trailer is {said}, that of the lines before it is {is_so}"
    )


def test_a_file_cut_in_a_record_loses_its_tail_and_no_other_record(tmp_path: Path) -> None:
    cut = export(LINES)
    cut = cut[: cut.index("'503'") + 60]
    found = read(tmp_path, cut, "sipwise_ngcp")
    assert [record[0] for record in found.records] == [501, 502]
    assert [(number, field) for number, field, _ in found.malformed] == [(4, "line")]
    assert found.decoded.content_fault is not None
    assert found.decoded.content_fault.startswith("the trailer is missing: the file ends with \"'503',")


@pytest.mark.parametrize(("code", "cause"), [("404", 1), ("480", 18), ("487", 16), ("603", 21), ("999", 31)])
def test_a_sip_status_becomes_the_cause_of_rfc_3398(tmp_path: Path, code: str, cause: int) -> None:
    (record,) = read(
        tmp_path, export([line(1, "1", "2", code, "failed", "2026-03-01 10:00:00", "", "0")]), "sipwise_ngcp"
    ).records
    assert record[6:] == (0, cause)


def test_forwarded_parts_are_paid_by_who_forwards_and_withheld_callers_are_no_fault(tmp_path: Path) -> None:
    times = ("2026-03-01 10:00:00.000", "2026-03-01 10:00:05.000", "61.000")
    kinds = ["cfu", "cfb", "cft", "cfna", "cfs", "cfr", "cfo"]
    outside = {"source": "0", "source_provider": "7", "destination": "uuid-2"}
    lines = [
        line(1, "4312345", "4398765", "200", "ok", *times, user="4312345"),
        line(2, "anonymous", "4398765", "200", "ok", *times, user="x", **outside),
        *(
            line(at, "4377777", "00441", "200", "ok", *times, user="4398765", call_type=kind, destination="0", destination_provider="8")
            for at, kind in enumerate(kinds, start=3)
        ),
        line(10, "4398765", "00442", "200", "ok", *times, user="alice", call_type="cfu", destination="0", destination_provider="8"),
        line(11, "4377777", "00443", "200", "ok", *times, user="4377777", call_type="cfu", **outside),
    ]  # fmt: skip
    found = read(tmp_path, export(lines), "sipwise_ngcp")
    assert found.records[1][:5] == (2, "", "4398765", "7", None)
    assert found.payers == dict.fromkeys(range(3, 10), "4398765")
    assert found.malformed == []


def test_a_subscriber_who_withholds_his_number_is_known_by_his_user(tmp_path: Path) -> None:
    times = ("2026-03-01 10:00:00.000", "2026-03-01 10:00:05.000", "61.000")
    peer = {"destination": "0", "destination_provider": "8"}
    lines = [
        line(1, "anonymous", "00441", "200", "ok", *times, user="4312345", **peer),
        line(2, "", "00441", "200", "ok", *times, user="4398765", call_type="cfu", **peer),
        line(3, "Unknown caller", "4312345", "200", "ok", *times, user="x", source="0", source_provider="7"),
        line(4, "anonymous", "00441", "200", "ok", *times, user="alice", **peer),
    ]
    found = read(tmp_path, export(lines), "sipwise_ngcp")
    assert [(row[0], row[1], row[3]) for row in found.records] == [
        (1, "4312345", None),
        (2, "4398765", None),
        (3, "", "7"),
    ]
    assert found.payers == {2: "4398765"}
    assert found.malformed == [(5, "calling_number", "is empty")]
