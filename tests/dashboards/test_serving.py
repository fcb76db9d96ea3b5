"""The server: the current edition's pages and the assets, and nothing else of the machine."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboards.site import build_site
from orchestration.errors import TollhouseError
from orchestration.runtime.run_record import RunRecord
from orchestration.servers.site_server import make_server
from orchestration.settings import Settings
from tests.dashboards.conftest import AS_OF, MARTS
from tests.dashboards.editions import point_to, write_edition
from tests.web.conftest import served

Ask = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def settings(published: Path) -> Settings:
    """Settings of the home in which the editions stand."""
    return Settings.from_environment({"TOLLHOUSE_HOME": str(published.parent)})


@pytest.fixture
def ask(settings: Settings) -> Iterator[Ask]:
    """Asks a server over the home for a path as it stands, with no client tidying it up."""
    with served(make_server(settings, port=0, allowed_hosts=["billing.example"])) as port:

        def get(path: str, method: str = "GET", host: str | None = None) -> tuple[int, dict[str, str], str]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.putrequest(method, path, skip_host=host is not None)
            if host is not None:
                connection.putheader("Host", host)
            connection.endheaders()
            answer = connection.getresponse()
            headers = {name.title(): value for name, value in answer.getheaders()}
            result = (answer.status, headers, answer.read().decode("utf-8"))
            connection.close()
            return result

        yield get


def test_root_follows_the_pointer_on_every_request(published: Path, ask: Ask) -> None:
    for revision in (1, 2):
        build_site(write_edition(published, AS_OF, {}, revision=revision), published)
    assert ask("/")[1]["Location"] == f"/editions/{AS_OF}-0002/site/index.html"
    point_to(published, f"{AS_OF}-0001")
    status, headers, _ = ask("/")
    assert (status, headers["Location"]) == (302, f"/editions/{AS_OF}-0001/site/index.html")


def test_pages_and_script_are_served(published: Path, edition_dir: Path, ask: Ask) -> None:
    build_site(edition_dir, published)
    script = next((published / "assets").iterdir()).name
    status, headers, text = ask(f"/editions/{edition_dir.name}/site/index.html?language=en")
    assert status == 200 and "Linjiang Branch" in text and headers["Content-Type"].startswith("text/html")
    assert ask(f"/assets/{script}", "HEAD")[0] == 200
    assert ask(f"/assets/{script}", "HEAD")[2] == ""


def test_nothing_else_is_reachable(published: Path, edition_dir: Path, ask: Ask) -> None:
    build_site(edition_dir, published)
    secret = published.parent / "secret.html"
    secret.write_text("secret", encoding="utf-8")
    (edition_dir / "site" / "leak.html").symlink_to(secret)
    site = f"/editions/{edition_dir.name}/site"
    for path in (
        "/../secret.html",
        f"{site}/../../../../secret.html",
        f"{site}/..%2f..%2f..%2f..%2fsecret.html",
        f"{site}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.html",
        f"{site}/leak.html",
        f"//{secret}",
        "/assets",
        "/assets/",
        f"{site}/",
        f"{site}/%00.html",
        "/current.json",
        f"/editions/{edition_dir.name}/{next(iter(MARTS))}/part-0.parquet",
    ):
        status, _, text = ask(path)
        assert status == 404, path
        assert "secret" not in text
    status, headers, _ = ask("/", "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_without_an_edition_the_page_says_what_to_do(ask: Ask) -> None:
    status, _, text = ask("/")
    assert status == 503 and "tollhouse run" in text and "尚未发布" in text


def test_a_broken_pointer_is_told(published: Path, ask: Ask) -> None:
    (published / "current.json").write_text('{"edition": "x", "path": "../.."}', encoding="utf-8")
    assert ask("/")[0] == 500


def test_a_taken_port_is_a_clear_error(settings: Settings) -> None:
    taken = make_server(settings, port=0)
    try:
        with pytest.raises(TollhouseError, match="give another --port"):
            make_server(settings, port=taken.port)
    finally:
        taken.server_close()


def test_foreign_names_are_refused_and_allowed_ones_answered(ask: Ask) -> None:
    """Health and metrics too: a page of the internet must not read them under its own name."""
    for path in ("/", "/healthz", "/metrics"):
        assert ask(path, host="evil.example")[0] == 421
        assert ask(path, host="billing.example")[0] in (200, 503)


def test_pages_have_the_policy_that_they_state_and_cannot_be_framed(
    published: Path, edition_dir: Path, ask: Ask
) -> None:
    build_site(edition_dir, published)
    _, headers, text = ask(f"/editions/{edition_dir.name}/site/index.html")
    stated = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert stated is not None
    policy = headers["Content-Security-Policy"]
    assert policy == stated[1].replace(" file:", "") + "; frame-ancestors 'none'"
    assert "script-src 'self' 'sha256-" in policy and "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == (
        "DENY", "nosniff", "no-referrer",
    )  # fmt: skip
    script = next((published / "assets").iterdir()).name
    assert ask(f"/assets/{script}", "HEAD")[1]["Content-Length"] == str((published / "assets" / script).stat().st_size)


def test_health_is_that_of_the_edition(published: Path, edition_dir: Path, settings: Settings, ask: Ask) -> None:
    RunRecord(run_id="r1", started_at="2026-03-21T02:30:00+00:00", status="failed", error="账户 62220001").save(
        settings
    )
    status, headers, text = ask("/healthz")
    health = json.loads(text)
    assert (status, headers["Content-Type"], health["status"]) == (200, "application/json", "ok")
    assert health["edition"]["as_of"] == AS_OF and health["edition"]["age_seconds"] > 0
    assert health["last_run"]["status"] == "failed" and "62220001" not in text


def test_without_an_edition_health_says_so(ask: Ask) -> None:
    status, _, text = ask("/healthz")
    assert status == 503
    assert json.loads(text) == {"status": "unavailable", "reason": "no edition is published yet"}


def test_metrics_count_the_requests(edition_dir: Path, ask: Ask) -> None:
    ask("/no-such-page")
    ask("/", "BREW")
    status, headers, text = ask("/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert 'tollhouse_http_requests_total{method="GET",code="404"} 1.0\n' in text
    assert 'tollhouse_http_requests_total{method="other",code="405"} 1.0\n' in text
    assert "tollhouse_http_request_duration_seconds_count 2.0\n" in text
    assert "tollhouse_edition_readable 1.0\n" in text
