"""The small branch that has run, shared with the tests of the running product."""

from __future__ import annotations

from tests.robustness.conftest import ran

__all__ = ["ran"]
