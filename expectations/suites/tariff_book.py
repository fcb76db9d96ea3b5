"""Gates on the tariff book: a gate per kind of fault. The faults are found once, in int_tariff_faults, which also
keeps the affected calls from being rated; here they are reported. A fault that affects no call with a price, but is probably a
mistake, gives a warning. Nothing here blocks an edition.
"""

from __future__ import annotations

from expectations.gates import Gate, Suite, no_rows, row_count_at_least

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
    "price_out_of_range": (
        "prices_are_in_range",
        "No rate is too high, and no rate units of one version are too different, for the price to be kept exactly.",
    ),
    "versions_overlap": (
        "versions_do_not_overlap",
        "At any time one version of a rate is in force, never two.",
    ),
    "band_set_hole": ("band_sets_cover_the_week", "Every band set has a band for every second of every day."),
    "band_set_overlap": ("bands_do_not_overlap", "No second of a day lies in two bands of one band set."),
    "band_never_holds": (
        "every_band_ends_after_it_begins",
        "Every row of a time band ends later in the day than it begins; a band over midnight has two rows.",
    ),
    "unknown_zone": ("every_zone_is_known", "Every zone that a rate or destination names exists."),
    "unknown_plan": ("every_plan_is_known", "Every tariff plan that a rate or customer class names exists."),
    "unknown_band": ("every_band_is_known", "Every band that a rate names exists in its plan's band set."),
    "unknown_band_set": ("every_band_set_is_known", "Every band set that a plan names exists."),
    "prefix_twice": ("no_prefix_stands_twice", "No destination prefix stands twice at one time."),
    "class_plan_twice": ("one_plan_per_class", "No customer class has two tariff plans at one time."),
    "prefix_not_digits": ("every_prefix_is_digits", "Every destination prefix is digits alone, as numbers are."),
    "never_in_force": (
        "every_row_is_sometimes_in_force",
        "Every rate, destination and class plan ends after the day on which it begins.",
    ),
}

WARNINGS = {"never_in_force"}


def _every_band_has_a_rate() -> Gate:
    """A plan with rates for a zone, but none in one of its bands, leaves the calls of that band unrated."""
    return no_rows(
        "every_band_has_a_rate",
        "A plan with rates for a zone has a rate in every time band of its band set.",
        "with versions as (select * from {batch} where fault is null)"
        " select 'tariff_rates' as table_name,"
        " tariff_plan_id || '/' || zone_id || '/' || band_id || '/' || cast(valid_from as varchar) as row_key,"
        " 'no rate in force in band ' || band_id || ' from ' || cast(valid_from as varchar) || ' to '"
        " || cast(valid_to as varchar) || ': add a row with that band, or with none, to tariff_rates' as detail"
        " from versions join (select distinct band_set_id, band_id from reference.time_bands) as bands"
        " using (band_set_id)"
        " anti join intermediate.int_tariff_rows as rates using (tariff_plan_id, zone_id, valid_from, band_id)",
        severity="warn",
        table="intermediate.int_tariff_versions",
    )


def tariff_book() -> Suite:
    """The tariff book is sound (SPEC 5)."""
    return Suite(
        "tariff_book",
        "tariff",
        "intermediate.int_tariff_faults",
        (
            row_count_at_least(
                "tariff_book_has_rates",
                "The reference book has at least one rate.",
                1,
                severity="error",
                table="reference.tariff_rates",
            ),
            *(
                no_rows(
                    gate,
                    description,
                    f"select table_name, row_key, detail from {{batch}} where fault = '{fault}'",
                    severity="warn" if fault in WARNINGS else "error",
                )
                for fault, (gate, description) in FAULTS.items()
            ),
            _every_band_has_a_rate(),
            no_rows(
                "no_other_fault",
                "The tariff book has no fault of a kind that these gates do not name.",
                "select table_name, row_key, fault, detail from {batch} where fault is null or fault not in ("
                + ", ".join(f"'{fault}'" for fault in FAULTS)
                + ")",
                severity="error",
            ),
        ),
    )
