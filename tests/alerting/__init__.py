"""Tests of editions and their files."""
