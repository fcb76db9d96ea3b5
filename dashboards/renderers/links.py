"""Where pages, their files and what they load lie: on a server, or beside each other on a disk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlencode

from dashboards.pages.model import Target
from dashboards.pages.spec import PageSpec
from dashboards.view import View

#: What a static page says of its edition, in a file beside it.
EDITION_SCRIPT = "edition.js"

_SAFE = re.compile(r"^[A-Za-z0-9_-]{1,40}$")


class Links(Protocol):
    """How a page finds the others. `is_served`: its filters are sent to a server."""

    @property
    def is_served(self) -> bool:
        """Whether a server answers, rather than files."""

    def page(self, target: Target, language: str = "") -> str | None:
        """The address of a page, in its own language or another; None where it does not exist here."""

    def file(self, target: Target, table: str, suffix: str) -> str | None:
        """The address of a table's file (csv, xlsx); None where there is none."""

    def finance_files(self, target: Target, kind: str, suffix: str) -> str | None:
        """The address of finance files of a kind in a format; None where there are none."""

    def asset(self, name: str) -> str:
        """The address of a script or a style."""


@dataclass(frozen=True)
class ServedLinks:
    """Addresses of a server: `/zh/unit?unit=U1`, `/zh/unit/bills.csv?unit=U1`.

    `pages` are those that the viewer may open: no link leads to another. A reader of an earlier edition stays in it.
    """

    language: str
    pages: frozenset[str]
    edition: str | None = None
    is_served: bool = True

    def page(self, target: Target, language: str = "") -> str | None:
        """The address of a page; None where it is not for the viewer."""
        if target.page not in self.pages:
            return None
        return f"/{language or self.language}/{quote(target.page)}{self._query(target)}"

    def file(self, target: Target, table: str, suffix: str) -> str | None:
        """The address of a table's file."""
        return f"/{self.language}/{quote(target.page)}/{quote(table)}.{suffix}{self._query(target)}"

    def finance_files(self, target: Target, kind: str, suffix: str) -> str | None:
        """The address of finance files: `/zh/commission/files/commissions.xlsx?period=2026-03`."""
        return f"/{self.language}/{quote(target.page)}/files/{quote(kind)}.{suffix}{self._query(target)}"

    def _query(self, target: Target) -> str:
        given = {name: value for name, value in target.params if value}
        if self.edition is not None:
            given.setdefault("edition", self.edition)
        return f"?{urlencode(sorted(given.items()))}" if given else ""

    def asset(self, name: str) -> str:
        """The address of a script or a style."""
        return f"/assets/{quote(name)}"


@dataclass(frozen=True)
class StaticLinks:
    """Files of `site/<language>/`, with assets in `../../../../assets/`. A target that has no file of its own has no address.

    `files` has for each page and filters that are drawn the name of its file without `.html`. The period that a page shows by
    itself is no filter of its address.
    """

    language: str
    files: Mapping[Target, str]
    default_period: str
    is_served: bool = False

    def page(self, target: Target, language: str = "") -> str | None:
        """The address of a page."""
        name = self.files.get(self._without_default(target))
        if name is None:
            return None
        return f"../{language}/{name}.html" if language else f"{name}.html"

    def file(self, target: Target, table: str, suffix: str) -> str | None:
        """The address of a table's file."""
        name = self.files.get(self._without_default(target))
        return None if name is None else f"{name}.{table}.{suffix}"

    def finance_files(self, target: Target, kind: str, suffix: str) -> str | None:
        """None: the site holds no finance files (docs/finance.md)."""
        return None

    def asset(self, name: str) -> str:
        """The address of a script or a style."""
        return f"../../../../assets/{name}"

    def _without_default(self, target: Target) -> Target:
        params = tuple(
            (name, value) for name, value in target.params if value and (name, value) != ("period", self.default_period)
        )
        return Target(target.page, params)


def static_files(pages: Sequence[PageSpec], view: View) -> dict[Target, str]:
    """The pages and filters that the static site has, each with the name of its file: `unit`, `unit.2026-05.U1`."""
    found: dict[Target, str] = {}
    for spec in pages:
        if not spec.is_for(view.viewer):
            continue
        for params in spec.static_variants(view):
            target = Target(spec.name, tuple(sorted(params.items())))
            found[target] = ".".join((spec.name, *(_name_part(value) for _, value in target.params)))
    return found


def _name_part(value: str) -> str:
    """A filter's value as part of a file's name; one that no file system must see is a hash of it."""
    return value if _SAFE.match(value) else hashlib.sha256(value.encode("utf-8")).hexdigest()[:12]
