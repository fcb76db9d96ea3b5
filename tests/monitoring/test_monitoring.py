"""Health and metrics of homes in every state, and what must never stand in them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.ledger.file_ledger import FileLedger
from orchestration.monitoring.facts import look
from orchestration.monitoring.health import health
from orchestration.monitoring.metrics import state_text
from orchestration.runtime.run_record import RunRecord
from orchestration.settings import Settings
from tests.alerting.conftest import held_files
from tests.cli.made_by_hand import publish_edition

NOW = datetime(2026, 5, 21, 10, 0, 30, tzinfo=UTC)  # a day and half a minute after the edition was built
SECRET = "62220001"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a home that is not there yet."""
    return Settings.from_environment({"TOLLHOUSE_HOME": str(tmp_path / "home")})


def metrics(settings: Settings) -> dict[str, float]:
    """Every sample, after a check that the text is what Prometheus reads."""
    text = state_text(look(settings, NOW), settings.time_zone, "0.1.0")
    assert text.endswith("\n")
    typed: set[str] = set()
    found = {}
    for line in text.splitlines():
        declared = re.fullmatch(r"# TYPE (tollhouse_[a-z_]+) (gauge|counter|histogram)", line)
        if declared:
            assert declared[1] not in typed
            typed.add(declared[1])
        elif not line.startswith("# HELP "):
            sample = re.fullmatch(r'(tollhouse_[a-z_]+)(\{([a-z_]+="[^"\n]*",?)+\})? (-?[0-9.e+]+)', line)
            assert sample is not None, line
            assert sample[1] in typed, line
            found[line.rpartition(" ")[0]] = float(sample[4])
    return found


def test_a_published_edition(settings: Settings) -> None:
    publish_edition(settings.published)
    assert health(look(settings, NOW)) == (
        True,
        {
            "status": "ok",
            "edition": {
                "edition": "2026-05-20-0001",
                "as_of": "2026-05-20",
                "built_at": "2026-05-20T10:00:00Z",
                "age_seconds": 86430,
            },
        },
    )
    found = metrics(settings)
    assert found["tollhouse_edition_readable"] == 1
    assert found["tollhouse_edition_age_seconds"] == 86430
    # 20 May 00:00 in Shanghai is 19 May 16:00 UTC.
    assert found["tollhouse_edition_as_of_timestamp_seconds"] == datetime(2026, 5, 19, 16, tzinfo=UTC).timestamp()
    assert found['tollhouse_edition_info{edition="2026-05-20-0001",as_of="2026-05-20"}'] == 1


def test_a_lost_pointer_is_not_a_first_day(settings: Settings) -> None:
    publish_edition(settings.published)
    (settings.published / "current.json").unlink()
    is_healthy, answer = health(look(settings, NOW))
    assert not is_healthy and answer["reason"].startswith("current.json is gone, though editions are there")


def test_before_the_first_edition(settings: Settings) -> None:
    is_healthy, answer = health(look(settings, NOW))
    assert (is_healthy, answer["reason"]) == (False, "no edition is published yet")
    found = metrics(settings)
    assert found["tollhouse_edition_readable"] == 0 and "tollhouse_edition_age_seconds" not in found
    assert found['tollhouse_files{kind="cdr",status="held"}'] == 0, "a rule about it must hold from the first day"


@pytest.mark.parametrize("damage", ["pointer", "manifest", "built_at", "mart"])
def test_an_edition_that_cannot_be_read(settings: Settings, damage: str) -> None:
    """Without the path of the home: whoever may ask need not know it."""
    folder = publish_edition(settings.published)
    if damage == "pointer":
        (settings.published / "current.json").write_text("{", encoding="utf-8")
    elif damage == "manifest":
        (folder / "manifest.json").unlink()
    elif damage == "built_at":
        path = folder / "manifest.json"
        path.write_text(path.read_text().replace("2026-05-20T10:00:00Z", "yesterday"))
    else:
        next(folder.glob("*/*.parquet")).unlink()
    is_healthy, answer = health(look(settings, NOW))
    assert not is_healthy and "see `tollhouse doctor`" in answer["reason"]
    assert str(settings.home) not in json.dumps(answer)
    assert metrics(settings)["tollhouse_edition_readable"] == 0


def test_the_last_run_and_the_files(settings: Settings) -> None:
    FileLedger(settings.ledger_path).close()
    publish_edition(settings.published)
    RunRecord(
        run_id="run-1",
        started_at="2026-05-21T09:00:00+00:00",
        ended_at="2026-05-21T09:01:30+00:00",
        status="blocked",
        problems=[f"account {SECRET}"],
        unreachable=["sftp://li:pw@host: no answer"],
        error=f"account {SECRET}",
    ).save(settings)
    held_files(settings, f"{SECRET}.txt", "b.txt", reason=f"account {SECRET}")
    found = metrics(settings)
    assert found['tollhouse_last_run_status{status="blocked"}'] == 1
    assert sum(value for name, value in found.items() if name.startswith("tollhouse_last_run_status")) == 1
    assert found["tollhouse_last_run_duration_seconds"] == 90
    assert found["tollhouse_last_run_start_timestamp_seconds"] == datetime(2026, 5, 21, 9, tzinfo=UTC).timestamp()
    assert found["tollhouse_last_run_unreachable"] == 1
    assert found['tollhouse_files{kind="bank",status="held"}'] == 2
    facts = look(settings, NOW)
    shown = state_text(facts, settings.time_zone, "0.1.0") + json.dumps(health(facts)[1])
    assert SECRET not in shown and "pw" not in shown


def test_a_killed_run_is_unfinished(settings: Settings) -> None:
    RunRecord(run_id="run-1", started_at="2026-05-21T09:00:00+00:00").save(settings)
    found = metrics(settings)
    assert found['tollhouse_last_run_status{status="unfinished"}'] == 1
    assert "tollhouse_last_run_duration_seconds" not in found


def test_what_cannot_be_read_is_named_and_the_rest_is_said(settings: Settings) -> None:
    publish_edition(settings.published)
    settings.ledger_path.write_bytes(b"no ledger at all " * 400)
    (settings.home / "last_run.json").write_text("{", encoding="utf-8")
    (settings.home / "alerts.sqlite").write_bytes(b"no database at all " * 400)
    is_healthy, answer = health(look(settings, NOW))
    assert is_healthy and answer["unreadable"] == ["run_record", "ledger", "alerts"]
    assert metrics(settings)['tollhouse_state_readable{part="ledger"}'] == 0
