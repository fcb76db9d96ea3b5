"""Roles, scopes and the viewer: what a person may see, whatever page is asked for. How a person is known is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    """What a person does at the branch."""

    MANAGEMENT = "management"
    FINANCE = "finance"
    ENGINEER = "engineer"
    ANALYST = "analyst"
    OUTLET = "outlet"
    AGENT = "agent"
    ADMIN = "admin"


@dataclass(frozen=True)
class Rights:
    """What a role sees of the rows that its scope leaves: whole numbers, names, and single calls."""

    sees_numbers: bool
    sees_names: bool
    sees_calls: bool


RIGHTS: Mapping[Role, Rights] = {
    Role.MANAGEMENT: Rights(sees_numbers=True, sees_names=True, sees_calls=True),
    Role.FINANCE: Rights(sees_numbers=True, sees_names=True, sees_calls=True),
    Role.ENGINEER: Rights(sees_numbers=False, sees_names=False, sees_calls=False),
    Role.ANALYST: Rights(sees_numbers=True, sees_names=False, sees_calls=True),
    Role.OUTLET: Rights(sees_numbers=True, sees_names=True, sees_calls=False),
    Role.AGENT: Rights(sees_numbers=False, sees_names=False, sees_calls=False),
    Role.ADMIN: Rights(sees_numbers=True, sees_names=True, sees_calls=True),
}

#: Roles that are nothing without a scope: an account of theirs must name what it is for.
SCOPED_ROLES: Mapping[Role, str] = {Role.OUTLET: "outlets", Role.AGENT: "agents"}


@dataclass(frozen=True)
class Scope:
    """The rows a person may see: of these business units, outlets and agents; the whole branch where all three are empty.

    A row is seen where it belongs to any of them.
    """

    units: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()

    @property
    def is_whole_branch(self) -> bool:
        """Whether nothing is kept back."""
        return not (self.units or self.outlets or self.agents)

    @property
    def key(self) -> str:
        """The scope as text, equal for equal scopes."""
        parts = (("units", self.units), ("outlets", self.outlets), ("agents", self.agents))
        return ";".join(f"{name}={','.join(sorted(ids))}" for name, ids in parts if ids) or "branch"


@dataclass(frozen=True)
class Viewer:
    """A person, or the static site, as pages are drawn for: the role gives the pages and rights, the scope the rows."""

    role: Role = Role.MANAGEMENT
    scope: Scope = field(default_factory=Scope)
    name: str = ""
    #: False for pages that leave the house as files: single calls stay out of them, whatever the role.
    with_calls: bool = True

    @property
    def rights(self) -> Rights:
        """What the role sees of its rows."""
        rights = RIGHTS[self.role]
        return rights if self.with_calls else replace(rights, sees_calls=False)

    @property
    def key(self) -> str:
        """What the content of a page depends on: the role and the scope, never the person."""
        return f"{self.role.value}|{self.scope.key}{'' if self.with_calls else '|without calls'}"


#: Everybody on a machine of their own, as long as there are no accounts.
WHOLE_BRANCH = Viewer()
