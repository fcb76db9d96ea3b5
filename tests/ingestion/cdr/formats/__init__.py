"""Tests of ingestion/cdr/formats."""
