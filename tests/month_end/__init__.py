"""Tests of orchestration/month_end."""
