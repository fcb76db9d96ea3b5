"""A branch without agents and promotions: their tables have their header alone, and nobody is missing."""

from __future__ import annotations

from tests.robustness.branch import BOOK, EXPORTS, Branch


def test_an_empty_field_is_no_unknown_agent_or_promotion(branch: Branch) -> None:
    for table in ("agents", "promotions"):
        (branch.book / f"{table}.csv").write_text(BOOK[table].split("\n")[0] + "\n", encoding="utf-8")
    branch.spoil("outlets", "agent,AG1", "own,")
    customers = EXPORTS["customers"].replace("OU2,AG1", "OU2,")
    subscriptions = EXPORTS["subscriptions"].replace("LINE,MATCH", "LINE,")
    branch.deliver_exports(customers=customers, subscriptions=subscriptions)
    branch.deliver_day(2)
    assert branch.tollhouse("run").exit_code == 0
    assert branch.mart("customer_records_incomplete", "export_table, record_id, rule_id") == []
