"""A proxy that names the users: believed from its own address alone, and about accounts alone."""

from __future__ import annotations

import pytest

from orchestration.access.clients import client_address
from orchestration.access.roles import Role
from tests.access.conftest import Door, log_in, viewer_of

PROXY = "10.1.0.5"


@pytest.fixture
def behind(door: Door) -> Door:
    """A home whose server is behind a proxy."""
    door.environment = {"TOLLHOUSE_PROXY_ADDRESS": "10.1.0.0/28"}
    door.add("li@branch.example", Role.AGENT, password=None, agents={"AG01"})
    door.add("王伟", password=None)
    door.add("off", Role.ADMIN)
    door.accounts.set_disabled("off", True)
    return door


def test_the_proxy_names_an_account(behind: Door) -> None:
    browser = behind.open("0.0.0.0").browser(PROXY)
    found = browser.get("/", headers={"x-remote-user": "li@branch.example"})
    assert viewer_of(found) == ["li@branch.example", "agent", "agents=AG01"]
    assert found.json()["can_sign_out"] is False and found.headers["cache-control"] == "private, no-cache"
    named = browser.get("/", headers={"X-Remote-User": "王伟".encode()})
    assert viewer_of(named) == ["王伟", "finance", "branch"]
    assert browser.get("/login", headers={"x-remote-user": "王伟".encode()}).headers["location"] == "/"
    assert not (behind.home / "session.secret").exists()


@pytest.mark.parametrize("address", ["10.1.0.16", "127.0.0.1", "::1", "::ffff:10.1.0.16", "192.168.0.1"])
def test_the_header_of_another_address_is_not_believed(behind: Door, address: str) -> None:
    browser = behind.open("0.0.0.0").browser(address)
    for headers in (
        {"x-remote-user": "li@branch.example"},
        {"x-remote-user": "li@branch.example", "x-forwarded-for": PROXY},
        {},
    ):
        assert browser.get("/", headers=headers).status_code == 403


def test_an_address_of_ipv4_in_ipv6_is_the_same(behind: Door) -> None:
    browser = behind.open("::").browser(f"::ffff:{PROXY}")
    assert browser.get("/", headers={"x-remote-user": "li@branch.example"}).status_code == 200


@pytest.mark.parametrize("name", ["nobody", "off", "LI@branch.example", " ", ""])
def test_a_name_that_is_no_account_gets_nothing(behind: Door, name: str) -> None:
    assert behind.open("0.0.0.0").browser(PROXY).get("/", headers={"x-remote-user": name}).status_code == 403


def test_two_names_are_refused(behind: Door) -> None:
    """A header of the client that the proxy has let through beside its own."""
    headers = [("x-remote-user", "王伟".encode()), ("x-remote-user", b"li@branch.example")]
    assert behind.open("0.0.0.0").browser(PROXY).get("/", headers=headers).status_code == 403


def test_without_an_address_no_header_counts(door: Door) -> None:
    door.add("li")
    assert door.open().browser("127.0.0.1").get("/", headers={"x-remote-user": "li"}).status_code == 303


def test_another_header(behind: Door) -> None:
    behind.environment["TOLLHOUSE_PROXY_USER_HEADER"] = "X-Auth-Request-Email"
    browser = behind.open("0.0.0.0").browser(PROXY)
    assert browser.get("/", headers={"x-auth-request-email": "li@branch.example"}).status_code == 200
    assert browser.get("/", headers={"x-remote-user": "li@branch.example"}).status_code == 403


def test_health_needs_no_name_and_metrics_do_not_from_here(behind: Door) -> None:
    browsing = behind.open("0.0.0.0")
    assert browsing.browser("10.9.9.9").get("/healthz").status_code == 200
    assert browsing.browser("127.0.0.1").get("/metrics").status_code == 200
    assert browsing.browser("10.9.9.9").get("/metrics").status_code == 403


def test_a_proxy_for_https_alone_says_where_clients_are(door: Door) -> None:
    """Else twenty wrong passwords of one would lock all."""
    door.environment = {"TOLLHOUSE_PROXY_ADDRESS": PROXY, "TOLLHOUSE_PROXY_USER_HEADER": "none"}
    door.add("li")
    browser = door.open("0.0.0.0").browser(PROXY)
    browser.headers["x-forwarded-for"] = "6.6.6.6, 192.168.0.7"
    for number in range(20):
        assert log_in(browser, f"guess{number}").status_code == 403
    assert log_in(browser).status_code == 429
    browser.headers["x-forwarded-for"] = "9.9.9.9, 192.168.0.7"  # what the client writes itself changes nothing
    assert log_in(browser).status_code == 429
    browser.headers["x-forwarded-for"] = "192.168.0.8"
    assert log_in(browser).status_code == 303
    assert browser.get("/", headers={"x-remote-user": "li"}).status_code == 200  # by the session
    browser.cookies.clear()
    assert browser.get("/", headers={"x-remote-user": "li"}).status_code == 303


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PROXY, "192.168.0.7", "192.168.0.7"),
        (PROXY, "1.1.1.1, 192.168.0.7", "192.168.0.7"),
        (PROXY, f"192.168.0.7, {PROXY}", "192.168.0.7"),
        (PROXY, "192.168.0.7, unknown", PROXY),
        (PROXY, "", PROXY),
        (PROXY, "fd00::5", "fd00::5"),
        ("10.9.9.9", "192.168.0.7", "10.9.9.9"),
    ],
)
def test_addresses_of_clients(behind: Door, peer: str, forwarded: str, address: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    assert client_address(scope, behind.settings.access) == address
