"""One line in the declaration of a call's columns, and a format may say the column and the raw zone has it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

DECLARATION = """
name: pbx
layout: delimited
delimiter: ","
fields: [serial, caller, called, began, seconds, cause, service]
times: {format: "%Y%m%d%H%M%S"}
record:
  record_number: serial
  calling_number: caller
  called_number: called
  started_at: {answer: began}
  duration_seconds: {field: seconds}
  release_cause: cause
  made_up: service
"""
CONTENT = "1,2200001,2200002,20260301100005,60,16,video\n2,2200001,2200002,20260301100105,60,16,\n"
# The line is added before the modules that make lists of the declaration are imported.
SCRIPT = """
import json, sys
from pathlib import Path
from orchestration import call_columns as declared
column = declared.CallColumn("made_up", "varchar", "What no switch says.", declared.Said.BY_SOME)
declared.RECORD = (*declared.RECORD, column)

import duckdb
from orchestration.warehouse.raw import raw_schema
from tests.ingestion.cdr.foreign import read

home, form = Path(sys.argv[1]), Path(sys.argv[1]) / "pbx.yml"
done = read(home, Path(sys.argv[2]).read_text(), form)
services = duckdb.execute(f"select made_up from read_parquet('{home}/raw/calls/f1.parquet') order by record_number")
print(json.dumps([done.in_one_pass, done.malformed, services.fetchall(), list(raw_schema._CALLS)[-1]]))
"""


def test_a_column_that_some_formats_say_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "pbx.yml").write_text(DECLARATION)
    (tmp_path / "calls.csv").write_text(CONTENT)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(tmp_path / "calls.csv")],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, [], [["video"], [None]], "made_up"]
