"""A kill within the tests' own process, at a moment that is counted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Killed(BaseException):
    """Stands for a kill: nothing in the product catches it but the last place of all."""


@contextmanager
def killed_at_rename(number: int) -> Iterator[None]:
    """Within, the process dies before this rename, counted from 0."""
    real, left = os.rename, [number]

    def rename(source: Any, target: Any) -> None:
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        real(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "rename", rename)
        yield
