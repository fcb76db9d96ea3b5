"""Tests of warehouse/closed."""
