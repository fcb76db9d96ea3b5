"""Gates on the tariff book: a gate per kind of fault. The faults are found once, in int_tariff_faults, which also
keeps the calls they touch from being rated; here they are told. Nothing here blocks an edition.
"""

from __future__ import annotations

from expectations.gates import Suite, no_rows, row_count_at_least

FAULTS = {
    "rate_starts_not_at_zero": (
        "every_rate_starts_at_second_zero",
        "The steps of every rate begin at second 0 of the call.",
    ),
    "rate_step_twice": (
        "no_rate_step_stands_twice",
        "No two steps of one rate begin at the same second.",
    ),
    "rate_unit_not_positive": (
        "rate_units_are_positive",
        "Every rate is per, and counted in, at least one second.",
    ),
    "price_negative": ("no_price_is_negative", "No rate and no connect fee is below zero."),
    "price_beyond_reckoning": (
        "prices_can_be_reckoned_with",
        "No rate is so high, and no rate units of one version so odd to each other, that the price cannot be kept exactly.",
    ),
    "versions_overlap": (
        "versions_do_not_overlap",
        "At any time one version of a rate is in force, never two.",
    ),
    "band_set_hole": ("band_sets_cover_the_week", "Every band set has a band for every second of every day."),
    "band_set_overlap": ("bands_do_not_overlap", "No second of a day lies in two bands of one band set."),
    "unknown_zone": ("every_zone_is_known", "Every zone that a rate or destination names exists."),
    "unknown_plan": ("every_plan_is_known", "Every tariff plan that a rate or customer class names exists."),
    "unknown_band": ("every_band_is_known", "Every band that a rate names exists in its plan's band set."),
    "unknown_band_set": ("every_band_set_is_known", "Every band set that a plan names exists."),
    "prefix_twice": ("no_prefix_stands_twice", "No destination prefix stands twice at one time."),
    "class_plan_twice": ("one_plan_per_class", "No customer class has two tariff plans at one time."),
}


def tariff_book() -> Suite:
    """The tariff book is sound (SPEC 5)."""
    return Suite(
        "tariff_book",
        "tariff",
        "intermediate.int_tariff_faults",
        (
            row_count_at_least(
                "tariff_book_has_rates",
                "The reference book holds at least one rate.",
                1,
                severity="error",
                table="reference.tariff_rates",
            ),
            *(
                no_rows(
                    gate,
                    description,
                    f"select table_name, row_key, detail from {{batch}} where fault = '{fault}'",
                    severity="error",
                )
                for fault, (gate, description) in FAULTS.items()
            ),
            no_rows(
                "no_other_fault",
                "The tariff book has no fault of a kind these gates do not name.",
                "select table_name, row_key, fault, detail from {batch} where fault is null or fault not in ("
                + ", ".join(f"'{fault}'" for fault in FAULTS)
                + ")",
                severity="error",
            ),
        ),
    )
