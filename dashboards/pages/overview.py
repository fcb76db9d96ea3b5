"""The branch overview: the sections in their order. Each section has its own module."""

from __future__ import annotations

from dashboards.edition import Edition
from dashboards.i18n import Translate
from dashboards.pages import collections, commission, frame, headline, intake, problems, traffic
from dashboards.pages.model import Page


def overview(edition: Edition, t: Translate) -> Page:
    """The first page that management opens: money first, then traffic, then what needs fixing."""
    return frame.framed(
        edition,
        t,
        frame.OVERVIEW,
        (
            headline.headline(edition, t),
            collections.collection_by_unit(edition, t),
            collections.arrears_by_age(edition, t),
            commission.commission_by_agent(edition, t),
            traffic.trunk_traffic(edition, t),
            intake.set_aside(edition, t),
            problems.problem_bulletin(edition, t),
        ),
    )
