"""Pages behind authentication, with a clock to be turned and hashes that are made quickly."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from orchestration.access.accounts import AccountsFile
from orchestration.access.authentication import SIGNED_IN, authenticated
from orchestration.access.passwords import Passwords
from orchestration.access.roles import Role, Scope
from orchestration.settings import Settings
from orchestration.web.guard import Receive, Send, answer
from orchestration.web.guard import Scope as AsgiScope

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
#: 2026-11-30, in seconds.
BEGIN = 1_795_996_800.0


async def pages(scope: AsgiScope, receive: Receive, send: Send) -> None:
    """Stands for the pages: says who it believes to be asking."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    viewer, signed_in = scope.get("viewer"), scope.get(SIGNED_IN)
    content = {
        "viewer": None if viewer is None else [viewer.name, viewer.role.value, viewer.scope.key],
        "can_sign_out": None if signed_in is None else signed_in.can_sign_out,
    }
    await answer(
        send, 200, {"content-type": "application/json", "cache-control": "no-cache"}, json.dumps(content).encode()
    )


@dataclass
class Door:
    """A home and a server before it."""

    home: Path
    now: float = BEGIN
    environment: dict[str, str] = field(default_factory=dict)
    passwords: Passwords = field(default_factory=lambda: Passwords(QUICK))

    @property
    def settings(self) -> Settings:
        """The settings of the home."""
        return Settings.from_environment({"TOLLHOUSE_HOME": str(self.home), **self.environment})

    @property
    def accounts(self) -> AccountsFile:
        """Its accounts."""
        return AccountsFile(self.settings)

    def add(self, name: str, role: Role = Role.FINANCE, password: str | None = PASSWORD, **scope: set[str]) -> None:
        """Add an account."""
        parts = {part: frozenset(ids) for part, ids in scope.items()}
        kept = None if password is None else self.passwords.hash(password)
        self.accounts.add(name, role, Scope(**parts), kept)

    def open(self, host: str = "127.0.0.1", app: Any = pages) -> Browsing:
        """Start the server."""
        made = authenticated(app, self.settings, host=host, passwords=self.passwords, clock=lambda: self.now)
        return Browsing(made)

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of the access log."""
        lines = self.settings.access_log_path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


@dataclass
class Browsing:
    """A server, and browsers of several addresses before it."""

    app: Any

    def browser(self, address: str = "10.0.0.9", base: str = "http://127.0.0.1:8600") -> TestClient:
        """A browser without cookies."""
        return TestClient(self.app, base_url=base, client=(address, 50000), follow_redirects=False)


def token_of(page: httpx.Response) -> str:
    """The token in the form of a page."""
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def log_in(
    browser: TestClient, name: str = "li", password: str = PASSWORD, target: str = "/", **fields: str
) -> httpx.Response:
    """Fill in the form as a browser does."""
    form = {"token": token_of(browser.get("/login")), "name": name, "password": password, "next": target, **fields}
    return browser.post("/login", data=form)


def viewer_of(response: httpx.Response) -> list[str] | None:
    """Whom the pages believed to be asking."""
    assert response.status_code == 200, response.text
    found: list[str] | None = response.json()["viewer"]
    return found


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A home without accounts."""
    return Door(tmp_path / "home")
