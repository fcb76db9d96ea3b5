"""A small read-only server for the static site of the current edition. It builds nothing and has no state."""

from __future__ import annotations

import logging
from functools import partial
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from dashboards.edition import EditionError, current_edition_directory
from dashboards.site import ASSETS_FOLDER, SITE_FOLDER
from orchestration.errors import TollhouseError

LOG = logging.getLogger(__name__)

_CONTENT_TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}

_MESSAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollhouse</title>
<style>body {{ font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
margin: 12vh auto; max-width: 38em; padding: 0 16px; line-height: 1.6; color: #1f2933; }}</style></head>
<body><h1>Tollhouse</h1><p>{zh}</p><p lang="en">{en}</p></body></html>
"""


def make_server(published: Path, host: str = "127.0.0.1", port: int = 8600) -> ThreadingHTTPServer:
    """A server that is bound but not yet running; port 0 takes any free one. TollhouseError if it cannot bind."""
    try:
        return ThreadingHTTPServer((host, port), partial(SiteHandler, published.resolve()))
    except OSError as error:
        raise TollhouseError(
            f"cannot serve on {host}:{port}: {error.strerror or error}; choose another port"
        ) from error


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


class SiteHandler(BaseHTTPRequestHandler):
    """GET and HEAD of pages and assets; everything else is refused."""

    server_version = "Tollhouse"
    sys_version = ""

    def __init__(self, published: Path, *args: object) -> None:
        self.published = published
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with a page, an asset, the way to the current edition, or a sentence that says what is wrong."""
        path = urlsplit(self.path).path
        if path == "/":
            self._to_current_edition()
            return
        file = reachable_file(self.published, path)
        if file is None:
            self._message(HTTPStatus.NOT_FOUND, "没有这个页面。", "There is no such page.")
            return
        is_asset = file.parent.name == ASSETS_FOLDER
        headers = {
            "Content-Type": _CONTENT_TYPES[file.suffix],
            "Cache-Control": "max-age=31536000, immutable" if is_asset else "no-cache",
        }
        self._answer(HTTPStatus.OK, headers, file.read_bytes())

    do_HEAD = do_GET

    def _to_current_edition(self) -> None:
        if not (self.published / "current.json").exists():
            self._message(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "尚未发布任何版本。请先执行 tollhouse run（或 tollhouse demo），然后刷新本页。",
                "No edition has been published yet. Run tollhouse run (or tollhouse demo) first, then reload.",
            )
            return
        try:
            edition = current_edition_directory(self.published)
        except EditionError as error:
            LOG.error("%s", error)
            self._message(HTTPStatus.INTERNAL_SERVER_ERROR, "current.json 无法读取。", "current.json cannot be read.")
            return
        index = edition / SITE_FOLDER / "index.html"
        if not index.is_file():
            self._message(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"版本 {edition.name} 还没有页面。",
                f"Edition {edition.name} has no pages yet.",
            )
            return
        target = "/" + quote(index.relative_to(self.published).as_posix())
        self._answer(HTTPStatus.FOUND, {"Location": target, "Cache-Control": "no-store"}, b"")

    def _message(self, status: HTTPStatus, zh: str, en: str) -> None:
        content = _MESSAGE.format(zh=escape(zh), en=escape(en)).encode("utf-8")
        self._answer(status, {"Content-Type": _CONTENT_TYPES[".html"], "Cache-Control": "no-store"}, content)

    def _answer(self, status: HTTPStatus, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Requests go to the log at debug level, not to the terminal that shows a run's progress."""
        LOG.debug(format, *args)
