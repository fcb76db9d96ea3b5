"""Tests of orchestration/rating: what a call costs, step by step."""
