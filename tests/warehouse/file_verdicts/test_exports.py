"""The gate of customer exports: each reason to hold one by hand, and what lets it in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from orchestration.errors import TollhouseError
from orchestration.ingestion.landing.pulling import retry
from orchestration.warehouse.raw.export_history import snapshots_of
from tests.ingestion.intake import Intake

ORDERS = "order_id,service_number,outlet_id,ordered_at,status"
SOURCES = """sources:
  - name: crm
    kind: customers
    url: "${TOLLHOUSE_HOME}/inbox/customers"
    format: canonical
    pattern: "{table}_{date:YYYYMMDD}.csv"
"""


def orders(sound: int, broken: int = 0) -> str:
    """An export of `sound` orders and as many lines of another width as are `broken`."""
    rows = [f"O{number},2200001,OU1,2026-01-05 10:00:00,open" for number in range(sound)]
    return "\n".join([ORDERS, *rows, *["O,x"] * broken]) + "\n"


def delivered(intake: Intake, day: str, content: str | bytes) -> tuple[str, str | None]:
    """Deliver the orders of a day and check them by the default limits: status and reason."""
    name = f"number_orders_{day}.csv"
    intake.deliver("customers", name, content)
    intake.pull()
    intake.decode()
    intake.check_exports()
    (entry,) = (entry for entry in intake.ledger.files() if entry.file_name == name)
    return entry.status, entry.status_reason


@pytest.mark.parametrize(
    ("sound", "broken", "status"),
    [(19, 1, "loaded"), (18, 1, "held"), (0, 1, "held"), (0, 0, "loaded")],
)
def test_more_than_a_twentieth_of_unreadable_rows_holds_an_export(
    intake: Intake, sound: int, broken: int, status: str
) -> None:
    """1 of 20 is the share of 0.05 itself, 1 of 19 is more."""
    found, reason = delivered(intake, "20260501", orders(sound, broken))
    assert found == status
    if status == "held":
        assert f"1 of {sound + 1} rows cannot be read" in str(reason)
        (record,) = intake.only_file().offending_records
        assert record.text == f"line {sound + 2}: line has 2 columns instead of 5: O,x"


def test_an_export_of_less_than_half_the_rows_is_held_and_compared_with_an_earlier_day(intake: Intake) -> None:
    """Unreadable rows count: 20 rows, then 10 (half of it), then 9, then 5 (half of the 10 that were loaded, below 20)."""
    assert delivered(intake, "20260501", orders(19, 1))[0] == "loaded"
    assert delivered(intake, "20260430", orders(3))[0] == "loaded"
    assert delivered(intake, "20260502", orders(9)) == (
        "held",
        "9 rows, number_orders_20260501.csv has 20: fewer than the share of 0.5 (export_shrink)",
    )
    assert delivered(intake, "20260503", orders(10))[0] == "loaded"
    assert delivered(intake, "20260504", orders(1))[0] == "loaded"


def _table_delivered(intake: Intake, name: str, *lines: str) -> tuple[str, str | None]:
    intake.deliver("customers", name, "\n".join(lines) + "\n")
    intake.pull()
    intake.decode()
    intake.check_exports()
    (entry,) = (entry for entry in intake.ledger.files() if entry.file_name == name)
    return entry.status, entry.status_reason


def test_ids_that_have_lost_their_leading_zeros_hold_an_export(intake: Intake) -> None:
    """Account 00123 saved as 123 would be another account: its payments would stay with 00123, and 123 would be dunned."""
    header = "account_id,customer_id,payment_method,bank_code,bank_account,opened_on,closed_on"

    def delivered_accounts(day: str, *accounts: str) -> tuple[str, str | None]:
        rows = [f"{account},{account}9,counter,,,2025-01-01," for account in accounts]
        return _table_delivered(intake, f"accounts_{day}.csv", header, *rows)

    assert delivered_accounts("20260501", "00123", "00124", "77") == ("loaded", None)
    assert delivered_accounts("20260502", "123", "124", "77") == (
        "held",
        "2 values of customer_id have lost their leading zeros, as in a spreadsheet: 1239 was 001239 in accounts_20260501.csv",
    )
    # 00123 is there beside 123, and 00124 is gone while no 124 came: these are other accounts.
    assert delivered_accounts("20260503", "00123", "123", "77", "240") == ("loaded", None)
    assert delivered_accounts("20260504", "00123", "123", "077") == ("loaded", None)
    # Saved again in another way than the snapshot before, which has no zeros to lose.
    assert delivered_accounts("20260430", "123", "124") == ("loaded", None)


def payments(*days: int, first: int = 1) -> list[str]:
    """A payment on each day of May 2026, below its number."""
    rows = [f"P{day},A1,2026-05-{day:02d} 09:00:00,1.00,counter,OU1" for day in days if day >= first]
    return ["payment_id,account_id,paid_at,amount,channel,outlet_id", *rows]


def test_a_window_of_payments_with_one_of_long_ago_is_held(intake: Intake) -> None:
    """It lacks the 20 payments between, which would count as deleted: those who paid would be dunned."""
    assert _table_delivered(intake, "payments_20260522.csv", *payments(*range(1, 22)))[0] == "loaded"
    back_dated = "P99,A1,2026-05-01 09:00:00,1.00,counter,OU1"  # 20 payments are later
    window = payments(*range(13, 31))  # 9 of the 20: fewer than half
    assert _table_delivered(intake, "payments_20260530.csv", *window, back_dated) == (
        "held",
        (
            "its earliest payment is of 2026-05-01, and 11 of the 20 payments that payments_20260522.csv has after that are not in "
            "it: they would count as deleted. Fewer than the share of 0.5 are there (export_shrink)"
        ),
    )
    # Without it the window is sound, and so it is with half of the payments there, one of them by its key alone.
    assert _table_delivered(intake, "payments_20260531.csv", *window)[0] == "loaded"
    keys = [*payments(*range(13, 31)), back_dated, "P12,A1,?,1.00,counter,OU1"]
    assert _table_delivered(intake, "payments_20260529.csv", *keys)[0] == "loaded"


def test_an_empty_limit_is_no_gate(intake: Intake) -> None:
    assert delivered(intake, "20260501", orders(20))[0] == "loaded"
    intake.deliver("customers", "number_orders_20260502.csv", orders(1, 8))
    intake.pull()
    intake.decode()
    assert intake.check_exports(rows=None, shrink=None) == []
    assert [entry.status for entry in intake.ledger.files()] == ["loaded", "loaded"]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le"])
def test_an_export_in_another_encoding_is_held_as_a_whole(intake: Intake, encoding: str) -> None:
    status, reason = delivered(intake, "20260501", orders(40).replace("open", "受理").encode(encoding))
    assert status == "held"
    assert str(reason).startswith("it cannot be read as UTF-8, and its source declares no other encoding")
    file_id = intake.only_file().file_id
    if encoding == "gb18030":
        intake.ledger.release_file(file_id, "only the status is not of it")
        assert intake.only_file().status == "loaded"
        return
    with pytest.raises(TollhouseError, match="not even its header can be read; so there is nothing to let in"):
        intake.ledger.release_file(file_id, "all orders would be gone")
    assert intake.only_file().status == "held"


@pytest.mark.parametrize(
    ("written", "declared", "status"),
    [
        ("utf-16", "utf-16", "上，受理"),  # 上 ends in the byte of a line end
        ("utf-16-le", "utf-16-le", "上，受理"),
        ("gb18030", "gb18030", "上，受理"),
        ("utf-8-sig", "gb18030", "上，受理"),
        ("latin-1", "latin-1", "öffen"),
    ],
)
def test_the_declared_encoding_is_read_with_or_without_its_mark(
    intake: Intake, written: str, declared: str, status: str
) -> None:
    """And a header with blanks. UTF-16 has its line ends in two bytes."""
    content = orders(2).replace("order_id,", "\ufefforder_id ," if written == "utf-16-le" else " order_id ,")
    sources = intake.settings.home / "sources.yml"
    sources.write_text(SOURCES.replace("crm", "customers") + f"    encoding: {declared}\n", encoding="utf-8")
    intake.settings = replace(intake.settings, sources_file=sources)
    assert delivered(intake, "20260501", content.replace("open", status).encode(written)) == ("loaded", None)
    assert intake.rows("customers/number_orders", intake.only_file().file_id, "status") == [(status,), (status,)]


def test_a_character_cut_in_half_costs_its_row_alone_once_the_export_is_released(intake: Intake) -> None:
    """The customer system cuts names by bytes: 上 of O1 has lost its second byte, which takes the line end for its own."""
    content = orders(4).replace("open", "上").encode("gb18030")
    rows = content.split(b"\n")
    rows[2] = rows[2][:-1] + b"\xff"
    sources = intake.settings.home / "sources.yml"
    sources.write_text(SOURCES.replace("crm", "customers") + "    encoding: gb18030\n", encoding="utf-8")
    intake.settings = replace(intake.settings, sources_file=sources)
    status, reason = delivered(intake, "20260501", b"\n".join(rows))
    assert status == "held" and str(reason).startswith("it can be read neither as UTF-8 nor as gb18030")
    assert intake.rows("customers/number_orders", intake.only_file().file_id, "order_id, status") == [
        ("O0", "上"),
        ("O2", "上"),
        ("O3", "上"),
    ]


def test_a_repeated_key_is_named_and_is_no_unreadable_row(intake: Intake) -> None:
    """3 of 6 rows repeat a key, which is more than 0.05; the first of each counts."""
    assert delivered(intake, "20260501", orders(3) + orders(3).split("\n", 1)[1]) == ("loaded", None)
    entry = intake.only_file()
    assert (entry.data_rows, entry.set_aside_rows) == (6, 3)


def test_rows_of_empty_fields_at_the_end_are_no_rows(intake: Intake) -> None:
    """A spreadsheet saves the rows that it formatted below its last one. Between rows such a line is one that cannot be read."""
    assert delivered(intake, "20260501", orders(20) + ",,,,\n,,,,\n\n") == ("loaded", None)
    assert intake.only_file().data_rows == 20
    status, reason = delivered(intake, "20260502", ",,,,\n".join(orders(1).splitlines(keepends=True)))
    assert status == "held" and str(reason).startswith("1 of 2 rows cannot be read")


def test_of_two_snapshots_of_a_day_the_one_let_in_last_counts(intake: Intake) -> None:
    """The second of a name is rejected and let in; then the first, which was held for its rows."""
    assert delivered(intake, "20260501", orders(1, 8))[0] == "held"
    first = intake.only_file().file_id
    intake.deliver("customers", "number_orders_20260501.csv", orders(2))
    intake.pull()
    second = next(entry for entry in intake.ledger.files() if entry.file_id != first)
    assert second.status == "rejected"
    intake.ledger.release_file(second.file_id, "the corrected one")
    intake.decode()
    intake.check_exports()
    day = date(2026, 5, 1)
    assert snapshots_of(intake.ledger.files(), "number_orders")[day].file_id == second.file_id
    intake.ledger.release_file(first, "it was right after all")
    assert snapshots_of(intake.ledger.files(), "number_orders")[day].file_id == first


def test_a_declared_encoding_is_read_and_a_held_file_is_tried_again_in_it(intake: Intake) -> None:
    content = orders(1).replace("open", "受理")
    assert delivered(intake, "20260501", content.encode("gb18030"))[0] == "held"
    sources = intake.settings.home / "sources.yml"
    sources.write_text(SOURCES.replace("crm", "customers") + "    encoding: gb18030\n", encoding="utf-8")
    intake.settings = replace(intake.settings, sources_file=sources)
    retry(intake.settings, intake.ledger, intake.only_file().file_id, "the source is GBK")
    assert delivered(intake, "20260502", content.encode("utf-8"))[0] == "loaded"
    assert [entry.status for entry in intake.ledger.files()] == ["loaded", "loaded"]
    for entry in intake.ledger.files():
        assert intake.rows("customers/number_orders", entry.file_id, "status") == [("受理",)]
