"""Tests of ingestion/cdr/switches."""
