"""Tests of warehouse/raw."""
