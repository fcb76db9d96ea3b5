"""A guard before an application (ASGI): whose requests reach it, how large they may be, and which headers every answer has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from orchestration.allowed_hosts import AllowedHosts

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_BODY_BYTES = 4 * 1024**2
BODY_SECONDS = 30.0

#: For every answer of every server here. An application's own value counts, except for the framing of its pages.
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
#: Of what has no policy of its own.
STRICT_POLICY = "default-src 'none'"
_NOT_FRAMED = "frame-ancestors 'none'"


class Guard:
    """Refuses requests under foreign names and changes requested by foreign pages; limits bodies; adds the headers.

    A body is read whole before the application is called, within a time and a size. `policies` are added to the content
    policy that the application gives its pages, where it has nothing to say on the matter; `{host}` in them is the name by
    which the server was asked. `otherwise` is the policy of what has none.
    """

    def __init__(
        self, app: App, hosts: AllowedHosts, policies: Iterable[str] = (), otherwise: str = STRICT_POLICY
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._policies = (*policies, _NOT_FRAMED)
        self._added = {**SECURITY_HEADERS, "content-security-policy": otherwise}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through to the application, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await receive()  # the handshake, which is not accepted: the client sees 403
                await send({"type": "websocket.close", "code": 1008, "reason": refusal[1][:100]})
            return
        sending = self._with_headers(send, "" if refusal else header_values(scope, "host")[0])
        if refusal is not None:
            await answer_text(sending, *refusal)
            return
        body = await _whole_body(receive)
        if isinstance(body, int):
            await answer_text(sending, body, _BODY_FAULTS[body], close=True)
        elif body is not None:
            await self._app(scope, _replaying(body, receive), sending)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and words where the request must not reach the application."""
        hosts = header_values(scope, "host")
        target = scope.get("raw_path", b"")
        if len(hosts) != 1 or not self._hosts.allows(hosts[0]) or not target.startswith(b"/"):
            return 421, (
                "This server does not answer under the name of this request. Open it by the address that it was started "
                "with, or allow the name: tollhouse serve (or ui) --allow-host NAME, or TOLLHOUSE_ALLOWED_HOSTS."
            )
        if scope["type"] == "http" and scope["method"] in READING_METHODS:
            return None
        origins = header_values(scope, "origin")
        # A browser always sends it. A request without it comes from no page, and a foreign page cannot leave it out.
        if any(not self._hosts.allows_origin(origin) for origin in origins):
            return 403, "A page of another origin must not ask this of this server."
        if not origins and any(site not in ("same-origin", "none") for site in header_values(scope, "sec-fetch-site")):
            return 403, "A page of another site must not ask this of this server."
        return None

    def _with_headers(self, send: Send, host: str) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.lower(), value) for name, value in message.get("headers", [])]
                message = {**message, "headers": self._completed(headers, host)}
            await send(message)

        return sending

    def _completed(self, headers: list[tuple[bytes, bytes]], host: str) -> list[tuple[bytes, bytes]]:
        given = {name for name, _ in headers}
        if b"feature-policy" in given:  # the earlier name: a browser complains of both
            given.add(b"permissions-policy")
        added = [(n.encode(), v.encode()) for n, v in self._added.items() if n.encode() not in given]
        return [
            (name, self._policy(value, host) if name == b"content-security-policy" else value)
            for name, value in (*headers, *added)
        ]

    def _policy(self, value: bytes, host: str) -> bytes:
        parts = [part.strip() for part in value.decode("latin-1").split(";") if part.strip()]
        said = {part.split()[0] for part in parts}
        parts += [policy.replace("{host}", host) for policy in self._policies if policy.split()[0] not in said]
        return "; ".join(parts).encode("latin-1")


_BODY_FAULTS = {
    408: "The request did not come within its time.",
    413: f"The request has more than {MOST_BODY_BYTES} bytes.",
}


async def _whole_body(receive: Receive) -> bytes | int | None:
    """The body; the status to answer with where it is too large or too slow; None where the client has gone."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    return None
                body += message.get("body", b"")
                if len(body) > MOST_BODY_BYTES:
                    return 413
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return 408


def _replaying(body: bytes, receive: Receive) -> Receive:
    is_given = False

    async def receiving() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiving


def header_values(scope: Scope, name: str) -> list[str]:
    """The values of a header, in their order; none where the request does not have it."""
    wanted = name.encode()
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted]


async def answer(
    send: Send, status: int, headers: Mapping[str, str], content: bytes = b"", with_body: bool = True
) -> None:
    """Answer a request completely. Without a body the length is sent all the same, as HEAD needs it."""
    fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    fields.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content if with_body else b""})


async def answer_text(send: Send, status: int, text: str, close: bool = False, **headers: str) -> None:
    """Answer with a sentence. `close`: the rest of the request is not waited for."""
    fields = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **headers}
    await answer(send, status, fields | ({"connection": "close"} if close else {}), f"{text}\n".encode())
