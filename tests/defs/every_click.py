"""`python -m tests.defs.every_click HOME`: on a copy of a home that has published (`tollhouse demo` makes one), click
Materialize on every asset and Execute on every check of Dagster's UI, one by one. Each has to succeed, or to be refused in one
plain sentence; the run of everything after them has to publish the same figures. It takes half an hour."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from orchestration.publishing.reading import current_edition
from orchestration.runs import prepare_dagster_home
from orchestration.settings import Settings
from tests.defs.clicking import clicks
from tests.robustness.commands import environment

#: It tells when runs have tried a record again, and so differs from run to run.
_OF_THE_RUNS = {"suspense_retries"}


def main() -> int:
    """Click everything; 1 where something failed without words for people, or a figure moved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    source = parser.parse_args().home.absolute()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(source, home)
        with environment({"TOLLHOUSE_HOME": str(home), "TOLLHOUSE_AUTOMATION": "stopped"}):
            os.environ["DAGSTER_EVENT_BATCH_SIZE"] = "1000"
            settings = Settings.from_environment()
            prepare_dagster_home(settings)
            before = _published(settings)
            failed = _click_all(home)
            moved = sorted(mart for mart, rows in _published(settings).items() if rows != before[mart])
    for line in failed:
        print(line)
    print(f"{len(failed)} clicks failed; marts that differ afterwards: {', '.join(moved) or 'none'}")
    return 1 if failed or moved else 0


def _click_all(home: Path) -> list[str]:
    failed, refused = [], []
    with clicks(home) as ui:
        assets = [asset for group in ui.assets().values() for asset in group]
        checks = ui.checks()
        for number, what in enumerate([*assets, *checks], start=1):
            clicked = ui.materialize([what]) if isinstance(what, str) else ui.execute([what])
            if not clicked.is_well:
                failed.append(f"{what}: {clicked.status}: {clicked.refusal}")
            elif clicked.status != "SUCCESS":
                refused.append(what)
            print(f"{number} of {len(assets) + len(checks)}", end="\r", file=sys.stderr, flush=True)
        whole = ui.launch("tollhouse_run")
    print(f"{len(assets)} assets and {len(checks)} checks; refused in one sentence: {', '.join(map(str, refused))}")
    return failed if whole.status == "SUCCESS" else [*failed, f"the run after them: {whole}"]


def _published(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    edition = current_edition(settings.published)
    assert edition is not None
    rows = {}
    for mart in sorted(set(edition.manifest.marts) - _OF_THE_RUNS):
        files = [str(path) for path in edition.files(mart)]
        relation = duckdb.sql(f"select hash(t) as h, count(*) from read_parquet({files!r}) as t group by h order by h")
        rows[mart] = relation.fetchall() if files else []
    return rows


if __name__ == "__main__":
    sys.exit(main())
