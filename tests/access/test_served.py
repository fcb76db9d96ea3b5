"""Guard, authentication and pages together, behind a real server: what each of them refuses and adds."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from orchestration.access.authentication import authenticated
from orchestration.allowed_hosts import AllowedHosts
from orchestration.web.bounded_server import WebServer, listening_socket
from orchestration.web.guard import Guard
from tests.access.conftest import PASSWORD, Door, pages, token_of
from tests.web.conftest import served


@pytest.fixture
def browser(door: Door) -> Iterator[httpx.Client]:
    """A browser before a server with one account."""
    door.add("li")
    listening = listening_socket("127.0.0.1", 0)
    port = listening.getsockname()[1]
    app = authenticated(pages, door.settings, host="127.0.0.1", passwords=door.passwords)
    guarded = Guard(app, AllowedHosts.of("127.0.0.1", port))
    with served(WebServer(guarded, listening)), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


def test_signing_in_from_an_own_page(browser: httpx.Client, door: Door) -> None:
    page = browser.get("/login")
    assert (
        page.headers["x-frame-options"] == "DENY"
        and "frame-ancestors 'none'" in page.headers["content-security-policy"]
    )
    assert page.headers["referrer-policy"] == "same-origin"  # else a browser would say that the form is of no origin
    fields = {"token": token_of(page), "name": "li", "password": PASSWORD, "next": "/a.html"}
    own = str(browser.base_url).rstrip("/")
    answered = browser.post("/login", data=fields, headers={"origin": own})
    assert (answered.status_code, answered.headers["location"]) == (303, "/a.html")
    assert browser.get("/a.html").json()["viewer"] == ["li", "finance", "branch"]
    assert [(one["path"], one["address"]) for one in door.log][-1] == ("/a.html", "127.0.0.1")


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_a_foreign_page_neither_signs_in_nor_out(browser: httpx.Client, path: str) -> None:
    fields = {"token": token_of(browser.get("/login")), "name": "li", "password": PASSWORD}
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert browser.post(path, data=fields, headers=headers).status_code == 403
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "target", ["/assets/..%2f..%2faccounts.json", "/assets/%2e%2e/", "/healthz%2f..%2f", "/%6cogin", "/assets/x?y"]
)
def test_encoded_paths_are_asked_for_an_account(browser: httpx.Client, target: str) -> None:
    answered = browser.get(target)
    if target in ("/%6cogin", "/assets/x?y"):
        assert answered.status_code == 200
    else:
        assert answered.status_code in (303, 401)


def test_head_has_no_body(browser: httpx.Client) -> None:
    assert (browser.head("/login").status_code, browser.head("/login").content) == (200, b"")
    assert browser.head("/").status_code == 303
