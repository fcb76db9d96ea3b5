"""The server: the current edition's pages and the assets, and nothing else of the machine."""

from __future__ import annotations

import gzip
import html
import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.pages.model import Page
from dashboards.site import build_site
from orchestration.errors import TollhouseError
from orchestration.runtime.run_record import RunRecord
from orchestration.servers import page_answers
from orchestration.servers.site_server import Site, make_server
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

        def get(
            path: str,
            method: str = "GET",
            host: str | None = None,
            language: str = "",
            etag: str = "",
            encoding: str = "",
        ) -> tuple[int, dict[str, str], str]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.putrequest(method, path, skip_host=host is not None, skip_accept_encoding=True)
            named = {"Host": host, "Accept-Language": language, "If-None-Match": etag, "Accept-Encoding": encoding}
            for name, value in named.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            headers = {name.title(): value for name, value in answer.getheaders()}
            content = answer.read()
            if headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            result = (answer.status, headers, content.decode("utf-8"))
            connection.close()
            return result

        yield get


def test_root_leads_to_the_first_page_in_the_readers_language(edition_dir: Path, ask: Ask) -> None:
    assert ask("/")[1]["Location"] == "/zh/overview"
    assert ask("/", language="en-GB,en;q=0.9")[1]["Location"] == "/en/overview"
    assert ask("/", language="de, zh-CN;q=0.8, en;q=0.5")[1]["Location"] == "/zh/overview"
    assert ask("/en/")[1]["Location"] == ask("/en")[1]["Location"] == "/en/overview"


def test_a_page_is_of_the_edition_that_the_pointer_names(published: Path, ask: Ask) -> None:
    """A new edition is shown at once, and an earlier one where the address asks for it."""
    for revision in (1, 2):
        write_edition(published, AS_OF, {}, revision=revision)
    assert f"{AS_OF}-0002" in ask("/en/overview")[2]
    point_to(published, f"{AS_OF}-0001")
    assert f"{AS_OF}-0001" in ask("/en/overview")[2]
    assert f"{AS_OF}-0002" in ask(f"/en/overview?edition={AS_OF}-0002")[2]
    status, _, text = ask("/en/overview?edition=2026-03-20-0009")
    assert status == 404 and "2026-03-20-0009" in text
    assert ask("/en/overview?edition=../../..")[0] == 404


def test_pages_files_and_assets_are_served(edition_dir: Path, ask: Ask) -> None:
    status, headers, text = ask("/en/overview?period=2026-01")
    assert status == 200 and "Linjiang Branch" in text and headers["Content-Type"].startswith("text/html")
    assert "2026-01 were issued" in text and ask("/zh/overview")[2] != ask("/en/overview")[2]
    (script,) = re.findall(r'src="(/assets/site-[^"]+)"', text)
    status, headers, content = ask(script)
    assert status == 200 and "immutable" in headers["Cache-Control"] and "use strict" in content
    assert ask(script, "HEAD")[2] == ""
    status, headers, content = ask("/zh/overview/by_business_unit.csv")
    assert status == 200 and content.startswith("\ufeff经营部") and "attachment" in headers["Content-Disposition"]
    for path in (
        "/zh/overview/nothing.csv",
        "/zh/overview/by_business_unit.pdf",
        "/zh/nothing",
        "/fr/overview",
        "/assets/x.js",
    ):
        assert ask(path)[0] == 404, path


def test_what_did_not_change_is_not_sent_again(edition_dir: Path, ask: Ask) -> None:
    _, headers, text = ask("/en/overview")
    etag = headers["Etag"]
    status, again, content = ask("/en/overview", etag=etag)
    assert (status, again["Etag"], content) == (304, etag, "")
    assert ask("/en/overview?period=2026-01", etag=etag)[0] == 200
    assert ask("/en/overview")[2] == text, "the same page, from the cache"


def test_pages_are_sent_compressed_to_who_can_read_that(edition_dir: Path, ask: Ask) -> None:
    _, plain, text = ask("/en/overview")
    _, zipped, content = ask("/en/overview", encoding="gzip, br")
    assert "Content-Encoding" not in plain and zipped["Content-Encoding"] == "gzip"
    assert content == text and int(zipped["Content-Length"]) < len(text.encode()) / 3
    for accepted, is_zipped in (
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.00, br", False),
        ("xgzipx", False),
    ):
        assert ("Content-Encoding" in ask("/en/overview", encoding=accepted)[1]) is is_zipped, accepted


def test_nothing_else_is_reachable(published: Path, edition_dir: Path, ask: Ask) -> None:
    """Neither the marts nor the static site, which knows no scopes, nor anything beside them."""
    build_site(edition_dir, published)
    secret = published.parent / "secret.html"
    secret.write_text("secret", encoding="utf-8")
    site = f"/editions/{edition_dir.name}/site"
    for path in (
        "/../secret.html",
        f"{site}/../../../../secret.html",
        f"{site}/en/overview.html",
        "/zh/..%2f..%2f..%2fsecret.html",
        "/zh/%2e%2e/%2e%2e/secret.html",
        "/assets/..%2f..%2fsecret.html",
        f"//{secret}",
        "/assets",
        "/assets/",
        "/zh/%00.html",
        "/current.json",
        f"/editions/{edition_dir.name}/{next(iter(MARTS))}/part-0.parquet",
    ):
        status, _, text = ask(path)
        assert status == 404, path
        assert "secret" not in text
    status, headers, _ = ask("/", "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_without_an_edition_the_page_says_what_to_do(ask: Ask) -> None:
    status, _, text = ask("/zh/overview")
    assert status == 503 and "tollhouse run" in text and "尚未发布" in text


def test_a_broken_pointer_is_told(published: Path, edition_dir: Path, ask: Ask) -> None:
    (published / "current.json").write_text('{"edition": "x", "path": "../.."}', encoding="utf-8")
    assert ask("/zh/overview")[0] == 500
    (published / "current.json").unlink()
    status, _, text = ask("/zh/overview")
    assert status == 503 and "current.json" in text


def test_a_half_removed_edition_is_a_sentence(published: Path, edition_dir: Path, ask: Ask) -> None:
    """A mart's file is gone while the manifest names it: no stack trace, and doctor is named."""
    (edition_dir / "bills" / "part-0.parquet").unlink()
    status, _, text = ask("/en/overview")
    assert status == 500 and "tollhouse doctor" in text and "Traceback" not in text


def test_a_filter_of_markup_is_a_text(edition_dir: Path, ask: Ask) -> None:
    status, _, text = ask("/en/overview?period=%3Cscript%3Ealert(1)%3C/script%3E&%3Cb%3E=1")
    assert status == 404 and "<script>alert" not in text and "<b>" not in text
    assert ask("/en/overview?period=" + "9" * 5000)[0] in (404, 414, 431)


def test_a_filter_with_two_values_is_refused(edition_dir: Path, ask: Ask) -> None:
    """Which one is meant nobody knows: a proxy may take the first and a program the last."""
    for path in (
        "/en/overview?period=2026-01&period=2026-02",
        "/zh/overview/by_business_unit.csv?period=2026-01&period=",
    ):
        status, _, text = ask(path)
        assert (
            status == 400
            and "two different values of the filter 'period'" in html.unescape(text)
            and "两个不同的值" in text
        )
    assert "<b>" not in ask("/en/overview?%3Cb%3E=1&%3Cb%3E=2")[2]
    assert ask("/en/overview?period=2026-01&period=2026-01")[0] == 200, "the same twice is one"


def test_a_server_is_warm_before_the_first_reader(
    edition_dir: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Libraries, texts and templates are loaded while nobody waits for them; who asks then has a page that is drawn already."""
    drawn: list[str] = []
    is_warm = threading.Event()
    draw, warm_up = page_answers.draw, Site.warm_up

    def watched(name: str, *rest: Any) -> Page:
        drawn.append(name)
        return draw(name, *rest)

    def warmed(site: Site) -> None:
        warm_up(site)
        is_warm.set()

    monkeypatch.setattr(page_answers, "draw", watched)
    monkeypatch.setattr(Site, "warm_up", warmed)
    with served(make_server(settings, port=0, warms_up=True)) as port:
        assert is_warm.wait(60)
        before = len(drawn)
        for language in ("zh", "en"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", f"/{language}/overview")
            assert connection.getresponse().status == 200
            connection.close()
    assert before == 2 and len(drawn) == 2


def test_a_server_without_an_edition_warms_up_in_silence(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    Site(settings).warm_up()
    assert not caplog.records


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
        assert ask(path, host="billing.example")[0] in (200, 302, 503)


def test_pages_have_the_policy_that_they_state_and_cannot_be_framed(edition_dir: Path, ask: Ask) -> None:
    _, headers, text = ask("/en/overview")
    stated = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert stated is not None
    policy = headers["Content-Security-Policy"]
    assert policy == stated[1] + "; frame-ancestors 'none'"
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0] and "connect-src 'none'" in policy
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == (
        "DENY", "nosniff", "no-referrer",
    )  # fmt: skip


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


def test_a_file_that_goes_away_under_a_reader_is_a_sentence_without_paths(edition_dir: Path, ask: Ask) -> None:
    """The view is open already, so that the query meets the missing file; the next request is tried again."""
    assert ask("/en/overview")[0] == 200
    kept = (edition_dir / "problem_bulletin" / "part-0.parquet").rename(edition_dir / "aside")
    status, _, text = ask("/en/bulletin")
    assert (
        status == 500 and "tollhouse doctor" in text and str(edition_dir) not in text and "select" not in text.lower()
    )
    kept.rename(edition_dir / "problem_bulletin" / "part-0.parquet")
    assert ask("/en/bulletin")[0] == 200
