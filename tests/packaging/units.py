"""The systemd units as they are shipped, read."""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "packaging" / "systemd"
INSTALLED_AT = "/opt/tollhouse"
UNITS = sorted(path for path in FOLDER.iterdir() if path.suffix in (".service", ".timer"))
SERVICES = [path for path in UNITS if path.suffix == ".service"]


def values(path: Path) -> dict[tuple[str, str], list[str]]:
    """(section, name) → values, in their order."""
    found: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, separator, value = line.partition("=")
            assert separator, f"{path.name}: {line}"
            found.setdefault((section, name), []).append(value)
    return found
