"""Words in, exit codes and messages out, whatever the command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration import runs
from orchestration.errors import GatesBlocked, TollhouseError, UsageError
from orchestration.settings import PROJECT_ROOT, Settings
from tests.cli.conftest import Tollhouse

WRONG_WORDS = [
    ([], "no command given"),
    (["rum"], "invalid choice: 'rum'"),
    (["run", "--as-of", "20260520"], "--as-of: '20260520' is not a valid date; write it like 2026-05-20"),
    (["run", "--as-of", "2026-02-30"], "--as-of: '2026-02-30' is not a valid date"),
    (["run", "--as", "2026-05-20"], "unrecognized arguments: --as"),
    (["close", "2026-13"], "'2026-13' is not a valid billing period; write it like 2026-05"),
    (["close"], "required: YYYY-MM"),
    (["backup", ""], "DIR: the path is empty"),
    (["restore", " "], "DIR: the path is empty"),
    (["rerate", "--csv", ""], "--csv: the path is empty"),
    (["demo", "--months", "0"], "--months: '0' is not a valid whole number; use 1 or more"),
    (["files", "--status", "lost"], "invalid choice: 'lost'"),
    (["files", "release", "abc"], "required: --why"),
    (["files", "release", "abc", "--why", "  "], "give the reason"),
    (["calls"], "name what to do with the calls"),
    (["serve", "--port", "65536"], "'65536' is not a valid port"),
]


@pytest.mark.parametrize(("words", "said"), WRONG_WORDS, ids=[" ".join(words) for words, _ in WRONG_WORDS])
def test_wrong_usage_exits_2_with_one_line(tollhouse: Tollhouse, words: list[str], said: str) -> None:
    called = tollhouse(*words)
    assert called.exit_code == 2
    assert called.out == ""
    assert called.err.startswith("tollhouse: ") and called.err.count("\n") == 1
    assert said in called.err


@pytest.mark.parametrize("words", [["--json", "rum"], ["rum", "--json"], ["--json"], ["files", "show", "--json"]])
def test_wrong_usage_is_one_object_with_json(tollhouse: Tollhouse, words: list[str]) -> None:
    called = tollhouse(*words)
    assert called.err == ""
    assert set(called.json) == {"error"}
    assert called.json["error"]["exit_code"] == called.exit_code == 2


def test_json_may_stand_before_or_after_the_command(tollhouse: Tollhouse) -> None:
    assert tollhouse("--json", "status").json == tollhouse("status", "--json").json


def test_wrong_settings_exit_2_and_name_the_variable(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_THREADS", "many")
    called = tollhouse("status")
    assert called.exit_code == 2
    assert called.err.startswith("tollhouse: TOLLHOUSE_THREADS: 'many'")


@pytest.mark.parametrize(
    ("error", "exit_code"), [(TollhouseError("broken"), 1), (UsageError("broken"), 2), (GatesBlocked("broken"), 3)]
)
def test_each_error_has_its_exit_code(
    tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, error: TollhouseError, exit_code: int
) -> None:
    _run_raises(monkeypatch, error)
    called = tollhouse("run")
    assert (called.exit_code, called.out, called.err) == (exit_code, "", "tollhouse: broken\n")
    assert tollhouse("run", "--json").json == {"error": {"message": "broken", "exit_code": exit_code}}


def test_an_unforeseen_fault_is_one_line_and_a_log(
    tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    _run_raises(monkeypatch, ZeroDivisionError("of a kind"))
    called = tollhouse("run")
    (log,) = (settings.home / "logs").iterdir()
    assert called.exit_code == 1
    assert called.err == f"tollhouse: an unexpected ZeroDivisionError: of a kind; the details are in {log}\n"
    assert "Traceback" in log.read_text(encoding="utf-8") and "Traceback" not in called.err


def test_a_fault_without_a_writable_home_is_logged_elsewhere(
    tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.home.write_text("a file where the folder should be")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "elsewhere"))
    _run_raises(monkeypatch, PermissionError(13, "Permission denied", "/some/place"))
    called = tollhouse("run")
    (log,) = (tmp_path / "elsewhere" / "tollhouse-logs").iterdir()
    assert called.err == f"tollhouse: /some/place: Permission denied; the details are in {log}\n"


def test_ctrl_c_exits_130_and_says_that_nothing_is_lost(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    _run_raises(monkeypatch, KeyboardInterrupt())
    called = tollhouse("run")
    assert called.exit_code == 130
    assert "nothing is lost" in called.err
    assert tollhouse("run", "--json").json["error"]["exit_code"] == 130


def test_ctrl_c_that_a_library_turned_into_a_failure_is_still_ctrl_c(
    tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallowed(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        except KeyboardInterrupt:
            raise TollhouseError("dbt build failed") from None

    monkeypatch.setattr(runs, "run_once", swallowed)
    # A shell that starts the tests in the background has them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        called = tollhouse("run")
    finally:
        signal.signal(signal.SIGINT, before)
    assert called.exit_code == 130
    assert "dbt" not in called.err


def test_what_a_library_prints_stays_out_of_the_json(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def noisy(*_: object, **__: object) -> None:
        print("a library says something")
        raise TollhouseError("broken")

    monkeypatch.setattr(runs, "run_once", noisy)
    assert tollhouse("run", "--json").json == {"error": {"message": "broken", "exit_code": 1}}


def test_version(tollhouse: Tollhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda name: {"tollhouse": "1.2.3"}[name])
    assert tollhouse("--version").out == "tollhouse 1.2.3\n"
    assert tollhouse("--version", "--json").json == {"version": "1.2.3"}


def test_help_lists_every_command_and_exit_code(tollhouse: Tollhouse) -> None:
    called = tollhouse("--help")
    assert called.exit_code == 0
    for word in ("demo", "run", "close", "status", "files", "calls", "serve", "ui", "doctor", "exit codes: 0 done"):
        assert word in called.out


def test_nothing_heavy_is_imported_to_look(tmp_path: Path) -> None:
    heavy = ("dagster", "dbt", "great_expectations", "duckdb", "pandas", "pyarrow", "numpy")
    script = (
        "import sys; from orchestration.cli import main; main(['status']); main(['files']);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    empty = {**os.environ, "TOLLHOUSE_HOME": str(tmp_path)}  # with an edition, its figures need the engine
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, cwd=PROJECT_ROOT, env=empty, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def _run_raises(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run_once(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(runs, "run_once", run_once)
