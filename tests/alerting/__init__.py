"""Tests of orchestration.alerting."""
