"""What the commands tell of, made by hand: an edition of two marts and two gates, a blocked run, a delivered file."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.ledger.schema import NewFile

# Two ended periods and the running one; a unit's row must not be taken for the branch's.
_RATES = """
    select * from (values
        ('2026-03', 'branch', 'branch', date '2026-05-20', 2, 300.00::decimal(18,2), 300.00::decimal(18,2), 1.0::double),
        ('2026-04', 'branch', 'branch', date '2026-05-20', 3, 1400.50::decimal(18,2), 700.25::decimal(18,2), 0.5::double),
        ('2026-04', 'business_unit', 'BU1', date '2026-05-20', 1, 9.00::decimal(18,2), 9.00::decimal(18,2), 1.0::double),
        ('2026-05', 'branch', 'branch', date '2026-05-20', 1, 5.00::decimal(18,2), 0.00::decimal(18,2), 0.0::double)
    ) as rates(billing_period, dimension, dimension_id, as_of, bills, receivable, received, collection_rate)
"""
_PERIODS = """
    select * from (values ('2026-05', 'provisional'), ('2026-03', 'open'), ('2026-02', 'closed'), ('2026-04', 'open'))
    as periods(billing_period, period_state)
"""


def gate(name: str, severity: str, success: bool) -> dict[str, Any]:
    """A gate's result as a manifest has it; a failed one found 4 rows."""
    return {
        "suite": "release",
        "gate": name,
        "description": f"{name} holds",
        "severity": severity,
        "success": success,
        "checked_rows": 10,
        "failed_rows": 0 if success else 4,
        "sample": [],
        "exception": None,
    }


def publish_edition(published: Path, as_of: str = "2026-05-20") -> Path:
    """Publish the edition of that date; its folder."""
    name = f"{as_of}-0001"
    folder = published / "editions" / name
    marts = {}
    for name_of_mart, rows in (("collection_rates", _RATES), ("billing_periods", _PERIODS)):
        mart = folder / name_of_mart / f"{name_of_mart}.parquet"
        mart.parent.mkdir(parents=True)
        with duckdb.connect() as con:
            quoted = str(mart).replace("'", "''")
            con.execute(f"copy ({rows}) to '{quoted}' (format parquet)")
        sha256 = hashlib.sha256(mart.read_bytes()).hexdigest()
        entry = {"path": mart.relative_to(published).as_posix(), "rows": 4, "sha256": sha256}
        marts[name_of_mart] = {"files": [entry], "totals": {}}
    manifest = {
        "edition": name,
        "as_of": as_of,
        "built_at": f"{as_of}T10:00:00Z",
        "revision": 1,
        "marts": marts,
        "gates": [gate("bills_add_up", "critical", True), gate("numbers_known", "warn", False)],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (published / "current.json").write_text(json.dumps({"edition": name, "path": f"editions/{name}"}))
    return folder


def publish_blocked_run(published: Path, built_at: str) -> Path:
    """Show a run that one critical gate blocked; its folder."""
    folder = published / "blocked" / "run1"
    folder.mkdir(parents=True)
    gates = [gate("bills_add_up", "critical", False), gate("numbers_known", "warn", False)]
    manifest = {"run_id": "run1", "as_of": "2026-05-20", "built_at": built_at, "marts": {}, "gates": gates}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def new_file(file_id: str, name: str, kind: str = "cdr") -> NewFile:
    """A delivered file of source <kind>/X."""
    return NewFile(
        file_id=file_id,
        source=f"{kind}/X",
        file_kind=kind,
        format="canonical",
        file_name=name,
        base_name=name,
        size_bytes=100,
        sha256=file_id * 4,
        landing_path=f"landing/{kind}/X/{file_id}/{name}",
        content_sha256=file_id * 4,
        file_date=date(2026, 5, 20),
    )
