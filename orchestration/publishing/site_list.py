"""The list of the files of an edition's site, `site/site.json`: with it a site is whole, and its files can be checked.

A site is drawn after its edition is published, so the edition's manifest does not list it. (Manifests of earlier versions do.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from orchestration.storage.durable import as_json, sha256_of

SITE = "site"
SITE_LIST = "site.json"
#: A site that is being drawn lies here, beside its place.
SITE_PART = ".site.part"

#: Per file, relative to the site's folder: its `sha256`, and `inputs`, a hash of what it was made of.
SiteFiles = Mapping[str, Mapping[str, str]]


def is_drawn(edition_dir: Path) -> bool:
    """Whether the site of an edition was drawn to its end."""
    return (edition_dir / SITE / SITE_LIST).is_file()


def write_site_list(site: Path, files: SiteFiles) -> None:
    """Write the list of a site."""
    (site / SITE_LIST).write_text(as_json({"files": dict(sorted(files.items()))}), encoding="utf-8")


def site_files(edition_dir: Path) -> SiteFiles:
    """The files of an edition's site; none where it is not drawn, or its list cannot be read."""
    path = edition_dir / SITE / SITE_LIST
    if not path.is_file():
        return {}
    try:
        files: SiteFiles = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (ValueError, KeyError, TypeError):
        return {}
    return files


def site_problems(edition_dir: Path) -> Iterator[str]:
    """What is wrong with the files of an edition's site that was drawn; nothing where all are as they were written."""
    if not is_drawn(edition_dir):
        return
    files = site_files(edition_dir)
    if not files:
        yield f"{edition_dir / SITE / SITE_LIST} cannot be read: remove the folder {SITE}, and `tollhouse run` draws it again"
    for name, entry in files.items():
        path = edition_dir / SITE / name
        if not path.is_file():
            yield f"{path} is missing"
        elif sha256_of(path) != entry["sha256"]:
            yield f"{path} is not the file that was written: its SHA-256 differs"
