"""A reference book with faults: nothing is run, exit code 2, and the message names file, line and field."""

from __future__ import annotations

import pytest

from tests.robustness.branch import Branch

# Fault → (table, text, what replaces it, what the message says).
FAULTS = {
    "missing column": (
        "outlets",
        "outlet_kind,agent_id",
        "outlet_kind",
        "outlets.csv line 1, field agent_id: the column is missing",
    ),
    "broken date": (
        "tariff_rates",
        "HOME,LOCAL,,2015-01-01",
        "HOME,LOCAL,,2015-02-30",
        "tariff_rates.csv line 2, field valid_from: '2015-02-30' is not a valid date",
    ),
    "date of another form": (
        "class_plans",
        "residential,HOME,2015-01-01",
        "residential,HOME,1/1/2015",
        "class_plans.csv line 2, field valid_from: '1/1/2015' is not a valid date",
    ),
    "bad decimal": (
        "tariff_rates",
        "0.30",
        '"0,30"',
        "tariff_rates.csv line 3, field rate: '0,30' is not a number",
    ),
    "too many decimals": (
        "tariff_rates",
        "0.30",
        "0.3000001",
        "tariff_rates.csv line 3, field rate",
    ),
    "unknown id": (
        "outlets",
        "OU2,代办点,Agency,BU1",
        "OU2,代办点,Agency,BU7",
        "outlets.csv line 3, field business_unit_id: 'BU7' is in no line of business_units.csv",
    ),
    "id twice": (
        "outlets",
        "OU2,代办点",
        "OU1,代办点",
        "outlets.csv line 3, field outlet_id: 'OU1' stands in line 2 already",
    ),
    "unknown word": (
        "tariff_plans",
        "HOME,ALL_DAY,increment",
        "HOME,ALL_DAY,sometimes",
        "tariff_plans.csv line 2, field band_rule: 'sometimes' is not one of increment, start",
    ),
    "bad time": (
        "time_bands",
        "24:00",
        "25:00",
        "time_bands.csv line 2, field ends_at: '25:00' is not a valid time of day",
    ),
    "a field too few": (
        "exchanges",
        "Exchange,0548",
        "Exchange",
        "exchanges.csv line 2: has 3 fields, the header 4",
    ),
    "two discounts": (
        "bill_items",
        "RENTAL,rental",
        "RENTAL,discount",
        "bill_items.csv, field item_kind: there are 2 items of kind discount (lines 2, 4)",
    ),
}


@pytest.mark.parametrize(("table", "old", "new", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_ends_the_run_before_it_begins(branch: Branch, table: str, old: str, new: str, message: str) -> None:
    """Not even a file is pulled."""
    branch.deliver_day(2)
    branch.spoil(table, old, new)
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["error"]["exit_code"]) == (2, 2)
    assert message in typed.message
    assert not (branch.home / "ledger.sqlite").exists() and not branch.published.exists()


def test_a_missing_table_says_what_its_header_is(branch: Branch) -> None:
    """Since the clerk may only have to make an empty one."""
    (branch.book / "holidays.csv").unlink()
    typed = branch.tollhouse("run")
    assert typed.exit_code == 2
    assert "holidays.csv: the file is missing" in typed.message and "holiday_date,name_zh,name_en" in typed.message


def test_every_fault_is_told_at_once(branch: Branch) -> None:
    """Three faults in three files, one message."""
    branch.spoil("exchanges", "Exchange,0548", "Exchange")
    branch.spoil("time_bands", "24:00", "25:00")
    branch.spoil("tariff_rates", "0.30", "a lot")
    message = branch.tollhouse("run").message
    assert all(f"{table}.csv line" in message for table in ("exchanges", "time_bands", "tariff_rates"))


def test_no_book_at_all(branch: Branch) -> None:
    """The setting to fix is named."""
    typed = branch.tollhouse("run", TOLLHOUSE_REFERENCE=str(branch.home / "nowhere"))
    assert typed.exit_code == 2
    assert "nowhere: there is no reference book; set TOLLHOUSE_REFERENCE" in typed.message
