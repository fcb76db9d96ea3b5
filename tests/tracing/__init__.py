"""Tests of orchestration/tracing."""
