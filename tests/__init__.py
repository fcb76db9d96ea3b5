"""The tests mirror the code; each asserts figures worked by hand or by the oracle."""
