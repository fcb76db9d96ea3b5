"""The Containerfile: what it copies is there and enough, its commands exist, and no address of a registry is in it.

It is not built here: that needs a container engine and the network.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from orchestration.cli.application import make_parser
from orchestration.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "Containerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Each instruction with its arguments, lines that go on joined."""
    lines = re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def of(name: str) -> list[str]:
    """The arguments of all instructions of a name."""
    return [rest for instruction, rest in instructions() if instruction == name]


def test_the_base_image_has_a_name_and_no_address() -> None:
    assert of("FROM") == ["python:3.12-slim"]
    assert "://" not in TEXT


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (PROJECT_ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for copied in of("COPY"):
        *sources, _ = [word for word in shlex.split(copied) if not word.startswith("--")]
        for source in sources:
            assert (PROJECT_ROOT / source).exists() and source not in ignored, source


def test_every_package_and_its_readme_are_copied() -> None:
    """All that `make setup` and a run read: the packages of pyproject.toml, the models, the lock."""
    copied = {word for line in of("COPY") for word in shlex.split(line)}
    pyproject = (PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"include = \[(.*?)\]", pyproject)
    assert found is not None
    packages = {name.strip('" *') for name in found[1].split(", ")}
    assert packages | {"dbt_project", "Makefile", "pyproject.toml", "requirements.lock", "README.md"} <= copied
    assert all((PROJECT_ROOT / package).is_dir() for package in packages)


def test_it_is_set_up_by_the_makefile() -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    (setup,) = [line for line in of("RUN") if line.startswith("make ")]
    _, target, variable = shlex.split(setup)
    assert re.search(rf"^{target}: ", makefile, re.MULTILINE)
    assert re.search(rf"^{variable.partition('=')[0]} \?= ", makefile, re.MULTILINE)


def test_it_runs_as_its_own_user_with_the_state_in_its_volume() -> None:
    names = [name for name, _ in instructions()]
    assert of("USER") == ["tollhouse"] and names.index("USER") < names.index("COPY")
    assert of("VOLUME") == ["/var/lib/tollhouse"] and "TOLLHOUSE_HOME=/var/lib/tollhouse" in of("ENV")[0]


def test_its_command_exists() -> None:
    assert json.loads(of("ENTRYPOINT")[0]) == ["tollhouse"]
    arguments = make_parser().parse_args(json.loads(of("CMD")[0]))
    assert callable(arguments.command) and arguments.host == "0.0.0.0"
    assert set(of("EXPOSE")[0].split()) == {"8600", "3000"}
    assert Path(PROJECT_ROOT / "Containerfile").is_file()
