"""The gates: judged once per run, shown as asset checks, one per expectation."""
