"""The gates of a run: judged once, by Great Expectations in DuckDB, and shown as asset checks on the tables they stand on.

What the gates claim is in expectations/. Intake and tariff gates warn or show an error; a release gate that fails keeps
the edition from being published (defs/publishing).
"""

from collections.abc import Iterator

import dagster as dg

from expectations.catalogue import all_suites
from expectations.results import GateResult
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun
from orchestration.defs.warehouse.dbt_graph import MANIFEST, TRANSLATOR
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.runtime.progress import reporter
from orchestration.warehouse.gate_results import keep_results, kept_results

_MARTS = {mart.name for mart in PUBLISHED_MARTS}
_SUITES = all_suites()
_SEVERITY = {
    "warn": dg.AssetCheckSeverity.WARN,
    "error": dg.AssetCheckSeverity.ERROR,
    "critical": dg.AssetCheckSeverity.ERROR,
}
_KNOWN = {
    tuple(TRANSLATOR.get_asset_key(node).path)
    for node in MANIFEST["nodes"].values()
    if node["resource_type"] in ("model", "seed")
}


def _asset_key(table: str) -> dg.AssetKey:
    """The asset that a gate's table is, `gate_results` itself where the table is no asset (the closed schema)."""
    path = tuple(table.split("."))
    return dg.AssetKey(list(path)) if path in _KNOWN else dg.AssetKey(["quality", "gate_results"])


@dg.asset(
    key=["quality", "gate_results"],
    group_name="quality",
    owners=["team:billing"],
    kinds={"greatexpectations", "duckdb"},
    deps=sorted(
        {_asset_key(s.table_of(gate)) for s in _SUITES for gate in s.gates} - {dg.AssetKey(["quality", "gate_results"])}
    )
    + [dg.AssetKey(["marts", name]) for name in sorted(_MARTS)],
    pool=WAREHOUSE_POOL,
)
def gate_results(billing_run: BillingRun) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per gate: did its claim hold, over how many rows, with a sample of those that broke it."""
    reporter().step("judge the gates")
    results = billing_run.gates().judge([suite.name for suite in _SUITES])
    with billing_run.warehouse() as con:
        keep_results(con, results)
    failed = [result for result in results if not result.success]
    for result in failed:
        if result.severity == "critical":
            reporter().warn(f"gate {result.suite}.{result.gate} failed: {result.description}")
    return dg.MaterializeResult(metadata={"dagster/row_count": len(results), "failed": len(failed)})


_CHECKS = {
    (suite.name, gate.name): dg.AssetCheckSpec(
        name=f"{suite.name}__{gate.name}",
        asset=_asset_key(suite.table_of(gate)),
        description=gate.description,
        additional_deps=[] if _asset_key(suite.table_of(gate)) == gate_results.key else [gate_results.key],
    )
    for suite in _SUITES
    for gate in suite.gates
}


@dg.multi_asset_check(specs=list(_CHECKS.values()), pool=WAREHOUSE_POOL)
def gate_checks(billing_run: BillingRun) -> Iterator[dg.AssetCheckResult]:
    """Shows each gate's result on the table it stands on, with counts and sample rows."""
    with billing_run.warehouse() as con:
        results = kept_results(con)
    for result in results:
        yield _check_result(result)


def _check_result(result: GateResult) -> dg.AssetCheckResult:
    spec = _CHECKS[(result.suite, result.gate)]
    return dg.AssetCheckResult(
        passed=result.success,
        check_name=spec.name,
        asset_key=spec.asset_key,
        severity=_SEVERITY[result.severity],
        description=result.exception,
        metadata={
            "checked_rows": result.checked_rows,
            "failed_rows": result.failed_rows,
            "severity": result.severity,
            "sample": dg.MetadataValue.json(result.sample),
        },
    )
