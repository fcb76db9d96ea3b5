"""The gates of a run: evaluated once, by Great Expectations in DuckDB, and shown as asset checks on the tables that they check.

What the gates claim is in expectations/. Intake and tariff gates warn or show an error; a release gate that fails keeps
the edition from being published (defs/publishing).
"""

from collections.abc import Iterator

import dagster as dg

from expectations.catalogue import all_suites
from expectations.results import GateResult
from orchestration.defs import groups
from orchestration.defs.metadata import KEEPS_BACK, REPORTED, table
from orchestration.defs.resources import WAREHOUSE_POOL, BillingRun, GateRunner, plain_refusal
from orchestration.defs.warehouse.dbt_graph import TRANSLATOR, manifest
from orchestration.publishing.published_marts import PUBLISHED_MARTS
from orchestration.runtime.progress import reporter
from orchestration.warehouse.gate_results import keep_results, kept_results

_MARTS = {mart.name for mart in PUBLISHED_MARTS}
_SUITES = all_suites()
_KNOWN = {
    tuple(TRANSLATOR.get_asset_key(node).path)
    for node in manifest()["nodes"].values()
    if node["resource_type"] in ("model", "seed")
}


def _asset_key(table: str) -> dg.AssetKey:
    """The asset that a gate's table is, `gate_results` itself where the table is not an asset (the closed schema)."""
    path = tuple(table.split("."))
    return dg.AssetKey(list(path)) if path in _KNOWN else dg.AssetKey(["quality", "gate_results"])


@dg.asset(
    key=["quality", "gate_results"],
    group_name=groups.QUALITY,
    owners=[groups.OWNERS[groups.QUALITY]],
    kinds={"greatexpectations", "duckdb"},
    deps=sorted(
        {_asset_key(s.table_of(gate)) for s in _SUITES for gate in s.gates} - {dg.AssetKey(["quality", "gate_results"])}
    )
    + [dg.AssetKey(["marts", name]) for name in sorted(_MARTS)],
    pool=WAREHOUSE_POOL,
)
def gate_results(billing_run: BillingRun, gate_runner: GateRunner) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per gate: did its claim hold, over how many rows, with a sample of those that broke it."""
    reporter().step("evaluate the gates")
    with plain_refusal(billing_run):
        with billing_run.warehouse() as con:
            billing_run.facts(con)  # fails with a message where nothing is built yet
        results = gate_runner.evaluate(billing_run.settings, [suite.name for suite in _SUITES])
        with billing_run.warehouse() as con:
            keep_results(con, results)
    failed = [result for result in results if not result.success]
    for result in failed:
        if result.severity == "critical":
            reporter().warn(f"gate {result.suite}.{result.gate} failed: {result.description}")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(results),
            "failed": len(failed),
            "failed_gates": table(
                [{"gate": f"{r.suite}.{r.gate}", "severity": r.severity, "claim": r.description} for r in failed]
            ),
        }
    )


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


@dg.multi_asset_check(specs=list(_CHECKS.values()), can_subset=True, pool=WAREHOUSE_POOL)
def gate_checks(
    context: dg.AssetCheckExecutionContext, billing_run: BillingRun, gate_runner: GateRunner
) -> Iterator[dg.AssetCheckResult]:
    """Shows each gate's result on the table that it checks, with counts and sample rows. Executed without the gates' own asset,
    the suites of the selected checks are evaluated again on the warehouse as it is, and nothing is kept."""
    selected = context.selected_asset_check_keys
    if billing_run.is_whole or gate_results.key in (context.run.asset_selection or ()):
        with billing_run.warehouse() as con:
            results = kept_results(con)
    else:
        names = {suite for (suite, _), spec in _CHECKS.items() if spec.key in selected}
        with plain_refusal(billing_run):
            with billing_run.warehouse() as con:
                billing_run.facts(con)
            results = gate_runner.evaluate(billing_run.settings, [s.name for s in _SUITES if s.name in names])
    for result in results:
        if _CHECKS[(result.suite, result.gate)].key in selected:
            yield _check_result(result)


def _check_result(result: GateResult) -> dg.AssetCheckResult:
    """A critical gate that fails keeps the edition back; every other is reported."""
    spec = _CHECKS[(result.suite, result.gate)]
    keeps_back = result.severity == "critical"
    return dg.AssetCheckResult(
        passed=result.success,
        check_name=spec.name,
        asset_key=spec.asset_key,
        severity=KEEPS_BACK if keeps_back else REPORTED,
        description=result.exception,
        metadata={
            "checked_rows": result.checked_rows,
            "failed_rows": result.failed_rows,
            "severity": result.severity,
            "what_a_failure_does": "keeps the edition back" if keeps_back else "is reported; the edition is published",
            "sample": table(result.sample),
        },
    )
