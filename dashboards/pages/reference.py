"""The reference book as pages read it: as it is now, not as an edition was made with it. Where it cannot be read, a sentence."""

from __future__ import annotations

from dashboards.i18n import Translate
from dashboards.pages.model import Message
from dashboards.view import View
from orchestration.errors import UsageError
from orchestration.reference_book.reading import ReferenceBook, read_reference_book


def reference_book(view: View, t: Translate) -> ReferenceBook | Message:
    """The branch's reference book; a sentence where there is none here, or it has faults."""
    if view.branch is None:
        return Message(t("missing.no_book"), "warning")
    try:
        return read_reference_book(view.branch.reference)
    except UsageError as fault:
        return Message(t("missing.faulty_book", faults=str(fault)), "warning")
