"""Drawing the static site of a published edition with the branch's settings. What the site holds is in dashboards/site.py."""

from __future__ import annotations

from pathlib import Path

from dashboards.site import build_site
from dashboards.view import BranchFiles
from orchestration.publishing.reading import edition_folders
from orchestration.publishing.site_list import is_drawn
from orchestration.settings import Settings


def draw_site(settings: Settings, folder: Path) -> list[Path]:
    """Draw the site of an edition that is published, sharing with the newest edition before it; returns its pages."""
    folders = list(edition_folders(settings.published).values())
    earlier = [each for each in folders[: folders.index(folder)] if is_drawn(each)]
    return build_site(
        folder,
        settings.published,
        BranchFiles(settings.reference, settings.notices),
        earlier=earlier[-1] if earlier else None,
        with_calls=settings.site_calls == "yes",
        dagster_url=settings.dagster_url,
    )
