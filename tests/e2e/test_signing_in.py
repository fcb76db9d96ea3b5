"""Signing in and out with a browser: the form, a wrong password, the wait after five of them, and what comes after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from orchestration.access.accounts import AccountsFile
from orchestration.access.passwords import Passwords
from orchestration.access.roles import Role, Scope
from orchestration.servers.site_server import make_server
from orchestration.settings import Settings
from tests.access.conftest import PASSWORD, QUICK
from tests.e2e.branch import write_branch
from tests.e2e.conftest import Watched
from tests.e2e.test_pages import violations
from tests.web.conftest import served


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the branch with two accounts."""
    home = tmp_path_factory.mktemp("door")
    (home / "published").mkdir()
    write_branch(home / "published")
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(home)})
    hashed = Passwords(QUICK).hash(PASSWORD)
    AccountsFile(settings).add("li.wei", Role.OUTLET, Scope(outlets=frozenset({"O1"})), hashed)
    AccountsFile(settings).add("zhao", Role.MANAGEMENT, Scope(), hashed)
    with served(make_server(settings, port=0)) as port:
        yield f"http://127.0.0.1:{port}"


def sign_in(page: Page, name: str, password: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_form_can_be_read_by_everybody(theme: str, context: BrowserContext, door: str) -> None:
    watched = Watched(context.new_page(), door)
    watched.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for language in ("zh", "en"):
        page = watched.open(f"/login?lang={language}")
        assert violations(page) == []
        assert watched.faults == []


def test_page_asked_for_comes_after_signing_in_and_goes_with_signing_out(context: BrowserContext, door: str) -> None:
    watched = Watched(context.new_page(), door)
    page = watched.open("/en/outlet")
    assert page.url.startswith(f"{door}/login?next=")
    sign_in(page, "li.wei", "wrong")
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.locator("#name").input_value() == "li.wei"
    sign_in(page, "li.wei", PASSWORD)
    page.wait_for_url(f"{door}/en/outlet")
    expect(page.locator(".viewer")).to_contain_text("li.wei")
    # Of the four sections an outlet has its own pages only.
    assert page.locator("nav.site a", has_text="Overview").count() == 0
    page.locator(".viewer a").click()
    page.locator("button[type=submit]").click()
    page.wait_for_url(f"{door}/login*")
    page.goto(f"{door}/en/outlet")
    assert "/login" in page.url


def test_page_of_another_role_says_so(context: BrowserContext, door: str) -> None:
    page = Watched(context.new_page(), door).open("/en/outlet")
    sign_in(page, "li.wei", PASSWORD)
    page.wait_for_url(f"{door}/en/outlet")
    answer = page.goto(f"{door}/en/overview")
    assert answer is not None and answer.status == 403
    expect(page.locator(".message")).to_be_visible()
    assert page.locator("table, .figure").count() == 0


def test_five_wrong_passwords_have_to_wait(context: BrowserContext, door: str) -> None:
    page = Watched(context.new_page(), door).open("/login?lang=en")
    for attempt in range(6):
        sign_in(page, "zhao", f"wrong {attempt}")
        expect(page.locator("[role=alert]")).to_be_visible()
    expect(page.locator("[role=alert]")).to_contain_text("15")
    sign_in(page, "zhao", PASSWORD)
    expect(page.locator("[role=alert]")).to_contain_text("15")
