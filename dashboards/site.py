"""The static site of an edition: which files it has, and where they are written. Pages and their style are elsewhere.

    site/index.html                 leads to the language that the reader chose last
    site/<language>/<page>.html     and beside it the files of its tables, <page>.<table>.csv and .xlsx
    site/site.json                  every file with its hash and what it was made of (orchestration/publishing/site_list.py)
    ../../assets/                   scripts and style, once for all editions

A site is drawn after its edition is published. A page whose inputs are those of the edition before is shared with it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from dashboards import formats
from dashboards.i18n import LANGUAGES, Translate
from dashboards.pages.frame import GATES, gate_badge, without_edition
from dashboards.params import Params
from dashboards.renderers.assets import assets, script_name
from dashboards.renderers.files import SUFFIXES, file_content
from dashboards.renderers.html import content_policy, render
from dashboards.renderers.layout import language_tag, script_json
from dashboards.renderers.links import EDITION_SCRIPT, StaticLinks, static_files
from dashboards.renderers.templates import environment
from dashboards.site_map import BY_NAME, PAGES, draw
from dashboards.view import BranchFiles, View
from orchestration.access.roles import Role, Viewer
from orchestration.publishing.reading import EditionFolder, read_edition
from orchestration.publishing.site_list import SITE, SITE_PART, SiteFiles, site_files, write_site_list
from orchestration.storage.durable import sha256_of, share

_HERE = Path(__file__).resolve().parent

ASSETS_FOLDER = "assets"
INDEX = "index.html"
DAGSTER_URL = "http://127.0.0.1:3000"
# What every page has in its head, its menu and its filters.
_FRAME_MARTS = ("billing_periods", "collection_rates", "dimension_names")


@dataclass(frozen=True)
class _Site:
    """A site that is being written, and the one of an earlier edition to share with."""

    folder: Path
    earlier: Path | None
    known: SiteFiles
    written: dict[str, dict[str, str]]

    def made_of(self, inputs: str) -> list[str]:
        """The files of the earlier site that were made of these inputs: a page and the files of its tables."""
        return [name for name, entry in self.known.items() if entry.get("inputs") == inputs]

    def take(self, name: str, inputs: str) -> bool:
        """Share a file with the earlier site, where it was made of the same there; False where it has to be written."""
        entry = self.known.get(name)
        if self.earlier is None or entry is None or entry.get("inputs") != inputs:
            return False
        existing = self.earlier / name
        if not existing.is_file() or sha256_of(existing) != entry.get("sha256"):
            return False
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        share(existing, target)
        self.written[name] = dict(entry)
        return True

    def write(self, name: str, content: bytes, inputs: str) -> None:
        """Write a file; it is not shared with any other yet."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.written[name] = {"inputs": inputs, "sha256": hashlib.sha256(content).hexdigest()}


def build_site(
    edition_dir: Path,
    published: Path,
    branch: BranchFiles | None = None,
    *,
    earlier: Path | None = None,
    default_language: str = "zh",
    with_calls: bool = False,
    dagster_url: str = DAGSTER_URL,
) -> list[Path]:
    """Write the site of an edition to `<edition_dir>/site/`, whole or not at all, and the assets; returns its pages.

    `earlier` is the folder of another edition: its pages that were made by the same code of the same inputs are shared. The same
    edition gives the same bytes. A mart that is missing leaves a sentence on the page; an edition that cannot be read raises
    EditionError. Single calls are on it only `with_calls`.
    """
    if default_language not in LANGUAGES:
        raise ValueError(f"no pages in '{default_language}': the pages speak {', '.join(LANGUAGES)}")
    found = read_edition(edition_dir, published)
    write_assets(published)
    target = edition_dir / SITE
    part = edition_dir / SITE_PART
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    known = {} if earlier is None else site_files(earlier)
    site = _Site(part, None if earlier is None else earlier / SITE, known, {})
    code = code_hash()
    with View(found, Viewer(Role.MANAGEMENT, with_calls=with_calls), branch) as view:
        pages = _write_pages(site, view, found, code, dagster_url)
    site.write(INDEX, _index(default_language, pages).encode("utf-8"), code)
    write_site_list(part, site.written)
    if target.exists():
        shutil.rmtree(target)
    part.rename(target)
    return [target / name for name in (INDEX, *pages)]


def write_assets(published: Path) -> None:
    """Write the scripts and the style that the pages load, where they are not there yet."""
    folder = published / ASSETS_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in assets().items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            part = path.with_name(path.name + ".part")
            part.write_bytes(content)
            part.replace(path)


def damaged_asset(published: Path) -> Path | None:
    """A script or style that is there and not the one that was written; None where all are sound."""
    for name, content in assets().items():
        path = published / ASSETS_FOLDER / name
        if path.exists() and path.read_bytes() != content:
            return path
    return None


@cache
def code_hash() -> str:
    """A hash of what draws the pages: the code, texts and templates of this package, and the libraries that write files."""
    digest = hashlib.sha256()
    for library in ("jinja2", "markdown-it-py", "plotly", "xlsxwriter"):
        digest.update(f"{library} {version(library)}\n".encode())
    for path in sorted(path for path in _HERE.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(path.relative_to(_HERE).as_posix().encode("utf-8"))
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write_pages(site: _Site, view: View, found: EditionFolder, code: str, dagster_url: str) -> list[str]:
    files = static_files(PAGES, view)
    default_period = view.complete_period.code if view.complete_period else view.running_period.code
    frame_inputs = [code, view.as_of.isoformat(), dagster_url, default_period, repr(sorted(files.values()))]
    names = []
    for language in LANGUAGES:
        links = StaticLinks(language, files, default_period)
        site.write(f"{language}/{EDITION_SCRIPT}", _edition_script(view, language).encode("utf-8"), view.name)
        for target, name in files.items():
            spec = BY_NAME[target.page]
            html_name = f"{language}/{name}.html"
            names.append(html_name)
            # What is read besides the marts is not known here: such a page is of its edition alone.
            of_edition = [view.name] if spec.reads_branch_files or spec.name == GATES else []
            marts = _hashes(found, (*_FRAME_MARTS, *spec.marts))
            inputs = _digest([*frame_inputs, language, repr(target), *of_edition, *marts])
            mine = site.made_of(inputs)
            if html_name in mine and all(site.take(each, inputs) for each in mine):
                continue
            page = without_edition(draw(spec.name, view, Params(language, dict(target.params))))
            site.write(html_name, render(page, links, dagster_url).encode("utf-8"), inputs)
            for table in page.tables():
                for suffix in SUFFIXES:
                    site.write(f"{language}/{name}.{table.name}.{suffix}", file_content(page, table, suffix), inputs)
    return names


def _hashes(found: EditionFolder, marts: Iterable[str]) -> list[str]:
    listed = found.manifest.marts
    return [
        f"{mart}:{','.join(file.sha256 for file in listed[mart].files)}" if mart in listed else f"{mart}:none"
        for mart in sorted(set(marts))
    ]


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def _edition_script(view: View, language: str) -> str:
    """What a page's head says of its edition, apart from the page, so that a page can be shared by editions."""
    t = Translate.to(language)
    badge = gate_badge(view, t, None)
    facts = {"edition": view.name, "built_at": formats.moment(view.built_at, view.time_zone)}
    return f"window.tollhouseEdition = {script_json({**facts, 'badge': badge.text, 'tone': badge.tone})};\n"


def _index(default_language: str, pages: Sequence[str]) -> str:
    first = {language: next(name for name in pages if name.startswith(f"{language}/")) for language in LANGUAGES}
    return (
        environment()
        .get_template("index.html")
        .render(
            default=default_language,
            language_tag=language_tag(default_language),
            address=first[default_language],
            languages=[(other, Translate.to(other)("language_name"), first[other]) for other in LANGUAGES],
            content_policy=content_policy(False),
            script=f"../../../{ASSETS_FOLDER}/{script_name()}",
        )
    )
