"""What a page is asked for: its language and the filters in its address. What a page makes of them is the page's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from dashboards.i18n import LANGUAGES, Translate
from dashboards.view import Period, View

#: Every filter that an address may have. A page takes those that its place in the site map names.
NAMES = (
    "period", "unit", "outlet", "agent", "class", "exchange", "trunk_group", "account", "number", "call", "mart", "kind",
    "severity", "bank", "plan", "zone", "to", "date", "time", "seconds", "edition", "with", "find", "sort",
)  # fmt: skip
MOST_CHARACTERS = 200
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERIOD = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")


class UnknownParameter(Exception):
    """The address asks for something that the page, or the edition, does not have. `name` and `value` are as in the address.

    `why` is the text under `missing` that says what is wrong: `value` of what the edition does not have, else of how it is written.
    """

    def __init__(self, name: str, value: str, why: str = "value") -> None:
        super().__init__(f"{name}={value}")
        self.name = name
        self.value = value
        self.why = why


@dataclass(frozen=True)
class Params:
    """The language and the filters of one page; a filter that is empty is one that is not set."""

    language: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a language that the pages do not have."""
        if self.language not in LANGUAGES:
            raise UnknownParameter("language", self.language)

    @cached_property
    def t(self) -> Translate:
        """The texts in the page's language."""
        return Translate.to(self.language)

    def get(self, name: str) -> str | None:
        """The value of a filter; None where it is not set."""
        return self.values.get(name) or None

    def period(self, view: View) -> Period:
        """The period asked for; else the newest complete one, else the running one. Raises UnknownParameter."""
        code = self.get("period")
        if code is None:
            return view.complete_period or view.running_period
        if code not in view.periods:
            raise UnknownParameter("period", code, "value" if _PERIOD.fullmatch(code) else "period")
        return Period(code)

    def day(self, name: str) -> date | None:
        """The day of a filter, written YYYY-MM-DD and no other way; None where it is not set. Raises UnknownParameter."""
        text = self.get(name)
        if text is None:
            return None
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:  # the 30th of February
            pass
        raise UnknownParameter(name, text, "date")

    def member(self, view: View, name: str, dimension: str) -> str | None:
        """The member of a dimension that a filter names; None where it is not set.

        Raises UnknownParameter for one that has no name, or that the viewer must not see.
        """
        member_id = self.get(name)
        if member_id is not None and member_id not in view.members(dimension) and member_id != "unassigned":
            raise UnknownParameter(name, member_id)
        return member_id

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """The value of a filter that has a list; None where it is not set. Raises UnknownParameter for another value."""
        value = self.get(name)
        if value is not None and value not in allowed:
            raise UnknownParameter(name, value)
        return value
