"""Chromium before a server of the small branch (branch.py). Where there is no chromium, its tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from orchestration.servers.site_server import make_server
from orchestration.settings import Settings
from tests.e2e.branch import MANY, write_branch
from tests.web.conftest import served

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Watched:
    """A page of the browser, and what it complained of or asked of anybody but `origin`."""

    page: Page
    origin: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url} {request.failure}"))
        self.page.on("request", lambda request: self._on_request(request.url))

    def open(self, path: str) -> Page:
        """Open an address of the origin, with the faults of the page before forgotten; its figures are drawn when it returns."""
        self.faults.clear()
        self.page.goto(f"{self.origin}{path}", wait_until="load")
        self.wait_for_figures()
        return self.page

    def wait_for_figures(self) -> None:
        """Return when every figure is drawn."""
        self.page.wait_for_function("() => document.querySelectorAll('.figure:not([data-drawn])').length === 0")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def _on_request(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "data:", "blob:")):
            self.faults.append(f"foreign request: {url}")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of these tests, gone before others run: an event loop runs in the thread while it is open."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("chromium is not installed: what a browser shows is not tested (apt-get install chromium)")
    # Its sandbox refuses to work for root; the pages are our own.
    arguments = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def branch_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the small branch, with one table longer than what is shown of it."""
    home = tmp_path_factory.mktemp("branch")
    (home / "published").mkdir()
    write_branch(home / "published", many=MANY)
    return home


@pytest.fixture(scope="session")
def branch_settings(branch_home: Path) -> Settings:
    """Its settings."""
    return Settings.from_environment({"TOLLHOUSE_HOME": str(branch_home)})


@pytest.fixture(scope="session")
def origin(branch_settings: Settings) -> Iterator[str]:
    """Where its pages are served."""
    with served(make_server(branch_settings, port=0)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without a past, on a desktop."""
    made = chromium.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN")
    yield made
    made.close()


@pytest.fixture
def watched(context: BrowserContext, origin: str) -> Watched:
    """A page before the served branch."""
    return Watched(context.new_page(), origin)
