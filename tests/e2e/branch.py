"""A small branch, every published table with a few rows: who belongs to whom is known by heart. No product code.

Four parts, each with a unit, an outlet and an agent of its own combination, so that a unit, an outlet and an agent each see
another set of them; and a fifth that belongs to nobody:

    part 1  U1 O1 A1      part 2  U1 O1 A2      part 3  U1 O3 A1      part 4  U2 O4 A4      part 5  nobody

What belongs to a part says so: its ids, names and telephone numbers hold `text`, its amounts its digit. Another `flavour` of a part
has other ids, names, numbers, amounts and more rows, but the same place: whoever may not see the part must not notice.
As of 2026-03-20: bills of 2026-01 and 2026-02 are issued, 2026-03 runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.dashboards.editions import declared_columns, gate, write_edition
from tests.dashboards.receivables_rows import receivables_rows

AS_OF = "2026-03-20"
DAY = date(2026, 3, 20)
PERIODS = ("2026-01", "2026-02", "2026-03")
ISSUED = ("2026-01", "2026-02")
#: Of the first account of each part, of its bill of February.
_WRITTEN_OFF = Decimal("2.00")
#: Longer than what is shown of a table.
MANY = 300

Row = dict[str, Any]

#: 80 characters.
LONG_NAME = (
    "县城关镇新人民路与建设大道交叉口东南角电信综合营业厅（包含政企客户服务中心、宽带报装受理台"
    "及乡镇代办点管理室）便民服务联合大厅二层至三层及附属楼一层东侧临街门面"
)
#: Names that a page or a spreadsheet must not take for anything but names.
NAMES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("branch", "branch"): ("临江市分公司", "Linjiang Branch"),
    ("business_unit", "U1"): ("城东<b>经营部</b>", 'East <b>&"Unit"'),
    ("business_unit", "U2"): ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ("outlet", "O1"): (LONG_NAME, "Town of Guan, Renmin Road corner Jianshe Avenue, service hall, floors 2 and 3 south east"),
    ("outlet", "O3"): ("\u202e城南\u202c营业厅", "\u202eSouth\u202c outlet \u200f(old)"),
    ("outlet", "O4"): ("城西营业厅", "West outlet"),
    ("agent", "A1"): ("+宏达代理", "+Hongda Agency"),
    ("agent", "A2"): ("恒通代理", "Hengtong Agency"),
    ("agent", "A4"): ("@西山代理", "@Xishan Agency"),
    ("exchange", "E01"): ("城关局", "Town exchange"),
    ("exchange", "E02"): ("西郊局", "West exchange"),
    ("trunk_group", "T1"): ("城关—长途", "Town to toll"),
    ("trunk_group", "T2"): ("城关—移动关口局", "Town to mobile gateway"),
    ("customer_class", "residential"): ("居民", "Residential"),
    ("customer_class", "business"): ("商企", "Business"),
    ("zone", "LOCAL"): ("本地", "Local"),
    ("call_category", "local"): ("本地通话", "Local calls"),
    ("bill_item", "LOCAL"): ("本地通话费", "Local calls"),
    ("bill_item", "RENTAL"): ("月租费", "Line rental"),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A part of the branch. `flavour` 0 is as the tests expect it."""

    digit: int
    unit: str | None
    outlet: str | None
    agent: str | None
    flavour: int = 0
    accounts_wanted: int = 2

    @property
    def text(self) -> str:
        """What its ids and names hold, and those of no other part."""
        return f"part{self.digit}{'abc'[self.flavour]}"

    @property
    def accounts(self) -> tuple[str, ...]:
        """Its accounts."""
        return tuple(f"ACC-{self.text}-{number}" for number in range(1, self.accounts_wanted + self.flavour + 1))

    def number(self, which: int) -> str:
        """A telephone number of its own, of seven digits, the digit of the part in the midst."""
        return f"2{self.digit}7{self.digit}{self.digit + 4 * self.flavour}{which:02d}"

    def amount(self, which: int) -> Decimal:
        """An amount of its own: 4137.04 is the third of part 4. Worked out in whole cents."""
        return (
            Decimal(self.digit * 100_000 + self.flavour * 5_000 + 13_700 * (which % 7 + 1) % 90_000 + self.digit) / 100
        )


PARTS = (
    Part(1, "U1", "O1", "A1"),
    Part(2, "U1", "O1", "A2"),
    Part(3, "U1", "O3", "A1"),
    Part(4, "U2", "O4", "A4"),
    Part(5, None, None, None),
)


def parts_seen(unit: str | None = None, outlet: str | None = None, agent: str | None = None) -> tuple[Part, ...]:
    """The parts that a scope of one unit, outlet or agent sees."""
    wanted = {("unit", unit), ("outlet", outlet), ("agent", agent)}
    return tuple(
        part
        for part in PARTS
        if wanted & {("unit", part.unit or ""), ("outlet", part.outlet or ""), ("agent", part.agent or "")}
    )


def other_flavour(unseen: Iterable[Part]) -> tuple[Part, ...]:
    """The branch with these parts in another flavour."""
    unseen = set(unseen)
    return tuple(replace(part, flavour=1) if part in unseen else part for part in PARTS)


def write_branch(published: Path, parts: Sequence[Part] = PARTS, many: int = 0) -> Path:
    """Write the edition of the branch; `many` more problems of part 1 make a table longer than what is shown of it."""
    marts = {**_of_branch(parts), **_of_parts(parts)}
    marts |= receivables_rows(marts["bills"], marts["payment_applications"], DAY)
    marts["problem_bulletin"] += [_problem(parts[0], 100 + number) for number in range(many)]
    lacking = set(declared_columns()) - set(marts)
    assert not lacking, f"the small branch has no rows of {sorted(lacking)}"
    sample = [{"account_id": part.accounts[0], "amount": str(part.amount(1))} for part in parts]
    failed = gate("hardly_any_duplicates", "warn", success=False, failed_rows=len(sample), sample=sample)
    return write_edition(published, AS_OF, marts, [gate("call_rated_twice"), failed])


def _of_parts(parts: Sequence[Part]) -> dict[str, list[Row]]:
    """The tables whose rows belong to somebody."""
    tables = (
        ("bills", _bills), ("bill_lines", _bill_lines), ("payment_applications", _payments), ("arrears", _arrears),
        ("account_adjustments", _by_hand), ("bill_write_offs", _write_offs), ("late_fees", _late_fees),
        ("dunning_list", _dunning), ("prepaid_balances", _prepaid),
        ("customer_counts", _customer_counts), ("info_service_calls", _info_calls), ("rerating_changes", _changes),
        ("rerating_adjustments", _adjustments), ("period_reopenings", _reopenings),
        ("package_use", _packages), ("debit_failures", _failures),
        ("debit_corrections", _corrections), ("debit_requests", _requests), ("debit_result_mismatches", _mismatches),
        ("open_debit_bills", _open_bills), ("commission_lines", _commission_lines),
        ("commission_bases", _commission_bases), ("commission_forecast", _commission_forecast),
        ("commission_statements", _commission_statements), ("settlement_restatements", _restatements),
        ("number_conflicts", _conflicts),
        ("undocumented_numbers", _undocumented), ("customer_records_incomplete", _incomplete),
        ("problem_bulletin", _problems), ("suspended_calls", _suspended), ("money_at_risk", _at_risk),
        ("overlapping_calls", _overlapping), ("call_anomalies", _anomalies), ("rated_calls", _rated),
        ("revenue_balance_monthly", _balance), ("outlet_terminals", _terminals), ("terminal_coverage", _coverage),
        ("complaints", _complaints), ("complaint_handling", _handling), ("trainings", _trainings),
    )  # fmt: skip
    found = {mart: [row for part in parts for row in rows_of(part)] for mart, rows_of in tables}
    for mart in (
        "commission_forecast", "commission_lines", "commission_statements", "customer_counts", "money_at_risk",
        "revenue_balance_monthly", "terminal_coverage",
    ):  # fmt: skip
        found[mart] = _summed(found[mart])
    return found


def _summed(rows: list[Row]) -> list[Row]:
    """Rows of the same key as one, its quantities added."""
    found: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        key = tuple(value for value in row.values() if isinstance(value, str | None))
        before = found.get(key)
        quantities = {name: value for name, value in row.items() if isinstance(value, int | Decimal)}
        found[key] = (
            row if before is None else {**row, **{name: before[name] + quantities[name] for name in quantities}}
        )
    return list(found.values())


def _each(part: Part, periods: Iterable[str] = PERIODS) -> list[tuple[int, str, str]]:
    return [(place, account, period) for period in periods for place, account in enumerate(part.accounts, start=1)]


def _issued(period: str) -> date:
    return (date.fromisoformat(f"{period}-01") + timedelta(days=32)).replace(day=1)


def _class(place: int) -> str:
    return "residential" if place % 2 else "business"


def _bill_amount(part: Part, place: int, period: str) -> Decimal:
    return part.amount(place + PERIODS.index(period))


def _bills(part: Part) -> list[Row]:
    return [
        {
            "account_id": account, "billing_period": period, "customer_id": f"CUS-{part.text}-{place}",
            "customer_class": _class(place), "business_unit_id": part.unit, "agent_id": part.agent,
            "outlet_id": part.outlet, "amount": _bill_amount(part, place, period), "issued_on": _issued(period),
            "due_on": _issued(period).replace(day=25), "is_provisional": period not in ISSUED,
        }
        for place, account, period in _each(part)
    ]  # fmt: skip


def _bill_lines(part: Part) -> list[Row]:
    """Rental of 20.00, and calls for the rest."""
    found = []
    for place, account, period in _each(part):
        rest = _bill_amount(part, place, period) - Decimal("20.00")
        for item, kind, amount in (("RENTAL", "recurring", Decimal("20.00")), ("LOCAL", "usage", rest)):
            found.append(
                {
                    "account_id": account, "service_number": part.number(place), "billing_period": period,
                    "bill_item_id": item, "line_kind": kind, "amount": amount,
                }
            )  # fmt: skip
    return found


def _received(part: Part, place: int, period: str) -> Decimal:
    """All of January, half of February in whole yuan."""
    amount = _bill_amount(part, place, period)
    return amount if period == "2026-01" else Decimal(int(amount) // 2)


def _payments(part: Part) -> list[Row]:
    return [
        {
            "payment_id": f"PAY-{part.text}-{period}-{place}", "account_id": account, "billing_period": period,
            "settling_account_id": account, "paying_account_id": account,
            "applied_on": _issued(period) + timedelta(days=3), "amount": _received(part, place, period),
        }
        for place, account, period in _each(part, ISSUED)
    ]  # fmt: skip


def _arrears(part: Part) -> list[Row]:
    found = []
    for place, account in enumerate(part.accounts, start=1):
        amount = (
            _bill_amount(part, place, "2026-02")
            - _received(part, place, "2026-02")
            - (_WRITTEN_OFF if place == 1 else 0)
        )
        found.append(
            {
                "settling_account_id": account, "amount": amount, "days_past_due": 40, "amount_1_30": Decimal("0.00"),
                "amount_31_60": amount, "amount_61_90": Decimal("0.00"), "amount_91_plus": Decimal("0.00"),
                "on_dunning_list": bool(place % 2),
            }
        )  # fmt: skip
    return found


def _by_hand(part: Part) -> list[Row]:
    """A credit of 1.00 that nobody approved, and a write-off of 2.00 that is a part of what is open."""
    shared = {
        "account_id": part.accounts[0], "business_unit_id": part.unit, "outlet_id": part.outlet, "dated_on": date(2026, 3, 20),
        "billing_period": None, "reverses_adjustment_id": None, "reason": "=1+1 moved away", "prepared_by": "lin",
    }  # fmt: skip
    return [
        {
            **shared, "adjustment_id": f"ADJ-{part.text}-1", "kind": "credit", "amount": Decimal("1.00"), "bill_item_id": "RENTAL",
            "service_number": part.number(1), "approved_by": None, "possible_amount": None,
            "counted_amount": Decimal("0.00"), "fault": "not_approved",
        },
        {
            **shared, "adjustment_id": f"ADJ-{part.text}-2", "kind": "write_off", "amount": Decimal("2.00"), "bill_item_id": None,
            "service_number": "", "approved_by": "chen", "possible_amount": Decimal("9.00"),
            "counted_amount": Decimal("2.00"), "fault": None,
        },
    ]  # fmt: skip


def _write_offs(part: Part) -> list[Row]:
    return [
        {
            "adjustment_id": f"ADJ-{part.text}-2", "account_id": part.accounts[0], "billing_period": "2026-02",
            "settling_account_id": part.accounts[0], "written_off_account_id": part.accounts[0],
            "written_off_on": date(2026, 3, 20), "amount": _WRITTEN_OFF,
        }
    ]  # fmt: skip


def _late_fees(part: Part) -> list[Row]:
    return [
        {
            "account_id": part.accounts[0], "unpaid_period": "2026-01", "fee_period": "2026-02", "bill_item_id": "RENTAL", "days": 3,
            "principal": part.amount(1), "amount": Decimal(f"0.{part.digit}{part.flavour}"),
        }
    ]  # fmt: skip


def _dunning(part: Part) -> list[Row]:
    """What is unpaid of February: the first account is dunned, the money of the second is asked of the bank."""
    found = []
    for place, account in enumerate(part.accounts, start=1):
        bill, received = _bill_amount(part, place, "2026-02"), _received(part, place, "2026-02")
        is_dunned = bool(place % 2)
        covered = Decimal("0.00") if is_dunned else bill - received
        words = "paid in part" if is_dunned else "Not dunned: asked of the bank"
        found.append(
            {
                "account_id": account, "billing_period": "2026-02", "settling_account_id": account,
                "customer_id": f"CUS-{part.text}-{place}", "customer_class": _class(place), "business_unit_id": part.unit,
                "agent_id": part.agent, "outlet_id": part.outlet, "bill_amount": bill, "received": received,
                "amount": bill - received, "covering_amount": covered, "dunned_amount": bill - received - covered,
                "is_dunned": is_dunned, "days_past_due": 40, "due_on": _issued("2026-02").replace(day=25),
                "reason": "paid_in_part" if is_dunned else "debit_unanswered",
                "cover_account_id": None if is_dunned else account, "reason_en": f"{account}: {words}",
                "reason_zh": f"{account}：{'部分缴纳' if is_dunned else '代扣未回盘'}",
            }
        )  # fmt: skip
    return found


def _prepaid(part: Part) -> list[Row]:
    return [
        {
            "settling_account_id": account, "customer_id": f"CUS-{part.text}-{place}", "business_unit_id": part.unit,
            "agent_id": part.agent, "outlet_id": part.outlet, "prepaid_amount": part.amount(place + 3),
            "overdrawn_amount": Decimal("0.00"), "amount": part.amount(place + 3), "payments": 1,
            "prepaid_since": date(2026, 3, 2), "newest_payment_on": date(2026, 3, 2),
        }
        for place, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _terminals(part: Part) -> list[Row]:
    """Two, the second out of order and without a backup line."""
    return [
        {
            "terminal_id": f"TER-{part.text}-{place}", "outlet_id": part.outlet or "unassigned",
            "business_unit_id": part.unit or "unassigned", "access_kind": "fibre", "is_backup_there": place == 1,
            "installed_on": date(2025, 1, 1), "last_inspected_on": date(2026, 1, place), "inspection_due_on": date(2026, 4, place),
            "is_inspection_overdue": place == 2, "fault_since": date(2026, 3, 18) if place == 2 else None,
            "days_faulty": 2 if place == 2 else None, "fault_note": f"call {part.number(1)}" if place == 2 else None,
        }
        for place in (1, 2)
    ]  # fmt: skip


def _coverage(part: Part) -> list[Row]:
    """Parts 1 and 2 share an outlet, which counts once."""
    outlets = int(part.outlet is not None and part.digit != 2)
    return [
        {
            "outlet_id": part.outlet or "unassigned", "business_unit_id": part.unit or "unassigned",
            "outlets": outlets, "outlets_with_terminal": outlets, "outlets_with_backup": outlets, "terminals": 2,
            "terminals_with_backup": 1, "inspections_overdue": 1, "open_faults": 1,
        }
    ]  # fmt: skip


def _complaints(part: Part) -> list[Row]:
    """One for each account, all of February: the first is closed after a day, the others are open."""
    return [
        {
            "complaint_id": f"CMP-{part.text}-{place}", "account_id": account, "business_unit_id": part.unit or "unassigned",
            "outlet_id": part.outlet or "unassigned", "kind": f"=fault {part.text}", "was_billing_error": False,
            "opened_month": "2026-02", "opened_at": datetime(2026, 2, 10, 9), "is_closed": place == 1,
            "closed_at": datetime(2026, 2, 11, 9) if place == 1 else None, "handling_hours": 24.0 if place == 1 else 927.0,
            "is_overdue": place > 1,
        }
        for place, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _handling(part: Part) -> list[Row]:
    count = len(part.accounts)
    return [
        {
            "opened_month": "2026-02", "business_unit_id": part.unit or "unassigned", "outlet_id": part.outlet or "unassigned",
            "kind": f"=fault {part.text}", "opened": count, "closed": 1, "still_open": count - 1, "overdue": count - 1,
            "median_hours": 24.0, "mean_hours": 24.0, "longest_hours": 24.0,
        }
    ]  # fmt: skip


def _trainings(part: Part) -> list[Row]:
    return [
        {
            "training_id": f"TRN-{part.text}", "held_on": date(2026, 3, 5), "title_zh": f"培训{part.text}",
            "title_en": f"Training {part.text}", "business_unit_id": part.unit, "outlet_id": part.outlet, "is_held": True,
            "invited": 10 + part.flavour, "attended": 8, "attendance": 8 / (10 + part.flavour), "examined": 4, "passed": 3,
            "pass_share": 0.75, "mean_score": 80.0,
        }
    ]  # fmt: skip


def _customer_counts(part: Part) -> list[Row]:
    return [
        {
            "billing_period": period, "business_unit_id": part.unit or "unassigned",
            "customer_class": customer_class, "customers": 1 + part.flavour,
        }
        for period in ISSUED
        for customer_class in ("residential", "business")
    ]  # fmt: skip


def _info_calls(part: Part) -> list[Row]:
    return [
        {
            "billing_period": period, "customer_id": f"CUS-{part.text}-{place}", "access_prefix": "168",
            "provider_id": "SP01", "provider_name": "=SUM(1,1)天气台", "contact": "0548-2214160",
            "calls": 10 + part.digit, "seconds": 600 + part.digit, "amount": part.amount(place + 2),
        }
        for place, _, period in _each(part)
    ]  # fmt: skip


def _changes(part: Part) -> list[Row]:
    return [
        {
            "rerate_id": "20260310T100000", "account_id": part.accounts[0], "zone_id": "LOCAL",
            "business_unit_id": part.unit, "billing_period": period, "is_period_closed": period == "2026-01",
            "calls_before": 3, "calls_after": 3, "calls_changed": 1, "newly_rated_calls": 0, "no_longer_rated_calls": 0,
            "amount_before": part.amount(1), "amount_after": part.amount(2),
            "amount_difference": part.amount(2) - part.amount(1),
            "adjusted_in": "2026-03" if period == "2026-01" else None, "first_day": date(2026, 1, 2),
            "last_day": date(2026, 2, 27), "why": "=1+1 price corrected",
        }
        for period in ISSUED
    ]  # fmt: skip


def _reopenings(part: Part) -> list[Row]:
    return [
        {
            "billing_period": "2026-01", "reopening_number": 1, "account_id": account, "bill_item_id": "LOCAL",
            "frozen_calls": 3, "calls": 4, "frozen_seconds": 180, "seconds": 240, "frozen_lines": 1, "lines": 1,
            "frozen_amount": part.amount(number), "amount": part.amount(number + 1),
            "difference_amount": part.amount(number + 1) - part.amount(number),
            "reopened_at": datetime(2026, 3, 12, 9, 30), "reopened_by": "wang", "why": "=1+1 late file",
        }
        for number, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _adjustments(part: Part) -> list[Row]:
    return [
        {
            "rerate_id": "20260310T100000", "account_id": part.accounts[0], "service_number": part.number(1),
            "bill_item_id": "LOCAL", "zone_id": "LOCAL", "business_unit_id": part.unit, "closed_period": "2026-01",
            "call_date": date(2026, 1, 2), "calls": 3, "amount_before": part.amount(1), "amount_after": part.amount(2),
            "amount_difference": part.amount(2) - part.amount(1), "adjusted_in": "2026-03",
        }
    ]  # fmt: skip


def _packages(part: Part) -> list[Row]:
    return [
        {
            "package_id": "LOCAL_HOUR", "account_id": part.accounts[0], "package_number": part.number(1),
            "billing_period": period, "allowance_kind": "seconds", "subscriptions": 1, "allowance": Decimal(3600),
            "used": Decimal(1800 + part.digit), "unused": Decimal(1800 - part.digit), "calls": 5, "calls_covered": 4,
            "list_amount": part.amount(4), "covered_amount": part.amount(3), "exhausted_on": None,
            "exhausted_by_call_id": f"call-{part.text}:1",
        }
        for period in PERIODS
    ]  # fmt: skip


def _failures(part: Part) -> list[Row]:
    return [
        {
            "bank_code": "ICBC", "batch_id": "0001", "debited_on": date(2026, 3, 10), "line": part.digit * 10 + place,
            "account_id": account, "customer_id": f"CUS-{part.text}-{place}", "outlet_id": part.outlet,
            "amount": part.amount(place), "requested_amount": part.amount(place), "collected_amount": Decimal("0.00"),
            "result_code": "03", "cause": "insufficient_funds", "is_cause_inferred": False,
            "reason_text": "-余额不足", "returned_payment_id": None,
        }
        for place, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _corrections(part: Part) -> list[Row]:
    return [
        {
            "bank_code": "ICBC", "batch_id": "0001", "line": part.digit, "account_id": part.accounts[0],
            "customer_id": f"CUS-{part.text}-1", "outlet_id": part.outlet, "bank_account": _bank_account(part, 1),
            "correction_code": "C01", "corrected_data": _bank_account(part, 2), "notified_on": date(2026, 3, 11),
        }
    ]  # fmt: skip


def _bank_account(part: Part, place: int) -> str:
    return f"62284806{part.digit}{part.flavour}{part.digit}{place:08d}"


def _requests(part: Part) -> list[Row]:
    return [
        {
            "bank_code": "ICBC", "batch_id": "R0001", "line": part.digit * 10 + place, "account_id": account,
            "billing_period": "2026-02", "bank_account": _bank_account(part, place), "amount": part.amount(place),
            "collected_amount": Decimal("0.00"), "returned_amount": Decimal("0.00"), "requested_on": date(2026, 3, 5),
            "debit_on": date(2026, 3, 10), "result": "answered_failed" if place == 1 else "unanswered",
            "result_file_name": "ICBC_20260310_0001.txt" if place == 1 else None,
            "result_batch_id": "0001" if place == 1 else None, "result_line": part.digit if place == 1 else None,
            "result_code": "03" if place == 1 else None, "debited_on": date(2026, 3, 10) if place == 1 else None,
            "days_waiting": None if place == 1 else 10, "is_overdue": place != 1,
        }
        for place, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _mismatches(part: Part) -> list[Row]:
    return [
        {
            "bank_code": "ICBC", "batch_id": "0001", "line": part.digit, "kind": "other_amount",
            "account_id": part.accounts[0], "billing_period": "2026-02", "bank_account": _bank_account(part, 1),
            "amount": part.amount(5), "collected_amount": part.amount(5), "result_code": "00",
            "debited_on": date(2026, 3, 10), "file_name": "ICBC_20260310_0001.txt", "request_batch_id": "R0001",
            "request_line": part.digit, "requested_account_id": part.accounts[0],
            "requested_bank_account": _bank_account(part, 1), "requested_amount": part.amount(1),
        }
    ]  # fmt: skip


def _open_bills(part: Part) -> list[Row]:
    return [
        {
            "account_id": account, "bill_account_id": account, "billing_period": "2026-02", "bank_code": "ICBC",
            "bank_account": _bank_account(part, place), "customer_name": f"=HYPERLINK(\"{part.text}\")",
            "account_opened_on": date(2020, 1, 1), "amount": part.amount(place), "issued_on": date(2026, 3, 1),
            "due_on": date(2026, 3, 25), "fault": None,
        }
        for place, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _commission_lines(part: Part) -> list[Row]:
    if part.agent is None:
        return []
    return [
        {
            "agent_id": part.agent, "settlement_period": period, "line_kind": kind, "basis_amount": part.amount(which),
            "rate": Decimal("5.000000"), "amount": amount,
        }
        for period in ISSUED
        for which, (kind, amount) in enumerate((("on_time", part.amount(6)), ("clawback", -part.amount(0))))
    ]  # fmt: skip


def _commission_bases(part: Part) -> list[Row]:
    """The basis of each line as one row, and of `late` the reason, on the row of a payment that would have counted."""
    if part.agent is None:
        return []
    account, rule = part.accounts[0], {"commission_plan_id": "CP1", "plan_valid_from": date(2025, 1, 1)}
    paid = {"account_id": account, "payment_id": f"PAY-{part.text}-1", "applied_on": date(2026, 2, 20), **rule}
    return [
        {"agent_id": part.agent, "settlement_period": period, **row}
        for period in ISSUED
        for row in (
            {
                "line_kind": "on_time", "billing_period": period, "basis_amount": part.amount(0), "rate": Decimal("5.000000"),
                "receivable": part.amount(5), "received": part.amount(0), "collection_rate": 0.5,
                "tier_from_rate": Decimal("0.400000"), **paid,
            },
            {
                "line_kind": "clawback", "service_number": part.number(1), "starts_at": datetime(2026, 1, 2, 9),
                "ends_at": datetime(2026, 1, 30, 9), "numbers": 1, "rate": Decimal("5.000000"), **rule,
            },
            {
                "line_kind": "late", "billing_period": "2025-12", "basis_amount": part.amount(2), "rate": Decimal(0),
                "reason": "zero_percent", **paid,
            },
        )
    ]  # fmt: skip


def _commission_forecast(part: Part) -> list[Row]:
    """One row of an agent, in two settlements where two parts are his."""
    if part.agent is None:
        return []
    period, cut_off = ("2026-03", date(2026, 4, 30)) if part.digit == 3 else ("2026-02", date(2026, 3, 31))
    return [
        {
            "agent_id": part.agent, "settlement_period": period, "line_kind": "on_time", "commission_plan_id": "CP1",
            "plan_valid_from": date(2025, 1, 1), "basis_amount": part.amount(3), "rate": Decimal("5.000000"),
            "amount": part.amount(4), "receivable": part.amount(5), "received": part.amount(3), "collection_rate": 0.5,
            "tier_from_rate": Decimal("0.400000"), "next_tier_from_rate": Decimal("0.900000"),
            "next_commission_percent": Decimal("8.000000"), "missing_amount": part.amount(1), "is_provisional": True,
            "as_of": DAY, "cut_off_on": cut_off,
        }
    ]  # fmt: skip


def _commission_statements(part: Part) -> list[Row]:
    if part.agent is None:
        return []
    amount = part.amount(6) - part.amount(0)
    return [{"agent_id": part.agent, "settlement_period": period, "lines": 2, "amount": amount} for period in ISSUED]


def _restatements(part: Part) -> list[Row]:
    if part.agent is None:
        return []
    return [
        {
            "settlement_period": ISSUED[-1], "restated_period": ISSUED[0], "agent_id": part.agent, "line_kind": "on_time",
            "locked_amount": part.amount(6), "restated_before": 0, "recalculated_amount": part.amount(6) + part.amount(1),
            "amount": part.amount(1), "reason": "basis_changed",
        }
    ]  # fmt: skip


def _conflicts(part: Part) -> list[Row]:
    return [{"service_number": part.number(7), "kind": "double_assignment", "outlet_id": part.outlet}]


def _undocumented(part: Part) -> list[Row]:
    return [
        {
            "calling_number": part.number(8), "calls": 3, "seconds": 243, "estimated_amount": part.amount(2) / 1000,
            "calls_without_estimate": 0, "first_seen_at": datetime(2026, 2, 17, 12, 30),
            "last_seen_at": datetime(2026, 3, 10, 12, 30), "exchange_id": "E01", "business_unit_id": part.unit,
            "outlet_id": part.outlet, "accounts_nearby": f"{part.accounts[0]} ({part.number(1)})",
        }
    ]  # fmt: skip


def _incomplete(part: Part) -> list[Row]:
    return [
        {
            "export_table": "accounts", "record_id": part.accounts[0], "rule_id": "customer_known",
            "field": "customer_id", "rule_en": f"customer of the account {part.accounts[0]} is not known",
            "rule_zh": f"账户 {part.accounts[0]} 的客户不在客户资料中", "business_unit_id": part.unit,
            "outlet_id": part.outlet, "failing_rows": 1, "first_seen_on": date(2026, 1, 5),
            "file_name": "accounts_20260320.csv", "file_date": DAY,
        }
    ]  # fmt: skip


def _problem(part: Part, which: int) -> Row:
    return {
        "problem_id": f"billing_error_complaint:{part.text}-{which}", "found_on": date(2026, 3, 1) + timedelta(days=which % 20),
        "kind": "billing_error_complaint", "severity": "error" if which % 3 == 0 else "warn",
        "business_unit_id": part.unit, "outlet_id": part.outlet, "subject": f"{part.text}-K{which:04d}",
        "detail": f"complaint of account {part.accounts[0]} about billing was a billing error",
        "count": which, "first_seen_on": date(2026, 3, 1),
        "resolved_on": None,
    }  # fmt: skip


def _problems(part: Part) -> list[Row]:
    return [_problem(part, which) for which in range(1, 3 + part.flavour)]


def _call(part: Part, place: int) -> Row:
    """What calls of every kind have."""
    started = datetime(2026, 2, 10 + part.digit, 9, place)
    return {
        "call_id": f"call-{part.text}:{place}", "switch_id": "SC1", "exchange_id": "E01", "trunk_group_in": None,
        "trunk_group_out": "T1", "calling_number": part.number(place), "called_number": part.number(place + 20),
        "charged_number": part.number(place), "is_charged_as_recorded": False, "started_at": started,
        "call_date": started.date(), "duration_seconds": 60 + part.digit, "access_code": None,
        "rated_number": part.number(place + 20), "zone_id": "LOCAL", "file_name": "SC1_20260210_000001.csv",
        "record_number": part.digit * 100 + place,
    }  # fmt: skip


def _suspended(part: Part) -> list[Row]:
    return [
        _call(part, 30 + which)
        | {
            "state": state, "reason": f"no account holds number {part.number(30 + which)} at that time", "release_cause": 16,
            "account_id": None if state == "undocumented" else part.accounts[0], "tariff_plan_id": None,
            "business_unit_id": part.unit, "age_days": 38, "estimated_amount": part.amount(which) / 1000,
            "estimated_plan_id": "RESIDENTIAL", "estimated_basis": "range_plan", "estimate_reason": None,
        }
        for which, state in enumerate(("undocumented", "unrated"))
    ]  # fmt: skip


def _at_risk(part: Part) -> list[Row]:
    return [
        {
            "state": state, "age_bucket": "31+", "business_unit_id": part.unit or "unassigned", "calls": 1 + part.flavour,
            "seconds": 61, "estimated_amount": part.amount(which) / 1000, "calls_without_estimate": 0,
        }
        for which, state in enumerate(("undocumented", "unrated"))
    ]  # fmt: skip


def _balance(part: Part) -> list[Row]:
    """The bills of a part from their charges to what is open; a payment, and what of it lies on no bill."""
    found: list[Row] = []
    for place, _, period in _each(part, ISSUED):
        billed, paid = _bill_amount(part, place, period), _received(part, place, period)
        for step, item, age, amount in (
            ("charge", "list_price", "none", billed), ("line", "usage", "none", billed), ("bill", "issued", "none", billed),
            ("settlement", "applied", "none", paid), ("open", "unpaid", "31-60", billed - paid), ("cash", "counter", "none", paid),
        ):  # fmt: skip
            found.append(
                {
                    "billing_period": period, "step": step, "item": item, "business_unit_id": part.unit or "unassigned",
                    "age_bucket": age, "records": 1, "amount": amount, "calls_without_estimate": 0,
                }
            )  # fmt: skip
    return found


def _overlapping(part: Part) -> list[Row]:
    return [
        {
            "calling_number": part.number(1), "call_date": date(2026, 2, 10), "started_at": datetime(2026, 2, 10, 10, 3, 20),
            "call_id": f"call-{part.text}:1", "overlapped_call_id": f"call-{part.text}:2",
            "account_id": part.accounts[0], "exchange_id": "E01", "business_unit_id": part.unit,
            "outlet_id": part.outlet, "calls_at_once": 2, "channels": 1, "overlapping_calls": 1,
        }
    ]  # fmt: skip


def _anomalies(part: Part) -> list[Row]:
    return [
        {
            "anomaly_id": f"over_long_calls:call-{part.text}:1", "kind": "over_long_calls", "switch_id": "SC1",
            "exchange_id": "E01", "business_unit_id": part.unit, "outlet_id": part.outlet,
            "calling_number": part.number(1), "call_date": date(2026, 2, 10), "hour": datetime(2026, 2, 10),
            "measure": 86400, "usual": None, "threshold": Decimal("14400.0"), "call_ids": f"call-{part.text}:1",
            "detail": f"the call of {part.number(1)} to 169 for 86400 seconds",
        }
    ]  # fmt: skip


def _rated(part: Part) -> list[Row]:
    return [
        _call(part, place)
        | {
            "account_id": account, "customer_id": f"CUS-{part.text}-{place}", "customer_class": _class(place),
            "business_unit_id": part.unit, "agent_id": part.agent, "outlet_id": part.outlet,
            "destination_prefix": "222", "call_category": "local", "bill_item_id": "LOCAL",
            "tariff_plan_id": "RESIDENTIAL", "charged_seconds": 180, "amount": part.amount(place) / 100,
            "rate_valid_from": date(2015, 1, 1), "band_at_start": "ALL", "connect_fee": Decimal("0.000000"),
            "charge_steps": "ALL/0:1", "unrounded_numerator": Decimal(500000), "unrounded_denominator": Decimal(1000000),
            "is_capped": False, "billing_period": "2026-02",
        }
        for place, account in enumerate(part.accounts, start=1)
    ]  # fmt: skip


def _of_branch(parts: Sequence[Part]) -> dict[str, list[Row]]:
    """Names and prices, and the tables of the branch as a whole: their rows are sums over the parts."""
    flavour = sum(part.flavour for part in parts)
    return {
        "dimension_names": [
            {"dimension": dimension, "dimension_id": member, "name_zh": zh, "name_en": en}
            for (dimension, member), (zh, en) in NAMES.items()
        ],
        "billing_periods": [
            {"billing_period": period, "period_state": state, "issued_on": _issued(period),
             "due_on": _issued(period).replace(day=25)}
            for period, state in zip(PERIODS, ("closed", "open", "provisional"), strict=True)
        ],
        "collection_rates": _collection_rates(parts),
        "settlements": _settlements(parts),
        **_of_files(flavour),
        **_of_balance(flavour),
        **_of_traffic(flavour),
        **_of_tariff(),
    }  # fmt: skip


def _collection_rates(parts: Sequence[Part]) -> list[Row]:
    sums: dict[tuple[str, str, str], tuple[int, Decimal, Decimal, Decimal]] = {}
    for part in parts:
        for place, _, period in _each(part, ISSUED):
            for dimension, member in (
                ("branch", "branch"), ("business_unit", part.unit or "unassigned"), ("outlet", part.outlet or "unassigned"),
                ("agent", part.agent or "unassigned"), ("customer_class", _class(place)),
            ):  # fmt: skip
                bills, *amounts = sums.get((period, dimension, member), (0, Decimal(0), Decimal(0), Decimal(0)))
                receivable, received, written_off = amounts
                sums[period, dimension, member] = (
                    bills + 1,
                    receivable + _bill_amount(part, place, period),
                    received + _received(part, place, period),
                    written_off + (_WRITTEN_OFF if (place, period) == (1, "2026-02") else Decimal("0.00")),
                )
    return [
        {
            "billing_period": period, "dimension": dimension, "dimension_id": member, "as_of": DAY, "bills": bills,
            "receivable": receivable, "received": received, "written_off": written_off,
            "collection_rate": float(received / receivable),
        }
        for (period, dimension, member), (bills, receivable, received, written_off) in sums.items()
    ]  # fmt: skip


def _of_balance(flavour: int) -> dict[str, list[Row]]:
    """The days of the balance and its measures: counts that a flavour changes."""
    day = {"file_date": date(2026, 2, 3), "calls_without_estimate": 0}
    return {
        "revenue_balance_daily": [
            day | {"step": "read", "item": "read", "records": 1000 + flavour, "seconds": 60000},
            day | {"step": "state", "item": "rated", "records": 900 + flavour, "seconds": 59000, "amount": Decimal("470.250000")},
            day | {"step": "state", "item": "undocumented", "records": 100, "seconds": 1000, "estimated_amount": Decimal("3.5")},
            day | {"step": "charge", "item": "list_price", "records": 900 + flavour, "seconds": 59000, "amount": Decimal("470.25")},
        ],
        "revenue_assurance_kpis": [
            {
                "billing_period": "2026-02", "kpi": measure, "item": item, "unit": unit,
                "numerator": Decimal(numerator + flavour), "denominator": Decimal(100), "value": (numerator + flavour) / 100,
                "target": 0.01 if measure == "billing_errors" else None,
            }
            for measure, item, unit, numerator in (
                ("leakage", "all", "amount", 3), ("leakage", "undocumented", "amount", 3), ("undocumented", "31+", "amount", 3),
                ("duplicates", "all", "records", 1), ("debit_returns", "insufficient_funds", "debits", 5),
                ("billing_errors", "all", "bills", 2), ("rating_accuracy", "all", "calls", 100),
            )
        ],
    }  # fmt: skip


def _settlements(parts: Sequence[Part]) -> list[Row]:
    """January is locked, February approved."""
    amount = sum((row["amount"] for part in parts for row in _commission_statements(part)), Decimal(0)) / len(ISSUED)
    agents = len({part.agent for part in parts if part.agent})
    return [
        {
            "settlement_period": period, "state": state, "cut_off_on": _issued(period) + timedelta(days=27),
            "agents": agents, "lines": 2 * agents, "amount": amount, "prepared_by": "li", "approved_by": "wang",
            "approved_at": f"{_issued(period)} 08:00:00", "approved_amount": amount, "lines_changed_since_approval": 0,
            "locked_by": "wang" if state == "locked" else None,
            "restated_amount": Decimal("0.00") if state == "locked" else None,
        }
        for period, state in zip(ISSUED, ("locked", "approved"), strict=True)
    ]  # fmt: skip


def _of_files(flavour: int) -> dict[str, list[Row]]:
    """What came in: counts that a flavour changes."""
    names = {"call_id": f"call-branch{flavour}:1", "switch_id": "SC1"}
    states = ("held", "duplicate", "other_day", "partial", "not_answered", "not_charged", "undocumented", "unrated")
    file = {
        "source": "cdr/SC1",
        "file_kind": "cdr",
        "switch_id": "SC1",
        "read_records": 1000 + flavour,
        "malformed": 1,
        "ignored": 7,
        "rated": 984 + flavour,  # with the other states the records read
        "read_seconds": 60000,
        "data_rows": 0,
        "set_aside_rows": 0,
        **dict.fromkeys(states, 1),
    }
    return {
        "file_reconciliation": [
            file
            | {
                "file_id": "f1",
                "file_name": "SC1_20260203_000001.csv",
                "file_date": date(2026, 2, 3),
                "sequence_number": 1,
                "file_status": "loaded",
            },
            file
            | {
                "file_id": "f2",
                "file_name": "SC1_20260303_000002.csv",
                "file_date": date(2026, 3, 3),
                "sequence_number": 2,
                "file_status": "held",
                "status_reason": 'ctl says "900" records <&>',
            },
            file
            | {
                "file_id": "f3",
                "file_name": "ICBC_20260310_0001.txt",
                "source": "bank/ICBC",
                "file_kind": "bank",
                "switch_id": None,
                "file_date": date(2026, 3, 10),
                "file_status": "loaded",
                "data_rows": 9,
            },
        ],
        "sequence_gaps": [
            {
                "switch_id": "SC1",
                "missing_from": 3,
                "missing_to": 4 + flavour,
                "missing_files": 2 + flavour,
                "gap_since": date(2026, 3, 4),
                "age_days": 16,
            }
        ],
        "expected_files": [
            {
                "switch_id": "SC1",
                "file_date": day,
                "exchange_id": "E01",
                "expected_files": 4,
                "due_files": 4,
                "arrived_files": 3,
                "missing_files": 1,
                "days_late": 2,
                "is_day_over": True,
            }
            for day in (date(2026, 2, 3), date(2026, 3, 3))
        ],
        "debit_batches": [
            {
                "bank_code": "ICBC",
                "batch_id": "0001",
                "file_id": "f3",
                "file_name": "ICBC_20260310_0001.txt",
                "billing_period": "2026-02",
                "debited_on": date(2026, 3, 10),
                "records": 9 + flavour,
                "total_amount": Decimal("9000.09"),
                "success_records": 5,
                "success_amount": Decimal("5000.05"),
                "detail_records": 9 + flavour,
                "detail_total_amount": Decimal("9000.09"),
                "detail_success_records": 5,
                "detail_success_amount": Decimal("5000.05"),
                "totals_agree": True,
                "is_accepted": True,
                "is_difference_accepted": False,
                "result_scheme": None,
                "pending_records": 0,
                "correction_records": 1,
                "passed_over_records": 0,
                "no_amount_records": 0,
                "charge_amount": Decimal("0.00"),
            }
        ],
        "duplicate_calls": [
            names
            | {
                "original_call_id": f"call-branch{flavour}:2",
                "trunk_group_in": "T1",
                "calling_number": "2900001",
                "called_number": "2900002",
                "started_at": datetime(2026, 2, 3, 9),
                "call_date": date(2026, 2, 3),
                "duration_seconds": 61,
                "release_cause": 16,
                "file_name": "SC1_20260203_000001.csv",
                "record_number": 5,
            }
        ],
        "suspense_retries": [
            {
                "call_id": names["call_id"],
                "state": "undocumented",
                "first_suspended_at": datetime(2026, 2, 3, 9),
                "last_tried_at": datetime(2026, 3, 3, 9),
                "tries": 2,
            }
        ],
        "info_service_settlements": [
            {
                "provider_id": "SP01",
                "billing_period": period,
                "calls": 100 + flavour,
                "seconds": 6000,
                "amount": Decimal("777.000000"),
                "share_amount": Decimal("310.80"),
            }
            for period in PERIODS
        ],
    }


def _of_traffic(flavour: int) -> dict[str, list[Row]]:
    """Four days of two trunk groups, the second overloaded."""
    days = (date(2026, 2, 2), date(2026, 2, 7), date(2026, 2, 9), date(2026, 3, 9))
    asked = {
        "seizures": 90 + flavour,
        "answers": 72,
        "conversation_seconds": 72000,
        "asr": 0.8,
        "ner": 0.9,
        "acd_seconds": 1000.0,
    }
    return {
        "traffic_by_customer_class": [
            {"customer_class": each, "date": day, **asked, "erlangs": 20.0}
            for day in days
            for each in ("residential", "business")
        ],
        "traffic_by_exchange": [
            {"exchange_id": each, "date": day, **asked, "erlangs": 20.0} for day in days for each in ("E01", "E02")
        ],
        "trunk_traffic_daily": [
            {
                "trunk_group_id": group,
                "date": day,
                **asked,
                "busy_hour": 10,
                "busy_hour_erlangs": load,
                "circuits": 28,
                "circuits_needed": 30,
                "utilisation": load / 28,
                "blocking": blocking,
            }
            for day in days
            for group, load, blocking in (("T1", 12.5, 0.0), ("T2", 20.337, 0.0219))
        ],
        "trunk_traffic_hourly": [
            {
                "trunk_group_id": group,
                "direction": direction,
                "hour": datetime(day.year, day.month, day.day, hour),
                **asked,
                "erlangs": float(hour),
            }
            for day in days
            for hour in (9, 10, 20)
            for group in ("T1", "T2")
            for direction in ("in", "out", "total")
        ],
        "trunk_traffic_monthly": [
            {
                "trunk_group_id": group,
                "month": month,
                "busy_hour": 10,
                "busy_hour_erlangs": load,
                "days_with_traffic": 3,
                "circuits_needed": 30,
            }
            for month in PERIODS
            for group, load in (("T1", 12.5), ("T2", 20.337))
        ],
    }


def _of_tariff() -> dict[str, list[Row]]:
    """Two prices and two bill items."""
    price = {
        "tariff_plan_id": "RESIDENTIAL", "customer_class": "residential", "zone_id": "LOCAL", "band_rule": "increment",
        "rounding_mode": "half_up", "rounding_decimals": 2, "connect_fee": Decimal("0.000000"),
        "amount_1_minute": Decimal("0.220000"), "amount_3_minutes": Decimal("0.220000"),
        "amount_10_minutes": Decimal("0.990000"), "max_amount": None, "sentence_zh": "前3分钟0.22元，此后每分钟0.11元",
        "sentence_en": "0.22 for the first 3 minutes, then 0.11 a minute", "rate_valid_from": date(2015, 1, 1),
    }  # fmt: skip
    item = {"call_category": None, "zone_id": None, "charged_party": None}
    return {
        "tariff_guide": [
            price | {"band": "DAY", "band_hours": "12345 07:00–21:00"},
            price | {"band": "NIGHT", "band_hours": "12345 21:00–24:00"},
        ],
        "bill_item_guide": [
            item | {"bill_item_id": "RENTAL", "item_kind": "rental", "bill_item_zh": "月租费", "bill_item_en": "Line rental"},
            item | {
                "bill_item_id": "LOCAL", "item_kind": "call", "bill_item_zh": "本地通话费", "bill_item_en": "Local calls",
                "call_category": "local", "call_category_zh": "本地通话", "call_category_en": "Local calls", "zone_id": "LOCAL",
                "zone_zh": "本地", "zone_en": "Local", "charged_party": "calling",
            },
        ],
    }  # fmt: skip
