"""Tests of orchestration.upkeep: backup and restore, prune, rebuild, homes of earlier versions."""
