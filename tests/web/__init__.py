"""Tests of orchestration.web."""
