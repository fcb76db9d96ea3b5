"""Slow and many clients against a real server: each is bounded, and none of them keeps the others from being answered."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress

import pytest

from orchestration.errors import TollhouseError
from orchestration.web.bounded_server import listening_socket
from orchestration.web.guard import Receive, Scope, Send, answer
from tests.web.conftest import Serve, ShortBounds

LARGE = 32 * 1024**2  # more than what the kernel keeps for a client that does not read


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path; /slow after three seconds, /large with more than a client can have unread."""
    if scope["path"] == "/slow":
        await asyncio.sleep(3)
    content = b"x" * LARGE if scope["path"] == "/large" else scope["path"].encode()
    await answer(send, 200, {"content-type": "text/plain"}, content)


def connected(port: int) -> socket.socket:
    """A connection that a test writes by hand."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def answered(port: int, path: str = "/") -> bytes:
    """What a well-behaved client is answered."""
    with connected(port) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


def seconds_until_closed(client: socket.socket) -> float:
    """How long the server keeps the connection; fails where it keeps it for ten seconds."""
    begun = time.monotonic()
    with suppress(ConnectionResetError):
        while client.recv(65536):
            pass
    return time.monotonic() - begun


def test_headers_that_never_end_are_not_waited_for(serve: Serve) -> None:
    """A byte now and then does not renew the time: it runs from the first one."""
    port = serve(echo)
    with connected(port) as client:
        begun = time.monotonic()
        client.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while time.monotonic() - begun < 8:
                client.sendall(b"X-Slow: 1\r\n")
                time.sleep(0.1)
        assert time.monotonic() - begun < 3
    assert answered(port).endswith(b"/")


def test_a_connection_without_a_request_is_closed(serve: Serve) -> None:
    with connected(serve(echo)) as client:
        assert 0.3 < seconds_until_closed(client) < 3


def test_the_second_requests_headers_have_a_time_too(serve: Serve) -> None:
    with connected(serve(echo)) as client:
        client.sendall(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"/one" in client.recv(65536)
        client.sendall(b"GET /two HTTP/1.1\r\n")
        assert seconds_until_closed(client) < 3


def test_two_requests_at_once_are_both_answered(serve: Serve) -> None:
    with connected(serve(echo)) as client:
        client.sendall(
            b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        text = b"".join(iter(lambda: client.recv(65536), b""))
    assert b"/one" in text and text.endswith(b"/two")


def test_an_answer_that_takes_too_long_ends(serve: Serve) -> None:
    with connected(serve(echo)) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert 0.5 < seconds_until_closed(client) < 4


def test_a_client_that_does_not_read_is_let_go(serve: Serve) -> None:
    """Its answer is written, the server has nothing more to do with it, and still it would hold the connection."""
    port = serve(echo)
    with connected(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        begun = time.monotonic()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            while time.monotonic() - begun < 8:
                time.sleep(0.2)
                client.sendall(b"X")
        assert time.monotonic() - begun < 4


def test_headers_beyond_their_bound_are_refused(serve: Serve) -> None:
    with connected(serve(echo)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * 200_000)
        assert client.recv(65536).startswith(b"HTTP/1.1 400")


def test_more_connections_than_allowed_are_refused_and_the_bound_is_given_back(serve: Serve) -> None:
    port = serve(echo)
    clients = [connected(port) for _ in range(ShortBounds.most_connections)]
    try:
        time.sleep(0.2)
        assert answered(port).startswith(b"HTTP/1.1 503")
    finally:
        for client in clients:
            client.close()
    time.sleep(0.2)
    assert answered(port, "/again").endswith(b"/again")


def test_what_is_no_http_is_refused(serve: Serve) -> None:
    with connected(serve(echo)) as client:
        client.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 400")


def test_a_port_that_is_taken_is_named() -> None:
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TollhouseError, match=f"port {port} of 127.0.0.1 cannot be used"):
            listening_socket("127.0.0.1", port)
