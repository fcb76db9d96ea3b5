"""Sentences that the product itself writes into published tables, in the reader's language.

The tables hold them in English, because an edition is written once for all readers. The Chinese of each is in sentences_zh.yaml, by
template. What a person typed (a reason, a note) stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from dashboards.i18n import load
from dashboards.i18n.yaml_texts import read_texts

_TEXTS = Path(__file__).resolve().parent / "sentences_zh.yaml"
_KEPT = 200_000

# What stands in a place, by how the place's name begins; anything, as little as possible, for other names.
_SHAPES = {
    "count": r"\d+",
    "amount": r"-?\d[\d,.]*|None",
    "day": r"\d{4}-\d\d-\d\d",
    "period": r"\d{4}-\d\d",
    "word": r"\S+",
    "field": r"\S+",
    "row_key": r"\S+/\S+",
    "rule_zh": r"[^()]*[\u4e00-\u9fff].*",
    "day_type": r"[1-7H]",
}
_AS_TYPED = "why"
_ANYTHING = r".*?"
# A template that begins with a place must not swallow the sentence before its own.
_ONE_SENTENCE = r"(?:(?!; ).)*?"
_ONE_RECORD = re.compile(r"line (\d+): (.*)", re.DOTALL)
# In the place of a record that the viewer may not see (dashboards/scope.py).
_HIDDEN = "***"
_BETWEEN_RECORDS = re.compile(r"; (?=line \d+: )")


@dataclass(frozen=True)
class _Pattern:
    """An English template as a pattern, the word that it begins with (None: any), the longest text that it always has, and
    its Chinese."""

    expression: re.Pattern[str]
    first_word: str | None
    needle: str
    template: str
    weight: int


def sentence(language: str, text: str | None) -> str:
    """A sentence of a published table in `zh` or `en`. One that the catalogue does not have is returned as it is."""
    if text is None:
        return "–"
    return text if language == "en" else _chinese(text) or text


def templates() -> list[str]:
    """The English templates and words of the catalogue, for the check that every sentence of the product has one."""
    texts = _texts()
    words = [word for group in texts["words"].values() for word in group]
    return [*texts["sentences"], *texts["field_faults"], *words]


@lru_cache(maxsize=_KEPT)
def _chinese(text: str) -> str | None:
    """The Chinese of a text, None where the catalogue has none."""
    return _records(text) or _whole(text) or _listed(text) or _of_a_field(text)


def _whole(text: str) -> str | None:
    for pattern in _patterns("sentences", text.partition(" ")[0]):
        if pattern.needle in text and (found := pattern.expression.fullmatch(text)):
            return _filled(pattern.template, found.groupdict())
    return None


def _records(text: str) -> str | None:
    """Records that a file is held for: `line 2: why: its text`, several joined by `; `. The records' texts stay as they are."""
    shown = []
    for record in _BETWEEN_RECORDS.split(text):
        found = _ONE_RECORD.fullmatch(record)
        if found is None:
            return None
        number, rest = found.groups()
        if rest == _HIDDEN:
            shown.append(f"第 {number} 行：{rest}")
            continue
        for end in (place.start() for place in re.finditer(": |$", rest)):
            why = _whole(rest[:end]) or _of_a_field(rest[:end])
            if why is not None:
                shown.append(f"第 {number} 行：{why}" + (f"：{rest[end + 2 :]}" if end < len(rest) else ""))
                break
        else:
            return None
    return "；".join(shown)


def _listed(text: str) -> str | None:
    """Several sentences joined by `; ` or `, `, where the catalogue has each."""
    for between, shown in (("; ", "；"), (", ", "，")):
        parts = text.split(between)
        if len(parts) > 1:
            known = [_chinese(part) for part in parts]
            if None not in known:
                return shown.join(part for part in known if part is not None)
    return None


def _of_a_field(text: str) -> str | None:
    """A fault after the name of its field, `amount is empty`; or a sentence after the id that it is about."""
    name, _, fault = text.partition(" ")
    for pattern in _patterns("field_faults", fault.partition(" ")[0]):
        if pattern.needle in fault and (found := pattern.expression.fullmatch(fault)):
            said = _filled(pattern.template, found.groupdict())
            shown = _texts()["words"]["field"].get(name)
            return f"{name} {said}" if shown is None else f"{shown}{said}"
    for pattern in _patterns("field_faults", name):
        if pattern.needle in text and (found := pattern.expression.fullmatch(text)):
            return _filled(pattern.template, found.groupdict())
    about = _whole(fault)
    return None if about is None else f"{name} {about}"


def _filled(template: str, values: Mapping[str, str]) -> str:
    parts = []
    for literal, name, group, _ in Formatter().parse(template):
        parts.append(literal)
        if name is not None:
            value = values[name] or "（空）"
            if group:
                value = _texts()["words"].get(group, {}).get(value) or load("zh").get(f"{group}.{value}", value)
            elif not name.startswith(_AS_TYPED) or name == "why_not":
                value = _chinese(value) or value
            parts.append(value)
    return "".join(parts)


def _patterns(section: str, first_word: str) -> tuple[_Pattern, ...]:
    """The patterns of a section that a text with this first word may have, those with the most text of their own first."""
    by_word, of_any_word = _indexed(section)
    return by_word.get(first_word, of_any_word)


@cache
def _indexed(section: str) -> tuple[Mapping[str, tuple[_Pattern, ...]], tuple[_Pattern, ...]]:
    """By first word the patterns that a text may have, and those for a text with any other first word."""
    patterns = _compiled(section)
    words = {pattern.first_word for pattern in patterns} - {None}
    by_word = {word: tuple(one for one in patterns if one.first_word in (None, word)) for word in words if word}
    return by_word, tuple(one for one in patterns if one.first_word is None)


@cache
def _compiled(section: str) -> tuple[_Pattern, ...]:
    """All patterns of a section, those with the most text of their own first."""
    found = [_pattern(english, str(chinese)) for english, chinese in _texts()[section].items()]
    return tuple(sorted(found, key=lambda pattern: -pattern.weight))


def _pattern(english: str, chinese: str) -> _Pattern:
    parts = [(literal, name) for literal, name, _, _ in Formatter().parse(english)]
    literals = [literal for literal, _ in parts]
    word, space, _ = literals[0].partition(" ")
    is_word_whole = bool(space) or (len(parts) == 1 and parts[0][1] is None)
    return _Pattern(
        re.compile("".join(_expression_parts(english)), re.DOTALL),
        word if word and is_word_whole else None,
        max(literals, key=len),
        chinese,
        sum(map(len, literals)),
    )


def _expression_parts(english: str) -> Iterator[str]:
    for at, (literal, name, _, _) in enumerate(Formatter().parse(english)):
        yield re.escape(literal)
        if name is not None:
            anything = _ONE_SENTENCE if at == 0 and not literal else _ANYTHING
            shape = _SHAPES.get(name) or _SHAPES.get(name.rstrip("0123456789"), anything)
            yield f"(?P<{name}>{shape})"


@cache
def _texts() -> Mapping[str, Any]:
    content: Mapping[str, Any] = read_texts(_TEXTS)
    return content
