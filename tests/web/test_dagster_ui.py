"""`tollhouse ui` itself: what a page of the internet could try against it, over real connections."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.ingestion.stores.servers import free_port

WAIT_SECONDS = 120
_SCHEDULE = '{repositoryLocationName: "x", repositoryName: "x", scheduleName: "x"}'
MUTATION = f"mutation {{ startSchedule(scheduleSelector: {_SCHEDULE}) {{ __typename }} }}"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of `tollhouse ui` on an empty home."""
    home = tmp_path_factory.mktemp("ui")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TOLLHOUSE_", "DAGSTER_"))}
    found = free_port()
    with (home / "ui.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("tollhouse")),
                "ui",
                "--port",
                str(found),
                "--allow-host",
                "billing.example",
            ],
            cwd=PROJECT_ROOT,
            env={**own, "TOLLHOUSE_HOME": str(home / "home")},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until = time.monotonic() + WAIT_SECONDS
            while True:
                try:
                    socket.create_connection(("127.0.0.1", found), timeout=1).close()
                    break
                except OSError:
                    assert process.poll() is None and time.monotonic() < until, (home / "ui.log").read_text()
                    time.sleep(0.5)
            yield found
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its own group, and nothing in it that could be lost
            process.wait(timeout=30)


def ask(port: int, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = (answer.status, {name.title(): value for name, value in answer.getheaders()}, answer.read().decode())
    connection.close()
    return found


def graphql(port: int, query: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """A query by POST of JSON."""
    return ask(port, "POST", "/graphql", json.dumps({"query": query}), content_type="application/json", **headers)


def handshake(port: int, **headers: str) -> str:
    """The first line that a websocket's handshake is answered with."""
    fields = {
        "Host": f"127.0.0.1:{port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": "graphql-ws",
        **headers,
    }
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(
            ("GET /graphql HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields.items()) + "\r\n").encode()
        )
        return client.recv(4096).decode().split("\r\n")[0]


def test_the_ui_answers_under_its_own_names_and_no_other(port: int) -> None:
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "billing.example"):
        assert ask(port, "GET", "/", host=host)[0] == 200, host
    for host in ("evil.example", f"evil.example:{port}", "localhost:1"):
        assert ask(port, "GET", "/", host=host)[0] == 421, host
        assert graphql(port, "{ version }", host=host)[0] == 421, host


def test_its_pages_cannot_be_framed_and_load_nothing_from_elsewhere(port: int) -> None:
    _, headers, text = ask(port, "GET", "/")
    policy = headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://127.0.0.1:{port}" in policy and "frame-ancestors 'none'" in policy
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert "Referrer-Policy" in headers and "Dagster" in text


def test_a_mutation_is_asked_by_post_of_this_servers_pages(port: int) -> None:
    """As the UI asks it, and as a program does that is no browser; not as a page of elsewhere can."""
    own = f"http://127.0.0.1:{port}"
    for headers in ({"origin": own}, {}):
        status, _, text = graphql(port, MUTATION, **headers)
        assert status == 200 and json.loads(text)["data"]["startSchedule"]["__typename"]
    for origin in ("http://evil.example", "http://127.0.0.1:1", "null"):
        assert graphql(port, MUTATION, origin=origin)[0] == 403, origin
    get = "/graphql?query=" + MUTATION.replace(" ", "%20").replace('"', "%22")
    assert ask(port, "GET", get)[0] == 405
    assert ask(port, "POST", get, "", content_type="text/plain")[0] == 415


def test_a_websocket_is_opened_by_this_servers_pages(port: int) -> None:
    assert "101" in handshake(port, Origin=f"http://127.0.0.1:{port}")
    assert "403" in handshake(port, Origin="http://evil.example")
    assert "403" in handshake(port, Host=f"evil.example:{port}")


def test_a_slow_client_is_let_go(port: int) -> None:
    """Its bounds are the usual ones: headers have ten seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        begun = time.monotonic()
        with suppress(ConnectionResetError):
            assert client.recv(10) == b""
        assert 5 < time.monotonic() - begun < 20
