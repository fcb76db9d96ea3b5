"""The access log `$TOLLHOUSE_HOME/logs/access.log`: one JSON object a line for each page, download and sign-in, not for assets.

The file is begun again at 10 MiB; the ten before it are kept as access.log.1 to .10.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from orchestration.access.clients import client_address
from orchestration.access.roles import Viewer
from orchestration.access_settings import AccessSettings
from orchestration.errors import TollhouseError
from orchestration.printable import printable
from orchestration.web.guard import App, Message, Receive, Scope, Send

LOG = logging.getLogger(__name__)

#: In a request's scope: what else than a request it is, and whose, where it has no viewer.
EVENT, ACCOUNT = "tollhouse.event", "tollhouse.account"

_MOST_BYTES = 10 * 1024**2
_FILES_KEPT = 10
_MOST_PATH_CHARACTERS = 2000
_ASSETS = "/assets/"


class AccessFile:
    """The file of the log. What cannot be written while serving is reported once, and the page is answered all the same."""

    def __init__(self, path: Path) -> None:
        """Raises TollhouseError naming the place where the file cannot be written."""
        self.path = path
        self._is_failing = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(
                path, maxBytes=_MOST_BYTES, backupCount=_FILES_KEPT, encoding="utf-8", errors="backslashreplace"
            )
        except OSError as error:
            raise TollhouseError(
                f"{error.filename or path}: the access log cannot be written: {error.strerror}; give this user the right to write there"
            ) from error
        self._handler.handleError = self._failed  # type: ignore[method-assign]

    def write(self, line: str) -> None:
        """Write one line."""
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Let go of the file."""
        self._handler.close()

    def _failed(self, record: logging.LogRecord) -> None:
        if not self._is_failing:
            LOG.exception("%s: the access log cannot be written", self.path)
        self._is_failing = True


class AccessLog:
    """Notes every request once it is answered: who, from where, what, with which status, how many bytes, how long."""

    def __init__(self, app: App, file: AccessFile, access: AccessSettings) -> None:
        self._app = app
        self._file = file
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered and note it."""
        if scope["type"] != "http" or scope["path"].startswith(_ASSETS):
            await self._app(scope, receive, send)
            return
        begun = time.monotonic()
        status, size = 500, 0  # where the application fails

        async def sending(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._file.write(self._line(scope, status, size, round((time.monotonic() - begun) * 1000)))

    def _line(self, scope: Scope, status: int, size: int, milliseconds: int) -> str:
        viewer = scope.get("viewer")
        account, role = (viewer.name, viewer.role.value) if isinstance(viewer, Viewer) else (scope.get(ACCOUNT, ""), "")
        fields: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "event": scope.get(EVENT, "request"),
            "account": account,
            "role": role,
            "address": client_address(scope, self._access),
            "method": scope["method"],
            "path": _target(scope)[:_MOST_PATH_CHARACTERS],
            "status": status,
            "bytes": size,
            "ms": milliseconds,
        }
        return printable(json.dumps(fields, ensure_ascii=False))


def _target(scope: Scope) -> str:
    """Path and query as they were asked for. Those of signing in hold codes of the provider: their query is left out."""
    path = scope.get("raw_path") or scope["path"].encode()
    query = b"" if scope["path"].startswith("/login") else scope.get("query_string", b"")
    target: bytes = path + (b"?" + query if query else b"")
    return target.decode("utf-8", "backslashreplace")
