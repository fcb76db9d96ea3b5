"""Where dbt keeps what it has parsed: beside the models of a checkout, else in a cache folder of the user.

An installed wheel is never written to: it may belong to another user, and what lies there is what was installed. Parsing and
running are in dbt_runner.py.
"""

from __future__ import annotations

import hashlib
import os
import stat
from importlib.metadata import version
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.settings import DBT_PROJECT, IS_CHECKOUT

_IN_CHECKOUT = DBT_PROJECT / "target"


def dbt_target() -> Path:
    """`dbt_project/target` of a checkout that this user may write to; else the cache folder of these versions at this place."""
    written = _IN_CHECKOUT if _IN_CHECKOUT.is_dir() else DBT_PROJECT
    if IS_CHECKOUT and os.access(written, os.W_OK):
        return _IN_CHECKOUT
    place = hashlib.sha256(str(DBT_PROJECT).encode()).hexdigest()[:12]
    return _cache() / f"{version('tollhouse')}-dbt-{version('dbt-core')}-{place}"


def make_target(target: Path) -> None:
    """Make the folder where it is missing. Raises UsageError where it cannot be made, or where another user could change
    what dbt runs from it."""
    if target == _IN_CHECKOUT:
        target.mkdir(parents=True, exist_ok=True)
        return
    advice = "set XDG_CACHE_HOME to a folder that you own, for the models that dbt has parsed"
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = target.stat()
    except OSError as error:
        raise UsageError(f"XDG_CACHE_HOME: {target} cannot be made ({error.strerror}); {advice}") from error
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UsageError(f"XDG_CACHE_HOME: other users can change {target}; {advice}, or remove that folder")


def _cache() -> Path:
    """`$XDG_CACHE_HOME/tollhouse`, by the usual rule: a path that is not absolute does not count."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "tollhouse"
