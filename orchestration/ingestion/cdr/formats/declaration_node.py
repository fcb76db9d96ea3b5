"""A part of a declaration's YAML, and taking its members by their type with a fault that names file and field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from orchestration.errors import UsageError


class Node:
    """A part of the YAML with the way to it, from which members are taken by their type."""

    def __init__(self, path: Path, where: str, content: Any, members: tuple[str, ...] | None = None) -> None:
        self.path, self.where = path, where
        if not isinstance(content, dict):
            raise self.fault("", "write its members, one a line" + (f": {', '.join(members)}" if members else ""))
        self.content: dict[Any, Any] = content
        unknown = [str(key) for key in content if members is not None and key not in members]
        if unknown and members is not None:
            raise self.fault(unknown[0], f"no such field; there are {', '.join(members)}")

    def fault(self, member: str, what: str) -> UsageError:
        """An error that names the file and the field."""
        name = ".".join(filter(None, (self.where, member)))
        return UsageError(f"{self.path}: field {name}: {what}" if name else f"{self.path}: {what}")

    def text(self, member: str, otherwise: str | None = None) -> str:
        """A text; it has to be there where there is nothing else to take."""
        value = self.content.get(member, otherwise)
        if not isinstance(value, str):
            raise self.fault(member, "write a text" + ("" if value is None else f" in quotes, not {value!r}"))
        return value

    def one_of(self, member: str, allowed: tuple[str, ...], otherwise: str | None = None) -> str:
        """One of some words."""
        value = self.content.get(member, otherwise)
        if value not in allowed:
            raise self.fault(member, f"write {' or '.join(allowed)}")
        return str(value)

    def number(self, member: str, least: int, otherwise: int | None = None) -> int:
        """A whole number from `least` on."""
        value = self.content.get(member, otherwise)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.fault(member, f"write a whole number from {least}")
        return value

    def flag(self, member: str) -> bool:
        """true or false (the same as not there)."""
        value = self.content.get(member, False)
        if not isinstance(value, bool):
            raise self.fault(member, "write true or false")
        return value

    def texts(self, member: str) -> tuple[str, ...]:
        """A list of texts; none where it is not there."""
        value = self.content.get(member, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fault(member, 'write a list of texts, numbers in quotes: ["0"]')
        return tuple(value)

    def pairs(self, member: str) -> tuple[tuple[str, str], ...]:
        """A mapping of texts to texts; none where it is not there."""
        value = self.content.get(member, {})
        if not isinstance(value, dict) or not all(isinstance(text, str) for item in value.items() for text in item):
            raise self.fault(member, 'write texts and what they become, numbers in quotes: {"ANSWERED": "16"}')
        return tuple(value.items())

    def pattern(self, member: str, groups: int, value: Any = None) -> str:
        """A regular expression that DuckDB (RE2) and Python both read, with at least so many groups."""
        text = self.content.get(member) if value is None else value
        try:
            found = re.compile(text).groups if isinstance(text, str) else -1
        except re.error as error:
            raise self.fault(member, f"no regular expression: {error}") from error
        if found < groups:
            raise self.fault(member, "write a regular expression" + (" with a group: '^([0-9]+)$'" if groups else ""))
        if re.search(r"\(\?[=!<]|\\[1-9]", str(text)):
            raise self.fault(member, "look-around and back-references are not read; write it without them")
        return str(text)

    def node(self, member: str, members: tuple[str, ...]) -> Node:
        """A part of this part; empty where it is not there."""
        return Node(self.path, ".".join(filter(None, (self.where, member))), self.content.get(member, {}), members)
