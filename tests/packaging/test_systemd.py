"""The shipped units: systemd understands them, their commands and settings exist, and a service can write what it must alone."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestration.alert_settings import AlertSettings
from orchestration.cli.application import make_parser
from orchestration.cli.doctor_checks import _SETTINGS
from orchestration.settings import PROJECT_ROOT, Settings
from tests.packaging.units import FOLDER, INSTALLED_AT, SERVICES, UNITS, values

ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    """As if they were installed where this project lies: the command of each must be there."""
    assert ANALYZE is not None
    copies = []
    for unit in UNITS:
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text(encoding="utf-8").replace(INSTALLED_AT, str(PROJECT_ROOT)), encoding="utf-8")
        copies.append(str(copy))
    done = subprocess.run([ANALYZE, "verify", *copies], capture_output=True, text=True, check=False)
    # What it says of units of the machine itself is not ours.
    own = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "tollhouse" in line]
    assert (own, done.returncode) == ([], 0), done.stderr


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_every_command_exists(service: Path) -> None:
    (line,) = values(service)["Service", "ExecStart"]
    program, *words = shlex.split(line)
    assert program == f"{INSTALLED_AT}/.venv/bin/tollhouse"
    assert callable(make_parser().parse_args(words).command)


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_every_service_is_fenced_in(service: Path) -> None:
    found = values(service)
    for name, value in {
        "User": "tollhouse",
        "UMask": "0077",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "StateDirectory": "tollhouse",
        "ReadWritePaths": f"-{INSTALLED_AT}/dbt_project",  # an installed wheel has no such folder
        "CapabilityBoundingSet": "",
    }.items():
        assert found["Service", name] == [value], name
    assert ("Service", "MemoryMax") in found
    stop = found.get(("Service", "TimeoutStopSec"), [""])[0]
    assert stop == "3min" or service.name not in ("tollhouse-ui.service", "tollhouse-run.service"), (
        "a run ends its step"
    )


def test_a_timer_starts_a_service_that_is_there() -> None:
    timers = [path for path in UNITS if path.suffix == ".timer"]
    assert {path.stem for path in timers} == {"tollhouse-run", "tollhouse-alert"}
    assert all(path.with_suffix(".service") in SERVICES for path in timers)


def test_the_settings_of_the_services_are_settings(tmp_path: Path) -> None:
    """Those that are commented out too; and together they can be used."""
    text = (FOLDER / "tollhouse.env").read_text(encoding="utf-8")
    lines = [line.lstrip("#") for line in text.splitlines() if line.lstrip("#").startswith("TOLLHOUSE_")]
    settings = dict(line.split("=", 1) for line in lines)
    assert set(settings) <= set(_SETTINGS) and len(settings) == len(lines)
    read = Settings.from_environment(settings)
    assert str(read.home) == "/var/lib/tollhouse" and isinstance(read.alerts, AlertSettings)
    assert read.alerts.channels == ("email", "webhook")
