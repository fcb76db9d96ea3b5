"""What a run looks at before it pulls anything: the ledger against all editions, whatever the pointer says."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from orchestration.errors import TollhouseError
from orchestration.ledger.file_ledger import FileLedger
from orchestration.publishing.reading import newest_ledger_order
from orchestration.settings import Settings
from orchestration.state.checks import refuse_older_ledger


def edition(published: Path, revision: int, order: int | None) -> Path:
    """The folder of an edition that was computed from so many files and decisions; its manifest."""
    manifest = published / "editions" / f"2026-03-03-{revision:04d}" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({} if order is None else {"ledger_order": order}))
    return manifest


def test_an_older_ledger_is_found_without_pointer_and_seal(home: Settings) -> None:
    edition(home.published, 1, 2)
    with FileLedger(home.ledger_path) as ledger:  # two files are registered
        refuse_older_ledger(home, ledger)
        edition(home.published, 2, 3)
        edition(home.published, 3, 9).write_text("{")
        edition(home.published, 4, None)
        with pytest.raises(TollhouseError, match=r"edition 2026-03-03-0002 was computed from 3: it is an older ledger"):
            refuse_older_ledger(home, ledger)


def test_a_pointer_that_is_an_older_one_hides_nothing(tmp_path: Path) -> None:
    for revision in range(1, 401):
        edition(tmp_path, revision, 10 + revision)
    (tmp_path / "current.json").write_text('{"path": "editions/2026-03-03-0007"}')
    began = time.perf_counter()
    assert newest_ledger_order(tmp_path) == ("2026-03-03-0400", 410)
    assert time.perf_counter() - began < 0.5
