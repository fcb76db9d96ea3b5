"""The texts of the pages in Chinese and English, and the lookup. A text that is missing is an error, never a blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dashboards.i18n.yaml_texts import read_texts

LANGUAGES = ("zh", "en")

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Translate:
    """Texts of one language by key: `t("collections.title")`, with `{named}` places filled from the arguments."""

    language: str
    texts: Mapping[str, str]

    @classmethod
    def to(cls, language: str) -> Translate:
        """The texts of `zh` or `en`."""
        return cls(language, load(language))

    def __call__(self, key: str, **values: str) -> str:
        """The text of a key, with its values."""
        return self.texts[key].format(**values)

    def code(self, group: str, code: str | None) -> str:
        """The text of a code that comes from the data; a code that has none yet is shown as it is."""
        return "–" if code is None else self.texts.get(f"{group}.{code}", code)


@cache
def load(language: str) -> Mapping[str, str]:
    """The texts of a language, keys flattened with dots."""
    if language not in LANGUAGES:
        raise ValueError(f"no texts in '{language}': the pages speak {', '.join(LANGUAGES)}")
    texts: dict[str, str] = {}
    for path in files_of(language):
        for key, text in _flat(read_texts(path)):
            if key in texts:
                raise ValueError(
                    f"{path.relative_to(_FOLDER)}: the text '{key}' stands twice; give one of them another key"
                )
            texts[key] = text
    return texts


def files_of(language: str) -> list[Path]:
    """The files with the texts of a language: `zh.yaml`, `codes_zh.yaml` and those of the folder `zh`."""
    return [
        _FOLDER / f"{language}.yaml",
        _FOLDER / f"codes_{language}.yaml",
        *sorted((_FOLDER / language).glob("*.yaml")),
    ]


def _flat(node: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in node.items():
        if isinstance(value, Mapping):
            pairs.extend(_flat(value, f"{prefix}{key}."))
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs
