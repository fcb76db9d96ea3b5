"""The forms of issues and pull requests, and the hooks of pre-commit: what they name is there, and hooks do what the Makefile does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.cli.application import make_parser
from orchestration.settings import PROJECT_ROOT

_FOLDER = PROJECT_ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = [path for path in sorted(_FOLDER.glob("*.yml")) if path.name != "config.yml"]
PULL_REQUEST = PROJECT_ROOT / ".github" / "pull_request_template.md"


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_has_named_fields(path: Path) -> None:
    form: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"] and form["labels"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["type"] in ("input", "textarea", "dropdown") and field["attributes"]["label"] for field in fields)
    ids = [field["id"] for field in fields]
    assert len(ids) == len(set(ids)) >= 4
    assert any(field.get("validations", {}).get("required") for field in fields)


@pytest.mark.parametrize("path", [*FORMS, PULL_REQUEST], ids=lambda path: path.stem)
def test_the_commands_that_it_names_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for words in re.findall(r"`tollhouse ([^`]*)`", text):
        arguments = make_parser().parse_args(shlex.split(words))
        assert callable(getattr(arguments, "command", None)) or arguments.version, words
    for target in re.findall(r"`make (\w+)`", text):
        assert re.search(rf"^{target}: ", (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_hooks_are_the_programs_of_make_and_nothing_is_downloaded() -> None:
    config = yaml.safe_load((PROJECT_ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (local,) = config["repos"]
    assert local["repo"] == "local" and {hook["language"] for hook in local["hooks"]} == {"system"}
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)", ".venv/bin")
    for hook in local["hooks"]:
        command = " ".join(word for word in hook["entry"].split() if not word.startswith("--"))
        assert f"\t{command}" in makefile, command
        if hook["id"] == "sqlfluff":
            models = list((PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql"))
            assert all(re.search(hook["files"], str(model.relative_to(PROJECT_ROOT))) for model in models)
