"""A small read-only server for the static site of the current edition, with its health and metrics. It builds nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Iterable
from html import escape
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, unquote

from dashboards.site import ASSETS_FOLDER, SITE_FOLDER
from orchestration.allowed_hosts import AllowedHosts
from orchestration.monitoring import metrics
from orchestration.monitoring.facts import Facts, look
from orchestration.monitoring.health import health
from orchestration.publishing.manifest import EditionError
from orchestration.publishing.reading import current_pointer, lost_pointer
from orchestration.settings import Settings
from orchestration.web.bounded_server import BoundedProtocol, WebServer, listening_socket
from orchestration.web.guard import Guard, Receive, Scope, Send, answer

LOG = logging.getLogger(__name__)

HEALTH_PATH = "/healthz"
METRICS_PATH = "/metrics"

_CONTENT_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_CHUNK_BYTES = 256 * 1024
# Whoever asks how it is every moment gets the same answer for so long.
_FACTS_SECONDS = 5.0

# The policy that a page states itself, with the hash of its script; a browser obeys it from disk as well.
_PAGES_OWN_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_HEAD_BYTES = 4096
_MESSAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_MESSAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollhouse</title>
<style>body {{ font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
margin: 12vh auto; max-width: 38em; padding: 0 16px; line-height: 1.6; color: #1f2933; }}</style></head>
<body><h1>Tollhouse</h1><p>{zh}</p><p lang="en">{en}</p></body></html>
"""


def make_server(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8600,
    allowed_hosts: Iterable[str] = (),
    protocol: type[BoundedProtocol] = BoundedProtocol,
) -> WebServer:
    """A server that is bound but not yet running; port 0 takes any free one. Raises TollhouseError if it cannot bind."""
    listening = listening_socket(host, port)
    try:
        hosts = AllowedHosts.of(host, listening.getsockname()[1], (*settings.allowed_hosts, *allowed_hosts))
        site = Site(settings)
        counted = metrics.CountedRequests(Guard(site, hosts))
        site.counted = counted
        return WebServer(counted, listening, protocol)
    except BaseException:
        listening.close()
        raise


def reachable_file(published: Path, url_path: str) -> Path | None:
    """The file that a URL's path names if it may be read: the pages of an edition and the assets, nothing else.

    The marts lie in the same folder and hold customers' calls: they are for those who have the files, not for the port.
    """
    parts = [unquote(part) for part in url_path.split("/") if part]
    if any(part in (".", "..") or "/" in part or "\\" in part or "\0" in part for part in parts):
        return None
    is_asset = len(parts) == 2 and parts[0] == ASSETS_FOLDER
    is_page = len(parts) >= 3 and parts[-2] == SITE_FOLDER
    if not (is_asset or is_page) or Path(parts[-1]).suffix not in _CONTENT_TYPES:
        return None
    # Resolved last: a link inside the folder must not lead out of it either.
    file = published.joinpath(*parts).resolve()
    return file if file.is_relative_to(published) and file.is_file() else None


class Site:
    """The application (ASGI): GET and HEAD of pages, assets, health and metrics; everything else is refused."""

    def __init__(self, settings: Settings) -> None:
        self.counted: metrics.CountedRequests | None = None
        self._settings = settings
        self._published = settings.published.resolve()
        self._looking = asyncio.Lock()
        self._facts: Facts | None = None
        self._looked_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page, an asset, a redirect to the current edition, or a sentence about what is wrong."""
        request = _Request(scope, send)
        if scope["method"] not in ("GET", "HEAD"):
            await request.message(HTTPStatus.METHOD_NOT_ALLOWED, "此服务只供阅读。", "This server is for reading only.")
            return
        path = scope["raw_path"].decode("ascii", "replace")
        if path == "/":
            await self._to_current_edition(request)
        elif path == HEALTH_PATH:
            is_healthy, content = health(await self._look())
            status = HTTPStatus.OK if is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
            await request.answer(status, "application/json", f"{json.dumps(content)}\n".encode())
        elif path == METRICS_PATH:
            facts = await self._look()
            text = metrics.state_text(facts, self._settings.time_zone, version("tollhouse"))
            text += "" if self.counted is None else self.counted.text()
            await request.answer(HTTPStatus.OK, metrics.CONTENT_TYPE, text.encode())
        else:
            await self._file(request, path)

    async def _file(self, request: _Request, path: str) -> None:
        try:
            file = reachable_file(self._published, path)
            size = 0 if file is None else file.stat().st_size
        except OSError:  # a name that is too long for any file, or a file that is just being removed
            file, size = None, 0
        if file is None:
            await request.message(HTTPStatus.NOT_FOUND, "没有这个页面。", "There is no such page.")
            return
        await request.file(file, size)

    async def _look(self) -> Facts:
        async with self._looking:
            if self._facts is None or time.monotonic() - self._looked_at > _FACTS_SECONDS:
                self._facts = await asyncio.to_thread(look, self._settings)
                self._looked_at = time.monotonic()
            return self._facts

    async def _to_current_edition(self, request: _Request) -> None:
        if lost_pointer(self._published) is not None:
            await request.message(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "current.json 丢失，但版本仍在。请执行 tollhouse run，它会发布一个完整的新版本，然后刷新本页。",
                "current.json is gone, though editions are there. Run tollhouse run, which publishes a whole new one, then reload.",
            )
            return
        try:
            pointer = current_pointer(self._published)
        except EditionError as error:
            LOG.error("%s", error)
            await request.message(
                HTTPStatus.INTERNAL_SERVER_ERROR, "current.json 无法读取。", "current.json cannot be read."
            )
            return
        if pointer is None:
            await request.message(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "尚未发布任何版本。请先执行 tollhouse run（或 tollhouse demo），然后刷新本页。",
                "No edition has been published yet. Run tollhouse run (or tollhouse demo) first, then reload.",
            )
            return
        index = self._published / pointer.path / SITE_FOLDER / "index.html"
        if not index.is_file():
            await request.message(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"版本 {pointer.edition} 还没有页面。",
                f"Edition {pointer.edition} has no pages yet.",
            )
            return
        target = "/" + quote(index.relative_to(self._published).as_posix())
        await request.redirect(target)


class _Request:
    """One request and the forms of its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._has_body = scope["method"] != "HEAD"

    async def answer(self, status: HTTPStatus, content_type: str, content: bytes, **headers: str) -> None:
        """Content that is never kept by a browser."""
        fields = {"content-type": content_type, "cache-control": "no-store", **headers}
        await answer(self._send, status, fields, content, self._has_body)

    async def message(self, status: HTTPStatus, zh: str, en: str) -> None:
        """A page with one sentence."""
        content = _MESSAGE.format(zh=escape(zh), en=escape(en)).encode("utf-8")
        headers = {"content-security-policy": _MESSAGE_POLICY}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["allow"] = "GET, HEAD"
        await self.answer(status, _CONTENT_TYPES[".html"], content, **headers)

    async def redirect(self, target: str) -> None:
        """Redirect to the current edition, which is looked up each time."""
        await answer(self._send, HTTPStatus.FOUND, {"location": target, "cache-control": "no-store"}, b"")

    async def file(self, file: Path, size: int) -> None:
        """A page or an asset, in pieces, so that a slow reader keeps no whole file in memory."""
        is_asset = file.parent.name == ASSETS_FOLDER
        headers = {
            "content-type": _CONTENT_TYPES[file.suffix],
            "cache-control": "max-age=31536000, immutable" if is_asset else "no-cache",
            "content-length": str(size),
        }
        pieces = _pieces(file, size)
        first = await anext(pieces, b"")
        policy = _PAGES_OWN_POLICY.search(first[:_HEAD_BYTES])
        if policy is not None:
            headers["content-security-policy"] = policy[1].decode("latin-1").replace(" file:", "")
        fields = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": fields})
        if self._has_body:
            await self._send({"type": "http.response.body", "body": first, "more_body": True})
            async for piece in pieces:
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})


async def _pieces(file: Path, size: int) -> AsyncIterator[bytes]:
    """The file's first `size` bytes; pages are replaced as a whole and never written into."""
    with await asyncio.to_thread(file.open, "rb") as opened:
        while size > 0 and (piece := await asyncio.to_thread(opened.read, min(_CHUNK_BYTES, size))):
            size -= len(piece)
            yield piece
