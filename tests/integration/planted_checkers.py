"""How each case of the demo city shows in the published marts: one function per way. Which case has which is a test's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb

from tests.demo_city.reading import delivered_files, plain_number, read_book
from tests.integration.deliveries import newest_export
from tests.integration.harness import DEMO_BOOK, Branch, Marts, Row

Case = dict[str, Any]
Checker = Callable[["Found", str, Case], None]
ZERO = Decimal(0)


class Found:
    """The published marts, looked up the way that the planted keys name things."""

    def __init__(self, branch: Branch, marts: Marts, cases: dict[str, Case]) -> None:
        self.branch, self.marts, self.cases = branch, marts, cases
        self.files = {row["file_name"]: row for row in marts["file_reconciliation"]}
        self.calls: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for mart in ("rated_calls", "suspended_calls", "duplicate_calls"):
            for row in marts[mart]:
                key = (
                    row["switch_id"],
                    row["calling_number"],
                    row["called_number"],
                    row["started_at"],
                    row["duration_seconds"],
                )
                self.calls[key].append(row | {"mart": mart})
        self.records = {(row["file_name"], row["record_number"]): row for rows in self.calls.values() for row in rows}
        self.written: dict[tuple[str, ...], str] = {}
        for name, file in delivered_files(branch.inbox / "cdr")[0].items():
            for line in file.lines:
                fields = line.decode("utf-8", errors="replace").split(",")
                if len(fields) == 8:
                    self.written[file.switch_id, fields[1], fields[2], fields[5], fields[6]] = name

    def call(self, key: Case) -> Row:
        """The one published call that a planted call is."""
        numbers = (plain_number(key["calling_number"]), plain_number(key["called_number"]))
        started_at = datetime.fromisoformat(key["started_at"])
        (row,) = self.calls[(key["switch_id"], *numbers, started_at, key["duration_seconds"])]
        return row

    def file_of(self, key: Case) -> Row:
        """The reconciliation of the file in which a planted call was written, for calls that no mart shows singly."""
        columns = ("switch_id", "calling_number", "called_number", "started_at", "duration_seconds")
        texts = tuple(str(key[column]) for column in columns)
        assert not self.calls.get(
            (texts[0], *map(plain_number, texts[1:3]), datetime.fromisoformat(texts[3]), int(texts[4]))
        )
        return self.files[self.written[texts]]

    def ignored(self, file_name: str) -> dict[int, str]:
        """Why records of a file are no calls, by line, as the raw zone keeps them."""
        path = self.branch.home / "raw" / "ignored" / f"{self.files[file_name]['file_id']}.parquet"
        rows = duckdb.execute("select line_number, reason from read_parquet(?)", [str(path)]).fetchall()
        assert len(dict(rows)) == len(rows)
        return dict(rows)

    def bulletin(self, kind: str) -> list[Row]:
        """The problems of a kind."""
        return [row for row in self.marts["problem_bulletin"] if row["kind"] == kind]

    def newest(self, table: str) -> list[dict[str, str]]:
        """The newest export of a table, as delivered."""
        return newest_export(self.branch.inbox, table)


def keys(case: Case) -> list[Any]:
    assert case["keys"] and len(case["keys"]) == case["count"]
    return list(case["keys"])


def is_rated(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        call = found.call(key)
        assert call["mart"] == "rated_calls", call
        assert call["charged_seconds"] >= call["duration_seconds"] > 0 and call["amount"] >= 0


def is_state(state: str) -> Checker:
    def check(found: Found, name: str, case: Case) -> None:
        for key in keys(case):
            call = found.call(key)
            assert call.get("state") == state and call["reason"], call

    return check


def is_counted(state: str) -> Checker:
    def check(found: Found, name: str, case: Case) -> None:
        for key in keys(case):
            assert found.file_of(key)[state] >= 1

    return check


def malformed(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        file = found.files[key["file_name"]]
        planted = [
            k
            for n, c in found.cases.items()
            if n.startswith("malformed_")
            for k in c["keys"]
            if k["file_name"] == key["file_name"]
        ]
        assert (file["file_status"], file["malformed"]) == ("loaded", len(planted))
        path = str(found.branch.home / "raw" / "malformed" / f"{file['file_id']}.parquet")
        kept = duckdb.execute(
            "select reason from read_parquet(?) where line_number = ?", [path, key["line_number"]]
        ).fetchall()
        assert len(kept) == 1 and kept[0][0]


def held(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        file = found.files[key["file_name"]]
        assert file["file_status"] == "held" and file["status_reason"]
        assert file["read_records"] == key["records"] == file["held"] + file["malformed"]
        assert file["malformed"] == key.get("malformed", file["malformed"])
        assert key["file_name"] in {row["subject"] for row in found.bulletin("file_held")}


def rejected(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        file_name = key["file_name"] + key.get("rejected_suffix", "")
        file = found.files[file_name]
        assert (file["file_status"], file["read_records"], file["data_rows"]) == ("rejected", 0, 0) and file[
            "status_reason"
        ]
        assert any(row["subject"].startswith(f"{file_name} ") for row in found.bulletin("file_rejected"))
        first = key.get("first") or (key["file_name"] if "rejected_suffix" in key else None)
        assert first is None or found.files[first]["file_status"] == "loaded"


def empty_file(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        file = found.files[key["file_name"]]
        assert (file["file_status"], file["read_records"]) == ("loaded", 0)


def not_registered(found: Found, name: str, case: Case) -> None:
    assert not {key["file_name"] for key in keys(case)} & found.files.keys()


def never_delivered(found: Found, name: str, case: Case) -> None:
    not_registered(found, name, case)
    for key in keys(case):
        number = int(key["file_name"].split("_")[2][:6])
        gaps = [row for row in found.marts["sequence_gaps"] if row["switch_id"] == key["switch_id"]]
        assert any(row["missing_from"] <= number <= row["missing_to"] for row in gaps)
        assert f"{key['switch_id']} {key['file_date']}" in {row["subject"] for row in found.bulletin("file_missing")}


def sequence_gap(found: Found, name: str, case: Case) -> None:
    gaps = [
        {name: row[name] for name in ("switch_id", "missing_from", "missing_to")}
        for row in found.marts["sequence_gaps"]
    ]
    assert sorted(keys(case), key=repr) == sorted(gaps, key=repr)
    assert len(found.bulletin("sequence_gap")) == case["count"]


def unknown_switch(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        file = found.files[key["file_name"]]
        assert (file["file_status"], file["malformed"], file["read_records"]) == (
            "held",
            key["records"],
            key["records"],
        )


def duplicate(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        row = found.records[key["file_name"], key["record_number"]]
        assert row["mart"] == "duplicate_calls"
        file_id, original = row["original_call_id"].split(":")
        assert (file_id == row["call_id"].split(":")[0]) == (name == "duplicate_in_file")
        assert original == str(key.get("original_record_number", original))


def other_day(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        assert found.records[key["file_name"], key["record_number"]].get("state") == "other_day"


def undocumented(found: Found, name: str, case: Case) -> None:
    is_state("undocumented")(found, name, case)
    numbers = {row["calling_number"]: row["outlet_id"] for row in found.marts["undocumented_numbers"]}
    charged = "called_number" if name == "undocumented_toll_free" else "calling_number"
    assert {plain_number(key[charged]) for key in keys(case)} <= set(numbers)
    assert numbers == {row["subject"]: row["outlet_id"] for row in found.bulletin("undocumented_number")}


def undocumented_numbers(found: Found, name: str, case: Case) -> None:
    assert set(keys(case)) <= {row["calling_number"] for row in found.marts["undocumented_numbers"]}


def double_assigned_call(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    for key in keys(case):
        holding = [
            row
            for row in found.newest("service_numbers")
            if row["service_number"] == key["calling_number"]
            and row["valid_from"] <= key["started_at"] < (row["valid_to"] or "9999")
        ]
        latest = max(row["valid_from"] for row in holding)
        assert len(holding) > 1
        assert found.call(key)["account_id"] == min(row["account_id"] for row in holding if row["valid_from"] == latest)


def classes(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    called = [found.call(key)["customer_class"] for key in keys(case)]
    assert len(set(called)) == len(called) > 1


def of_days(found: Found, name: str, case: Case) -> None:
    """50 hours: rated whole, in the file of the day on which the call ended."""
    is_rated(found, name, case)
    for key in keys(case):
        call = found.call(key)
        assert (call["duration_seconds"], call["charged_seconds"]) == (180_000, 180_000)


def forwarded(found: Found, name: str, case: Case) -> None:
    """It came in over a trunk and is charged all the same: to the number that the record names."""
    for key in keys(case):
        call = found.records[key["file_name"], key["record_number"]]
        assert (call["mart"], call["charged_number"]) == ("rated_calls", key["charged_number"])
        assert call["is_charged_as_recorded"] and call["trunk_group_in"] and call["amount"] > 0


def service_code(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    for key in keys(case):
        call = found.call(key)
        assert (call["called_number"], call["access_code"], call["rated_number"], call["destination_prefix"]) == (
            "*31#01065529988", "*31#", "01065529988", "010",
        )  # fmt: skip


def nearly_a_day(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    assert all(found.call(key)["duration_seconds"] >= 86_399 for key in keys(case))
    reported = {row["call_ids"]: row for row in found.marts["call_anomalies"] if row["kind"] == "over_long_calls"}
    assert set(reported) == {found.call(key)["call_id"] for key in keys(case)}
    assert {row["subject"] for row in found.bulletin("over_long_calls")} == {k["calling_number"] for k in keys(case)}


def on_holiday(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    holidays = {row["holiday_date"] for row in read_book(DEMO_BOOK)["holidays"] if not row["counts_as"]}
    assert {key["started_at"][:10] for key in keys(case)} <= holidays


def on_make_up_workday(found: Found, name: str, case: Case) -> None:
    """A Saturday or Sunday that counts as a weekday has the day band of one at noon, not the weekend's."""
    is_rated(found, name, case)
    counted = {row["holiday_date"]: row["counts_as"] for row in read_book(DEMO_BOOK)["holidays"]}
    for key in keys(case):
        call = found.call(key)
        assert call["call_date"].isoweekday() in (6, 7) and counted[key["started_at"][:10]] in "12345"
        assert (call["tariff_plan_id"], call["band_at_start"]) == ("BUSINESS", "DAY")


def over_hours(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    for key in keys(case):
        call = found.call(key)
        hour, end = (
            call["started_at"].replace(minute=0, second=0),
            call["started_at"] + timedelta(seconds=call["duration_seconds"]),
        )
        seconds = {
            row["hour"]: row["conversation_seconds"]
            for row in found.marts["trunk_traffic_hourly"]
            if (row["trunk_group_id"], row["direction"]) == (call["trunk_group_out"], "out")
        }
        whole_hours = 0
        while hour < end:
            inside = (min(end, hour + timedelta(hours=1)) - max(call["started_at"], hour)).total_seconds()
            assert seconds[hour] >= inside
            whole_hours += inside == 3600
            hour += timedelta(hours=1)
        assert whole_hours >= 1


def over_midnight(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    for key in keys(case):
        call = found.call(key)
        assert str(call["call_date"]) == key["started_at"][:10]
        assert (call["started_at"] + timedelta(seconds=call["duration_seconds"])).date() > call["call_date"]


def percent_off_call(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    for key in keys(case):
        call = found.call(key)
        place = (call["account_id"], call["charged_number"], call["billing_period"])
        lines = [
            row
            for row in found.marts["bill_lines"]
            if (row["account_id"], row["service_number"], row["billing_period"]) == place
        ]
        (promotion,) = (row for row in lines if row["line_kind"] == "promotion")
        assert promotion["amount"] < 0


def zone_changes(found: Found, name: str, case: Case) -> None:
    zones = [found.call(key)["zone_id"] for key in keys(case)]
    assert len(set(zones)) == len(zones) == 2


def charged_to_called(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    assert all(found.call(key)["charged_number"] == key["called_number"] for key in keys(case))


def rental_match_call(found: Found, name: str, case: Case) -> None:
    is_rated(found, name, case)
    assert {found.call(key)["amount"] for key in keys(case)} == {Decimal("12.00")}


def rental_match_bill(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        bills = [row for row in found.marts["bills"] if row["account_id"] == key["account_id"]]
        assert len(bills) >= 2 and {str(row["amount"]) for row in bills} == {key["payable"]}
        lines = [row for row in found.marts["bill_lines"] if row["account_id"] == key["account_id"]]
        assert {str(row["amount"]) for row in lines if row["line_kind"] == "promotion"} == {"-12.00"}


def bonuses(found: Found, name: str, case: Case) -> None:
    """Statements exist for the first period only: the others' cut-off lies after the as-of date."""
    when = "on" if name == "activation" else "to"
    expected: dict[str, int] = defaultdict(int)
    for key in keys(case):
        if key[when][:7] == "2026-03":
            expected[key["agent_id"]] += 1
    lines = [row for row in found.marts["commission_lines"] if row["line_kind"] == name]
    assert {row["settlement_period"] for row in lines} == {"2026-03"}
    counts = {row["agent_id"]: row["basis_amount"] for row in lines}
    assert all(counts[agent] >= number for agent, number in expected.items()) and expected
    if name == "clawback":
        assert counts == expected
        assert all(row["amount"] == -row["basis_amount"] * row["rate"] < 0 for row in lines)


def no_clawback(found: Found, name: str, case: Case) -> None:
    spans = {row["service_number"]: row for row in found.newest("service_numbers")}
    assert all(spans[number]["valid_to"].startswith("2026-03") for number in keys(case))
    clawed = sum(row["basis_amount"] for row in found.marts["commission_lines"] if row["line_kind"] == "clawback")
    assert clawed == sum(key["to"].startswith("2026-03") for key in found.cases["clawback"]["keys"])


def changed_agent(found: Found, name: str, case: Case) -> None:
    """A bill keeps the agent of its issue date: those with bills on both sides of the change have one of each."""
    moved = 0
    for customer in keys(case):
        own = [row for row in found.marts["bills"] if row["customer_id"] == customer]
        agents = {row["billing_period"]: row["agent_id"] for row in own}
        (newest,) = (row["agent_id"] for row in found.newest("customers") if row["customer_id"] == customer)
        assert all(row["agent_id"] == newest for row in own if str(row["issued_on"]) > case["on"])
        if len(agents) > 1 and "2026-03" in agents:
            assert agents["2026-03"] not in {agents[period] for period in agents if period > "2026-03"}
            moved += 1
    assert moved


def changed_class(found: Found, name: str, case: Case) -> None:
    """Bills issued before the change keep the class of then."""
    for customer in keys(case):
        classes = {
            (str(row["issued_on"]) >= case["on"], row["customer_class"])
            for row in found.marts["bills"]
            if row["customer_id"] == customer
        }
        assert classes == {(False, "residential"), (True, "business")}


def left_exports(found: Found, name: str, case: Case) -> None:
    """He is in no newest export; his issued bills stay, and the running one ends with his rental."""
    for key in keys(case):
        assert key["customer_id"] not in {row["customer_id"] for row in found.newest("customers")}
        assert key["account_id"] not in {row["account_id"] for row in found.newest("accounts")}
        bills = [row for row in found.marts["bills"] if row["account_id"] == key["account_id"]]
        assert {row["customer_id"] for row in bills} == {key["customer_id"]}
        issued = {row["amount"] for row in bills if not row["is_provisional"]}
        (running,) = (row["amount"] for row in bills if row["is_provisional"])
        assert len(bills) >= 3 and 0 < running < min(issued)


def vanished_number(found: Found, name: str, case: Case) -> None:
    rows = found.bulletin("number_vanished")
    assert sorted(row["subject"] for row in rows) == sorted(keys(case))
    assert {str(row["found_on"]) for row in rows} == {case["first_without"]}


def vanished_payment(found: Found, name: str, case: Case) -> None:
    assert sorted(row["subject"] for row in found.bulletin("payment_vanished")) == sorted(keys(case))
    applied = {row["payment_id"] for row in found.marts["payment_applications"]}
    assert applied and not applied & set(keys(case))


def corrected_number(found: Found, name: str, case: Case) -> None:
    """The wrong account never had the number: nothing vanished, and nobody else holds it."""
    for key in keys(case):
        assert key["service_number"] not in {row["subject"] for row in found.bulletin("number_vanished")}
        assert key["service_number"] not in {row["service_number"] for row in found.marts["number_conflicts"]}
        (row,) = (r for r in found.newest("service_numbers") if r["service_number"] == key["service_number"])
        assert row["account_id"] == key["account_id"]


def debit_batch(found: Found, name: str, case: Case) -> None:
    rows = {row["file_name"]: row for row in found.marts["debit_batches"]}
    for key in keys(case):
        row = rows[key["file_name"]]
        assert row["records"] == row["detail_records"] == key["records"] and row["totals_agree"]
        assert found.files[key["file_name"]]["file_status"] == "loaded"


def spoilt_export(found: Found, name: str, case: Case) -> None:
    """It is held with the reason, and no row of it counts."""
    reason = "export_shrink" if name == "export_held_shrunk" else "UTF-8"
    for key in keys(case):
        file = found.files[key["file_name"]]
        assert file["file_status"] == "held" and reason in file["status_reason"]
        assert key["file_name"] in {row["subject"] for row in found.bulletin("file_held")}


def batch_number_restarts(found: Found, name: str, case: Case) -> None:
    """Both batches of one number count: each is a batch of its own day."""
    for key in keys(case):
        both = [row for row in found.marts["debit_batches"] if row["file_name"] in (key["file_name"], key["first"])]
        assert len(both) == 2 and all(row["is_accepted"] for row in both)
        assert len({(row["bank_code"], row["batch_id"]) for row in both}) == 1
        assert len({row["debited_on"] for row in both}) == 2
        for row in both:
            prefix = f"{row['bank_code']}:{row['batch_id']}:{row['debited_on']}:"
            paid = {r["payment_id"] for r in found.marts["payment_applications"] if r["payment_id"].startswith(prefix)}
            assert len(paid) <= row["detail_success_records"] and bool(paid) == (row["detail_success_records"] > 0)


def debit_held(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        assert found.files[key["file_name"]]["file_status"] == "held"
        (row,) = (
            r
            for r in found.marts["debit_batches"]
            if (r["bank_code"], r["batch_id"]) == (key["bank_code"], key["batch_id"])
        )
        assert row["totals_agree"] == (name == "debit_held_unknown_code")
        prefix = f"{key['bank_code']}:{key['batch_id']}:"
        assert not [r for r in found.marts["payment_applications"] if r["payment_id"].startswith(prefix)]


def debit_failure(found: Found, name: str, case: Case) -> None:
    cause = name.removeprefix("debit_failure_")
    failures = {
        f"{r['bank_code']}:{r['batch_id']}:{r['debited_on']}:{r['line']}"
        for r in found.marts["debit_failures"]
        if r["cause"] == cause
    }
    assert failures == set(keys(case))
    if cause == "account_fault":
        accounts = {r["account_id"] for r in found.marts["debit_failures"] if r["cause"] == cause}
        assert {row["subject"] for row in found.bulletin("debit_account_fault")} == accounts


def conflict(found: Found, name: str, case: Case) -> None:
    numbers = [row["service_number"] for row in found.marts["number_conflicts"] if row["kind"] == name]
    assert sorted(numbers) == sorted(keys(case))
    assert {row["subject"] for row in found.bulletin(name)} == set(numbers)


def incomplete(found: Found, name: str, case: Case) -> None:
    subjects = " ".join(f"{row['subject']} {row['detail']}" for row in found.bulletin("customer_record_incomplete"))
    assert all(key in subjects for key in keys(case))


def key_account(found: Found, name: str, case: Case) -> None:
    for customer in keys(case):
        revenue: dict[str, Decimal] = defaultdict(Decimal)
        for row in found.marts["bills"]:
            if row["customer_id"] == customer:
                revenue[row["billing_period"]] += row["amount"]
        now, before = revenue[case["billing_period"]], revenue["2026-03"]
        assert now <= before * Decimal("0.70") if name == "key_account_fall" else now >= before * 2


def merge_chain(found: Found, name: str, case: Case) -> None:
    for chain in keys(case):
        rows = [row for row in found.marts["payment_applications"] if row["account_id"] in chain]
        assert {row["settling_account_id"] for row in rows} == {chain[-1]}
        assert {row["account_id"] for row in rows} == set(chain)


def merge_arrears(found: Found, name: str, case: Case) -> None:
    details = [row["detail"] for row in found.bulletin("merge_with_arrears")]
    for key in keys(case):
        is_told = any(f"account {key['from_account_id']} was merged" in detail for detail in details)
        assert is_told == (name == "merge_with_arrears")


def over_bills(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        rows = defaultdict(list)
        for row in found.marts["payment_applications"]:
            if row["paying_account_id"] == key["account_id"]:
                rows[row["payment_id"]].append(row)
        most = max(rows.values(), key=len)
        assert len(most) >= 3 and sum(row["amount"] for row in most) <= Decimal(key["amount"])
        ordered = sorted(most, key=lambda row: (row["billing_period"], row["account_id"]))
        assert len({row["billing_period"] for row in ordered}) >= 2


def unknown_account(found: Found, name: str, case: Case) -> None:
    details = " ".join(row["detail"] for row in found.bulletin("payment_unknown_account"))
    assert all(f"account {account}," in details for account in keys(case))
    assert not {row["paying_account_id"] for row in found.marts["payment_applications"]} & set(keys(case))


def payment_reversed(found: Found, name: str, case: Case) -> None:
    for key in keys(case):
        rows = [row for row in found.marts["payment_applications"] if row["payment_id"] == key["payment_id"]]
        assert sum(row["amount"] for row in rows) == 0
        back = [row for row in rows if row["amount"] < 0]
        assert {str(row["applied_on"]) for row in back} == {key["reversed_on"]}
        assert -Decimal(key["amount"]) <= sum(row["amount"] for row in back) < 0


def payment_refunded(found: Found, name: str, case: Case) -> None:
    """What was prepaid and not used goes back first, so no bill is touched and the account is not overdrawn."""
    for key in keys(case):
        assert not [
            r for r in found.marts["payment_applications"] if r["payment_id"] == key["payment_id"] and r["amount"] < 0
        ]
        assert key["account_id"] not in {row["subject"] for row in found.bulletin("payments_overdrawn")}


def debit_returned(found: Found, name: str, case: Case) -> None:
    assert [row["subject"] for row in found.bulletin("debit_returned")] == [key["account_id"] for key in keys(case)]
    for key in keys(case):
        rows = [row for row in found.marts["payment_applications"] if row["payment_id"] == key["payment_id"]]
        assert rows and sum(row["amount"] for row in rows) == 0
        assert {str(row["applied_on"]) for row in rows if row["amount"] < 0} == {key["returned_on"]}
        (failure,) = (r for r in found.marts["debit_failures"] if r["returned_payment_id"] is not None)
        assert (failure["returned_payment_id"], failure["amount"]) == (key["payment_id"], Decimal(key["amount"]))


def prepaid_rest(found: Found, name: str, case: Case) -> None:
    for account in keys(case):
        paid = sum((Decimal(row["amount"]) for row in found.newest("payments") if row["account_id"] == account), ZERO)
        applied = sum((r["amount"] for r in found.marts["payment_applications"] if r["account_id"] == account), ZERO)
        billed = sum(
            (r["amount"] for r in found.marts["bills"] if r["account_id"] == account and not r["is_provisional"]), ZERO
        )
        assert paid > applied == billed > 0


def promotion(found: Found, name: str, case: Case) -> None:
    kinds = {row["promotion_id"]: row["kind"] for row in read_book(DEMO_BOOK)["promotions"]}
    holders = [
        (row["account_id"], row["service_number"])
        for row in found.newest("subscriptions")
        if row["promotion_id"] and kinds[row["promotion_id"]] == name.removeprefix("promotion_")
    ]
    assert len(holders) == case["count"]
    lines = {(r["account_id"], r["service_number"]) for r in found.marts["bill_lines"] if r["line_kind"] == "promotion"}
    assert set(holders) <= lines


def prorated(found: Found, name: str, case: Case) -> None:
    products = {row["product_id"]: row for row in read_book(DEMO_BOOK)["products"]}
    lines = {
        (r["account_id"], r["service_number"], r["billing_period"], r["bill_item_id"]): r["amount"]
        for r in found.marts["bill_lines"]
        if r["line_kind"] == "recurring"
    }
    cut = set()
    for row in found.newest("subscriptions"):
        product = products[row["product_id"]]
        for edge in (row["valid_from"], row["valid_to"]):
            if product["proration"] == "daily" and "2026-03-01" <= edge < "2026-06-01" and not edge.endswith("-01"):
                cut.add(row["subscription_id"])
                key = (row["account_id"], row["service_number"], edge[:7], product["bill_item_id"])
                assert lines[key] % Decimal(product["monthly_fee"]) != 0
    assert len(cut) == case["count"]


def complaint(found: Found, name: str, case: Case) -> None:
    assert {row["subject"] for row in found.bulletin("billing_error_complaint")} == set(keys(case))


def adjustment_not_counted(found: Found, name: str, case: Case) -> None:
    assert {row["subject"] for row in found.bulletin("adjustment_not_counted")} == set(keys(case))


def write_off(found: Found, name: str, case: Case) -> None:
    """It settles the oldest bill of an account that has never paid."""
    (adjustment_id,) = keys(case)
    (part,) = (row for row in found.marts["bill_write_offs"] if row["adjustment_id"] == adjustment_id)
    assert part["amount"] == Decimal("5.00")
    assert part["billing_period"] == min(
        row["billing_period"] for row in found.marts["bills"] if row["account_id"] == part["account_id"]
    )
    assert part["account_id"] not in {row["account_id"] for row in found.marts["payment_applications"]}


def late_documented(found: Found, name: str, case: Case) -> None:
    (number,) = keys(case)
    rated = [row for row in found.marts["rated_calls"] if row["calling_number"] == number]
    assert len(rated) >= found.cases["documented_later_call"]["count"]
    assert min(row["call_date"] for row in rated) >= date.fromisoformat(case["valid_from"][:10])


def pbx_call(found: Found, name: str, case: Case) -> None:
    """A call of the PBX is rated for the number that pays: the caller's own, or whoever forwards."""
    for key in keys(case):
        call = found.records[key["file_name"], key["record_number"]]
        assert (call["mart"], call["charged_number"]) == ("rated_calls", key["charged_number"])
        assert call["duration_seconds"] == key.get("duration_seconds", call["duration_seconds"])
        assert call["duration_seconds"] > 0 and call["amount"] > 0
        assert call["is_charged_as_recorded"] == (name == "pbx_forwarded_call")
        # Of a forwarded call a stranger is the caller; a telephone that withholds its number has its account code's.
        assert (call["calling_number"] == key["charged_number"]) == (name != "pbx_forwarded_call")


def pbx_counted(state: str, *cases: str) -> Checker:
    """No mart shows such calls singly: a file has as many of them as are planted in it, by all cases that end in the state."""

    def check(found: Found, name: str, case: Case) -> None:
        assert name in cases
        planted = Counter(key["file_name"] for each in cases for key in keys(found.cases[each]))
        if state == "not_answered":
            groups = keys(found.cases["pbx_ring_group"])
            planted.update(group["file_name"] for group in groups if not group["is_answered"])
        for key in keys(case):
            assert (key["file_name"], key["record_number"]) not in found.records
            assert found.files[key["file_name"]][state] == planted[key["file_name"]] > 0

    return check


def pbx_ring_group(found: Found, name: str, case: Case) -> None:
    """One leg is the call, rated where it was answered; the others are ignored as its legs."""
    for key in keys(case):
        call = found.records.get((key["file_name"], key["record_number"]))
        assert (call is not None) == key["is_answered"]
        if call is not None:
            assert (call["mart"], call["charged_number"]) == ("rated_calls", key["charged_number"])
        reasons = [found.ignored(key["file_name"])[number] for number in key["ignored_legs"]]
        assert len(reasons) == 2 and all(f"line {key['record_number']} " in f"{reason} " for reason in reasons)
    assert {key["is_answered"] for key in keys(case)} == {True, False}


def pbx_no_call(found: Found, name: str, case: Case) -> None:
    """Kept with its text and its reason, which is not that it is a leg."""
    for key in keys(case):
        reason = found.ignored(key["file_name"])[key["record_number"]]
        assert reason and "leg of" not in reason
        assert (key["file_name"], key["record_number"]) not in found.records


def pbx_file(found: Found, name: str, case: Case) -> None:
    """Read whole, with its companion, and ignored is what is planted as such and nothing else."""
    for key in keys(case):
        file = found.files[key["file_name"]]
        assert (file["file_status"], file["switch_id"]) == ("loaded", "PB1")
        assert file["read_records"] == file["declared_records"] == key["records"]
        assert file["read_seconds"] == file["declared_seconds"]
        planted = [k["record_number"] for k in keys(found.cases["pbx_no_call"]) if k["file_name"] == key["file_name"]]
        for group in keys(found.cases["pbx_ring_group"]):
            planted += group["ignored_legs"] if group["file_name"] == key["file_name"] else []
        assert sorted(planted) == sorted(found.ignored(key["file_name"]))
        assert file["ignored"] == key["ignored"] == len(planted)
        states = ("ignored", "not_answered", "not_charged", "rated")
        assert sum(file[state] for state in states) == key["records"]
