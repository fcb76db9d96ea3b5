"""The gates evaluated without a process of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence

from expectations.results import GateResult
from expectations.runner import run_suites
from orchestration.defs.resources import GateRunner
from orchestration.runtime.gate_process import GateProcess
from orchestration.settings import Settings
from orchestration.warehouse.connection import open_warehouse


class InProcessGates(GateProcess):
    """The gates evaluated in this process: importing Great Expectations again for each of a hundred runs takes five processor seconds
    each. The process itself is tested in tests/runtime/test_gate_process.py and by all runs that are commands of their own."""

    def __init__(self, settings: Settings) -> None:
        """Nothing to start."""
        self.settings = settings

    def evaluate(self, names: Sequence[str]) -> list[GateResult]:
        """As the process does, through JSON and back."""
        with open_warehouse(self.settings) as con:
            answer = json.dumps([result.as_dict() for result in run_suites(con, list(names))], ensure_ascii=False)
        return [GateResult(**result) for result in json.loads(answer)]

    def end(self) -> None:
        """Nothing to end."""


class InProcessGateRunner(GateRunner):
    """A gate runner that starts no process, for `build_defs(settings, {"gate_runner": InProcessGateRunner()})`."""

    def new_process(self, settings: Settings) -> GateProcess:
        """Nothing is started."""
        return InProcessGates(settings)
