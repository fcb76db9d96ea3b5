"""What the branch itself writes for its people: reading a folder of Markdown files. Which folder a page shows is the page's matter.

A file is for both languages, or for one where its name says so: `2026-05-20-new-tariff.zh.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from dashboards import formats
from dashboards.i18n import LANGUAGES, Translate
from dashboards.pages.model import Message, Prose, Section

#: Of one text; whoever has more to say links to it.
MOST_BYTES = 200_000
#: On one page: the newest.
MOST_TEXTS = 50

_DATED = re.compile(r"(\d{4}-\d\d-\d\d)")
_HEADING = re.compile(r"#\s+(.+)")


def read_texts(folder: Path, anchor: str, t: Translate) -> tuple[Section, ...]:
    """A section for each text of the page's language, the newest first; none where the folder has none.

    A file or folder that cannot be read is a sentence that says so.
    """
    try:
        found = sorted(_files(folder, t.language), key=lambda file: (_day(file), file.name), reverse=True)
    except OSError as error:
        why = t("notices.unreadable", file=folder.name, why=error.strerror or str(error))
        return (Section(anchor, folder.name, blocks=(Message(why),)),)
    sections = [_section(f"{anchor}-{number}", file, t) for number, file in enumerate(found[:MOST_TEXTS], start=1)]
    if len(found) > MOST_TEXTS:
        text = t("notices.more", shown=formats.count(MOST_TEXTS), all=formats.count(len(found)))
        sections.append(Section("more", t("notices.older"), blocks=(Message(text),)))
    return tuple(sections)


def _files(folder: Path, language: str) -> Iterator[Path]:
    """The texts of a language. Raises OSError where the folder cannot be read."""
    if not folder.is_dir():
        return
    # Hidden files are those that an editor leaves.
    others = tuple(f".{other}.md" for other in LANGUAGES if other != language)
    for file in folder.glob("[!.]*.md"):
        if not file.name.endswith(others) and file.is_file():
            yield file


def _day(file: Path) -> date:
    """The day that the name has, else that of the last change."""
    named = _DATED.match(file.name)
    if named is not None:
        try:
            return date.fromisoformat(named.group(1))
        except ValueError:
            pass  # digits that are no day: the file's own day counts
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).date()


def _section(anchor: str, file: Path, t: Translate) -> Section:
    day = formats.day(_day(file))
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        why = t("notices.unreadable", file=file.name, why=error.strerror or str(error))
        return Section(anchor, file.name, day, blocks=(Message(why, "warning"),))
    if len(content) > MOST_BYTES:
        why = t("notices.too_large", file=file.name, most=formats.count(MOST_BYTES // 1000))
        return Section(anchor, file.name, day, blocks=(Message(why, "warning"),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        why = t("notices.not_utf8", file=file.name)
        return Section(anchor, file.name, day, blocks=(Message(why, "warning"),))
    first, _, rest = text.lstrip().partition("\n")
    heading = _HEADING.fullmatch(first.strip())
    if heading is None:
        return Section(anchor, file.name.removesuffix(".md"), day, blocks=(Prose(text),))
    return Section(anchor, heading.group(1), day, blocks=(Prose(rest),))
