"""The guard before an application, called as a server calls it: who is refused, what is added, how much is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from orchestration.allowed_hosts import AllowedHosts
from orchestration.servers.dagster_ui import OTHER_POLICY, PAGE_POLICIES, PostedGraphQL
from orchestration.web import guard
from orchestration.web.guard import App, Guard, Message, Receive, Scope, Send, answer

HOSTS = AllowedHosts.of("127.0.0.1", 3000)
OWN = "http://127.0.0.1:3000"
JSON = "application/json"


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the size of the body it is given; accepts every websocket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    message = await receive()
    headers = {"content-security-policy": "script-src 'self'"} if scope["path"] == "/page" else {}
    await answer(send, 200, headers, str(len(message["body"])).encode())


def asked(
    app: App,
    method: str = "GET",
    path: str = "/",
    headers: Mapping[str, str | list[str]] | None = None,
    bodies: list[bytes] | None = None,
    kind: str = "http",
) -> list[Message]:
    """What the application sends. Bodies come one after another; after them the client says nothing more."""
    fields = {"host": "127.0.0.1:3000", **(headers or {})}
    pairs = [(n, v) for n, values in fields.items() for v in (values if isinstance(values, list) else [values])]
    sent: list[Message] = []
    waiting: list[dict[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": number < len(bodies or [b""])}
        for number, body in enumerate(bodies or [b""], start=1)
    ]
    if kind == "websocket":
        waiting = [{"type": "websocket.connect"}]

    async def receive() -> Message:
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs],
    }
    asyncio.run(asyncio.wait_for(_call(app, scope, receive, send), 20))
    return sent


async def _call(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def status(*arguments: Any, **options: Any) -> int:
    """The status of the answer."""
    return int(asked(*arguments, **options)[0]["status"])


def headers_of(sent: list[Message]) -> dict[str, str]:
    """The answer's headers; each stands there once."""
    pairs = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "localhost", ""])
def test_foreign_names_are_refused(host: str) -> None:
    """The page of a rebound name says its own name."""
    assert status(Guard(inner, HOSTS), headers={"host": host}) == 421


def test_two_names_or_none_are_refused() -> None:
    assert status(Guard(inner, HOSTS), headers={"host": ["127.0.0.1:3000", "evil.example"]}) == 421
    assert status(Guard(inner, HOSTS), headers={"host": []}) == 421


def test_an_absolute_target_is_refused() -> None:
    """Its authority would count before the header's, and nobody looks at it."""
    assert status(Guard(inner, HOSTS), path="http://evil.example/") == 421


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": OWN}, 200),
        ({"origin": "http://localhost:3000"}, 200),
        ({}, 200),  # no browser
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": [OWN, "http://evil.example"]}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_changes_are_asked_for_by_pages_of_this_server(headers: dict[str, str | list[str]], expected: int) -> None:
    for method in ("POST", "PUT", "DELETE", "UNHEARD"):
        assert status(Guard(inner, HOSTS), method, headers=headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": OWN}, "websocket.accept"),
        ({}, "websocket.accept"),
        ({"origin": "http://evil.example"}, "websocket.close"),
        ({"origin": "null"}, "websocket.close"),
        ({"host": "evil.example:3000", "origin": OWN}, "websocket.close"),
    ],
)
def test_websockets_are_opened_by_pages_of_this_server(headers: dict[str, str], expected: str) -> None:
    """A browser lets any page open one; only the server can refuse."""
    assert [message["type"] for message in asked(Guard(inner, HOSTS), headers=headers, kind="websocket")] == [expected]


def test_every_answer_has_the_headers() -> None:
    """Refusals too, and what the application says itself stays."""
    for sent in (asked(Guard(inner, HOSTS)), asked(Guard(inner, HOSTS), headers={"host": "evil.example"})):
        headers = headers_of(sent)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    page = headers_of(asked(Guard(inner, HOSTS, ["connect-src 'self' ws://{host}", "script-src 'none'"]), path="/page"))
    assert page["content-security-policy"] == (
        "script-src 'self'; connect-src 'self' ws://127.0.0.1:3000; frame-ancestors 'none'"
    )


def test_bodies_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BODY_BYTES", 10)
    whole = asked(Guard(inner, HOSTS), "POST", bodies=[b"12345", b"67890"])
    assert (whole[0]["status"], whole[1]["body"]) == (200, b"10")
    sent = asked(Guard(inner, HOSTS), "POST", bodies=[b"12345", b"678901"])
    assert sent[0]["status"] == 413 and headers_of(sent)["connection"] == "close"


def test_bodies_have_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.1)
    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "headers": [(b"host", b"127.0.0.1:3000")]}
    asyncio.run(_call(Guard(inner, HOSTS), scope, never, send))
    assert sent[0]["status"] == 408


GRAPHQL = Guard(PostedGraphQL(inner), HOSTS, PAGE_POLICIES, OTHER_POLICY)


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("POST", "/graphql", {"content-type": JSON, "origin": OWN}, 200),
        ("POST", "/graphql", {"content-type": "application/json; charset=utf-8"}, 200),
        ("GET", "/graphql", {"accept": "text/html,*/*"}, 200),  # the page of the query editor
        ("GET", "/", {}, 200),
        ("GET", "/graphql", {}, 405),
        ("GET", "/graphql/", {"accept": JSON}, 405),
        ("HEAD", "/graphql", {"accept": "text/html"}, 405),
        ("OPTIONS", "/graphql", {"accept": "text/html"}, 405),
        # What a form of another page can send without being asked:
        ("POST", "/graphql", {"content-type": "text/plain"}, 415),
        ("POST", "/graphql", {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/graphql", {"content-type": f"text/plain; a={JSON}"}, 415),
        ("POST", "/graphql", {"content-type": [JSON, "text/plain"]}, 415),
        ("POST", "/graphql", {}, 415),
        ("POST", "/report_asset_materialization/bills", {"content-type": "text/plain"}, 415),
        ("POST", "/graphql", {"content-type": JSON, "origin": "http://evil.example"}, 403),
    ],
)
def test_graphql_is_asked_by_post_of_json(
    method: str, path: str, headers: dict[str, str | list[str]], expected: int
) -> None:
    assert status(GRAPHQL, method, path, headers) == expected
