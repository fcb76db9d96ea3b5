"""The dbt graph as assets: keys, groups, owners and partitions of its nodes, and running a side of it in this process."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration.defs.partitions import CALL_DAYS
from orchestration.defs.resources import BillingRun
from orchestration.warehouse.column_lineage import ColumnLineage, LineageReader
from orchestration.warehouse.dbt_runner import LINEAGE_MEMORY, manifest_nodes, run_dbt

MANIFEST = manifest_nodes()

# The daily mart that people look at by the day; its partitions say which days were rebuilt, and when.
DAILY_MART = "rated_calls"

_OWNERS = {
    "reference": "team:billing",
    "staging": "team:mediation",
    "intake": "team:mediation",
    "suspense": "team:mediation",
    "usage": "team:billing",
    "billing": "team:billing",
    "collections": "team:finance",
    "commission": "team:finance",
    "traffic": "team:network",
    "numbering": "team:numbering",
    "site": "team:analysts",
}


class TollhouseTranslator(DagsterDbtTranslator):
    """dbt nodes as assets: key = schema and name, group = the folder that says the domain."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`<schema>/<name>`, for models, seeds and sources alike."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """reference, staging, intermediate_<domain> or the mart's domain."""
        if dbt_resource_props["resource_type"] == "seed":
            return "reference"
        _, layer, *rest = dbt_resource_props["fqn"]
        if layer == "staging":
            return "staging"
        return f"intermediate_{rest[0]}" if layer == "intermediate" else str(rest[0])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that answers for the domain."""
        return [_OWNERS.get(self.get_group_name(dbt_resource_props).removeprefix("intermediate_"), "team:billing")]

    def get_partitions_def(self, dbt_resource_props: Mapping[str, Any]) -> dg.PartitionsDefinition | None:
        """Rated calls have a partition for each call day; sums over days have none."""
        return CALL_DAYS if dbt_resource_props["name"] == DAILY_MART else None


TRANSLATOR = TollhouseTranslator(DagsterDbtTranslatorSettings(enable_asset_checks=True))


def run_side(
    context: dg.AssetExecutionContext, billing_run: BillingRun, side: str
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Build a side of the graph (tag book, calls or accounts); yields each asset and each test, a table or mart with its row count."""
    nodes = run_dbt(billing_run.settings, "build", f"tag:{side}")
    assets = [node for node in nodes if node.unique_id in MANIFEST["nodes"] and not node.unique_id.startswith("test.")]
    counts = {}
    with billing_run.warehouse() as con:
        for node in assets:
            properties = MANIFEST["nodes"][node.unique_id]
            schema, name = TRANSLATOR.get_asset_key(properties).path
            if properties["config"]["materialized"] == "view" and schema != "marts":
                continue  # to count the rows of a view on the way is to compute them once more
            row = con.execute(f'select count(*) from "{schema}"."{name}"').fetchone()
            counts[node.unique_id] = row[0] if row else 0
        reader = LineageReader(con, LINEAGE_MEMORY)
        lineages = {
            node.unique_id: reader.read(node.compiled_sql)
            for node in assets
            if node.compiled_sql and node.unique_id.startswith("model.")
        }
        reader.keep()
    wanted = {spec.key for spec in context.assets_def.specs}
    checks = set(context.assets_def.check_keys)
    for node in nodes:
        properties = MANIFEST["nodes"][node.unique_id]
        if properties["resource_type"] == "test":
            check = get_asset_check_key_for_test(MANIFEST, TRANSLATOR, node.unique_id, None)
            if check in checks and check is not None:
                yield dg.AssetCheckResult(
                    passed=node.status == "pass",
                    check_name=check.name,
                    asset_key=check.asset_key,
                    severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                    metadata={"failures": node.failures or 0, "seconds": node.seconds},
                )
            continue
        key = TRANSLATOR.get_asset_key(properties)
        if key not in wanted:
            continue
        metadata: dict[str, Any] = {"seconds": node.seconds}
        if node.unique_id in counts:
            metadata["dagster/row_count"] = counts[node.unique_id]
        if lineages.get(node.unique_id):
            metadata["dagster/column_lineage"] = _column_lineage(lineages[node.unique_id])
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)


def _column_lineage(columns: ColumnLineage) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey([schema, table]), source) for schema, table, source in sources]
            for column, sources in columns.items()
        }
    )
