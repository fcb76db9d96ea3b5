"""Tests of ingestion/landed."""
