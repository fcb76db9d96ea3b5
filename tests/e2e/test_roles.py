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
from dashboards.renderers.files import SUFFIXES
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
from tests.e2e.filters import address, filled, names_of_pages


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


@dataclass
class Door:
    """A branch behind authentication, and who is signed in."""

    home: Path
    view: View

    def __post_init__(self) -> None:
        settings = Settings.from_environment({"TOLLHOUSE_HOME": str(self.home)})
        passwords = Passwords(QUICK)
        accounts = AccountsFile(settings)
        for person in (*WHOLE, *SCOPED):
            accounts.add(person.name, person.role, person.scope, passwords.hash(PASSWORD))
        self._app = authenticated(Site(settings).app, settings, host="127.0.0.1", passwords=passwords)
        self._clients: dict[str, TestClient] = {}

    def client(self, person: Person) -> TestClient:
        """The browser of a person who has signed in."""
        if person.name not in self._clients:
            made = TestClient(
                self._app, base_url="http://127.0.0.1:8600", client=("127.0.0.1", 50000), follow_redirects=False
            )
            assert log_in(made, person.name).status_code == 303
            self._clients[person.name] = made
        return self._clients[person.name]


def door_of(folder: Path, parts: tuple[Part, ...]) -> Door:
    """A branch written in a folder, and its door."""
    published = folder / "published"
    published.mkdir(parents=True)
    write_branch(published, parts)
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(folder)})
    return Door(folder, View.current(published, branch=BranchFiles(settings.reference, settings.notices)))


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[Part, ...], Door]]:
    """The branch as it is, and for each scope with all that it does not see in another flavour."""
    made: dict[tuple[Part, ...], Door] = {}
    for unseen in {(), *(person.unseen for person in SCOPED)}:
        made[unseen] = door_of(tmp_path_factory.mktemp("door"), other_flavour(unseen))
    yield made
    for door in made.values():
        door.view.close()


def ways(view: View, name: str) -> list[dict[str, str]]:
    """A page as it opens, with each of its filters set, and with each value that is not everybody's."""
    spec = BY_NAME[name]
    foreign = [{each: value} for each in spec.params for value in FOREIGN.get(each, ())]
    found = filled(view, spec)
    return [*found, *(values for values in foreign if values not in found)]


def files_of(view: View, name: str, viewer: Viewer, values: dict[str, str]) -> list[str]:
    """The files of a page's tables, as the viewer has them."""
    page = draw(name, view, Params("en", values))
    own = {table.name for table in page.tables()}
    return [f"{table}.{suffix}" for table in sorted(own) for suffix in SUFFIXES]


@pytest.mark.parametrize("person", SCOPED, ids=lambda person: person.name)
@pytest.mark.parametrize("name", names_of_pages())
def test_nothing_unseen_changes_what_a_scope_sees(
    name: str, person: Person, doors: dict[tuple[Part, ...], Door]
) -> None:
    one, other = doors[()], doors[person.unseen]
    hidden = [part.text for part in person.unseen]
    foreign_names = [name for name in names_of(person.unseen) if name not in names_of(person.seen)]
    for values in ways(one.view, name):
        paths = [address("en", name, values)]
        if values == {} or set(values) & set(FOREIGN):
            paths += [address("en", name, values, file) for file in files_of(one.view, name, Viewer(), values)]
        for path in paths:
            answers = [door.client(person).get(path) for door in (one, other)]
            assert answers[0].status_code == answers[1].status_code, path
            assert answers[0].content == answers[1].content, path
            if not path.split("?")[0].endswith(".xlsx"):
                asked, text_of_page = set(values.values()), unescape(answers[0].text)
                assert [each for each in foreign_names if each in text_of_page] == [], path
                found = [text for text in hidden if text in text_of_page]
                assert not [text for text in found if not any(text in value for value in asked)], path


@pytest.mark.parametrize("person", SCOPED, ids=lambda person: person.name)
def test_a_scope_sees_what_is_its_own(person: Person, doors: dict[tuple[Part, ...], Door]) -> None:
    """In all that a person may open, each of their parts is found by its ids, and none is left out."""
    client = doors[()].client(person)
    view = doors[()].view
    texts = []
    for spec in PAGES:
        if not spec.is_for(Viewer(person.role, person.scope)):
            assert client.get(f"/en/{spec.name}").status_code == 403
            continue
        for values in ways(view, spec.name):
            answer = client.get(address("en", spec.name, values))
            assert answer.status_code in (200, 404)
            texts.append(answer.text)
    whole = "\n".join(texts)
    assert [part.digit for part in person.seen if part.text not in whole] == []


@pytest.mark.parametrize("person", WHOLE, ids=lambda person: person.name)
@pytest.mark.parametrize("name", names_of_pages())
def test_roles_see_whole_what_they_may_and_the_rest_masked(
    name: str, person: Person, doors: dict[tuple[Part, ...], Door]
) -> None:
    """A telephone number, a bank account and a call of the branch are on no page of a role that must not see them whole."""
    door, rights = doors[()], RIGHTS[person.role]
    client = door.client(person)
    secrets = {
        "number": (rights.sees_numbers, {part.number(which) for part in PARTS for which in range(40)}),
        "bank account": (
            rights.sees_names,
            {f"62284806{part.digit}0{part.digit}{which:08d}" for part in PARTS for which in (1, 2)},
        ),
        "customer name": (rights.sees_names, {f'HYPERLINK("{part.text}")' for part in PARTS}),
        "call": (rights.sees_calls, {f"call-{part.text}" for part in PARTS} | {"call-branch0"}),
    }
    is_for = BY_NAME[name].is_for(Viewer(person.role))
    for values in ways(door.view, name):
        paths = [address("en", name, values)]
        if values == {}:
            paths += [
                address("en", name, values, f) for f in files_of(door.view, name, Viewer(), values) if f.endswith("csv")
            ]
        for path in paths:
            answer = client.get(path)
            if not is_for:
                assert answer.status_code in (403, 404), path
            text = answer.text.replace("&#34;", '"').replace('""', '"')
            words = set(re.findall(r"\d{7,}", text)) - set(values.values())
            for what, (may, found) in secrets.items():
                if may:
                    continue
                whole = (
                    found & words if what in ("number", "bank account") else {each for each in found if each in text}
                )
                assert not {each for each in whole if not any(each in value for value in values.values())}, (path, what)
