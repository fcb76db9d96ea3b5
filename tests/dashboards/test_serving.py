"""The server: the current edition's pages and the assets, and nothing else of the machine."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboards.serving import make_server
from dashboards.site import build_site
from orchestration.errors import TollhouseError
from tests.dashboards.conftest import AS_OF, MARTS
from tests.dashboards.editions import point_to, write_edition

Ask = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def ask(published: Path) -> Iterator[Ask]:
    """Asks a server over `published` for a path as it stands, with no client tidying it up."""
    server = make_server(published, port=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def get(path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        connection.putrequest(method, path)
        connection.endheaders()
        answer = connection.getresponse()
        result = (answer.status, dict(answer.getheaders()), answer.read().decode("utf-8"))
        connection.close()
        return result

    yield get
    server.shutdown()
    server.server_close()
    thread.join()


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
    assert ask("/", "POST")[0] == 501


def test_without_an_edition_the_page_says_what_to_do(ask: Ask) -> None:
    status, _, text = ask("/")
    assert status == 503 and "tollhouse run" in text and "尚未发布" in text


def test_a_broken_pointer_is_told(published: Path, ask: Ask) -> None:
    (published / "current.json").write_text('{"edition": "x", "path": "../.."}', encoding="utf-8")
    assert ask("/")[0] == 500


def test_a_taken_port_is_a_clear_error(published: Path) -> None:
    taken = make_server(published, port=0)
    try:
        with pytest.raises(TollhouseError, match="choose another port"):
            make_server(published, port=taken.server_address[1])
    finally:
        taken.server_close()
