"""Servers of small applications on loopback, with bounds short enough to be waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from orchestration.web.bounded_server import BoundedProtocol, WebServer, listening_socket
from orchestration.web.guard import App

Serve = Callable[[App], int]


class ShortBounds(BoundedProtocol):
    """Half seconds in the place of minutes, four connections in the place of a hundred."""

    most_connections = 4
    header_seconds = 0.5
    request_seconds = 1.0
    linger_seconds = 0.5


@contextmanager
def served(server: WebServer) -> Iterator[int]:
    """The port of a server at work in a thread."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
        assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves an application within short bounds until the test ends; its port."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(served(WebServer(app, listening_socket("127.0.0.1", 0), ShortBounds)))
