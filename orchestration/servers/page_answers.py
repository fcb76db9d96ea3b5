"""Answers of the site's server: pages and files drawn from published editions, kept by edition, page, filters and what the viewer may see.

Plain Python, called by several threads. How an answer is sent is in site_server.py.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path

from dashboards.i18n import LANGUAGES
from dashboards.pages.model import FINANCE_FORMATS
from dashboards.params import MOST_CHARACTERS, Params
from dashboards.renderers.files import CONTENT_TYPES, file_content
from dashboards.renderers.html import content_policy, render
from dashboards.renderers.links import ServedLinks
from dashboards.site_map import BY_NAME, PAGES, draw
from dashboards.view import BranchFiles, View
from orchestration.access.roles import WHOLE_BRANCH, Viewer
from orchestration.publishing.manifest import MANIFEST, EditionError
from orchestration.publishing.reading import (
    EditionFolder,
    current_edition,
    current_pointer,
    edition_folders,
    lost_pointer,
    read_edition,
)
from orchestration.servers.finance_downloads import finance_download
from orchestration.servers.messages import Unavailable
from orchestration.settings import Settings

LOG = logging.getLogger(__name__)

_KEPT_BYTES = 64 * 1024**2
_KEPT_VIEWS = 12
_HTML = "text/html; charset=utf-8"

Key = tuple[object, ...]


class NotThere(Exception):
    """There is no such page or file."""


@dataclass(frozen=True)
class Answer:
    """An answer with its content compressed; the same content has the same etag."""

    status: int
    content_type: str
    zipped: bytes
    etag: str
    headers: Mapping[str, str] = field(default_factory=dict)


class PageAnswers:
    """Draws what is asked for, once: an answer is kept until there is no room, and several who ask at once wait for one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._branch = BranchFiles(settings.reference, settings.notices)
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._kept_bytes = 0
        self._views: OrderedDict[Key, View] = OrderedDict()
        self._found: tuple[object, EditionFolder] | None = None
        self._lock = threading.Lock()
        self._drawing: dict[Key, threading.Lock] = {}

    def first_page(self, viewer: Viewer) -> str | None:
        """The page that a viewer begins with; None where none is for them."""
        return next((spec.name for spec in PAGES if spec.is_listed and spec.is_for(viewer)), None)

    def warm_up(self) -> None:
        """Draw the first page in each language, as nobody in particular: the next one needs no library, text or template anew.

        Where no edition can be shown there is nothing to do: whoever asks is told so.
        """
        first = self.first_page(WHOLE_BRANCH)
        for language in LANGUAGES:
            try:
                self.answer(language, str(first), {}, WHOLE_BRANCH)
            except (NotThere, Unavailable):
                return

    def answer(
        self,
        language: str,
        page: str,
        given: Mapping[str, str],
        viewer: Viewer,
        file: tuple[str, str] | None = None,
        *,
        can_sign_out: bool = False,
    ) -> Answer:
        """The page, or the file (table, suffix) of one of its tables. Raises NotThere and Unavailable."""
        if language not in LANGUAGES or page not in BY_NAME:
            raise NotThere
        values = _values(given)
        found = self._edition(values.get("edition"))
        spec = BY_NAME[page]
        # What is read besides the edition may change at any moment: such a page is drawn each time.
        key = (
            found.edition,
            found.manifest.built_at,
            language,
            page,
            tuple(sorted(values.items())),
            viewer.key,
            viewer.name,
            can_sign_out,
            file,
        )
        with self._lock:
            kept = None if spec.reads_branch_files else self._answers.get(key)
            if kept is not None:
                self._answers.move_to_end(key)
                return kept
            drawing = self._drawing.setdefault(key, threading.Lock())
        try:
            with drawing:
                with self._lock:
                    kept = None if spec.reads_branch_files else self._answers.get(key)
                if kept is not None:
                    return kept
                drawn = self._drawn(found, language, page, values, viewer, file, can_sign_out)
                # What failed may be mended the next moment.
                if not spec.reads_branch_files and drawn.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    self._keep(key, drawn)
                return drawn
        finally:
            with self._lock:
                self._drawing.pop(key, None)

    def finance_files(
        self, language: str, page: str, given: Mapping[str, str], viewer: Viewer, kind: str, file_format: str
    ) -> Answer:
        """The finance files of a page, of the period and agent that it shows, from the rows that the viewer may see.

        They are made anew each time: their cover is of the reference book as it lies now. Raises NotThere and Unavailable.
        """
        if language not in LANGUAGES or page not in BY_NAME or file_format not in FINANCE_FORMATS:
            raise NotThere
        values = _values(given)
        found = self._edition(values.get("edition"))
        view = self._view(found, viewer)
        drawn = draw(page, view, Params(language, values))
        if drawn.status != HTTPStatus.OK:  # not for this role, or not a period or an agent of it: the page says which
            links = ServedLinks(language, _pages_for(viewer), values.get("edition"))
            content = render(replace(drawn, viewer_name=viewer.name), links, self._settings.dagster_url).encode("utf-8")
            return _answer(drawn.status, _HTML, content, {"content-security-policy": content_policy(True)})
        wanted = next((each for each in drawn.finance_files if each.kind == kind), None)
        if wanted is None:
            raise NotThere
        try:
            made = finance_download(view, self._settings, wanted, file_format, language)
        except EditionError as error:
            raise _damaged(error) from error
        if made is None:
            raise NotThere
        return _answer(HTTPStatus.OK, made.content_type, made.content, {"content-disposition": made.disposition})

    def _drawn(
        self,
        found: EditionFolder,
        language: str,
        page: str,
        values: Mapping[str, str],
        viewer: Viewer,
        file: tuple[str, str] | None,
        can_sign_out: bool,
    ) -> Answer:
        seen = draw(page, self._view(found, viewer), Params(language, values))
        drawn = replace(seen, viewer_name=viewer.name, can_sign_out=can_sign_out)
        if file is None:
            links = ServedLinks(language, _pages_for(viewer), values.get("edition"))
            content = render(drawn, links, self._settings.dagster_url).encode("utf-8")
            return _answer(drawn.status, _HTML, content, {"content-security-policy": content_policy(True)})
        name, suffix = file
        table = next((table for table in drawn.tables() if table.name == name), None)
        if table is None:
            raise NotThere
        attachment = f'attachment; filename="{page}-{name}-{found.edition}.{suffix}"'
        return _answer(
            drawn.status, CONTENT_TYPES[suffix], file_content(drawn, table, suffix), {"content-disposition": attachment}
        )

    def _keep(self, key: Key, answer: Answer) -> None:
        if len(answer.zipped) > _KEPT_BYTES // 8:
            return
        with self._lock:
            self._answers[key] = answer
            self._kept_bytes += len(answer.zipped)
            while self._kept_bytes > _KEPT_BYTES:
                _, oldest = self._answers.popitem(last=False)
                self._kept_bytes -= len(oldest.zipped)

    def _view(self, found: EditionFolder, viewer: Viewer) -> View:
        key = (found.edition, found.manifest.built_at, viewer.key)
        with self._lock:
            view = self._views.get(key)
            if view is not None:
                self._views.move_to_end(key)
                return view
        try:
            view = View(found, replace(viewer, name=""), self._branch)
        except EditionError as error:
            raise _damaged(error) from error
        with self._lock:
            # One that drops out may still be read by another thread: it ends when nobody has it any more.
            self._views[key] = view
            while len(self._views) > _KEPT_VIEWS:
                self._views.popitem(last=False)
        return view

    def _edition(self, name: str | None) -> EditionFolder:
        published = self._settings.published
        try:
            if name is not None:
                folder = next((each for each in edition_folders(published).values() if each.name == name), None)
                if folder is None:
                    raise Unavailable(
                        HTTPStatus.NOT_FOUND,
                        f"没有版本 {name}，它可能已被清理。",
                        f"There is no edition {name}; it may have been pruned.",
                    )
                return read_edition(folder, published)
            current = self._current(published)
        except EditionError as error:
            raise _damaged(error) from error
        if current is None:
            raise Unavailable(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "尚未发布任何版本。请先执行 tollhouse run（或 tollhouse demo），然后刷新本页。",
                "No edition has been published yet. Run tollhouse run (or tollhouse demo) first, then reload.",
            )
        return current

    def _current(self, published: Path) -> EditionFolder | None:
        if lost_pointer(published) is not None:
            raise Unavailable(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "current.json 丢失，但版本仍在。请执行 tollhouse run，它会发布一个完整的新版本，然后刷新本页。",
                "current.json is gone, though editions are there. Run tollhouse run, which publishes a whole new one, then reload.",
            )
        pointer = current_pointer(published)
        if pointer is None:
            return None
        # The manifest is large and never written again: it is read when the pointer is another one, or the file is.
        manifest = published / pointer.path / MANIFEST
        try:
            status = manifest.stat()
            mark: object = (pointer, status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            mark = None
        if mark is None or self._found is None or self._found[0] != mark:
            found = current_edition(published)
            if found is None:
                return None
            self._found = (mark, found)
        return self._found[1]


def _values(given: Mapping[str, str]) -> dict[str, str]:
    """The filters of an address. One that no page has is named on the page; one that is too long is cut before anything is done with it."""
    return {name[:40]: value.strip()[:MOST_CHARACTERS] for name, value in given.items() if value.strip()}


def _pages_for(viewer: Viewer) -> frozenset[str]:
    return frozenset(spec.name for spec in PAGES if spec.is_for(viewer))


def _damaged(error: EditionError) -> Unavailable:
    LOG.error("%s", error)
    return Unavailable(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "版本已损坏，无法读取。请执行 tollhouse doctor。",
        "The edition is damaged and cannot be read. Run tollhouse doctor.",
    )


def _answer(status: int, content_type: str, content: bytes, headers: Mapping[str, str]) -> Answer:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Answer(status, content_type, gzip.compress(content, 5, mtime=0), etag, headers)
