"""What sections on tables of the whole branch say to a viewer with a scope, who sees none of their rows."""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages.model import Message
from dashboards.view import View


def branch_only(view: View, t: Translate) -> Message | None:
    """A sentence for a viewer with a scope; None for one of the whole branch."""
    return None if view.viewer.scope.is_whole_branch else Message(t("scope_note.branch_only"))
