"""Building the wheel of this project, and installing it where nothing else of the project is.

The environment sees the packages that the tests run with, by a path; an editable install is not followed from there, for Python
reads no .pth file of such a path. So what is imported is the wheel's.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

FOLDERS = ("dashboards", "dbt_project", "expectations", "orchestration", "seeds")


def project_files(*folders: str) -> list[str]:
    """The files of the project that git keeps or would keep, all or those of some folders."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(words, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(name for name in listed.split("\0") if name and (PROJECT_ROOT / name).is_file())


def build_wheel(folder: Path) -> Path:
    """The wheel, built in the folder from a copy of the project; without network."""
    source = folder / "source"
    for name in project_files(*FOLDERS, "pyproject.toml", "README.md", "LICENSE"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT_ROOT / name, source / name)
    words = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), "."]
    subprocess.run([sys.executable, "-m", "pip", *words], cwd=source, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel in it."""

    folder: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        (found,) = self.folder.glob("lib/python3*/site-packages")
        return found

    def environment(self, folder: Path) -> dict[str, str]:
        """What its commands run with; their user's files are in the folder."""
        (folder / "user").mkdir(exist_ok=True)
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder / "user"),
            "LANG": "C.UTF-8",
            "TOLLHOUSE_THREADS": "2",
        }

    def run(self, words: list[str], folder: Path, seconds: int = 300) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder, as a user who may not write where he has no right to."""
        return subprocess.run(
            [*_without_power(), *words],
            cwd=folder,
            env=self.environment(folder),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def content(self) -> dict[str, tuple[int, int]]:
        """Each of its files with size and time of writing, and its folders."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            facts = path.lstat()
            is_file = stat.S_ISREG(facts.st_mode)
            found[str(path.relative_to(self.folder))] = (facts.st_size, facts.st_mtime_ns) if is_file else (0, 0)
        return found

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Within, nobody has the right to write in it."""
        places = [path for path in (self.folder, *self.folder.rglob("*")) if not path.is_symlink()]
        modes = {path: stat.S_IMODE(path.stat().st_mode) for path in places}
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        try:
            yield
        finally:
            for path, mode in modes.items():
                path.chmod(mode)


def install(wheel: Path, folder: Path) -> Installed:
    """The wheel in a new virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    words = ["install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, *words], capture_output=True, check=True)
    installed = Installed(folder)
    (installed.packages / "what_the_tests_run_with.pth").write_text(
        sysconfig.get_path("purelib") + "\n", encoding="utf-8"
    )
    return installed


def _without_power() -> list[str]:
    """Before a command of root: without the power to write whatever the modes say."""
    words = ["setpriv", "--bounding-set", "-dac_override"]
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    return words if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0 else []
