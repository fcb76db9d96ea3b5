"""Records that name who pays, withheld callers, service codes and a call of seven days: one branch, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

from tests.robustness.branch import CDR_HEADER, SWITCH, Branch, cdr

FIRST, LATER = f"{SWITCH}_20260304_003004.csv", f"{SWITCH}_20260309_003009.csv"
WEEK = 7 * 86_400
CALLS = [
    # From Wednesday 00:00 for seven days; Saturday 7 March counts as a Friday.
    f"2200001,2200002,,TG1,2026-03-04 00:00:00,{WEEK},16,",
    # A stranger's call to 2200001, and the leg that 2200001 forwards.
    "01065529988,2200001,TG1,,2026-03-04 10:00:00,61,16,",
    "01065529988,01012345678,TG1,TG1,2026-03-04 10:00:00,61,16,2200001",
    # Withheld: to an ordinary number, to an 800-type number that A2 holds, to one that nobody holds.
    ",2200001,TG1,,2026-03-04 11:00:00,60,16,",
    ",8005,TG1,,2026-03-04 11:10:00,60,16,",
    ",8006,TG1,,2026-03-04 11:20:00,60,16,",
    "2200002,*31#01012345678,,TG1,2026-03-04 12:00:00,61,16,",
    "2200002,*57,,,2026-03-04 12:10:00,60,16,",
    "2200002,*58,,,2026-03-04 12:20:00,60,16,",
    # 2200001 calls while it speaks; a number that nobody holds pays, and the line is not busy with it.
    "2200001,2200002,,,2026-03-04 13:00:00,60,16,2200999",
]


def failed_shares(branch: Branch) -> set[str]:
    """The gates on undocumented calls, undocumented numbers and duplicates over the branch that failed."""
    suites = {"undocumented_calls", "undocumented_numbers", "duplicate_calls_of_the_branch"}
    gates = [gate for gate in branch.manifest["gates"] if gate["suite"] in suites]
    assert len(gates) == 8
    return {gate["gate"] for gate in gates if not gate["success"]}


def test_the_named_number_pays_for_as_long_as_the_call_lasts(branch: Branch) -> None:
    (branch.book / "dialling_rules.csv").write_text(
        "rule_order,kind,code,min_rest_digits,tariff_plan_id,zone_id,valid_from,valid_to,name_zh,name_en\n"
        "10,code,*31#,3,,,2015-01-01,,隐藏号码,Withhold the number\n",
        encoding="utf-8",
    )
    (branch.book / "holidays.csv").write_text(
        "holiday_date,name_zh,name_en,counts_as\n2026-03-07,补班,Make-up workday,5\n", encoding="utf-8"
    )
    branch.spoil("time_bands", "ALL_DAY,1234567,", "ALL_DAY,67,00:00,24:00,OFF\nALL_DAY,12345,")
    branch.add("zones", "FREE,local,called,免费,Freephone")
    branch.add("destinations", "800,FREE,2015-01-01,", "*57,LOCAL,2015-01-01,", ",NATIONAL,2015-01-01,")
    branch.add("tariff_rates", "HOME,LOCAL,OFF,2015-01-01,,0,0,0.05,60,60", "OFFICE,FREE,,2015-01-01,,0,0,0.15,60,60")
    branch.deliver(f"cdr/{SWITCH}", FIRST, cdr(CALLS, f"{CDR_HEADER},charged_number"))
    branch.deliver(f"cdr/{SWITCH}", LATER, cdr(["2200001,2200002,,,2026-03-09 10:00:00,60,16"]))
    branch.deliver_exports(
        service_numbers="service_number,account_id,exchange_id,tariff_plan_id,valid_from,valid_to\n"
        "2200001,A1,EX1,,2025-01-01 00:00:00,\n2200002,A2,EX1,,2025-01-01 00:00:00,\n8005,A2,EX1,,2025-01-01 00:00:00,\n"
    )
    typed = branch.tollhouse("run")
    assert (typed.exit_code, typed.answer["status"]) == (0, "published"), typed.message
    assert branch.states() == {
        FIRST: {"not_charged": 2, "undocumented": 2, "unrated": 1, "rated": 5},
        LATER: {"rated": 1},
    }
    columns = "file_name, record_number, account_id, charged_number, access_code, rated_number, charged_seconds, amount"
    rated = {row[:2]: row[2:] for row in branch.mart("rated_calls", columns)}
    assert rated == {
        # 1 440 minutes a day: six workdays at 0.10 (the Saturday one of them), the Sunday at 0.05.
        (FIRST, 1): ("A1", "2200001", None, "2200002", WEEK, Decimal("936.00")),
        (FIRST, 3): ("A1", "2200001", None, "01012345678", 120, Decimal("0.60")),
        (FIRST, 5): ("A2", "8005", None, "8005", 60, Decimal("0.15")),
        (FIRST, 7): ("A2", "2200002", "*31#", "01012345678", 120, Decimal("0.80")),
        (FIRST, 8): ("A2", "2200002", None, "*57", 60, Decimal("0.20")),
        (LATER, 1): ("A1", "2200001", None, "2200002", 60, Decimal("0.10")),
    }
    assert branch.mart("suspended_calls", "record_number, state, reason, charged_number") == [
        (10, "undocumented", "no account holds number 2200999 at that time", "2200999"),
        (6, "undocumented", "no account holds number 8006 at that time", "8006"),
        (9, "unrated", "no destination prefix in force for *58: add one to destinations", "2200002"),
    ]
    assert branch.mart("undocumented_numbers", "calling_number, calls") == [("2200999", 1), ("8006", 1)]
    # The first day has 86 400 s of the long call, 61 + 61 + 61 s in and out over TG1, 61 s out and 3 x 60 s in.
    daily = "cast(date as varchar), seizures, answers, conversation_seconds"
    assert branch.mart("trunk_traffic_daily", daily) == [
        ("2026-03-04", 8, 8, 86_400 + 4 * 61 + 180),
        *((f"2026-03-{day:02d}", 0, 0, 86_400) for day in range(5, 11)),
    ]
    # On 9 March the long call is still up; who pays for the call of the first day does not keep the line busy.
    peak = "calling_number, cast(started_at as varchar), calls_at_once, channels, overlapping_calls"
    assert branch.mart("overlapping_calls", peak) == [("2200001", "2026-03-09 10:00:00", 2, 1, 1)]
    assert branch.mart("call_anomalies", "kind, calling_number, measure") == [("over_long_calls", "2200001", WEEK)]

    calls = {
        number: call_id
        for call_id, number, name in branch.mart("rated_calls", "call_id, record_number, file_name")
        if name == FIRST
    }
    for number, (party, amount) in {
        3: ("recorded", "0.60"),
        5: ("called", "0.15"),
        7: ("calling", "0.80"),
        1: ("calling", "936.00"),
    }.items():
        explained = branch.tollhouse("explain", calls[number]).answer
        assert (explained["charged_party"], explained["differences"]) == (party, [])
        assert explained["by_the_present_book"]["amount"] == amount

    # 2 of the 10 records of the file and of its day are undocumented: above 0.05, and 0.20 is not above 0.20. The number has been
    # so for 5 days, which is no month. No row of the book has these gates.
    assert failed_shares(branch) == {
        "undocumented_share_of_a_file_below_warning",
        "undocumented_share_of_a_day_below_warning",
    }

    # The Saturday is none of the working days after all: the call that began three days before costs 1 440 x 0.05 less.
    branch.spoil("holidays", "2026-03-07,补班,Make-up workday,5\n", "")
    branch.add("gate_thresholds", "undocumented,,0.19", "undocumented_days,4,")
    assert branch.tollhouse("run").exit_code == 0
    assert ("2026-03-04", Decimal("864.00")) in branch.mart("rated_calls", "cast(call_date as varchar), amount")
    # An empty value is no gate: no share warns any more, and no age is an error.
    assert failed_shares(branch) == {
        "undocumented_share_of_a_file_below_limit",
        "undocumented_share_of_a_day_below_limit",
        "no_number_is_undocumented_for_longer_than_the_warning",
    }
