"""A copy of the warehouse to try things on: in a folder of its own below the home, gone when the work ends, however it ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from orchestration.settings import Settings

# Named like everything half-built, so that `tollhouse doctor` reports one that a killed process left.
FOLDER = ".building-rerating"


@contextmanager
def scratch_warehouse(settings: Settings) -> Iterator[Settings]:
    """The settings of a home that holds a copy of the warehouse and nothing else. The run lock must be held.

    What a killed process left is removed first; the folder is removed at the end.
    """
    folder = settings.home / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir()
        copied = replace(settings, home=folder)
        # A write-ahead log exists where the last process was killed; it is part of the warehouse.
        for suffix in ("", ".wal"):
            source = settings.warehouse_path.with_name(settings.warehouse_path.name + suffix)
            if source.is_file():
                shutil.copyfile(source, folder / source.name)
        yield copied
    finally:
        shutil.rmtree(folder, ignore_errors=True)
