"""Tests of ingestion/landing."""
