"""The place of a page in the site: its section, its filters, the queries it asks, and whose it is. The list is in site_map.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from dashboards.pages.model import Content
from dashboards.params import Params
from dashboards.view import View, query_reads
from orchestration.access.roles import Role, Viewer

SectionName = Literal["management", "finance", "outlets", "analysts"]
SECTIONS: tuple[SectionName, ...] = ("management", "finance", "outlets", "analysts")

_HEAD = frozenset({Role.MANAGEMENT, Role.ADMIN})
#: Who reads the pages of a section; a page may name others besides.
AUDIENCES: Mapping[SectionName, frozenset[Role]] = {
    "management": _HEAD | {Role.FINANCE, Role.ANALYST},
    "finance": _HEAD | {Role.FINANCE, Role.ANALYST},
    "outlets": _HEAD | {Role.FINANCE, Role.ANALYST, Role.OUTLET},
    "analysts": _HEAD | {Role.ANALYST},
}
#: Every page may be asked for an edition, and its tables searched and sorted.
COMMON_PARAMS = ("edition", "find", "sort")

Variants = Callable[[View], list[dict[str, str]]]


def in_both_periods(view: View) -> list[dict[str, str]]:
    """The page of the newest complete period, and of the running one."""
    complete = view.complete_period
    running = {"period": view.running_period.code}
    return [{}] if complete is None else [{}, running]


def as_it_is(_: View) -> list[dict[str, str]]:
    """The page without a filter."""
    return [{}]


@dataclass(frozen=True)
class PageSpec:
    """A page of the site.

    `queries` are all that it asks of an edition: its marts follow from them. `also` are roles that read it besides the audience
    of its section. `shows_calls`: it shows single calls, and is for roles that may see them. `variants` are the filters with
    which the static site has it; a page that lives by what is typed into it has none. `reads_branch_files`: it shows the
    reference book, the notices or other editions as they are when it is drawn.
    """

    name: str
    section: SectionName
    content: Callable[[View, Params], Content]
    queries: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    also: frozenset[Role] = frozenset()
    shows_calls: bool = False
    is_listed: bool = True
    reads_branch_files: bool = False
    variants: Variants | None = None

    @property
    def marts(self) -> tuple[str, ...]:
        """The published tables that it reads."""
        return tuple(sorted({mart for query in self.queries for mart in query_reads(query)}))

    def is_for(self, viewer: Viewer) -> bool:
        """Whether a viewer may open it."""
        if self.shows_calls and not viewer.rights.sees_calls:
            return False
        return viewer.role in AUDIENCES[self.section] | self.also

    def static_variants(self, view: View) -> list[dict[str, str]]:
        """The filters with which the static site has the page; by default each period that it takes."""
        if self.variants is not None:
            return self.variants(view)
        return in_both_periods(view) if "period" in self.params else as_it_is(view)
