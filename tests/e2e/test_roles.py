"""Every page, every file and every filter as every role sees them: nothing of what is not theirs, in no form.

The branch is written twice, the second time with everything that a scope must not see in another flavour: other ids, names, numbers,
amounts, and more rows. Whoever has that scope gets the same bytes of both. That holds for totals, counts and shares as well, which no
search for names would find.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboards.params import Params
from dashboards.renderers.files import file_content
from dashboards.renderers.html import render
from dashboards.renderers.links import ServedLinks
from dashboards.site_map import BY_NAME, PAGES, draw
from dashboards.view import BranchFiles, View
from orchestration.access.accounts import AccountsFile
from orchestration.access.authentication import authenticated
from orchestration.access.passwords import Passwords
from orchestration.access.roles import RIGHTS, Role, Scope, Viewer
from orchestration.servers.site_server import Site
from orchestration.settings import Settings
from tests.access.conftest import PASSWORD, QUICK, log_in
from tests.e2e.branch import NAMES, PARTS, Part, other_flavour, parts_seen, write_branch
from tests.e2e.filters import filled, names_of_pages


@dataclass(frozen=True)
class Person:
    """An account, and the parts of the branch that it sees."""

    name: str
    role: Role
    scope: Scope
    seen: tuple[Part, ...]

    @property
    def unseen(self) -> tuple[Part, ...]:
        """The parts that it does not see."""
        return tuple(part for part in PARTS if part not in self.seen)


def names_of(parts: Iterable[Part]) -> list[str]:
    """The names of the units, outlets and agents of these parts, in English."""
    members = {("business_unit", part.unit) for part in parts} | {("outlet", part.outlet) for part in parts}
    members |= {("agent", part.agent) for part in parts}
    return [NAMES[dimension, member][1] for dimension, member in sorted(members, key=str) if member is not None]


def scope(**ids: str) -> Scope:
    return Scope(**{f"{name}s": frozenset({value}) for name, value in ids.items()})


WHOLE = [
    Person(role.value, role, Scope(), PARTS)
    for role in (Role.MANAGEMENT, Role.FINANCE, Role.ENGINEER, Role.ANALYST, Role.ADMIN)
]
SCOPED = [
    Person("unit-u1", Role.MANAGEMENT, scope(unit="U1"), parts_seen(unit="U1")),
    Person("finance-u2", Role.FINANCE, scope(unit="U2"), parts_seen(unit="U2")),
    Person("analyst-u1", Role.ANALYST, scope(unit="U1"), parts_seen(unit="U1")),
    Person("outlet-o1", Role.OUTLET, scope(outlet="O1"), parts_seen(outlet="O1")),
    Person("agent-a1", Role.AGENT, scope(agent="A1"), parts_seen(agent="A1")),
]
#: Values of filters that belong to part 4, which no scope above but finance-u2 sees; and to part 1, which that one does not.
FOREIGN: Mapping[str, tuple[str, ...]] = {
    "unit": ("U1", "U2"),
    "outlet": ("O1", "O4"),
    "agent": ("A1", "A4"),
    "account": (PARTS[0].accounts[0], PARTS[3].accounts[0]),
    "number": (PARTS[0].number(1), PARTS[3].number(1)),
    "call": (f"call-{PARTS[0].text}:1", f"call-{PARTS[3].text}:1"),
}


def test_the_parts_are_seen_as_the_branch_says() -> None:
    digits = {person.name: [part.digit for part in person.seen] for person in SCOPED}
    assert digits == {
        "unit-u1": [1, 2, 3], "finance-u2": [4], "analyst-u1": [1, 2, 3], "outlet-o1": [1, 2], "agent-a1": [1, 3],
    }  # fmt: skip


class Door:
    """A branch behind authentication, who is signed in, and the branch as each of them may see it."""

    def __init__(self, home: Path) -> None:
        self._settings = settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home)})
        passwords = Passwords(QUICK)
        accounts = AccountsFile(settings)
        for person in (*WHOLE, *SCOPED):
            accounts.add(person.name, person.role, person.scope, passwords.hash(PASSWORD))
        self._app = authenticated(Site(settings).app, settings, host="127.0.0.1", passwords=passwords)
        self._clients: dict[str, TestClient] = {}
        self._views: dict[str, View] = {}
        self.view = self.seen_by(Viewer())

    def client(self, person: Person) -> TestClient:
        """The browser of a person who has signed in."""
        if person.name not in self._clients:
            address_of_client = ("127.0.0.1", 50000)
            made = TestClient(self._app, "http://127.0.0.1:8600", client=address_of_client, follow_redirects=False)
            assert log_in(made, person.name).status_code == 303
            self._clients[person.name] = made
        return self._clients[person.name]

    def seen_by(self, viewer: Viewer) -> View:
        """The branch as a viewer may see it."""
        if viewer.key not in self._views:
            files_of_branch = BranchFiles(self._settings.reference, self._settings.notices)
            self._views[viewer.key] = View.current(self._settings.published, viewer, files_of_branch)
        return self._views[viewer.key]

    def close(self) -> None:
        """Give the databases back."""
        for view in self._views.values():
            view.close()


def door_of(folder: Path, parts: tuple[Part, ...]) -> Door:
    """A branch written in a folder, and its door."""
    (folder / "published").mkdir(parents=True)
    write_branch(folder / "published", parts)
    return Door(folder)


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[Part, ...], Door]]:
    """The branch as it is, and for each scope with all that it does not see in another flavour."""
    made: dict[tuple[Part, ...], Door] = {}
    for unseen in {(), *(person.unseen for person in SCOPED)}:
        made[unseen] = door_of(tmp_path_factory.mktemp("door"), other_flavour(unseen))
    yield made
    for door in made.values():
        door.close()


def ways(view: View, name: str) -> list[dict[str, str]]:
    """A page as it opens, with each of its filters set, and with each value that is not everybody's."""
    spec = BY_NAME[name]
    foreign = [{each: value} for each in spec.params for value in FOREIGN.get(each, ())]
    found = filled(view, spec)
    return [*found, *(values for values in foreign if values not in found)]


def shown(view: View, name: str, values: dict[str, str]) -> dict[str, str]:
    """What a viewer gets of a page: the document, and every table as a file."""
    page = draw(name, view, Params("en", values))
    document = {
        f"{page.status} {name}": render(
            page,
            ServedLinks("en", frozenset(spec.name for spec in PAGES if spec.is_for(view.viewer))),
            "http://127.0.0.1:3000",
        )
    }
    return document | {table.name: file_content(page, table, "csv").decode("utf-8-sig") for table in page.tables()}


@pytest.mark.parametrize("person", SCOPED, ids=lambda person: person.name)
@pytest.mark.parametrize("name", names_of_pages())
def test_nothing_unseen_changes_what_a_scope_sees(
    name: str, person: Person, doors: dict[tuple[Part, ...], Door]
) -> None:
    hidden = [part.text for part in person.unseen]
    foreign_names = [each for each in names_of(person.unseen) if each not in names_of(person.seen)]
    viewer = Viewer(person.role, person.scope)
    for values in ways(doors[()].view, name):
        one, other = (shown(door.seen_by(viewer), name, values) for door in (doors[()], doors[person.unseen]))
        assert one == other, values
        for file, content in one.items():
            text = unescape(content)
            # The names of the branch's parts are no secret where a published table of names is looked at as such.
            if values.get("mart") != "dimension_names":
                assert [each for each in foreign_names if each in text] == [], (values, file)
            found = [each for each in hidden if each in text]
            assert not [each for each in found if not any(each in value for value in values.values())], (values, file)


@pytest.mark.parametrize("person", SCOPED, ids=lambda person: person.name)
def test_server_answers_with_what_the_scope_may_see(person: Person, doors: dict[tuple[Part, ...], Door]) -> None:
    """Signed in, by the same addresses as everybody: pages and files of another flavour of what is not theirs are the same."""
    view = doors[()].view
    for spec in PAGES:
        tables = [table.name for table in draw(spec.name, view, Params("en")).tables()]
        for path in (f"/en/{spec.name}", *(f"/en/{spec.name}/{table}.xlsx" for table in tables[:1])):
            one, other = (door.client(person).get(path) for door in (doors[()], doors[person.unseen]))
            assert (one.status_code, one.content) == (other.status_code, other.content), path
            if not spec.is_for(Viewer(person.role, person.scope)):
                assert one.status_code in (403, 404), path


@pytest.mark.parametrize("person", SCOPED, ids=lambda person: person.name)
def test_a_scope_sees_what_is_its_own(person: Person, doors: dict[tuple[Part, ...], Door]) -> None:
    """In all that a person may open, each of their parts is found by its ids, and none is left out."""
    viewer = Viewer(person.role, person.scope)
    view = doors[()].view
    texts = [
        text
        for spec in PAGES
        if spec.is_for(viewer)
        for values in ways(view, spec.name)
        for text in shown(doors[()].seen_by(viewer), spec.name, values).values()
    ]
    whole = "\n".join(texts)
    assert [part.digit for part in person.seen if part.text not in whole] == []


@pytest.mark.parametrize("person", WHOLE, ids=lambda person: person.name)
@pytest.mark.parametrize("name", names_of_pages())
def test_roles_see_whole_what_they_may_and_the_rest_masked(
    name: str, person: Person, doors: dict[tuple[Part, ...], Door]
) -> None:
    """A telephone number, a bank account and a call of the branch are on no page of a role that must not see them whole."""
    viewer, rights = Viewer(person.role), RIGHTS[person.role]
    accounts = {f"62284806{part.digit}0{part.digit}{which:08d}" for part in PARTS for which in (1, 2)}
    secrets = [
        (rights.sees_numbers, {part.number(which) for part in PARTS for which in range(40)}),
        (rights.sees_names, accounts | {f'HYPERLINK("{part.text}")' for part in PARTS}),
        (rights.sees_calls, {f"call-{part.text}" for part in PARTS} | {"call-branch0"}),
    ]
    hidden = {each for is_seen, found in secrets if not is_seen for each in found}
    for values in ways(doors[()].view, name):
        typed = " ".join(values.values())
        for file, content in shown(doors[()].seen_by(viewer), name, values).items():
            assert BY_NAME[name].is_for(viewer) or file.startswith("403"), file
            text = unescape(content).replace('""', '"')
            words = set(re.findall(r"\d{7,}", text))
            whole = {each for each in hidden if (each in words if each.isdigit() else each in text)}
            assert {each for each in whole if each not in typed} == set(), (values, file)
