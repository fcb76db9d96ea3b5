"""Which marts an edition holds and the key by which each is sorted. The key is the mart's grain, so the order is total.

The calls are the only mart that grows every day without end: they have a file for each day, shared by editions until it changes.
"""

from __future__ import annotations

from orchestration.publishing.marts import MartSpec

PUBLISHED_MARTS = (
    MartSpec("file_reconciliation", ("file_id",)),
    MartSpec("revenue_balance_daily", ("file_date", "step", "item")),
    MartSpec("revenue_balance_monthly", ("billing_period", "step", "item", "business_unit_id", "age_bucket")),
    MartSpec("revenue_assurance_kpis", ("billing_period", "kpi", "item")),
    MartSpec("sequence_gaps", ("switch_id", "gap_since", "missing_from")),
    MartSpec("expected_files", ("switch_id", "file_date")),
    MartSpec("rated_calls", ("call_id",), partition_by="call_date"),
    MartSpec("suspended_calls", ("call_id",)),
    MartSpec("money_at_risk", ("state", "age_bucket", "business_unit_id")),
    MartSpec("suspense_retries", ("call_id",)),
    MartSpec("duplicate_calls", ("call_id",)),
    MartSpec("overlapping_calls", ("calling_number", "call_date")),
    MartSpec("call_anomalies", ("anomaly_id",)),
    MartSpec("undocumented_numbers", ("calling_number",)),
    MartSpec("bill_lines", ("account_id", "service_number", "billing_period", "bill_item_id", "line_kind")),
    MartSpec("package_use", ("package_id", "account_id", "package_number", "billing_period", "allowance_kind")),
    MartSpec("rerating_changes", ("rerate_id", "account_id", "zone_id", "business_unit_id", "billing_period")),
    MartSpec(
        "rerating_adjustments",
        (
            "rerate_id",
            "account_id",
            "service_number",
            "bill_item_id",
            "zone_id",
            "business_unit_id",
            "closed_period",
            "call_date",
        ),
    ),
    MartSpec("billing_periods", ("billing_period",)),
    MartSpec("bills", ("account_id", "billing_period")),
    MartSpec("payment_applications", ("payment_id", "account_id", "billing_period", "applied_on")),
    MartSpec("collection_rates", ("billing_period", "dimension", "dimension_id")),
    MartSpec("collection_curves", ("dimension", "dimension_id", "billing_period", "days_since_issue")),
    MartSpec("receivables_kpis", ("month", "dimension", "dimension_id")),
    MartSpec("roll_rates", ("month", "dimension", "dimension_id", "from_bucket")),
    MartSpec("arrears", ("settling_account_id",)),
    MartSpec("dunning_list", ("account_id", "billing_period")),
    MartSpec("prepaid_balances", ("settling_account_id",)),
    MartSpec("debit_batches", ("bank_code", "batch_id", "debited_on", "file_id")),
    MartSpec("debit_failures", ("bank_code", "batch_id", "debited_on", "line")),
    MartSpec("debit_corrections", ("bank_code", "batch_id", "notified_on", "line")),
    MartSpec("debit_requests", ("bank_code", "batch_id", "line")),
    MartSpec("debit_result_mismatches", ("bank_code", "batch_id", "debited_on", "line", "kind")),
    MartSpec("open_debit_bills", ("bill_account_id", "billing_period")),
    MartSpec("customer_counts", ("billing_period", "business_unit_id", "customer_class")),
    MartSpec("commission_lines", ("agent_id", "settlement_period", "line_kind")),
    MartSpec("commission_statements", ("agent_id", "settlement_period")),
    MartSpec(
        "commission_bases",
        (
            "agent_id",
            "settlement_period",
            "line_kind",
            "account_id",
            "billing_period",
            "payment_id",
            "applied_on",
            "returned_on",
            "service_number",
        ),
    ),
    MartSpec("commission_forecast", ("agent_id", "settlement_period", "line_kind")),
    MartSpec("settlement_restatements", ("settlement_period", "restated_period", "agent_id", "line_kind")),
    MartSpec("settlements", ("settlement_period",)),
    MartSpec("trunk_traffic_hourly", ("trunk_group_id", "direction", "hour")),
    MartSpec("trunk_traffic_daily", ("trunk_group_id", "date")),
    MartSpec("trunk_traffic_monthly", ("trunk_group_id", "month")),
    MartSpec("traffic_by_exchange", ("exchange_id", "date")),
    MartSpec("traffic_by_customer_class", ("customer_class", "date")),
    MartSpec("info_service_calls", ("billing_period", "customer_id", "access_prefix")),
    MartSpec("info_service_settlements", ("provider_id", "billing_period")),
    MartSpec("number_conflicts", ("service_number", "kind")),
    MartSpec(
        "customer_records_incomplete",
        ("export_table", "record_id", "rule_id", "field", "rule_en"),
    ),
    MartSpec("problem_bulletin", ("problem_id",)),
    MartSpec("tariff_guide", ("tariff_plan_id", "customer_class", "zone_id", "band")),
    MartSpec("bill_item_guide", ("bill_item_id", "call_category", "zone_id")),
    MartSpec("dimension_names", ("dimension", "dimension_id")),
)

# Marts about the runs themselves: the one kind of row that two ways of delivering the same files may give differently.
RUN_DEPENDENT_MARTS = frozenset({"suspense_retries"})
