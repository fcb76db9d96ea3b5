"""The server of the site: every page for every period, unit and edition, and the files of its tables; with health and metrics.

It reads published editions and builds nothing. Who asks is found out before (orchestration.access); pages and their cache are in
page_answers.py.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from http import HTTPStatus
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dashboards.i18n import LANGUAGES
from dashboards.renderers.assets import assets
from dashboards.renderers.files import CONTENT_TYPES
from orchestration.access.authentication import SIGNED_IN, authenticated
from orchestration.access.roles import Viewer
from orchestration.allowed_hosts import AllowedHosts
from orchestration.monitoring import metrics
from orchestration.monitoring.facts import Facts, look
from orchestration.monitoring.health import health
from orchestration.printable import one_line
from orchestration.servers.messages import Unavailable, message
from orchestration.servers.page_answers import Answer, NotThere, PageAnswers
from orchestration.settings import Settings
from orchestration.web.bounded_server import BoundedProtocol, WebServer, listening_socket
from orchestration.web.guard import Guard

LOG = logging.getLogger(__name__)

HEALTH_PATH = "/healthz"
METRICS_PATH = "/metrics"

_ASSET_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
# Whoever asks how it is every moment gets the same answer for so long.
_FACTS_SECONDS = 5.0
_NEVER = re.compile(r"q=0(\.0{0,3})?")


def make_server(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8600,
    allowed_hosts: Iterable[str] = (),
    protocol: type[BoundedProtocol] = BoundedProtocol,
    *,
    warms_up: bool = False,
) -> WebServer:
    """A server that is bound but not yet running; port 0 takes any free one. Raises TollhouseError if it cannot bind.

    Listening beyond this machine without accounts is refused. `warms_up`: while it waits for the first reader it loads what
    the first answer would else wait for.
    """
    site = Site(settings)
    guarded = authenticated(site.app, settings, host=host)
    listening = listening_socket(host, port)
    try:
        hosts = AllowedHosts.of(host, listening.getsockname()[1], (*settings.allowed_hosts, *allowed_hosts))
        counted = metrics.CountedRequests(Guard(guarded, hosts))
        site.counted = counted
        return WebServer(counted, listening, protocol, site.warm_up if warms_up else None)
    except BaseException:
        listening.close()
        raise


class Site:
    """The application: pages, files, assets, health and metrics, each by GET and HEAD."""

    def __init__(self, settings: Settings) -> None:
        self.counted: metrics.CountedRequests | None = None
        self._settings = settings
        self._pages = PageAnswers(settings)
        self._looking = asyncio.Lock()
        self._facts: Facts | None = None
        self._looked_at = 0.0
        self.app = Starlette(
            routes=[
                Route("/", self._start),
                Route(HEALTH_PATH, self._health),
                Route(METRICS_PATH, self._metrics),
                Route("/assets/{name}", self._asset),
                Route("/{language}", self._start),
                Route("/{language}/", self._start),
                Route("/{language}/{page}", self._page),
                Route("/{language}/{page}/{file}", self._file),
                Route("/{language}/{page}/files/{file}", self._finance_files),
            ],
            exception_handlers={HTTPException: _http_fault, Exception: _fault},
        )

    def warm_up(self) -> None:
        """Have the libraries, texts, templates, scripts and the first page ready, in the time before somebody asks."""
        self._pages.warm_up()
        _zipped_assets()

    async def _start(self, request: Request) -> Response:
        """Lead to the first page that the viewer may see."""
        language = request.path_params.get("language") or _language_of(request)
        if language not in LANGUAGES:
            return message(HTTPStatus.NOT_FOUND, "没有这个页面。", "There is no such page.")
        first = self._pages.first_page(_viewer(request))
        if first is None:
            return message(HTTPStatus.FORBIDDEN, "您的角色没有可看的页面。", "There is no page for your role.")
        return RedirectResponse(f"/{language}/{first}", HTTPStatus.FOUND, {"cache-control": "no-store"})

    async def _page(self, request: Request) -> Response:
        return await self._answer(request, None)

    async def _file(self, request: Request) -> Response:
        table, _, suffix = request.path_params["file"].rpartition(".")
        if suffix not in CONTENT_TYPES:
            return message(HTTPStatus.NOT_FOUND, "没有这个文件。", "There is no such file.")
        return await self._answer(request, (table, suffix))

    async def _finance_files(self, request: Request) -> Response:
        kind, _, suffix = request.path_params["file"].rpartition(".")
        return await self._made(request, partial(self._pages.finance_files, kind=kind, file_format=suffix))

    async def _answer(self, request: Request, file: tuple[str, str] | None) -> Response:
        can_sign_out = request.scope[SIGNED_IN].can_sign_out
        return await self._made(request, partial(self._pages.answer, file=file, can_sign_out=can_sign_out))

    async def _made(self, request: Request, make: Callable[[str, str, Mapping[str, str], Viewer], Answer]) -> Response:
        language, page = request.path_params["language"], request.path_params["page"]
        given: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if given.setdefault(name, value) != value:
                return _given_twice(one_line(name[:40]))
        try:
            answer = await asyncio.to_thread(make, language, page, given, _viewer(request))
        except NotThere:
            return message(HTTPStatus.NOT_FOUND, "没有这个页面。", "There is no such page.")
        except Unavailable as error:
            return message(error.status, error.zh, error.en)
        return _sent(request, answer)

    async def _asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = _zipped_assets().get(name)
        if content is None:
            return message(HTTPStatus.NOT_FOUND, "没有这个文件。", "There is no such file.")
        suffix = name[name.rindex(".") :]
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return _compressed(request, HTTPStatus.OK, content, _ASSET_TYPES[suffix], headers)

    async def _health(self, _: Request) -> Response:
        is_healthy, content = health(await self._look())
        status = HTTPStatus.OK if is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
        return Response(f"{json.dumps(content)}\n", status, {"cache-control": "no-store"}, "application/json")

    async def _metrics(self, _: Request) -> Response:
        facts = await self._look()
        text = metrics.state_text(facts, self._settings.time_zone, version("tollhouse"))
        text += "" if self.counted is None else self.counted.text()
        return Response(text, HTTPStatus.OK, {"cache-control": "no-store"}, metrics.CONTENT_TYPE)

    async def _look(self) -> Facts:
        async with self._looking:
            if self._facts is None or time.monotonic() - self._looked_at > _FACTS_SECONDS:
                self._facts = await asyncio.to_thread(look, self._settings)
                self._looked_at = time.monotonic()
            return self._facts


def _viewer(request: Request) -> Viewer:
    viewer = request.scope["viewer"]
    assert isinstance(viewer, Viewer)  # the layer before sets it, or does not let the request through
    return viewer


def _language_of(request: Request) -> str:
    """The language that the browser asks for; Chinese where it asks for neither."""
    asked = request.headers.get("accept-language", "").lower()
    found = [(asked.find(language), language) for language in LANGUAGES if language in asked]
    return min(found)[1] if found else LANGUAGES[0]


def _sent(request: Request, answer: Answer) -> Response:
    headers = {"etag": answer.etag, "cache-control": "private, no-cache", **answer.headers}
    if answer.etag in request.headers.get("if-none-match", ""):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return _compressed(request, answer.status, answer.zipped, answer.content_type, headers)


def _compressed(
    request: Request, status: int, zipped: bytes, content_type: str, headers: Mapping[str, str]
) -> Response:
    """An answer whose content is kept compressed; the rare client that cannot read that gets it plain."""
    sent = {"content-type": content_type, "vary": "accept-encoding", **headers}
    if _reads_gzip(request.headers.get("accept-encoding", "")):
        return Response(zipped, status, {**sent, "content-encoding": "gzip"})
    return Response(gzip.decompress(zipped), status, sent)


@cache
def _zipped_assets() -> Mapping[str, bytes]:
    return {name: gzip.compress(content, 6, mtime=0) for name, content in assets().items()}


def _given_twice(name: str) -> Response:
    """Which of two values is meant, nobody can know: none is taken."""
    return message(
        HTTPStatus.BAD_REQUEST,
        f"地址中筛选项“{name}”有两个不同的值。请只保留一个。",
        f"The address has two different values of the filter '{name}'. Keep one of them.",
    )


def _reads_gzip(accepted: str) -> bool:
    """Whether the accept-encoding of a client has gzip, and not with the weight 0, which says "never"."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return not _NEVER.fullmatch(weight.replace(" ", ""))
    return False


async def _http_fault(_: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return message(status, "此服务只供阅读。", "This server is for reading only.", allow="GET, HEAD")
    return message(status, "没有这个页面。", "There is no such page.")


async def _fault(request: Request, fault: Exception) -> Response:
    LOG.error("%s cannot be answered", request.url.path, exc_info=fault)
    return message(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "本页出错，服务器日志中有原因。",
        "This page failed; the log of the server says why.",
    )
