"""Log as JSON: one object per line, whatever is in the message, and nothing else on standard error."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import datetime

import pytest

from orchestration.cli.context import Context
from orchestration.cli.progress import JsonLines, progress
from orchestration.log_lines import JsonFormatter, json_line
from orchestration.runtime.progress import within_run
from tests.cli.conftest import Tollhouse, settings, tollhouse

__all__ = ["settings", "tollhouse"]  # fixtures of the commands


def test_a_line_has_time_level_message_step_and_run() -> None:
    line = json_line("warning", 'a "name"\nwith \x1b[2J', "pull files", "run-1")
    assert "\n" not in line and "\x1b" not in line
    values = json.loads(line)
    assert list(values) == ["time", "level", "message", "step", "run_id"]
    assert datetime.fromisoformat(values["time"]).utcoffset() is not None and values["time"].endswith("+00:00")
    assert (values["level"], values["message"]) == ("warning", 'a "name"\nwith \x1b[2J')
    assert (values["step"], values["run_id"]) == ("pull files", "run-1")


def test_steps_and_warnings_of_a_run() -> None:
    out = io.StringIO()
    reporter = JsonLines(out)
    reporter.step("start")
    with within_run("run-1"):
        reporter.step("pull files")
        reporter.warn("one file is held")
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(one["level"], one["message"], one["step"], one["run_id"]) for one in told] == [
        ("info", "start", "start", None),
        ("info", "pull files", "pull files", "run-1"),
        ("warning", "one file is held", "pull files", "run-1"),
    ]
    assert reporter.warnings == ["one file is held"]


def test_pythons_own_log_with_its_traceback() -> None:
    try:
        raise ValueError("no figure")
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "it %s", ("failed",), __import__("sys").exc_info()
        )
    values = json.loads(JsonFormatter().format(record))
    assert values["level"] == "error"
    assert re.fullmatch(r"it failed\nTraceback .*ValueError: no figure", values["message"], re.DOTALL)


@pytest.mark.parametrize("is_json", [True, False])
def test_the_setting_decides_for_people_and_for_programs(monkeypatch: pytest.MonkeyPatch, is_json: bool) -> None:
    monkeypatch.setenv("TOLLHOUSE_LOG", "json")
    with progress(Context(is_json)) as reporter:
        assert type(reporter) is JsonLines


def test_a_failure_is_a_line_too(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --json the answer is on stdout all the same."""
    monkeypatch.setenv("TOLLHOUSE_LOG", "json")
    called = tollhouse("files", "show", "none")
    values = json.loads(called.err)
    assert (called.exit_code, values["level"], called.out) == (1, "error", "") and "ledger" in values["message"]
    called = tollhouse("files", "show", "none", "--json")
    assert json.loads(called.err)["message"] == called.json["error"]["message"]


def test_a_wrong_setting_is_said_in_words(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_LOG", "xml")
    called = tollhouse("files")
    assert called.exit_code == 2 and "TOLLHOUSE_LOG: 'xml' is not a form of log; write text or json" in called.err
