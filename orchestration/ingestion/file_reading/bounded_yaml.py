"""Reading the YAML that people write: sources.yml and declared formats. The caller checks the content.

Such a file is a page long. One that stands for gigabytes (aliases of aliases), or that is nested without end, is refused
before anything is made of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import UsageError
from orchestration.printable import size_text

LARGEST_BYTES = 256 << 10
DEEPEST = 32
#: Aliases count as their content.
MOST_VALUES = 10_000


class _Loader(yaml.SafeLoader):
    """Plain values only: no tags of a language, no deep nesting, and aliases only while their content is small."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._values = 0
        self._values_of: dict[str, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) and event.anchor in self.anchors:
            if event.anchor not in self._values_of:
                raise _fault(f"the alias *{event.anchor} refers to a node that contains it", event)
            self._count(self._values_of[event.anchor], event)
            return super().compose_node(parent, index)
        self._depth += 1
        if self._depth > DEEPEST:
            raise _fault(f"it is nested deeper than {DEEPEST} levels", event)
        before = self._values
        self._count(1, event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._values_of[anchor] = self._values - before
        return node

    def _count(self, values: int, event: yaml.Event) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            raise _fault(f"with what its aliases stand for it has more than {MOST_VALUES} values", event)


def _fault(what: str, event: yaml.Event) -> yaml.composer.ComposerError:
    return yaml.composer.ComposerError(None, None, what, event.start_mark)  # type: ignore[arg-type]


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    """YAML 1.1 reads 1:1:1… as a number of base 60: one that is too large to print was not meant as a number."""
    number: int = loader.construct_yaml_int(node)
    if abs(number) >= 1 << 63:
        raise yaml.constructor.ConstructorError(None, None, "a whole number is too large", node.start_mark)
    return number


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def read_text(path: Path) -> str:
    """The text of a YAML file. Raises UsageError where it is not a text or too large to be one that people write, OSError."""
    with path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise UsageError(f"{path}: no valid YAML: it is larger than {size_text(LARGEST_BYTES)}")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: no valid YAML: it is not UTF-8: {error}") from error


def parse_yaml(path: Path, text: str) -> Any:
    """The content of a file's text. Raises UsageError naming the file, with the line where it is known."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  it makes plain values only
    # A number of thousands of digits or the 45th of a month is a ValueError, a list as the key of a mapping a TypeError.
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise UsageError(f"{path}: no valid YAML: {error}") from error
