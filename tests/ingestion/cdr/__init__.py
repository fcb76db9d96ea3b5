"""Tests of ingestion/cdr."""
