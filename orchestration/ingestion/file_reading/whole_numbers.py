"""Counts and line numbers that a file declares."""

from __future__ import annotations

MOST_DIGITS = 18  # that 64 bits hold, as the ledger and the raw tables keep a count


def whole_number(text: str) -> int | None:
    """The number that the digits write; None where the text is not one, or longer than `MOST_DIGITS`."""
    return int(text) if len(text) <= MOST_DIGITS and text.isascii() and text.isdigit() else None
