"""Tests of ingestion/customers."""
