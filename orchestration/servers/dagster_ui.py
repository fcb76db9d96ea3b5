"""Dagster's UI behind the guard: its own application, with limits on how GraphQL may be used.

`python -m orchestration.servers.dagster_ui` is `dagster dev` in every respect but the web server that it starts, which is
`python -m orchestration.servers.dagster_webserver`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from orchestration.web.guard import READING_METHODS, App, Receive, Scope, Send, answer_text, header_values

_DAGSTER_WEBSERVER = "dagster_webserver"
_DAEMON = "dagster._daemon"

#: What Dagster's own policy leaves open and its UI does not need: nothing is fetched from or sent to anywhere else.
PAGE_POLICIES = (
    "connect-src 'self' ws://{host} wss://{host}",
    "font-src 'self' data:",
    "form-action 'self'",
    "img-src 'self' data: blob:",
)
#: Of what Dagster gives no policy: its workers and the page of its query editor.
OTHER_POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; base-uri 'none'; object-src 'none'"


class PostedGraphQL:
    """GraphQL only by POST of JSON, which a foreign page cannot send without a check of its origin first."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer how to send it."""
        if scope["type"] == "http":
            if scope["method"] not in READING_METHODS:
                kinds = [value.partition(";")[0].strip().lower() for value in header_values(scope, "content-type")]
                if kinds != ["application/json"]:
                    await answer_text(send, 415, "Send it as application/json.")
                    return
            elif scope["path"].rstrip("/").endswith("/graphql") and not _is_page(scope):
                await answer_text(send, 405, "Send GraphQL by POST with application/json.", allow="POST")
                return
        await self._app(scope, receive, send)


def _is_page(scope: Scope) -> bool:
    """Whether Dagster answers with the page of its query editor, whatever else the request has."""
    return scope["method"] == "GET" and "text/html" in next(iter(header_values(scope, "accept")), "")


def main() -> None:
    """Run `dagster dev` with the guarded web server instead of its own."""
    from dagster._cli import dev

    start = dev.open_ipc_subprocess  # type: ignore[attr-defined]

    def guarded(parts: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        if parts[1:3] == ["-m", _DAGSTER_WEBSERVER]:
            parts = [*parts[:2], "orchestration.servers.dagster_webserver", *parts[3:]]
        elif parts[1:3] != ["-m", _DAEMON]:
            # Another version of Dagster that starts its parts in another way: rather none than an unguarded one.
            raise RuntimeError(f"dagster dev starts '{' '.join(parts[:3])}', which tollhouse does not know")
        return start(parts, **options)

    dev.open_ipc_subprocess = guarded  # type: ignore[attr-defined]
    dev.dev_command.main(args=sys.argv[1:], prog_name="tollhouse ui")


if __name__ == "__main__":
    main()
