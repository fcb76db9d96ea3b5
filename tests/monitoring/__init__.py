"""Tests of orchestration.monitoring."""
