"""Tests of orchestration/rating."""
