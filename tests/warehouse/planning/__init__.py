"""Tests of warehouse/planning."""
