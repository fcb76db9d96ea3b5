"""Tests of ingestion/file_reading."""
