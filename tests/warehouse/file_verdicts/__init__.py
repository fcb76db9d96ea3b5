"""Tests of warehouse/file_verdicts."""
