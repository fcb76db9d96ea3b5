"""Tests of the gates and their runner."""
