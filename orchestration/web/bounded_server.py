"""uvicorn with bounds on connections and on time. uvicorn itself waits for a request's headers for ever."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from orchestration.allowed_hosts import host_in_url
from orchestration.errors import TollhouseError
from orchestration.web.guard import App

MOST_CONNECTIONS = 100
HEADER_SECONDS = 10.0  # from a request's first byte, or the connection, to the end of its headers
IDLE_SECONDS = 15  # between two requests of a connection
REQUEST_SECONDS = 300.0  # from a request's headers to the last byte of its answer
LINGER_SECONDS = 60.0  # for the answer's last bytes to a client that reads slowly
_REFUSED_SECONDS = 0.5
MOST_HEADER_BYTES = 64 * 1024
MOST_MESSAGE_BYTES = 1024**2  # of a message over a websocket

_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 21\r\nRetry-After: 5\r\n"
    b"Connection: close\r\n\r\nToo many connections\n"
)


class BoundedProtocol(H11Protocol):
    """One connection, closed where its client is slower than it may be; refused where there are too many."""

    most_connections = MOST_CONNECTIONS
    header_seconds = HEADER_SECONDS
    request_seconds = REQUEST_SECONDS
    linger_seconds = LINGER_SECONDS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_refused = False
        self._deadline: asyncio.TimerHandle | None = None
        # What the deadline is for: a request, or (None) the headers of the next.
        self._timed_cycle: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the headers of the first request."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            # Read on until then: a connection that is closed with unread bytes takes the answer back.
            self._is_refused = True
            transport.write(_TOO_MANY)
            transport.write_eof()
            self.loop.call_later(_REFUSED_SECONDS, transport.abort)
            return
        self._wait(self.header_seconds, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came; what is waited for may be another thing now."""
        if self._is_refused or self.transport.is_closing():
            return
        super().data_received(data)
        self._set_deadline()

    def on_response_complete(self) -> None:
        """The answer is written; the next request's headers, or nothing, may be there already."""
        super().on_response_complete()
        self._set_deadline()
        if self.transport.is_closing():
            self.loop.call_later(self.linger_seconds, self.transport.abort)

    def timeout_keep_alive_handler(self) -> None:
        """Close the idle connection, also where its client does not read the end of the last answer."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self.linger_seconds, self.transport.abort)

    def _set_deadline(self) -> None:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:  # closed, or a websocket now
            self._stop_waiting()
        elif self.cycle is not None and not self.cycle.response_complete:
            if self.cycle is not self._timed_cycle:
                self._wait(self.request_seconds, self.cycle)
        elif self.conn.trailing_data[0]:  # a part of the next request's headers
            if self._deadline is None or self._timed_cycle is not None:
                self._wait(self.header_seconds, None)
        elif self._timed_cycle is not None:
            self._stop_waiting()  # idle: uvicorn's own time-out

    def _wait(self, seconds: float, cycle: RequestResponseCycle | None) -> None:
        self._stop_waiting()
        self._timed_cycle = cycle
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._timed_cycle = None


def bounded_config(app: App, protocol: type[BoundedProtocol] = BoundedProtocol, **options: Any) -> uvicorn.Config:
    """How uvicorn runs an application here. `protocol` has the bounds, `options` are uvicorn's own."""
    return uvicorn.Config(
        app,
        http=protocol,
        limit_concurrency=protocol.most_connections,
        timeout_keep_alive=IDLE_SECONDS,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        ws_max_size=MOST_MESSAGE_BYTES,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        **options,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; port 0 takes any free one. Raises TollhouseError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise TollhouseError(
            f"port {port} of {host} cannot be used: {error.strerror or error}; give another --port or --host"
        ) from error
    return listening


class _Server(uvicorn.Server):
    """uvicorn, which begins `once_serving` in a thread of its own when it answers."""

    once_serving: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.once_serving is not None:
            # Whoever stops the server does not wait for it.
            threading.Thread(target=self.once_serving, name="once serving", daemon=True).start()


class WebServer:
    """An application on a socket that is bound already. Ends by SIGINT or SIGTERM, or by `shutdown` of another thread.

    `once_serving` is called in a thread beside it as soon as requests are answered.
    """

    def __init__(
        self,
        app: App,
        listening: socket.socket,
        protocol: type[BoundedProtocol] = BoundedProtocol,
        once_serving: Callable[[], None] | None = None,
    ) -> None:
        self._socket = listening
        self.host, self.port = listening.getsockname()[:2]
        self._server = _Server(bounded_config(app, protocol, lifespan="off", ws="none"))
        self._server.once_serving = once_serving

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{host_in_url(self.host)}:{self.port}/"

    def serve_forever(self) -> None:
        """Answer requests until stopped. Raises KeyboardInterrupt where Ctrl-C stopped it."""
        self._server.run(sockets=[self._socket])

    def shutdown(self) -> None:
        """Have `serve_forever` end; may be called by another thread."""
        self._server.should_exit = True

    def server_close(self) -> None:
        """Let go of the port."""
        self._socket.close()
