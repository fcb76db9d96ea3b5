"""Tests of reference_book."""
