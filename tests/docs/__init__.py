"""Tests of the pages in docs/ that people type from."""
