"""The gates: evaluated once per run, shown as asset checks, one per expectation."""
