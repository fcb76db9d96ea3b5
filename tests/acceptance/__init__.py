"""Acceptance on real files that others wrote. The files themselves stay outside the project (TOLLHOUSE_SAMPLES)."""
