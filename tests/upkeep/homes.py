"""The homes of fixtures/, made by earlier versions (earlier_home.py), laid out to be worked on."""

from __future__ import annotations

import lzma
import tarfile
from pathlib import Path

from tests.robustness.branch import Branch

FIXTURES = Path(__file__).with_name("fixtures")


def home_of(version: str, folder: Path) -> Branch:
    """The home that a version left, in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with lzma.open(FIXTURES / f"{version}.tar.xz") as packed, tarfile.open(fileobj=packed) as tar:
        tar.extractall(folder, filter="data")
    return Branch(folder / "home")
