"""`tollhouse doctor`: every finding with what to do, in one answer. The checks themselves are in doctor_checks.py."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from orchestration.cli.context import Answer, Context
from orchestration.cli.doctor_checks import examine
from orchestration.cli.findings import ERROR, LEVELS, OK
from orchestration.cli.parsing import add_command

if TYPE_CHECKING:
    from rich.console import Console


def add_commands(commands: Any) -> None:
    """Add doctor."""
    doctor = add_command(
        commands, "doctor", "check that everything is sound, and name what to do where it is not", _doctor
    )
    doctor.add_argument(
        "--deep", action="store_true", help="read and hash every file of the state, which takes as long as reading it"
    )


def _doctor(arguments: argparse.Namespace, context: Context) -> Answer:
    findings = examine(is_deep=arguments.deep)
    counts = Counter(finding.level for finding in findings)
    wrong = [finding for finding in findings if finding.level == ERROR]
    # Wrong settings or a wrong book are the user's to fix before anything else counts.
    exit_code = max((finding.exit_code for finding in wrong), default=0)
    data = {
        "findings": [{name: value for name, value in asdict(one).items() if name != "exit_code"} for one in findings],
        **{level: counts[level] for level in LEVELS},
        "exit_code": exit_code,
    }

    def show(console: Console) -> None:
        for finding in findings:
            console.print(f"{finding.level:5}  {finding.check}: {finding.found}")
            if finding.level != OK and finding.advice:
                console.print(f"       → {finding.advice}")
        console.print()
        console.print(", ".join(f"{counts[level]} {level}" for level in LEVELS))

    return Answer(data, show, exit_code)
