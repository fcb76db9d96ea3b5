"""The command `tollhouse`: what people and scripts type. The work itself is done elsewhere."""

from __future__ import annotations

from orchestration.cli.application import main

__all__ = ["main"]
