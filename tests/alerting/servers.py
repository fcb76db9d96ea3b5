"""A mail server and a webhook on loopback that do what they are told, and servers that answer too slowly or not at all."""

from __future__ import annotations

import base64
import email
import json
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class MailServer:
    """Takes mails; `refuses` is the reply to MAIL in the place of a good one, `is_slow` a byte now and then for ever."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refuses: str | None = None
    is_slow: bool = False
    password: str | None = None
    certificate: Path | None = None  # with its key: the server speaks TLS from the first byte


class _Smtp(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        state: MailServer = self.server.state
        if state.is_slow:
            for _ in range(200):
                try:
                    self.wfile.write(b"2")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)
            return
        self._say("220 mail.example ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"EHLO":
                self._say("250-mail.example", "250-AUTH PLAIN", "250 8BITMIME")
            elif verb == b"AUTH":
                state.logins.append(base64.b64decode(line.split()[2]).decode())
                good = state.logins[-1].split("\0")[2] == state.password
                # Some servers repeat what they were given: nobody may see it.
                self._say("235 welcome" if good else f"535 wrong password {state.logins[-1].split(chr(0))[2]}")
            elif verb == b"MAIL":
                self._say(state.refuses or "250 ok")
            elif verb == b"RCPT":
                state.recipients.append(line.decode().split("<")[1].split(">")[0])
                self._say("250 ok")
            elif verb == b"DATA":
                self._say("354 go on")
                lines = []
                while (text := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(text[1:] if text.startswith(b".") else text)
                state.mails.append(email.message_from_bytes(b"".join(lines), policy=policy.default))
                self._say("250 kept")
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    state: MailServer

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.state.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.state.certificate)
            try:
                request = context.wrap_socket(request, server_side=True)
            except OSError:  # the client does not trust the certificate
                return
        super().finish_request(request, client_address)


@contextmanager
def mail_server(state: MailServer, port: int = 0) -> Iterator[MailServer]:
    """At work within; its port is set."""
    with _Server(("127.0.0.1", port), _Smtp) as server, _serving(server, state):
        yield state


@dataclass
class Webhook:
    """Takes messages; `status` is what it answers, `location` where it redirects to."""

    port: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    status: int = 200
    location: str | None = None


class _Hook(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        state: Webhook = self.server.state
        content = self.rfile.read(int(self.headers["Content-Length"]))
        state.paths.append(self.path)
        if state.status == 200:
            state.messages.append(json.loads(content))
        self.send_response(state.status)
        if state.location is not None:
            self.send_header("Location", state.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def webhook(state: Webhook) -> Iterator[Webhook]:
    """At work within; its port is set."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hook) as server, _serving(server, state):
        yield state


@contextmanager
def _serving(server: Any, state: Any) -> Iterator[None]:
    """The server answers within and keeps what came in the state, whose port is set."""
    server.state, state.port = state, server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
