"""YAML that stands for more than it says, or that is no YAML: refused at once, by the name of its file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from orchestration.errors import UsageError
from orchestration.ingestion.file_reading.bounded_yaml import parse_yaml, read_text
from orchestration.ingestion.sources.declaration import load_sources
from orchestration.settings import Settings

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 10)
)
ENTRY = (
    '{name: "%s", kind: cdr, url: "sftp://h/x", pattern: "{switch_id}_{date:YYYYMMDD}_{sequence}.csv", format: "%s"%s}'
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{LAUGHS}sources:\n  - {ENTRY % ('x', 'canonical', ', retries: *a9')}\n", "has more than 10000 values"),
        ("sources: &a [*a]\n", "the alias *a refers to a node that contains it"),
        ('sources: !!python/object/apply:os.system ["touch here"]\n', "could not determine a constructor for the tag"),
        ("sources: " + "[" * 5000, "it is nested deeper than 32 levels"),
        ("sources: " + "9" * 5000, "Exceeds the limit"),
        ("sources: " + "1:" * 3000 + "1", "a whole number is too large"),
        ("sources: 2001-45-45", "month must be in 1..12"),
        ("sources: \xff".encode("latin-1"), "it is not UTF-8"),
        ("#" * 300_000, "it is larger than 256 KiB"),
        (f"sources:\n  - {ENTRY % ('a/../../x', 'canonical', '')}\n", "field name: 'a/../../x' cannot be a folder"),
        (f"sources:\n  - {ENTRY % ('x', '../../../tmp/x', '')}\n", "field format: CDR format '../../../tmp/x' is not declared"),
        (f"sources:\n  - {ENTRY % ('x', 'canonical', ', bounds: {line: 1}')}\n", "field bounds: line: 1 cannot be used"),
    ],
)  # fmt: skip
def test_a_sources_file_that_cannot_be_right_is_refused_at_once(tmp_path: Path, text: str | bytes, told: str) -> None:
    path = tmp_path / "sources.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    settings = Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path), "TOLLHOUSE_SOURCES": str(path)})
    begun_at = time.monotonic()
    with pytest.raises(UsageError) as raised:
        load_sources(settings)
    assert str(raised.value).startswith(str(path)) and told in str(raised.value)
    assert time.monotonic() - begun_at < 5
    assert len(str(raised.value)) < 2_000
    assert sorted(tmp_path.iterdir()) == [path], "nothing in it was executed"


def test_aliases_of_what_is_small_are_read(tmp_path: Path) -> None:
    """The shipped formats have some."""
    assert parse_yaml(tmp_path, "a: &a {b: [1, 2]}\nc: *a\nd: *a\n") == {name: {"b": [1, 2]} for name in "acd"}


def test_the_text_of_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("名: 1\n", encoding="utf-8")
    assert read_text(path) == "名: 1\n"
