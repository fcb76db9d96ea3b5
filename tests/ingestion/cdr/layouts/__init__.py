"""Tests of ingestion/cdr/layouts."""
