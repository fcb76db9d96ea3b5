"""Files that are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.storage.durable import as_json, flush_tree, replace_text, sha256_of, share


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # the worked example of FIPS 180-2 for SHA-256
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_is_sorted_readable_and_refuses_what_json_cannot_say() -> None:
    assert as_json({"b": "实收", "a": 1}) == '{\n  "a": 1,\n  "b": "实收"\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json({"a": float("nan")})


def test_text_is_replaced_or_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "current.json"
    replace_text(path, "old")

    def cut(source: object, target: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "replace", cut)
        replace_text(path, "new")
    assert path.read_text() == "old"
    replace_text(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["current.json"]
    assert path.read_text() == "new"


def test_sharing_replaces_a_file_and_leaves_nothing_beside_it_also_when_done_twice(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"same")
    (tmp_path / "new").write_bytes(b"same")
    for _ in range(2):
        share(tmp_path / "old", tmp_path / "new")
        assert (tmp_path / "new").samefile(tmp_path / "old")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_a_tree_is_flushed_file_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "file").write_bytes(b"x")
    flushed: list[str] = []
    monkeypatch.setattr("orchestration.storage.durable.flush", lambda path: flushed.append(path.name))
    flush_tree(tmp_path)
    assert flushed == ["file", "inner", tmp_path.name]
