"""News and training: what the branch itself writes for its people, as Markdown files in its folder of notices."""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages.model import Content, Message, Section
from dashboards.pages.outlets.branch_texts import read_texts
from dashboards.pages.spec import PageSpec
from dashboards.params import Params
from dashboards.view import View
from orchestration.access.roles import Role


def notices(view: View, params: Params) -> Content:
    """The notices in the page's language, the newest first."""
    t = params.t
    if view.branch is None:
        return _sentence(t("notices.nowhere"), t)
    found = read_texts(view.branch.notices, "notice", t)
    return Content(found) if found else _sentence(t("notices.none"), t)


def _sentence(text: str, t: Translate) -> Content:
    return Content((Section("notices", t("pages.notices.title"), blocks=(Message(text),)),))


NOTICES_PAGE = PageSpec(
    "notices",
    "outlets",
    notices,
    queries=("dimension_names",),
    also=frozenset({Role.AGENT, Role.ENGINEER}),
    reads_branch_files=True,
)
