"""Tests of ingestion/bank."""
