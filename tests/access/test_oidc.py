"""Signing in at a provider of OpenID Connect: a user who comes back is believed only where everything about it is right."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from orchestration.access.roles import Role
from tests.access.conftest import Browsing, Door, viewer_of
from tests.access.providers import CLIENT, SECRET, Provider, provider


@pytest.fixture(scope="module")
def at_work() -> Iterator[Provider]:
    """The provider of all tests here."""
    with provider() as state:
        yield state


@pytest.fixture
def login(at_work: Provider) -> Provider:
    """The provider as it is at first."""
    fresh = Provider(port=at_work.port, key=at_work.key)
    vars(at_work).update(vars(fresh))
    return at_work


@pytest.fixture
def browsing(door: Door, login: Provider) -> Browsing:
    """A server that signs in at the provider, with an account without a password."""
    door.environment = {
        "TOLLHOUSE_OIDC_ISSUER": login.issuer,
        "TOLLHOUSE_OIDC_CLIENT_ID": CLIENT,
        "TOLLHOUSE_OIDC_CLIENT_SECRET": SECRET,
    }
    door.add("li@branch.example", Role.OUTLET, password=None, outlets={"OU01"})
    door.add("off@branch.example")
    door.accounts.set_disabled("off@branch.example", True)
    return door.open("0.0.0.0")


def sent_back(browser: TestClient, path: str = "/login/start?next=/bills.html") -> str:
    """Where the provider sends the browser after signing in there."""
    started = browser.get(path)
    assert started.status_code == 302, started.text
    return httpx.get(started.headers["location"]).headers["location"]


def come_back(browser: TestClient, address: str | None = None) -> httpx.Response:
    """The answer to a browser that comes back."""
    parts = urlsplit(address or sent_back(browser))
    assert f"{parts.scheme}://{parts.netloc}" == str(browser.base_url).rstrip("/")
    return browser.get(f"{parts.path}?{parts.query}")


def test_signing_in_at_the_provider(browsing: Browsing, login: Provider, door: Door) -> None:
    browser = browsing.browser()
    asked = browser.get("/bills.html")
    form = browser.get(asked.headers["location"])
    assert 'href="/login/start?next=%2Fbills.html"' in form.text and "password" not in form.text
    answered = come_back(browser)
    assert (answered.status_code, answered.headers["location"]) == (303, "/bills.html")
    assert viewer_of(browser.get("/bills.html")) == ["li@branch.example", "outlet", "outlets=OU01"]
    (query,) = login.asked
    assert query["response_type"] == "code" and query["code_challenge_method"] == "S256"
    assert len(query["state"]) >= 20 and len(query["nonce"]) >= 20 and login.faults == []
    assert [one["account"] for one in door.log if one["event"] == "login"] == ["li@branch.example"]
    assert "code=" not in door.settings.access_log_path.read_text()
    door.accounts.set_disabled("li@branch.example", True)
    assert browser.get("/bills.html").status_code == 303


def test_behind_https_the_user_comes_back_by_https(browsing: Browsing, door: Door) -> None:
    door.environment["TOLLHOUSE_SERVE_HTTPS"] = "yes"
    browser = door.open("0.0.0.0").browser(base="https://billing.example")
    assert come_back(browser).headers["location"] == "/bills.html"
    assert browser.get("/").status_code == 200


def test_passwords_do_not_count_there(browsing: Browsing, door: Door) -> None:
    door.add("wang")
    assert (
        browsing.browser().post("/login", data={"name": "wang", "password": "correct horse battery"}).status_code == 404
    )


@pytest.mark.parametrize(
    ("claims", "left_out"),
    [
        ({"nonce": "another"}, set()),
        ({}, {"nonce"}),
        ({"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}, set()),
        ({}, {"exp"}),
        ({"iat": int(time.time()) + 3600}, set()),
        ({"iss": "https://evil.example"}, set()),
        ({}, {"iss"}),
        ({"aud": "another-client"}, set()),
        ({"aud": "another-client", "azp": CLIENT}, set()),
        ({}, {"aud"}),
        ({}, {"email"}),
        ({"email": ["li@branch.example"]}, set()),
        ({"email": ""}, set()),
        ({"email_verified": False}, set()),
        ({"email_verified": "false"}, set()),
        ({"email": "nobody@branch.example"}, set()),
        ({"email": "LI@branch.example"}, set()),
        ({"email": "off@branch.example"}, set()),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    browsing: Browsing, login: Provider, claims: dict[str, object], left_out: set[str]
) -> None:
    login.claims, login.left_out = claims, left_out
    browser = browsing.browser()
    answered = come_back(browser)
    assert answered.status_code == 403 and 'role="alert"' in answered.text
    assert browser.get("/").status_code == 303
    login.claims, login.left_out = {}, set()
    assert come_back(browser).status_code == 303  # nothing else was wrong


def test_a_token_that_another_key_has_signed_is_refused(browsing: Browsing, login: Provider) -> None:
    genuine = login.key
    login.key, login.published = RSAKey.generate_key(2048, {"kid": "first"}), genuine
    assert come_back(browsing.browser()).status_code == 403


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_is_not_signed_by_a_key_of_the_provider_is_refused(
    browsing: Browsing, login: Provider, algorithm: str
) -> None:
    login.algorithm, login.algorithms = algorithm, [algorithm]
    assert come_back(browsing.browser()).status_code == 403


def test_a_key_that_was_changed_is_asked_for_again(browsing: Browsing, login: Provider) -> None:
    assert come_back(browsing.browser()).status_code == 303
    login.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert come_back(browsing.browser()).status_code == 303


def test_an_answer_without_an_id_token_is_refused(browsing: Browsing, login: Provider) -> None:
    login.has_id_token = False
    assert come_back(browsing.browser()).status_code == 403


def test_the_state_is_of_this_browser_and_used_once(browsing: Browsing, login: Provider) -> None:
    attacker, victim = browsing.browser(), browsing.browser()
    address = sent_back(attacker)
    assert come_back(victim, address).status_code == 403  # of another browser
    sent_back(victim)
    assert come_back(victim, address).status_code == 403
    parts = urlsplit(address)
    code = parse_qs(parts.query)["code"][0]
    for query in (
        f"code={code}",
        f"code={code}&state=",
        f"code={code}&state=guessed",
        "",
        "error=access_denied&state=x",
    ):
        assert attacker.get(f"/login/callback?{query}").status_code == 403
    assert victim.get("/").status_code == 303
    address = sent_back(attacker)
    assert come_back(attacker, address).status_code == 303
    assert come_back(attacker, address).status_code == 403


def test_a_code_of_somebody_else_is_refused_by_pkce(browsing: Browsing, login: Provider) -> None:
    stolen = parse_qs(urlsplit(sent_back(browsing.browser())).query)["code"][0]
    browser = browsing.browser()
    own = parse_qs(urlsplit(sent_back(browser)).query)["state"][0]
    assert browser.get(f"/login/callback?code={stolen}&state={own}").status_code == 403
    assert login.faults == ["code_verifier"]


def test_a_page_that_leads_to_signing_in_ends_no_session(browsing: Browsing) -> None:
    browser = browsing.browser()
    come_back(browser)
    assert browser.get("/login/start?next=//evil.example").headers["location"] == "/"
    assert browser.get("/login/callback?code=x&state=y").status_code == 403
    assert browser.get("/").status_code == 200


def test_it_leads_to_no_other_server(browsing: Browsing) -> None:
    browser = browsing.browser()
    assert come_back(browser, sent_back(browser, "/login/start?next=https://evil.example/")).headers["location"] == "/"


def test_a_provider_that_calls_itself_otherwise_is_not_asked(
    browsing: Browsing, login: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    login.calls_itself = "https://evil.example"
    assert browsing.browser().get("/login/start").status_code == 502
    assert (
        "the provider calls itself https://evil.example, TOLLHOUSE_OIDC_ISSUER is" in caplog.text
        and SECRET not in caplog.text
    )


def test_a_provider_that_is_away_is_said(door: Door, browsing: Browsing) -> None:
    door.environment["TOLLHOUSE_OIDC_ISSUER"] = "http://127.0.0.1:9"
    answered = door.open("0.0.0.0").browser().get("/login/start", headers={"accept-language": "en"})
    assert answered.status_code == 502 and "Signing in did not succeed" in answered.text


def test_another_claim(browsing: Browsing, login: Provider, door: Door) -> None:
    door.environment["TOLLHOUSE_OIDC_USER_CLAIM"] = "preferred_username"
    door.add("li")
    login.claims = {"preferred_username": "li", "email_verified": False}
    browser = door.open("0.0.0.0").browser()
    assert come_back(browser).status_code == 303
    assert viewer_of(browser.get("/")) == ["li", "finance", "branch"]
