"""Every case that the demo city plants is found again in the published marts: one test per case, none without a checker."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from seeds.demo_city import make_city
from tests.integration import anomaly_checkers as anomalies
from tests.integration import package_checkers as packages
from tests.integration import planted_checkers as look
from tests.integration.conftest import Published
from tests.integration.planted_checkers import Checker, Found

CHECKERS: dict[str, Checker] = {
    "activation": look.bonuses,
    "bank_batch_number_restarts": look.batch_number_restarts,
    "adjustment_not_counted": look.adjustment_not_counted,
    "billing_error_complaint": look.complaint,
    "call_of_double_assigned_number": look.double_assigned_call,
    "call_of_each_class": look.classes,
    "call_of_days": look.of_days,
    "call_of_nearly_a_day": look.nearly_a_day,
    "call_on_make_up_workday": look.on_make_up_workday,
    "call_on_holiday": look.on_holiday,
    "call_over_band_boundary": look.is_rated,
    "call_over_hours": look.over_hours,
    "call_over_midnight": look.over_midnight,
    "clawback": look.bonuses,
    "customer_changed_agent": look.changed_agent,
    "customer_changed_class": look.changed_class,
    "customer_left_exports": look.left_exports,
    "debit_batch": look.debit_batch,
    "dialled_access_code": packages.dialled,
    "dialled_own_area_code": packages.dialled,
    "documented_later_call": look.is_rated,
    "documented_only_in_last_snapshot": look.late_documented,
    "double_assignment": look.conflict,
    "double_order": look.conflict,
    "duplicate_across_files": look.duplicate,
    "duplicate_in_file": look.duplicate,
    "empty_file": look.empty_file,
    "export_held_encoding": look.spoilt_export,
    "export_held_shrunk": look.spoilt_export,
    "file_never_delivered": look.never_delivered,
    "half_written_file": look.not_registered,
    "forwarded_call": look.forwarded,
    "incoming_not_charged": look.is_counted("not_charged"),
    "interval_without_account": look.undocumented_numbers,
    "interval_without_customer": look.undocumented_numbers,
    "key_account_fall": look.key_account,
    "key_account_rise": look.key_account,
    "merge_chain": look.merge_chain,
    "merge_with_arrears": look.merge_arrears,
    "merge_without_arrears": look.merge_arrears,
    "not_answered": look.is_counted("not_answered"),
    "number_other_area": look.conflict,
    "number_of_wrong_account_corrected": look.corrected_number,
    "number_outside_range": look.conflict,
    "number_vanished": look.vanished_number,
    "number_written_with_signs": look.is_rated,
    "other_day_in_normal_file": look.other_day,
    "overlapping_calls": anomalies.overlapping,
    "package_covers_call": packages.covered,
    "package_not_yet_subscribed": packages.not_yet,
    "package_spent": packages.spent,
    "package_subscription": packages.subscribed,
    "package_used_up": packages.used_up,
    "package_with_rest": packages.with_rest,
    "payment_over_three_bills": look.over_bills,
    "payment_unknown_account": look.unknown_account,
    "payment_vanished": look.vanished_payment,
    "pbx_answered_call": look.pbx_call,
    "pbx_caller_by_account_code": look.pbx_call,
    "pbx_file": look.pbx_file,
    "pbx_forwarded_call": look.pbx_call,
    "pbx_incoming_call": look.pbx_counted("not_charged", "pbx_incoming_call", "pbx_withheld_caller"),
    "pbx_no_call": look.pbx_no_call,
    "pbx_ring_group": look.pbx_ring_group,
    "pbx_unanswered_call": look.pbx_counted("not_answered", "pbx_unanswered_call"),
    "pbx_withheld_caller": look.pbx_counted("not_charged", "pbx_incoming_call", "pbx_withheld_caller"),
    "percent_off_call": look.percent_off_call,
    "prefix_changes_zone": look.zone_changes,
    "prepaid_rest": look.prepaid_rest,
    "payment_reversed": look.payment_reversed,
    "payment_refunded": look.payment_refunded,
    "debit_returned": look.debit_returned,
    "price_cap_reached": packages.capped,
    "prorated_subscription": look.prorated,
    "rental_match_example": look.rental_match_bill,
    "rental_match_example_call": look.rental_match_call,
    "satellite_call_rated": look.is_rated,
    "sequence_gap": look.sequence_gap,
    "simultaneous_calls": anomalies.within_channels,
    "storm_at_night": anomalies.storm,
    "termination_after_clawback_days": look.no_clawback,
    "service_code_stripped": look.service_code,
    "toll_free_from_own_line": look.charged_to_called,
    "toll_free_incoming": look.charged_to_called,
    "transit_not_charged": look.is_counted("not_charged"),
    "ultra_short_series": anomalies.short_series,
    "unknown_switch_file": look.rejected,
    "unknown_switch_folder": look.unknown_switch,
    "unknown_trunk_group": look.is_rated,
    "withheld_not_charged": look.is_counted("not_charged"),
    "withheld_to_toll_free": look.charged_to_called,
    "write_off": look.write_off,
}
#: Cases that come in kinds, by how their names begin.
FAMILIES: dict[str, Checker] = {
    "malformed_": look.malformed,
    "held_": look.held,
    "rejected_": look.rejected,
    "undocumented_": look.undocumented,
    "unrated_": look.is_state("unrated"),
    "debit_failure_": look.debit_failure,
    "debit_held_": look.debit_held,
    "incomplete_": look.incomplete,
    "promotion_": look.promotion,
}


def planted_names() -> list[str]:
    """The names of the planted cases, by a tiny city that is made while the tests are gathered."""
    with tempfile.TemporaryDirectory() as folder:
        return sorted(make_city(Path(folder) / "inbox", subscribers=60, months=3)["cases"])


@pytest.fixture(scope="module")
def found(whole: Published, planted: dict[str, Any]) -> Found:
    return Found(whole.branch, whole.marts, planted["cases"])


def checker_of(name: str) -> Checker | None:
    return CHECKERS.get(name) or next((check for prefix, check in FAMILIES.items() if name.startswith(prefix)), None)


@pytest.mark.parametrize("name", planted_names())
def test_a_planted_case_is_found_in_the_marts(name: str, found: Found, planted: dict[str, Any]) -> None:
    check = checker_of(name)
    assert check is not None, f"the demo city plants {name}, and nothing here looks for it"
    case = planted["cases"][name]
    assert case["count"] > 0
    check(found, name, case)


def test_no_checker_is_idle(planted: dict[str, Any]) -> None:
    assert set(CHECKERS) <= set(planted["cases"])
